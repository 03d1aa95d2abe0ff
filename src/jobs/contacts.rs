//! `Contacts::import`, `Contacts::remove` and their stream forms.

use std::{convert::Infallible, error::Error as StdError};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use super::{
    Import, ImportItem, Job, Remove, RemoveItem,
    chunk::{Chunk, ChunkFuture, PendingItem},
};
use crate::Contacts;

/// Jobs on many contacts.
impl Contacts {
    /// Creates a [`Job`] that imports contacts.
    ///
    /// ```no_run
    /// # type Result = std::result::Result<(), Box<dyn std::error::Error>>;
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result {
    /// use sendblue_contacts::NewContact;
    ///
    /// let people = [
    ///     NewContact::new("+14155550100")?.first_name("Ada"),
    ///     NewContact::new("+14155550101")?,
    /// ];
    /// let mut job = contacts.import(people).journal("import.journal").start();
    /// while let Some(report) = job.next().await {
    ///     report?;
    /// }
    /// println!("{}", job.summary()); // 2 items: 1 created, 1 existing, 0 rejected, …
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Without [`upsert`](Job::upsert), an existing contact stays unchanged. The reports give each item an
    /// [`ImportClass`](super::ImportClass).
    ///
    /// An item may have a key, such as a row number. [`ImportItem`] lists the types of items.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::NewContact;
    ///
    /// let rows = vec![(17, NewContact::new("+14155550100")), (18, NewContact::new("n/a"))];
    /// let mut job = contacts.import(rows).start();
    /// while let Some(report) = job.next().await {
    ///     for item in report?.items {
    ///         println!("row {}: {}", item.key, item.class.label());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn import<T>(&self, items: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Job<Import<T::Key>>
    where
        T: ImportItem + 'static,
    {
        self.import_stream(stream::iter(items))
    }

    /// Creates a [`Job`] that imports contacts from a stream.
    pub fn import_stream<T>(&self, items: impl Stream<Item = T> + Send + 'static) -> Job<Import<T::Key>>
    where
        T: ImportItem + 'static,
    {
        self.try_import_stream(items.map(Ok::<_, Infallible>))
    }

    /// Creates a [`Job`] that imports contacts from a stream that may fail, such as the rows of a database.
    ///
    /// ```
    /// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = Sandbox::start()?;
    /// # let contacts = sandbox.client()?.contacts();
    /// let rows = vec![Ok(NewContact::new("+14155550100")), Err("the database is gone")];
    /// let rows = futures_util::stream::iter(rows);
    /// let mut job = contacts.try_import_stream(rows).chunk_size(1).start();
    /// assert!(job.next().await.unwrap().is_ok());
    /// let error = job.next().await.unwrap().unwrap_err();
    /// assert_eq!(error.to_string(), "the input of the job failed");
    /// let source = std::error::Error::source(&error).unwrap();
    /// assert_eq!(source.to_string(), "the database is gone");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If the stream fails, the job reads no more input. It drops the items of the incomplete chunk, then finishes and
    /// reports the chunks in flight. It ends with an error ([`is_incomplete`](crate::Error::is_incomplete)) whose
    /// [`source`](StdError::source) is the error of the stream.
    ///
    /// A run with the same [journal](Job::journal) and the complete input continues the job.
    pub fn try_import_stream<T, E>(
        &self,
        items: impl Stream<Item = Result<T, E>> + Send + 'static,
    ) -> Job<Import<T::Key>>
    where
        T: ImportItem + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        Job::new(self, Import::new(), run_import_chunk, items.map(|item| item.map(T::into_parts)))
    }

    /// Creates a [`Job`] that removes contacts by phone number.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let summary = contacts.remove(["+14155550100", "+14155550101"]).run().await?;
    /// println!("{summary}");   // 2 items: 2 gone (the service reports 1 deleted), …
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The reports give each item a [`RemoveClass`](super::RemoveClass). An item may have a key, such as a row
    /// number. [`RemoveItem`] lists the types of items.
    pub fn remove<T>(&self, numbers: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Job<Remove<T::Key>>
    where
        T: RemoveItem + 'static,
    {
        self.remove_stream(stream::iter(numbers))
    }

    /// Creates a [`Job`] that removes contacts. A stream yields their phone numbers.
    pub fn remove_stream<T>(&self, numbers: impl Stream<Item = T> + Send + 'static) -> Job<Remove<T::Key>>
    where
        T: RemoveItem + 'static,
    {
        self.try_remove_stream(numbers.map(Ok::<_, Infallible>))
    }

    /// Creates a [`Job`] that removes contacts. A stream that may fail yields their phone numbers.
    ///
    /// [`try_import_stream`](Self::try_import_stream) documents the behavior after an error.
    pub fn try_remove_stream<T, E>(
        &self,
        numbers: impl Stream<Item = Result<T, E>> + Send + 'static,
    ) -> Job<Remove<T::Key>>
    where
        T: RemoveItem + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        Job::new(self, Remove::new(), run_remove_chunk, numbers.map(|item| item.map(T::into_parts)))
    }
}

fn run_import_chunk<'a, Key: Send + Sync + 'static>(
    kind: &'a Import<Key>,
    chunk: &'a mut Chunk<Import<Key>>,
    items: Vec<PendingItem<Import<Key>>>,
    is_reopened: bool,
) -> ChunkFuture<'a> {
    if kind.upsert {
        Box::pin(chunk.run_upserts(items, is_reopened))
    } else {
        Box::pin(chunk.run_bulk(items, is_reopened))
    }
}

fn run_remove_chunk<'a, Key: Send + Sync + 'static>(
    _: &'a Remove<Key>,
    chunk: &'a mut Chunk<Remove<Key>>,
    items: Vec<PendingItem<Remove<Key>>>,
    is_reopened: bool,
) -> ChunkFuture<'a> {
    Box::pin(chunk.run_bulk(items, is_reopened))
}
