//! Jobs: many contacts imported or removed, with a class for each of them. [`Job`] has it all.

use std::{convert::Infallible, error::Error as StdError, fmt, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::{
    Contacts, Error, NewContact, ParsePhoneNumberError, PhoneNumber, contacts::MAX_LIMIT, error::InvalidInput,
};

mod bulk;
mod chunk;
mod clock;
mod evidence;
mod import;
mod intake;
mod journal;
mod lookup;
mod progress;
mod remove;
mod report;
mod running;
mod sizes;
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

/// The longest [`Job::settle_delay`]: 10 minutes, far longer than a request can be under way.
pub const MAX_SETTLE_DELAY: Duration = Duration::from_secs(600);

/// A job that imports or removes contacts, however many; [`start`](Self::start) or [`run`](Self::run) runs it.
///
/// ```
/// use sendblue_contacts::{NewContact, contacts::Imported, sandbox::Sandbox};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// let contacts = sandbox.client()?.contacts();
/// let numbers = ["+14155550100", "+14155550101", "415-555-0102", "+14155550100"];
///
/// let mut job = contacts.import(numbers.map(NewContact::new)).start();
/// while let Some(report) = job.next().await {
///     for item in report?.items {
///         match item.class {
///             Imported::Created | Imported::Existing => {}
///             problem => eprintln!("item {}: {problem}", item.index),
///         }
///     }
/// }
/// let summary = job.summary();   // also after an error: of what was done until then
/// assert_eq!((summary.created(), summary.invalid(), summary.duplicate()), (2, 1, 1));
///
/// // Or without reports:
/// let summary = contacts.remove(numbers).run().await?;
/// assert_eq!(summary.gone(), 2);
/// # Ok(())
/// # }
/// ```
///
/// Made by [`Contacts::import`] and [`Contacts::remove`] from any iterator, by [`Contacts::import_stream`] and
/// [`Contacts::remove_stream`] from any [`Stream`], by [`Contacts::try_import_stream`] and [`Contacts::try_remove_stream`] from
/// one that may break off. The input is cut into chunks, of which a few are under way at once, each with one bulk request
/// (or more, if something goes wrong). All requests go by the client's rate limit, time-outs and retries.
///
/// Where the service has had too many requests (429), each request waits [10 seconds](super::RATE_LIMIT_PAUSE), or as long as
/// the service asks for, and is sent again, at most [6 times](super::MAX_RATE_LIMIT_PAUSES): 429 proves that nothing was done.
/// [`rate_limit(SlidingWindow::reported())`](crate::ClientBuilder::rate_limit) keeps a client from coming to that.
///
/// # What it makes sure
///
/// - Each item that is read gets exactly one class: [`Imported`] or [`Removed`]. The sum is checked at the end.
/// - No number is sent twice, but for what was refused or, if you [ask for it](Self::resend_unknown), of unknown outcome;
///   and then only after it was looked up. (A bulk delete is sent again by the client's own rules, since that does no harm.)
/// - That there is no contact of a number is taken from the service's own words: a 404 with a message. A number that cannot
///   even be looked up (400, 422) has none as far as an import is concerned; for a removal that proves nothing.
/// - An item that a success leaves out is looked up, and if it is not there, once more after the [settle
///   delay](Self::settle_delay). If it still is not, it is rejected.
/// - After a refusal that may be due to one of the items (400, 409, 413, 422, or a 2xx that says `status: "ERROR"`), all of
///   the chunk are looked up. Those that are as they are to be have their class; if there are such, the rest is sent once
///   more, else, or if that is refused, in halves, until the culprit is alone. It is looked up once more before it is
///   rejected; halves are looked up if it was a conflict (409). As many as were too large (413) are not sent together again,
///   unless as many were accepted.
/// - After an unknown outcome (a time-out, a lost connection, a 5xx, or a 2xx that cannot be read) all are looked up twice,
///   each time after the settle delay. What still is not as it is to be is unknown.
/// - After any other failure (no connection, 401, 403, 404, 429 for more than a minute, a redirect, …) nothing is halved or
///   looked up: the next chunk would fail too. The items are rejected, for nothing was done, or unknown, if they were sent
///   before; their reason [says](Reason::is_stop) that the job had to stop. No more is read, what is under way is finished
///   and reported, and the error is the last item of the stream. So it is when a look-up fails; then the items are unknown.
///
/// # Bounds
///
/// For a chunk of n items, at most 2n − 1 bulk requests are sent, 3n − 1 with `resend_unknown`. Each item is looked up at
/// most 3 times, after conflicts at most ⌈log₂ n⌉ + 3 times; with `resend_unknown`, and in a chunk that an earlier run has
/// begun, twice more. That takes one request each; and after an unknown outcome of an import, at each look-up, at most one
/// page of the list for every 10 items, 11 in all, which saves those that it has. Of the client's retries, and of the pauses
/// after a 429, each may have as many as usual.
///
/// Without failures, n contacts take one request, and those that exist one more each if the service leaves them out. One
/// refused contact in a chunk of 100 takes 116 instead of 1: 15 bulk requests and 101 look-ups. So 10,000 contacts, of
/// which each hundredth is refused, take 11,600, which is 20 minutes at the reported limit of 100 in 10 seconds; with a
/// [`chunk_size`](Self::chunk_size) of 10 they take 2,700. (A tenth of that is measured by a test.)
///
/// In memory are the items of the chunks under way and, to know duplicates, the number of each item: about 36 bytes for each,
/// and half as much again while their table grows. A million items take 53 MB at the most. A journal that is resumed adds about
/// 300 bytes for each of its chunks, so 3 MB for a million items in chunks of 100. (All this is computed.)
///
/// # What is judged, not known
///
/// - Whether a contact that is there was created by this job or before it: by its `created_at`, and by the service's clock, as
///   far as the `Date` of its answers tells. What others create in the same seconds may be taken for the job's own, and the
///   other way round. Of a chunk that an earlier run has begun, whatever was created since then, by whomever, counts as created.
/// - A contact without `created_at` that a bulk create lists counts as created, one that an upsert gives as existing.
/// - A refusal is the service's word that nothing was done. If a part of it was done all the same, the look-ups find it, but
///   not if the job has to stop before them.
///
/// What the service answers to a bulk request of which it refuses some items is not known, nor what it answers to a bulk delete of
/// numbers without contacts: a 404 there stops the job. What a service may do there was tried with the sandbox, not with the
/// service.
///
/// `Debug` shows the settings, nothing of the items.
#[must_use = "a job does nothing before it is started"]
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
type Input<T> = Pin<Box<dyn Stream<Item = Result<T, Box<dyn StdError + Send + Sync>>> + Send>>;

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
    fn new<E>(contacts: &Contacts, kind: K, input: impl Stream<Item = Result<K::Item, E>> + Send + 'static) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        let total = match input.size_hint() {
            (least, Some(most)) if least == most => u64::try_from(least).ok(),
            _ => None,
        };
        Self {
            contacts: contacts.clone(),
            kind,
            input: Box::pin(input.map(|item| item.map_err(Into::into))),
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
    pub fn chunk_size(mut self, items: usize) -> Self {
        self.chunk_size = items;
        self
    }

    /// How many chunks are under way at once, 1 to [`MAX_CONCURRENCY`]; [`DEFAULT_CONCURRENCY`] by default.
    pub fn concurrency(mut self, chunks: usize) -> Self {
        self.concurrency = chunks;
        self
    }

    /// How many items the input has, for [`Progress`]; by default what the input says itself, if it knows.
    pub fn total(mut self, items: u64) -> Self {
        self.total = Some(items);
        self
    }

    /// How long to wait before what became of a request is looked up, and again before the second time, at most
    /// [`MAX_SETTLE_DELAY`]; [`DEFAULT_SETTLE_DELAY`] by default.
    pub fn settle_delay(mut self, delay: Duration) -> Self {
        self.settle_delay = delay;
        self
    }

    /// Whether items whose outcome is still unknown after two look-ups are sent once more: false by default.
    ///
    /// A request that is still under way somewhere may then be carried out besides.
    pub fn resend_unknown(mut self, resend: bool) -> Self {
        self.resend_unknown = resend;
        self
    }

    /// Keeps a journal in this file, and resumes from it: none by default.
    ///
    /// ```
    /// use sendblue_contacts::{NewContact, sandbox::Sandbox};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let path = std::env::temp_dir().join(format!("import-{}.journal", std::process::id()));
    /// let sandbox = Sandbox::start()?;
    /// let contacts = sandbox.client()?.contacts();
    /// let items = || (0..250).map(|n| NewContact::new(format!("+1415555{n:04}")));
    ///
    /// let mut job = contacts.import(items()).concurrency(1).journal(&path).start();
    /// job.next().await.unwrap()?;
    /// drop(job);   // or the power fails
    ///
    /// // The same call goes on where that one was.
    /// let summary = contacts.import(items()).concurrency(1).journal(&path).run().await?;
    /// assert_eq!((summary.created(), summary.resumed()), (250, 100));
    /// # std::fs::remove_file(path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A line for each chunk is on the disk before the chunk is sent, and another is written when all of its items have
    /// their class. A run with the same file and the same input passes over the chunks that have ended, without reports,
    /// and adds up what the journal says of them. Of those that were begun, all items are looked up, twice, and what is
    /// not as it is to be is sent once more; the first look-up comes at once, if the chunk was begun longer ago than the
    /// settle delay. So a process can be killed at any moment. (Reports that nobody took by then are lost, but not what
    /// they count.) Chunks that stopped a job, by an error, stay open too.
    ///
    /// The file has no phone numbers and no names, but a digest (SHA-256) for each chunk. Whoever has the file and a
    /// guess at a whole chunk can tell whether it is right, so on Unix it is created for its owner alone (mode 0600), as
    /// is one that was there empty; elsewhere, as the folder has it. **Remove the file when the job has finished**: the
    /// same call with it has nothing left to do, even if the contacts have changed since then.
    ///
    /// A journal of another job, [`chunk_size`](Self::chunk_size) or input, one that another process uses, and one that
    /// cannot be read or written are errors ([`is_journal`](Error::is_journal)) that say what to do. A last line that broke off
    /// is written anew.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Starts the job, which runs as its reports are taken.
    ///
    /// A setting out of its bounds and a journal that cannot be used are an error before anything is read or sent: the only
    /// item of the stream.
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
        within("concurrency", self.concurrency, MAX_CONCURRENCY)?;
        if self.settle_delay <= MAX_SETTLE_DELAY {
            Ok(())
        } else {
            Err(InvalidInput::new("settle_delay", format!("is longer than {MAX_SETTLE_DELAY:?}")))
        }
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
    /// Imports contacts, however many: a [`Job`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::NewContact;
    ///
    /// let people = [NewContact::new("+14155550100").first_name("Ada"), NewContact::new("+14155550101")];
    /// let mut job = contacts.import(people).journal("import.journal").start();
    /// while let Some(report) = job.next().await {
    ///     report?;
    /// }
    /// println!("{}", job.summary());   // 2 items: 1 created, 1 existing, 0 rejected, 0 invalid, 0 duplicate, 0 unknown
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Contacts that exist are left as they are, unless [`upsert`](Job::upsert) is set. What becomes of each item is in the
    /// reports, as [`Imported`].
    pub fn import<I>(&self, items: I) -> Job<Import>
    where
        I: IntoIterator<Item = NewContact, IntoIter: Send + 'static>,
    {
        self.import_stream(stream::iter(items))
    }

    /// As [`import`](Self::import), from a stream.
    pub fn import_stream(&self, items: impl Stream<Item = NewContact> + Send + 'static) -> Job<Import> {
        self.try_import_stream(items.map(Ok::<_, Infallible>))
    }

    /// As [`import`](Self::import), from a stream that may break off, such as the rows of a database.
    ///
    /// ```
    /// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = Sandbox::start()?;
    /// # let contacts = sandbox.client()?.contacts();
    /// let rows = vec![Ok(NewContact::new("+14155550100")), Err("the database is gone")];
    /// let mut job = contacts.try_import_stream(futures_util::stream::iter(rows)).chunk_size(1).start();
    /// assert!(job.next().await.unwrap().is_ok());
    /// let error = job.next().await.unwrap().unwrap_err();
    /// assert_eq!(error.to_string(), "the input of the job broke off");
    /// assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the database is gone");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// After an error nothing more is read. What is under way is finished and reported, what is not yet enough for a chunk is
    /// not sent, and the job ends with an error ([`is_incomplete`](Error::is_incomplete)) that has this one as its
    /// [`source`](StdError::source). A run with the same [journal](Job::journal) and the whole input goes on from there.
    pub fn try_import_stream<E>(&self, items: impl Stream<Item = Result<NewContact, E>> + Send + 'static) -> Job<Import>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        Job::new(self, Import::default(), items)
    }

    /// Removes contacts, however many: a [`Job`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let summary = contacts.remove(["+14155550100", "+14155550101"]).run().await?;
    /// println!("{summary}");   // 2 items: 2 gone (the service counts 1), 0 rejected, 0 invalid, 0 duplicate, 0 unknown
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What becomes of each number is in the reports, as [`Removed`].
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
        self.try_remove_stream(numbers.map(Ok::<_, Infallible>))
    }

    /// As [`remove`](Self::remove), from a stream that may break off; [`try_import_stream`](Self::try_import_stream) says
    /// what happens then.
    pub fn try_remove_stream<N, E>(&self, numbers: impl Stream<Item = Result<N, E>> + Send + 'static) -> Job<Remove>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>> + 'static,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        let parse = |number: N| number.try_into().map_err(Into::into);
        Job::new(self, Remove::default(), numbers.map(move |number| number.map(parse)))
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
