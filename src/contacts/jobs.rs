//! Jobs: many contacts imported or removed, with a class for each of them.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::{
    Contacts, Error, NewContact, ParsePhoneNumberError, PhoneNumber, contacts::MAX_LIMIT, error::InvalidInput,
};

mod chunk;
mod clock;
mod import;
mod intake;
mod journal;
mod lookup;
mod progress;
mod remove;
mod report;
mod running;
mod upsert;

use chunk::{Chunk, Entry, Fate};
use report::Tally;

pub use import::{Import, Imported};
pub use progress::Progress;
pub use remove::{Remove, Removed};
pub use report::{ChunkReport, ItemReport, Reason, Summary};
pub use running::RunningJob;

/// How many items are sent in one request, unless [`Job::chunk_size`] says otherwise: 100.
///
/// How many a bulk request may carry is not known. At the reported limit of 100 requests in 10 seconds, chunks of 100 move
/// 1000 contacts a second; and each contact of a chunk whose outcome is unknown has to be looked up.
pub const DEFAULT_CHUNK_SIZE: usize = 100;
/// The largest [`Job::chunk_size`]: 1000, as many as a page of the list has.
pub const MAX_CHUNK_SIZE: usize = MAX_LIMIT as usize;
/// How many chunks are under way at once, unless [`Job::concurrency`] says otherwise: 4.
///
/// An answer that takes 0.4 seconds then still lets 10 requests start in a second, which is the limit that the service is
/// reported to have.
pub const DEFAULT_CONCURRENCY: usize = 4;
/// The largest [`Job::concurrency`]: 16. More would only wait for the limit of the service.
pub const MAX_CONCURRENCY: usize = 16;
/// How long a job waits before it looks up what became of a request, unless [`Job::settle_delay`] says otherwise: 5 seconds.
///
/// A request whose answer never came may still be under way.
pub const DEFAULT_SETTLE_DELAY: Duration = Duration::from_secs(5);

/// A job that is being put together; [`start`](Self::start) or [`run`](Self::run) runs it.
pub struct Job<K: JobKind> {
    contacts: Contacts,
    kind: K,
    input: Input<K::Item>,
    total: Option<u64>,
    chunk_size: usize,
    concurrency: usize,
    settle_delay: Duration,
    resend_unknown: bool,
    journal: Option<PathBuf>,
}

/// What a job reads.
type Input<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// What a job does: [`Import`] or [`Remove`]. It is sealed: no other type can implement it.
pub trait JobKind: Clone + fmt::Debug + Send + Sync + 'static {
    /// What the job reads, and gives back in its reports.
    type Item: Send + Sync + 'static;
    /// What can become of an item.
    type Class: fmt::Display + fmt::Debug + Send + Sync + 'static;

    /// In the journal.
    #[doc(hidden)]
    fn name(&self) -> &'static str;

    /// The number of an item.
    #[doc(hidden)]
    fn phone(item: &Self::Item) -> Result<&PhoneNumber, ParsePhoneNumberError>;

    /// All that there is of an item with a number, in one form only.
    #[doc(hidden)]
    fn canonical(item: &Self::Item) -> serde_json::Value;

    #[doc(hidden)]
    fn class(fate: Fate) -> Self::Class;

    /// Where the tally counts a class.
    #[doc(hidden)]
    fn count<'a>(class: &Self::Class, tally: &'a mut Tally) -> &'a mut u64;

    /// Gives each entry its class. `is_open`: an earlier run may have sent them.
    ///
    /// An error is one that ends the job; the entries have their classes all the same.
    #[doc(hidden)]
    fn work(
        &self,
        chunk: &mut Chunk<Self>,
        entries: Vec<Entry<Self>>,
        is_open: bool,
    ) -> impl Future<Output = Result<(), Arc<Error>>> + Send;
}

impl<K: JobKind> Job<K> {
    fn new(contacts: &Contacts, kind: K, input: impl Stream<Item = K::Item> + Send + 'static) -> Self {
        let total = match input.size_hint() {
            (least, Some(most)) if least == most => u64::try_from(least).ok(),
            _ => None,
        };
        Self {
            contacts: contacts.clone(),
            kind,
            input: Box::pin(input),
            total,
            chunk_size: DEFAULT_CHUNK_SIZE,
            concurrency: DEFAULT_CONCURRENCY,
            settle_delay: DEFAULT_SETTLE_DELAY,
            resend_unknown: false,
            journal: None,
        }
    }
}

/// Settings, and the two ways to run it.
impl<K: JobKind> Job<K> {
    /// How many items of the input make a chunk, 1 to [`MAX_CHUNK_SIZE`]; [`DEFAULT_CHUNK_SIZE`] by default.
    #[must_use]
    pub fn chunk_size(mut self, items: usize) -> Self {
        self.chunk_size = items;
        self
    }

    /// How many chunks are under way at once, 1 to [`MAX_CONCURRENCY`]; [`DEFAULT_CONCURRENCY`] by default.
    #[must_use]
    pub fn concurrency(mut self, chunks: usize) -> Self {
        self.concurrency = chunks;
        self
    }

    /// How many items the input has, for [`Progress`]; by default what the input says itself, if it knows.
    #[must_use]
    pub fn total(mut self, items: u64) -> Self {
        self.total = Some(items);
        self
    }

    /// How long to wait before what became of a request is looked up, and again before the second time;
    /// [`DEFAULT_SETTLE_DELAY`] by default.
    #[must_use]
    pub fn settle_delay(mut self, delay: Duration) -> Self {
        self.settle_delay = delay;
        self
    }

    /// Whether items whose outcome is still unknown after two look-ups are sent once more: false by default.
    ///
    /// A request that is still under way somewhere may then be carried out besides.
    #[must_use]
    pub fn resend_unknown(mut self, resend: bool) -> Self {
        self.resend_unknown = resend;
        self
    }

    /// Keeps a journal in this file, and resumes from it: none by default.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Starts the job, which runs as its reports are taken.
    ///
    /// A setting out of its bounds is the first item of the stream, an error, before anything is sent or read.
    #[must_use = "a job does nothing unless its reports are taken"]
    pub fn start(self) -> RunningJob<K> {
        RunningJob::new(self)
    }

    /// Runs the job to its end, and gives the sums.
    ///
    /// # Errors
    ///
    /// What stopped the job. [`start`](Self::start) gives the reports and the sums of what was done until then.
    pub async fn run(self) -> Result<Summary<K>, Error> {
        let mut running = self.start();
        while let Some(report) = running.next().await {
            report?;
        }
        Ok(running.summary())
    }

    fn check(&self) -> Result<(), InvalidInput> {
        within("chunk_size", self.chunk_size, MAX_CHUNK_SIZE)?;
        within("concurrency", self.concurrency, MAX_CONCURRENCY)
    }
}

fn within(field: &'static str, value: usize, max: usize) -> Result<(), InvalidInput> {
    if (1..=max).contains(&value) {
        Ok(())
    } else {
        Err(InvalidInput::new(field, format!("is not within 1 and {max}")))
    }
}

impl Contacts {
    /// Imports contacts, however many.
    pub fn import<I>(&self, items: I) -> Job<Import>
    where
        I: IntoIterator<Item = NewContact, IntoIter: Send + 'static>,
    {
        self.import_stream(stream::iter(items))
    }

    /// As [`import`](Self::import), from a stream.
    pub fn import_stream(&self, items: impl Stream<Item = NewContact> + Send + 'static) -> Job<Import> {
        Job::new(self, Import::default(), items)
    }

    /// Removes contacts, however many.
    pub fn remove<I, N>(&self, numbers: I) -> Job<Remove>
    where
        I: IntoIterator<Item = N, IntoIter: Send + 'static>,
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>> + 'static,
    {
        self.remove_stream(stream::iter(numbers))
    }

    /// As [`remove`](Self::remove), from a stream.
    pub fn remove_stream<N>(&self, numbers: impl Stream<Item = N> + Send + 'static) -> Job<Remove>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>> + 'static,
    {
        Job::new(self, Remove::default(), numbers.map(|number| number.try_into().map_err(Into::into)))
    }
}

impl<K: JobKind> fmt::Debug for Job<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("kind", &self.kind)
            .field("total", &self.total)
            .field("chunk_size", &self.chunk_size)
            .field("concurrency", &self.concurrency)
            .field("settle_delay", &self.settle_delay)
            .field("resend_unknown", &self.resend_unknown)
            .finish_non_exhaustive()
    }
}
