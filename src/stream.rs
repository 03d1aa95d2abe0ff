//! Streams over every contact of a list, past the largest offset.
//!
//! [`Request::stream`] returns a [`ContactStream`], and [`Request::pages`] returns a [`ContactPages`]. A [`Cursor`]
//! saves the position of either.
//!
//! # How a stream reads a list
//!
//! The service returns at most 1000 contacts a page and accepts offsets up to 10,000. So offsets reach only the first
//! 11,000 contacts of a list. A stream reads further by moving `created_at_gte`:
//!
//! 1. It requests a page in ascending order of `created_at` and yields each new contact. The contact then counts as
//!    *passed*.
//! 2. It sets `created_at_gte` to the `created_at` of the last contact. The next page repeats passed contacts, and the
//!    stream skips them. If the page repeats none, the passed contacts were deleted, or the service left them out. So the
//!    stream reads from an earlier time. If the contacts are there, the service left them out, and the stream ends with
//!    an error.
//! 3. If all contacts of a page share one `created_at` (a tie), offset 0 would return the same page again. So the
//!    stream moves the offset to the last contact of the page.
//! 4. On a page at an offset, the passed contacts must come first, and the last passed contact must be one of them. The
//!    stream must also have passed more contacts than the offset. If not, earlier contacts were deleted, or the order has
//!    changed. The stream goes back to smaller offsets, up to 32 times, and then ends with an error.
//! 5. If a tie fills all reachable offsets, more of its contacts may be out of reach. The stream then reads in
//!    descending order down to the tie. If the first tied contact on the way is the last passed contact, the tie is
//!    complete. Otherwise, the stream repeats the check. After several failed checks, it ends with an error.
//! 6. If a page contains only the last passed contact, the stream requests the next offset. An empty page there ends the
//!    list. Contacts without `created_at` may follow. If offsets reach them, the stream reads the end of the list once
//!    more, without `created_at_gte`.
//! 7. If the service returns the same page at another offset, it ignores `offset`. The stream then ends with an error.
//!
//! A short page does not end the list, because the service may return fewer contacts than requested.

use crate::{Request, contacts::ListContacts};

// `walk` decides which page to request, and `position` holds the passed contacts; neither does I/O.
// `fetch` sends the requests, `page` decodes the responses, and `reader` connects the parts.
mod contact_pages;
mod contact_stream;
mod cursor;
mod digest;
mod fetch;
mod options;
mod page;
mod passed;
mod position;
mod reader;
mod walk;

pub use contact_pages::ContactPages;
pub use contact_stream::ContactStream;
pub use cursor::Cursor;

/// Streams over the whole list.
impl Request<ListContacts> {
    /// Returns a stream over every contact that matches the request.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let mut contacts = contacts.list().stream();
    /// while let Some(contact) = contacts.next().await {
    ///     println!("{:?}", contact?.phone);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The filters and the call options of the request apply to each page. [`limit`](Self::limit) sets the page size,
    /// from 2 to 1000; the default is 1000. The stream sorts by ascending `created_at`. Another order or an offset is
    /// an input error, and so is a documented query parameter that was added with [`query`](Self::query). See
    /// [`ContactStream`] for the guarantees.
    pub fn stream(self) -> ContactStream {
        ContactStream::new(self)
    }

    /// Returns a stream over every contact that matches the request, one page at a time.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let mut pages = contacts.list().limit(500).pages();
    /// while let Some(page) = pages.next().await {
    ///     println!("{} contacts", page?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The parameters of the request apply as for [`stream`](Self::stream).
    pub fn pages(self) -> ContactPages {
        ContactPages::new(self)
    }
}
