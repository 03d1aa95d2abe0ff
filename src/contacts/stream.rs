//! The whole list, however long: a stream over its pages.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{Contact, CountContacts, ListContacts, MAX_LIMIT, MAX_OFFSET, patience::send_patiently};
use crate::{
    Error, Request,
    error::{Incomplete, InvalidInput, Kind, Outcome},
    request::Operation,
};

mod cursor;
mod page;
mod position;
mod walk;

pub use cursor::Cursor;
use page::Row;
use position::{Identity, Position};
use walk::{Ask, Limits, Walk};

/// The whole list.
impl Request<ListContacts> {
    /// Turns the request into a stream of all contacts that match it, beyond the 11000 that the service gives by offset.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let mut everyone = contacts.list().stream();
    /// while let Some(contact) = everyone.next().await {
    ///     println!("{:?}", contact?.phone);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// See [`ContactStream`]. It goes by `created_at`, the oldest first: another order, a direction or an offset is an
    /// input error. [`limit`](Self::limit) is the size of a page: [`MAX_LIMIT`] unless set, at least 2. The other options
    /// of the request hold for each page.
    pub fn stream(self) -> ContactStream {
        ContactStream::new(self)
    }

    /// As [`stream`](Self::stream), a page at a time.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let mut pages = contacts.list().limit(500).pages();
    /// while let Some(page) = pages.next().await {
    ///     println!("{} more", page?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A page has the contacts that no page before it had: never none, and at most [`limit`](Self::limit). A contact that
    /// cannot be decoded divides its page into two.
    pub fn pages(self) -> ContactStream<Vec<Contact>> {
        ContactStream::new(self)
    }
}

/// A stream of all contacts of a list, one at a time or, as `ContactStream<Vec<Contact>>`, a page at a time.
///
/// ```
/// use sendblue_contacts::sandbox::Sandbox;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::builder().synthetic_contacts(25_000).start()?;
/// let contacts = sandbox.client()?.contacts();
///
/// let mut everyone = contacts.list().stream().check_count(true);
/// let mut listed = 0;
/// while let Some(contact) = everyone.next().await {
///     contact?;
///     listed += 1;
/// }
/// assert_eq!(listed, 25_000);
/// # Ok(())
/// # }
/// ```
///
/// Made by [`stream`](Request::stream) and [`pages`](Request::pages). Nothing is sent before it is polled; set its options before
/// that. [`next`](Self::next) needs no trait in scope; for everything else it is a [`Stream`].
///
/// # What is guaranteed
///
/// The service gives at most 1000 contacts a page and skips at most 10000. So the stream goes by `created_at`, asking for
/// those created since the last one it has seen. If the service's order is stable and `created_at` never changes, then
///
/// - each contact that exists from beginning to end is given exactly once,
/// - each that is created or deleted meanwhile at most once,
///
/// whatever is deleted or created between two pages, and whatever the service makes of a `limit` that is too large for it. No offset above
/// [`MAX_OFFSET`] is ever sent. (A contact that is deleted and created again meanwhile is another one, and given again.) Where it
/// cannot keep that promise, it ends with an error ([`is_incomplete`](Error::is_incomplete)):
///
/// - when more than 11000 contacts share one `created_at`, as after a large import perhaps; when just 11000 do, and more than
///   10000 were created later, that is not to be told from it;
/// - when the service does not keep to the order that it was asked for.
///
/// **Contacts without `created_at`** are given as far as an offset reaches, since nothing else does: if the service lists them
/// before all others, up to 10000 of them; if it lists them after all others, in an account of at most 10000 contacts. Beyond that
/// they are an error or, in an account with more than 10000 others before them, missing. Which of the two the service does is
/// not known. A list with [`created_at_gte`](Request::created_at_gte) has none of them, if the service takes the words of its
/// reference seriously.
///
/// [`check_count`](Self::check_count) asks the service, which is the only one to know.
///
/// # Errors
///
/// A contact that cannot be decoded is an error ([`is_element`](Error::is_element)) with its place on the page and its JSON, and
/// **the stream goes on**. After any other error the stream has ended; [`cursor`](Self::cursor) and [`resume`](Self::resume)
/// go on from there. An option that does not fit is an input error, before anything is sent.
///
/// # Memory and time
///
/// It holds one page, and with [`prefetch`](Self::prefetch) the next. Each page is a call with the retries and the
/// time-out of its own.
///
/// `Debug` shows how many contacts it has given.
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContactStream<T = Contact> {
    request: Request<ListContacts>,
    total: u64,
    prefetch: bool,
    check_count: bool,
    /// Of the options of this stream.
    options: Result<(), InvalidInput>,
    filters: Identity,
    /// After the last contact given.
    position: Position,
    given: u64,
    stage: Stage,
    fetch: Option<Fetch>,
    rows: VecDeque<Row>,
    /// After the rows.
    ends_with: Option<Error>,
    item: PhantomData<fn() -> T>,
}

/// How far it is.
enum Stage {
    Start,
    CountBefore,
    List { walk: Box<Walk>, before: Option<u64> },
    CountAfter { before: u64 },
    End,
}

/// What is being waited for.
type Fetch = Pin<Box<dyn Future<Output = Result<Fetched, Error>> + Send>>;

enum Fetched {
    Page(Vec<Row>),
    Count(u64),
}

impl<T> ContactStream<T> {
    fn new(request: Request<ListContacts>) -> Self {
        Self {
            filters: Identity::digest(request.params().map(ListContacts::filters).unwrap_or_default()),
            request,
            total: u64::MAX,
            prefetch: true,
            check_count: false,
            options: Ok(()),
            position: Position::default(),
            given: 0,
            stage: Stage::Start,
            fetch: None,
            rows: VecDeque::new(),
            ends_with: None,
            item: PhantomData,
        }
    }

    fn set(mut self, option: &'static str, set: impl FnOnce(&mut Self)) -> Self {
        if matches!(self.stage, Stage::Start) {
            set(&mut self);
        } else {
            self.fail(InvalidInput::new(option, "is set on a stream that has begun; set it before").into());
        }
        self
    }

    /// Ends after so many contacts: those that cannot be decoded count.
    pub fn total_limit(self, contacts: u64) -> Self {
        self.set("total_limit", |stream| stream.total = contacts)
    }

    /// Whether the next page is asked for while the contacts of one are being given: yes, unless set.
    ///
    /// It is in a task of its own then, which ends with the stream, so that whoever takes long over a contact lets no request time out.
    pub fn prefetch(self, prefetch: bool) -> Self {
        self.set("prefetch", |stream| stream.prefetch = prefetch)
    }

    /// Whether to ask the service how many contacts there are, before the first and after the last: no, unless set.
    ///
    /// If the stream gave fewer than both counts, it ends with an error ([`is_incomplete`](Error::is_incomplete)). A
    /// [resumed](Self::resume) one counts those given before. The service counts all contacts of the account: a list with a filter, or with
    /// [`total_limit`](Self::total_limit), is an input error.
    pub fn check_count(self, check: bool) -> Self {
        self.set("check_count", |stream| stream.check_count = check)
    }

    /// Goes on after the last contact that another stream gave.
    ///
    /// The list has to have the same filters as that one. What was promised of one stream holds for the two together.
    pub fn resume(self, cursor: Cursor) -> Self {
        self.set("resume", |stream| {
            if cursor.filters() != stream.filters {
                let reason =
                    "is of a list with other filters; give the same `cid`, `phone_number` and `created_at_gte`";
                stream.options = Err(InvalidInput::new("resume", reason));
            }
            stream.position = cursor.into_position();
        })
    }

    /// The place after the last contact given: at any time, also after an error or at the end.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.filters, self.position.clone())
    }

    /// The next item; `None` after the last, and after an error that ends the stream.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no contact is lost: the next call goes on.
    pub async fn next(&mut self) -> Option<Result<T, Error>>
    where
        Self: Stream<Item = Result<T, Error>>,
    {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Ends with an error.
    fn fail(&mut self, error: Error) {
        self.stage = Stage::End;
        self.fetch = None;
        self.rows.clear();
        self.ends_with = Some(error.with_operation(ListContacts::ROUTE.id));
    }

    /// Waits until there is a row, or there will be none.
    fn poll_rows(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<(), Error>>> {
        loop {
            if !self.rows.is_empty() {
                return Poll::Ready(Some(Ok(())));
            }
            if let Some(error) = self.ends_with.take() {
                self.stage = Stage::End;
                return Poll::Ready(Some(Err(error)));
            }
            let Some(fetch) = &mut self.fetch else {
                match self.go_on() {
                    Ok(()) if matches!(self.stage, Stage::End) => return Poll::Ready(None),
                    Ok(()) => {}
                    Err(error) => self.fail(error),
                }
                continue;
            };
            let fetched = ready!(fetch.as_mut().poll(context));
            self.fetch = None;
            if let Err(error) = fetched.and_then(|fetched| self.take(fetched)) {
                self.fail(error);
            }
        }
    }

    /// Starts what comes next.
    fn go_on(&mut self) -> Result<(), Error> {
        match &self.stage {
            Stage::Start => {
                self.check()?;
                if self.total == 0 {
                    self.stage = Stage::End;
                } else if self.check_count {
                    self.stage = Stage::CountBefore;
                } else {
                    self.list(None)?;
                }
            }
            Stage::List { walk, before } => match (walk.ask().map_err(incomplete)?, *before) {
                (Some(ask), _) => self.fetch = Some(self.fetch_page(ask)),
                (None, Some(before)) => self.stage = Stage::CountAfter { before },
                (None, None) => self.stage = Stage::End,
            },
            Stage::CountBefore | Stage::CountAfter { .. } => {
                let count = self.request.with_params(Ok(CountContacts {}));
                let count = async move { Ok(Fetched::Count(send_patiently(count).await?.into_value())) };
                self.fetch = Some(Box::pin(count));
            }
            Stage::End => {}
        }
        Ok(())
    }

    /// Whether the options fit each other and the list.
    fn check(&self) -> Result<(), InvalidInput> {
        self.options.clone()?;
        let params = self.request.params().map_err(Clone::clone)?;
        params.check_walk()?;
        if self.check_count && (params.is_filtered() || self.request.has_query()) {
            return Err(InvalidInput::new(
                "check_count",
                "compares with all contacts; leave it out of a filtered list",
            ));
        }
        if self.check_count && self.total != u64::MAX {
            return Err(InvalidInput::new("check_count", "compares with all contacts; leave out `total_limit`"));
        }
        Ok(())
    }

    fn list(&mut self, before: Option<u64>) -> Result<(), InvalidInput> {
        let params = self.request.params().map_err(Clone::clone)?;
        let page = params.limit().unwrap_or(MAX_LIMIT);
        let limits = Limits { page, max_page: MAX_LIMIT, max_offset: MAX_OFFSET };
        let walk = Walk::new(params.since(), limits, self.position.clone());
        self.stage = Stage::List { walk: Box::new(walk), before };
        Ok(())
    }

    fn take(&mut self, fetched: Fetched) -> Result<(), Error> {
        match (fetched, &mut self.stage) {
            (Fetched::Page(rows), Stage::List { walk, .. }) => {
                let keys: Vec<_> = rows.iter().map_while(|row| row.key).collect();
                let new = walk.take(&keys).map_err(incomplete)?;
                let mut rows = rows.into_iter();
                let placed = rows.by_ref().take(keys.len()).zip(new.into_iter().chain(std::iter::repeat(false)));
                self.rows.extend(placed.filter_map(|(row, is_new)| is_new.then_some(row)));
                if let Some(unplaced) = rows.next() {
                    self.rows.extend(unplaced.contact.is_err().then_some(unplaced));
                    self.ends_with = Some(incomplete(Incomplete::Unidentified));
                } else if self.prefetch && self.given.saturating_add(self.rows.len() as u64) < self.total {
                    let ask = walk.ask().ok().flatten();
                    self.fetch = ask.map(|ask| self.fetch_page(ask));
                }
            }
            (Fetched::Count(before), Stage::CountBefore) => self.list(Some(before))?,
            (Fetched::Count(after), &mut Stage::CountAfter { before }) => {
                let listed = self.position.passed();
                if listed < before && listed < after {
                    return Err(incomplete(Incomplete::Fewer { listed, before, after }));
                }
                self.stage = Stage::End;
            }
            // Each stage waits for what it has asked for.
            (Fetched::Page(_) | Fetched::Count(_), _) => {}
        }
        Ok(())
    }

    fn fetch_page(&self, ask: Ask) -> Fetch {
        let Ask { created_at_gte, offset, limit, direction } = ask;
        let page = |params: &ListContacts| params.page(created_at_gte, offset, limit, direction);
        let request = self.request.with_params(self.request.params().map(page).map_err(Clone::clone));
        let fetch = async move { page::rows(send_patiently(request).await).map(Fetched::Page) };
        match Handle::try_current() {
            Ok(runtime) if self.prefetch => Box::pin(Task(runtime.spawn(fetch))),
            _ => Box::pin(fetch),
        }
    }

    /// Gives the first row.
    fn give(&mut self) -> Option<Result<Contact, Error>> {
        let row = self.rows.pop_front()?;
        if let Some(key) = &row.key {
            self.position.pass(key);
        }
        self.given += 1;
        if self.given >= self.total {
            self.stage = Stage::End;
            self.fetch = None;
            self.rows.clear();
            self.ends_with = None;
        }
        Some(row.contact)
    }
}

fn incomplete(reason: Incomplete) -> Error {
    Error::new(Kind::Incomplete(reason), Outcome::Applied).with_operation(ListContacts::ROUTE.id)
}

impl Stream for ContactStream {
    type Item = Result<Contact, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(self.poll_rows(context)) {
            Some(Ok(())) => Poll::Ready(self.give()),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => Poll::Ready(None),
        }
    }
}

impl Stream for ContactStream<Vec<Contact>> {
    type Item = Result<Vec<Contact>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(self.poll_rows(context)) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        }
        let mut page = Vec::with_capacity(self.rows.len());
        while self.rows.front().is_some_and(|row| row.contact.is_ok()) {
            page.extend(self.give().and_then(Result::ok));
        }
        if !page.is_empty() {
            return Poll::Ready(Some(Ok(page)));
        }
        match self.give() {
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            _ => Poll::Ready(None),
        }
    }
}

impl<T> fmt::Debug for ContactStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactStream").field("given", &self.given).finish_non_exhaustive()
    }
}

/// A task that ends with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<Result<T, Error>> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(
            ready!(Pin::new(&mut self.0).poll(context))
                .unwrap_or_else(|ended| Err(Error::new(Kind::ConnectionLost, Outcome::Unknown).with_source(ended))),
        )
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
