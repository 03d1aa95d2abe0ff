//! The stream over contacts.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{Cursor, reader::ListReader};
use crate::{Contact, Error, Request, contacts::ListContacts};

/// A stream over every contact of a list.
///
/// ```
/// use sendblue_contacts::sandbox::Sandbox;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::builder().synthetic_contacts(25_000).start()?;
/// let contacts = sandbox.client()?.contacts();
///
/// let mut stream = contacts.list().stream().check_count(true);
/// let mut count = 0;
/// while let Some(contact) = stream.next().await {
///     contact?;
///     count += 1;
/// }
/// assert_eq!(count, 25_000);
/// # Ok(())
/// # }
/// ```
///
/// [`Request::stream`] creates the stream. The stream sends nothing before the first poll. Set its options before that
/// poll. If you set an option later, the stream ends with an input error.
///
/// [`next`](Self::next) works without a trait in scope. The type also implements [`Stream`], for use with combinators.
///
/// # Guarantees
///
/// The stream reads past the 11,000 contacts that offsets reach; [the module](super) explains how. If the service sorts
/// in a stable order and `created_at` never changes:
///
/// - If a contact exists from the first page to the last, the stream yields it exactly once.
/// - If a contact is created or deleted meanwhile, the stream yields it at most once. A contact that is deleted and
///   created again counts as another contact.
///
/// These guarantees hold even if contacts are created or deleted between two pages. They also hold if the service
/// returns fewer contacts than requested. If the stream cannot keep the guarantees, it ends with an error
/// ([`is_incomplete`](Error::is_incomplete)). The causes are:
///
/// - More than 11,000 contacts share one `created_at`, for example after a large import.
/// - Exactly 11,000 contacts share one `created_at`, and 11,000 or more were created later. The stream cannot
///   distinguish this case from the previous one.
/// - The service does not keep the requested order, or sorts contacts with the same `created_at` in another order at
///   each request. If such a tie fits on a page, the stream is exact.
/// - The service ignores `offset`, or always returns one contact a page.
/// - `created_at_gte` excludes contacts created at that time, for example because the service shows rounded times.
/// - A contact has neither a `contact_id` nor a phone number, or its `created_at` is malformed.
///
/// # Contacts without `created_at`
///
/// Only offsets reach contacts without `created_at`. It is unknown whether the service lists them first or last:
///
/// - If it lists them first, the stream yields at least the first 10,000. If there are more, the stream may end with an
///   error.
/// - If it lists them last and the account has at most 10,000 contacts, the stream yields them. In a larger account,
///   the stream may end with an error or miss them silently. [`check_count`](Self::check_count) detects missed
///   contacts.
///
/// The stream assumes that a list with [`created_at_gte`](Request::created_at_gte) excludes them.
///
/// # Requests and memory
///
/// Each page is a call with its own retries and timeout. If the call fails with a 429, the stream pauses and repeats
/// the call; see [`RATE_LIMIT_PAUSE`](crate::RATE_LIMIT_PAUSE).
///
/// The stream holds one page in memory, at most 1000 contacts. With [`prefetch`](Self::prefetch), it also holds the next
/// page.
///
/// # Errors
///
/// If an element of a page is not an object, the stream yields an error of the kind
/// [`Element`](crate::ErrorKind::Element), with the element's JSON and its index on the page. The stream cannot
/// identify that contact. So the next item is a second error ([`is_incomplete`](Error::is_incomplete)), and the stream
/// ends. The rest of the page is not decoded.
///
/// If the caller's token provider, rate limit or transport panics in the task of [`prefetch`](Self::prefetch), the
/// stream ends with an error of the kind [`Task`](crate::ErrorKind::Task).
///
/// Any other error ends the stream at once. To continue, pass the [`cursor`](Self::cursor) to
/// [`resume`](Self::resume) of a new stream. If an option is invalid, the first item is an input error and no request
/// is sent.
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContactStream {
    reader: ListReader,
}

impl ContactStream {
    pub(super) fn new(list: Request<ListContacts>) -> Self {
        Self { reader: ListReader::new(list) }
    }

    /// Ends the stream after this number of contacts.
    ///
    /// An element that is not an object counts too.
    pub fn total_limit(mut self, contacts: u64) -> Self {
        self.reader.set("total_limit", |reader| reader.options.total_limit = contacts);
        self
    }

    /// Sets whether the stream requests the next page while you handle the current page. The default is `true`.
    ///
    /// The request runs in its own task, so it does not time out while you handle a page. Dropping the stream aborts
    /// the task. The task runs in the tracing span that was current at the poll.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.reader.set("prefetch", |reader| reader.options.prefetch = prefetch);
        self
    }

    /// Sets whether the stream compares its number of contacts with the service's count. The default is `false`.
    ///
    /// The stream requests the count before the first page and after the last page. If it yielded fewer contacts than
    /// each of the two counts, it ends with an error ([`is_incomplete`](Error::is_incomplete)). After
    /// [`resume`](Self::resume), the contacts of the earlier stream count too.
    ///
    /// The service counts all contacts of the account. So this option is an input error for a list with filters or
    /// extra query parameters. It is also an input error together with [`total_limit`](Self::total_limit).
    pub fn check_count(mut self, check: bool) -> Self {
        self.reader.set("check_count", |reader| reader.options.check_count = check);
        self
    }

    /// Starts after the last contact that an earlier stream yielded.
    ///
    /// Both streams must have the same filters and extra query parameters. The [guarantees](Self#guarantees) then hold
    /// for both streams together.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.reader.resume(cursor);
        self
    }

    /// Lets [`resume`](Self::resume) accept a cursor of another account or base URL.
    ///
    /// Without this option, the cursor ends the stream with
    /// [`ErrorKind::OtherAccount`](crate::ErrorKind::OtherAccount).
    ///
    /// Set this option if the same account has a new key or another base URL. If the account is really a different one,
    /// the stream skips all its contacts before the position of the cursor.
    pub fn accept_account(mut self) -> Self {
        self.reader.accept_account();
        self
    }

    /// Returns the position after the last yielded contact.
    ///
    /// After an error and at the end of the stream, the position is still available.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.reader.cursor()
    }

    /// Returns the next contact, or `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// See [`ContactStream`](Self#errors).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next call continues and no contact is lost.
    pub async fn next(&mut self) -> Option<Result<Contact, Error>> {
        poll_fn(|context| self.reader.poll_contact(context)).await
    }
}

impl Stream for ContactStream {
    type Item = Result<Contact, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.reader.poll_contact(context)
    }
}

/// Prints the number of yielded contacts.
impl fmt::Debug for ContactStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactStream").field("yielded", &self.reader.yielded()).finish_non_exhaustive()
    }
}
