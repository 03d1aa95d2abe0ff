//! The stream over pages of contacts.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{Cursor, reader::ListReader};
use crate::{Contact, Error, Request, contacts::ListContacts};

/// A stream over every contact of a list, one page at a time.
///
/// ```
/// use sendblue_contacts::sandbox::Sandbox;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::builder().synthetic_contacts(1200).start()?;
/// let contacts = sandbox.client()?.contacts();
///
/// let mut pages = contacts.list().limit(500).pages();
/// let mut count = 0;
/// while let Some(page) = pages.next().await {
///     count += page?.len();
/// }
/// assert_eq!(count, 1200);
/// # Ok(())
/// # }
/// ```
///
/// [`Request::pages`] creates the stream. It has the options, guarantees and errors of
/// [`ContactStream`](super::ContactStream).
///
/// A page holds new contacts of one response: at least 1, and at most [`limit`](Request::limit). The default limit is
/// 1000. A larger response becomes several pages. If an element is not an object, the page ends before it, and the next
/// item is the error of the element.
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContactPages {
    reader: ListReader,
}

impl ContactPages {
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
    /// See [`ContactStream::prefetch`](super::ContactStream::prefetch).
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.reader.set("prefetch", |reader| reader.options.prefetch = prefetch);
        self
    }

    /// Sets whether the stream compares its number of contacts with the service's count. The default is `false`.
    ///
    /// See [`ContactStream::check_count`](super::ContactStream::check_count).
    pub fn check_count(mut self, check: bool) -> Self {
        self.reader.set("check_count", |reader| reader.options.check_count = check);
        self
    }

    /// Starts after the last contact that an earlier stream yielded.
    ///
    /// See [`ContactStream::resume`](super::ContactStream::resume).
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

    /// Returns the position after the last yielded page.
    ///
    /// After an error and at the end of the stream, the position is still available.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.reader.cursor()
    }

    /// Returns the next page, or `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// See [`ContactStream`](super::ContactStream#errors).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next call continues and no contact is lost.
    pub async fn next(&mut self) -> Option<Result<Vec<Contact>, Error>> {
        poll_fn(|context| self.reader.poll_page(context)).await
    }
}

impl Stream for ContactPages {
    type Item = Result<Vec<Contact>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.reader.poll_page(context)
    }
}

/// Prints the number of yielded contacts.
impl fmt::Debug for ContactPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactPages").field("yielded", &self.reader.yielded()).finish_non_exhaustive()
    }
}
