//! Reads a list page by page: the implementation behind both streams.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    task::{Context, Poll, ready},
};

use super::{
    cursor::Cursor,
    digest::Digest,
    fetch::{self, Fetch, Fetched},
    options::Options,
    page::Row,
    position::Position,
    walk::{Limits, Walk},
};
use crate::{
    Contact, Error, Outcome, Request,
    account::{Account, AccountDigest},
    contacts::{ListContacts, MAX_LIMIT, MAX_OFFSET},
    error::{Cause, Incomplete, InvalidInput},
    request::Operation as _,
};

/// Reads a whole list and buffers the rows of one page.
pub(super) struct ListReader {
    list: Request<ListContacts>,
    /// The account of the client, or `None` for a bearer token without a label.
    account: Option<Account>,
    /// The digest of the account, for the cursors.
    account_digest: Option<AccountDigest>,
    /// The digest of the filters of the list.
    filters: Digest,
    pub(super) options: Options,
    /// The position after the last yielded row. The walk's own position also includes the buffered rows.
    position: Position,
    yielded: u64,
    stage: Stage,
    in_flight: Option<Fetch>,
    /// The rows to yield before the next page.
    rows: VecDeque<Row>,
    /// The error to yield after the rows, as the last item.
    final_error: Option<Error>,
}

/// The progress of a reader.
enum Stage {
    /// Nothing is sent, and options can be set.
    NotStarted,
    /// Requests the count before reading the list.
    CountBefore,
    /// Reads the list.
    List { walk: Box<Walk>, count_before: Option<u64> },
    /// Requests the count after reading the list.
    CountAfter { count_before: u64 },
    /// Sends no more requests.
    Done,
}

impl ListReader {
    pub(super) fn new(list: Request<ListContacts>) -> Self {
        let account = list.account();
        Self {
            account_digest: account.as_ref().map(Account::digest),
            account,
            filters: filters_digest(&list),
            list,
            options: Options::default(),
            position: Position::default(),
            yielded: 0,
            stage: Stage::NotStarted,
            in_flight: None,
            rows: VecDeque::new(),
            final_error: None,
        }
    }

    /// Sets an option, or fails if the reader has started.
    pub(super) fn set(&mut self, option: &'static str, set: impl FnOnce(&mut Self)) {
        if matches!(self.stage, Stage::NotStarted) {
            set(self);
        } else {
            self.fail(InvalidInput::new(option, "the stream has started; set options before the first poll").into());
        }
    }

    /// Sets the position after which the reader starts.
    pub(super) fn resume(&mut self, cursor: Cursor) {
        self.set("resume", |reader| {
            if cursor.filters() != reader.filters {
                let problem = "the cursor belongs to a list with other filters; set the same `cid`, `phone_number`, \
                               `created_at_gte` and extra query parameters";
                reader.options.resume = Err(InvalidInput::new("resume", problem));
            }
            reader.options.resumed_account = Some(cursor.account());
            // Keeps the salt of the cursor, so that equal positions have equal cursors.
            if let Some(digest) = cursor.account().filter(|digest| reader.is_account(*digest)) {
                reader.account_digest = Some(digest);
            }
            reader.position = cursor.into_position();
        });
    }

    /// Accepts a cursor of another account.
    pub(super) fn accept_account(&mut self) {
        self.set("accept_account", |reader| reader.options.accept_account = true);
    }

    fn is_account(&self, digest: AccountDigest) -> bool {
        self.account.as_ref().is_some_and(|account| account.matches(digest))
    }

    /// Returns the position after the last yielded contact.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(self.account_digest, self.filters, self.position.clone())
    }

    /// Returns the number of yielded rows.
    pub(super) fn yielded(&self) -> u64 {
        self.yielded
    }

    /// Polls for the next contact.
    pub(super) fn poll_contact(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Contact, Error>>> {
        match ready!(self.poll_rows(context)) {
            Ok(()) => Poll::Ready(self.pop_row()),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Polls for the next page.
    ///
    /// A page has at most as many rows as the caller's limit, even if the response has more. It ends before the first row
    /// that failed to decode. If that row comes first, the item is its error.
    pub(super) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<Contact>, Error>>> {
        if let Err(error) = ready!(self.poll_rows(context)) {
            return Poll::Ready(Some(Err(error)));
        }
        let limit = self.page_size() as usize;
        let mut page = Vec::with_capacity(self.rows.len().min(limit));
        while page.len() < limit && self.rows.front().is_some_and(|row| row.contact.is_ok()) {
            page.extend(self.pop_row().and_then(Result::ok));
        }
        if !page.is_empty() {
            return Poll::Ready(Some(Ok(page)));
        }
        // The first row failed to decode, or the list has ended.
        Poll::Ready(self.pop_row().map(|row| row.map(|contact| vec![contact])))
    }

    /// Polls until a row is buffered or the list has ended.
    ///
    /// At the end of the list, no row is buffered.
    fn poll_rows(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            if !self.rows.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = self.final_error.take() {
                self.stage = Stage::Done;
                return Poll::Ready(Err(error));
            }
            let Some(fetch) = &mut self.in_flight else {
                match self.start_next() {
                    Ok(()) if matches!(self.stage, Stage::Done) => return Poll::Ready(Ok(())),
                    Ok(()) => {}
                    Err(error) => self.fail(error),
                }
                continue;
            };
            let fetched = ready!(fetch.as_mut().poll(context));
            self.in_flight = None;
            if let Err(error) = fetched.and_then(|fetched| self.accept(fetched)) {
                self.fail(error);
            }
        }
    }

    /// Starts the next request, or moves to the next stage.
    fn start_next(&mut self) -> Result<(), Error> {
        match &self.stage {
            Stage::NotStarted => {
                self.options.validate(&self.list)?;
                self.options.check_account(self.account.as_ref())?;
                if self.options.total_limit == 0 {
                    self.stage = Stage::Done;
                } else if self.options.check_count {
                    self.stage = Stage::CountBefore;
                } else {
                    self.start_list(None)?;
                }
            }
            Stage::List { walk, count_before } => match (walk.next_request().map_err(incomplete)?, *count_before) {
                (Some(page), _) => self.in_flight = Some(fetch::page(&self.list, page, self.options.prefetch)),
                (None, Some(count_before)) => self.stage = Stage::CountAfter { count_before },
                (None, None) => self.stage = Stage::Done,
            },
            Stage::CountBefore | Stage::CountAfter { .. } => self.in_flight = Some(fetch::count(&self.list)),
            Stage::Done => {}
        }
        Ok(())
    }

    /// Returns the caller's page size.
    fn page_size(&self) -> u32 {
        self.list.params().ok().and_then(|params| params.limit).map_or(MAX_LIMIT, NonZeroU32::get)
    }

    fn start_list(&mut self, count_before: Option<u64>) -> Result<(), InvalidInput> {
        let params = self.list.params().map_err(Clone::clone)?;
        let limits = Limits { page_size: self.page_size(), max_page_size: MAX_LIMIT, max_offset: MAX_OFFSET };
        let walk = Walk::new(params.created_at_gte, limits, self.position.clone());
        self.stage = Stage::List { walk: Box::new(walk), count_before };
        Ok(())
    }

    /// Accepts the response of the request in flight.
    fn accept(&mut self, fetched: Fetched) -> Result<(), Error> {
        match (fetched, &mut self.stage) {
            (Fetched::Page(mut rows), Stage::List { walk, .. }) => {
                // A row without a key has no place in the list, so the walk accepts only the rows before it.
                let keys: Vec<_> = rows.iter().map_while(|row| row.key).collect();
                let unplaced = rows.split_off(keys.len()).into_iter().next();
                let is_new = walk.accept(&keys).map_err(incomplete)?;
                self.rows.extend(rows.into_iter().zip(is_new).filter_map(|(row, is_new)| is_new.then_some(row)));
                if let Some(row) = unplaced {
                    self.rows.extend(row.contact.is_err().then_some(row));
                    self.final_error = Some(incomplete(Incomplete::UnplacedContact));
                } else if self.options.prefetch
                    && self.yielded.saturating_add(self.rows.len() as u64) < self.options.total_limit
                {
                    // If the walk fails here, `start_next` returns the error after the buffered rows.
                    let page = walk.next_request().ok().flatten();
                    self.in_flight = page.map(|page| fetch::page(&self.list, page, true));
                }
            }
            (Fetched::Count(count_before), Stage::CountBefore) => self.start_list(Some(count_before))?,
            (Fetched::Count(after), &mut Stage::CountAfter { count_before: before }) => {
                let listed = self.position.passed_count();
                if listed < before && listed < after {
                    return Err(incomplete(Incomplete::CountMismatch { listed, before, after }));
                }
                self.stage = Stage::Done;
            }
            // Each stage accepts only the response of its own request.
            (Fetched::Page(_) | Fetched::Count(_), _) => {}
        }
        Ok(())
    }

    /// Removes the first buffered row and marks it as passed.
    ///
    /// If that row reaches the total limit, the reader ends.
    fn pop_row(&mut self) -> Option<Result<Contact, Error>> {
        let row = self.rows.pop_front()?;
        if let Some(key) = &row.key {
            self.position.mark_passed(key);
        }
        self.yielded += 1;
        if self.yielded >= self.options.total_limit {
            self.end(None);
        }
        Some(row.contact)
    }

    /// Ends the reader with an error as the last item.
    fn fail(&mut self, error: Error) {
        self.end(Some(error.with_operation(ListContacts::ROUTE.id)));
    }

    fn end(&mut self, final_error: Option<Error>) {
        self.stage = Stage::Done;
        self.in_flight = None;
        self.rows.clear();
        self.final_error = final_error;
    }
}

fn incomplete(reason: Incomplete) -> Error {
    Error::new(Cause::Incomplete(reason), Outcome::Applied).with_operation(ListContacts::ROUTE.id)
}

/// Returns the digest of the filters of a list, extra query parameters included. An absent filter counts as an empty
/// text.
fn filters_digest(list: &Request<ListContacts>) -> Digest {
    let ListContacts { cid, created_at_gte, phone_number, .. } = list.params().cloned().unwrap_or_default();
    let filters = [cid, created_at_gte.map(|time| time.to_rfc3339()), phone_number.map(String::from)];
    // The order of the parameters does not matter, except for values of the same parameter.
    let mut query: Vec<_> = list.extra_query().iter().collect();
    query.sort_by_key(|(name, _)| name);
    let query = query.into_iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
    Digest::of(filters.map(Option::unwrap_or_default).into_iter().chain(query))
}
