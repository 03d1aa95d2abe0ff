//! A job before it starts: its input and its settings.

use std::{error::Error as StdError, fmt, path::PathBuf, time::Duration};

use futures_core::Stream;
use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue};

#[cfg(doc)]
use super::{
    DEFAULT_CHUNK_SIZE, DEFAULT_CONCURRENCY, DEFAULT_SETTLE_DELAY, MAX_CHUNK_SIZE, MAX_CONCURRENCY, MAX_EQUAL_REFUSALS,
    MAX_SETTLE_DELAY,
};
use super::{
    Import, JobKind, RunError, RunningJob, Summary,
    chunk::RunChunk,
    scheduler::{Input, Scheduler},
    settings::JobSettings,
};
use crate::Contacts;
#[cfg(doc)]
use crate::Error;

/// A job that imports or removes many contacts; [`start`](Self::start) or [`run`](Self::run) runs it.
///
/// ```
/// use sendblue_contacts::{NewContact, jobs::ImportClass, sandbox::Sandbox};
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
///             ImportClass::Created | ImportClass::Existing => {}
///             problem => eprintln!("item {}: {problem}", item.index),
///         }
///     }
/// }
/// let summary = job.summary();
/// assert_eq!((summary.created(), summary.invalid(), summary.duplicate()), (2, 1, 1));
///
/// // Without reports:
/// let summary = contacts.remove(numbers).run().await?;
/// assert_eq!(summary.gone(), 2);
/// # Ok(())
/// # }
/// ```
///
/// The input is an iterator ([`Contacts::import`], [`Contacts::remove`]), a [`Stream`] (`import_stream`,
/// `remove_stream`) or a stream of results (`try_import_stream`, `try_remove_stream`).
///
/// The job reads the input in chunks. It sends each chunk as a bulk request and keeps several chunks in flight. It
/// reads more input only while the caller awaits a report.
///
/// # Guarantees
///
/// - Every item of a chunk gets exactly one class. At its end, the job compares the number of classified items with
///   the number of items in its chunks. If they differ, it ends with an error.
/// - The job resends a request after a 429. Otherwise it resends an item only after a refusal or, with
///   [`resend_unknown`](Self::resend_unknown), after an unknown outcome. Before each of these resends, it waits for the
///   [settle delay](Self::settle_delay) and looks up the item, because a service may apply a part of a request that it
///   refuses. The client may retry a bulk delete or an upsert, because repeating them is safe.
/// - A look-up shows that a contact is absent only if the service responds with a 404 in its own shape: an error
///   `status` and a message. An import also accepts a refused look-up (400, 422) in that shape. Before the job believes
///   the first 404, another response must have shown that the base URL is right. If there is none, the job sends one
///   `count`.
///
/// # Failures
///
/// | response | reaction of the job |
/// |---|---|
/// | 2xx that omits an item | looks up the item, again after the [settle delay](Self::settle_delay); an absent item is rejected |
/// | refused request (400, 409, 422, reported error) | looks up the items after the settle delay, then sends each pending item alone; looks up the refused items again before it rejects them |
/// | request that is too large (413) | looks up the items after the settle delay, then sends the pending items in halves |
/// | the same refusal for [`MAX_EQUAL_REFUSALS`] single items in a row, with a message that is not about the items | stops |
/// | unknown outcome (timeout, lost connection, 5xx, unreadable 2xx) | looks up each item up to twice, each time after the settle delay; an item that is still not done is `Unknown` |
/// | too many requests (429) | pauses for 10 seconds or the `Retry-After` delay, up to 6 times for a request |
/// | any other failure, or a failed look-up | stops: reads no more input, reports the chunks in flight, ends with the error |
///
/// If a failure stops the job, the remaining items of the failed chunk are `Rejected`. They are `Unknown` if an earlier
/// request may have sent them or their look-up failed. For these items, [`Reason::is_stop`](super::Reason::is_stop)
/// returns true. To avoid 429 responses, set a [`rate_limit`](crate::ClientBuilder::rate_limit) on the client.
///
/// # Bounds
///
/// | for a chunk of n items | at most |
/// |---|---|
/// | bulk requests | 2n − 1; 3n − 1 with `resend_unknown` |
/// | look-ups of an item | 4; ⌈log₂ n⌉ + 4 after a 413 |
/// | … with `resend_unknown`, or if an earlier run began the chunk | 2 more |
/// | pages of the list, in each look-up after an unknown outcome of an import | n / 10, but no more than 11 |
///
/// The client's retries and the requests after a 429 are extra.
///
/// Besides the chunks in flight, a job keeps a hash table of the phone numbers. The table needs 20 to 39 bytes for each
/// item of the input, and up to 58 while it grows. A resumed journal needs about 300 bytes for each chunk, and 4
/// for each rejected or unknown item. These sizes are computed, not measured.
///
/// Without failures, a chunk takes one request, and one look-up for each existing contact that the response omits.
/// With one refused contact, a chunk of 100 takes 202 requests, look-ups included. A chunk of 10 takes 22 requests. If
/// 1 % of the items are refused, a [`chunk_size`](Self::chunk_size) of 10 thus needs 15 % of the requests that a chunk
/// size of 100 needs.
///
/// # Uncertainty
///
/// - The job distinguishes `Created` from `Existing` by `created_at` and the service's clock (the `Date` of its
///   responses). If another program creates contacts at the same time, the job may confuse the two classes.
/// - In a chunk that an earlier run began, every contact created since then counts as `Created`.
/// - A contact without `created_at` is `Created` if a bulk create returns it. Otherwise it is `Existing`, unless an
///   earlier look-up found no contact.
///
/// `Debug` shows the settings and omits the items.
#[must_use = "a job does nothing before it is started"]
pub struct Job<J: JobKind> {
    contacts: Contacts,
    kind: J,
    run_chunk: RunChunk<J>,
    input: Input<J>,
    settings: JobSettings,
}

impl<J: JobKind> Job<J> {
    pub(super) fn new<E>(
        contacts: &Contacts,
        kind: J,
        run_chunk: RunChunk<J>,
        input: impl Stream<Item = Result<(J::Key, J::Item), E>> + Send + 'static,
    ) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
    {
        let total = match input.size_hint() {
            (min, Some(max)) if min == max => u64::try_from(min).ok(),
            _ => None,
        };
        Self {
            contacts: contacts.clone(),
            kind,
            run_chunk,
            input: Box::pin(input.map(|item| item.map_err(Into::into))),
            settings: JobSettings::new(total),
        }
    }
}

/// Settings.
impl<J: JobKind> Job<J> {
    /// Sets the number of items in a chunk, 1 to [`MAX_CHUNK_SIZE`]. The default is [`DEFAULT_CHUNK_SIZE`].
    pub fn chunk_size(mut self, items: usize) -> Self {
        self.settings.chunk_size = items;
        self
    }

    /// Sets the number of chunks in flight, 1 to [`MAX_CONCURRENCY`]. The default is [`DEFAULT_CONCURRENCY`].
    pub fn concurrency(mut self, chunks: usize) -> Self {
        self.settings.concurrency = chunks;
        self
    }

    /// Sets the number of items in the input, for [`Progress`](super::Progress).
    ///
    /// The default is the size hint of the input, if it is exact.
    pub fn total(mut self, items: u64) -> Self {
        self.settings.total = Some(items);
        self
    }

    /// Sets the delay before each look-up after an unknown outcome or a refusal, at most [`MAX_SETTLE_DELAY`].
    ///
    /// The default is [`DEFAULT_SETTLE_DELAY`]. A request without a response may still be in flight; the delay gives it
    /// time to arrive. A refused request may have created contacts that a look-up does not find at once. The job also
    /// waits before it looks up an omitted item for the second time.
    pub fn settle_delay(mut self, delay: Duration) -> Self {
        self.settings.settle_delay = delay;
        self
    }

    /// Sets whether to resend an item whose outcome is unknown after two look-ups. The default is `false`.
    ///
    /// The job resends an item once. If the first request is still in flight, the service may apply both requests.
    /// The setting has no effect on a chunk that an earlier run began.
    pub fn resend_unknown(mut self, resend: bool) -> Self {
        self.settings.resend_unknown = resend;
        self
    }

    /// Keeps a journal in the file at `path`, so that a later run can resume after a crash. The default is no journal.
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
    /// drop(job);   // or the process is killed
    ///
    /// // The same call resumes.
    /// let summary = contacts.import(items()).concurrency(1).journal(&path).run().await?;
    /// assert_eq!((summary.created(), summary.resumed()), (250, 100));
    /// # std::fs::remove_file(path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// To resume, start the job again with the same items in the same order, the same chunk size and the same file.
    /// The job then
    ///
    /// - skips finished chunks and adds their counts to the summary. It reports only their rejected, unknown, invalid
    ///   and duplicate items again, with [`ChunkReport::is_resumed`](super::ChunkReport::is_resumed) set.
    /// - looks up the items of unfinished chunks, up to twice each, and sends the items that are not done.
    ///   A chunk that stopped the job with an error is unfinished.
    ///
    /// The process may be killed at any moment, because the job syncs the journal to disk before it sends a chunk.
    /// After a power failure, the file may end with a part of a record or with NUL bytes. The job then continues after
    /// the last whole record.
    ///
    /// **Remove the file after the job has finished.** While the file exists, the same call sends nothing, even if the
    /// contacts have changed.
    ///
    /// The file contains a SHA-256 digest of each chunk and the reasons of failures, but no phone numbers or names.
    /// A reader who guesses all items of a chunk can verify the guess. On Unix, the file is therefore private to its
    /// owner (mode 0600).
    ///
    /// The job ends with an error ([`ErrorKind::Journal`](crate::ErrorKind::Journal)) if the journal
    ///
    /// - was written for another kind of job, chunk size or input,
    /// - is in use by another job,
    /// - cannot be read or written, or
    /// - is not a regular file.
    ///
    /// # Account
    ///
    /// A journal belongs to one account at one base URL. It contains a salted digest of both. If the account or the
    /// base URL differs, the job ends with [`ErrorKind::OtherAccount`](crate::ErrorKind::OtherAccount) before it sends
    /// a request. The client recognizes the account by the key id, or by
    /// [`Credentials::account_label`](crate::Credentials::account_label). If the credentials are a bearer token
    /// without a label, the job ends with an input error.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.journal = Some(path.into());
        self
    }

    /// Accepts a [journal](Self::journal) of another account or base URL. The default is an error.
    ///
    /// Call this method if the account is the same, but has a new key or another host name. The journal then belongs to
    /// the current account, so later runs need no `accept_account`. If the account is in fact another account, the job
    /// skips chunks that only the first account received.
    pub fn accept_account(mut self) -> Self {
        self.settings.accept_account = true;
        self
    }
}

/// Options of each request that the job sends. They replace the client's options.
impl<J: JobKind> Job<J> {
    /// Sets the timeout of each call, retries included, as [`Request::timeout`](crate::Request::timeout) does.
    ///
    /// It does not limit the whole job.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_options.timeout = Some(timeout);
        self
    }

    /// Sets the timeout of each attempt, as [`Request::attempt_timeout`](crate::Request::attempt_timeout) does.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_options.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the maximum number of retries of each call, as [`Request::max_retries`](crate::Request::max_retries) does.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.settings.request_options.max_retries = Some(retries);
        self
    }

    /// Adds a header to each request, as [`Request::header`](crate::Request::header) does.
    ///
    /// If the header is invalid, the job ends with an input error before it sends a request.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.settings.request_options.add_header(name, value);
        self
    }
}

/// Settings of an import.
impl<Key: Send + Sync + 'static> Job<Import<Key>> {
    /// Sets whether to update contacts that exist. The default is `false`.
    ///
    /// An upsert sends each item separately: a `create` with `update_if_exists`, then an `update` if the item has a
    /// `company_name`. A chunk sends its items one after the other, so [`concurrency`](Job::concurrency) is the number
    /// of items in flight. After a refused item, the chunk continues with the next item.
    ///
    /// After an unknown outcome, the job looks up the contact up to twice. If the contact has the values of the
    /// request, the request counts as applied.
    ///
    /// An item takes at most 2 requests, or 4 with [`resend_unknown`](Job::resend_unknown), and 2 look-ups for each
    /// request. If an earlier run began the chunk, the job makes up to 2 more look-ups before it sends the item.
    pub fn upsert(mut self, upsert: bool) -> Self {
        self.kind.upsert = upsert;
        self
    }
}

/// The two ways to run a job.
impl<J: JobKind> Job<J> {
    /// Starts the job and returns it as a stream of reports.
    ///
    /// If a setting is invalid, the journal cannot be opened, or the stream is polled outside a tokio runtime, the
    /// stream yields only the error. The job then reads no input and sends no request.
    pub fn start(self) -> RunningJob<J> {
        let Self { contacts, kind, run_chunk, input, settings } = self;
        RunningJob::new(Scheduler::new(contacts, kind, run_chunk, input, settings))
    }

    /// Runs the job to its end and returns the summary.
    ///
    /// # Errors
    ///
    /// Returns a [`RunError`] with the error that stopped the job and the summary until then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the job; see [`RunningJob`].
    pub async fn run(self) -> Result<Summary<J>, RunError<J>> {
        let mut running = self.start();
        while let Some(report) = running.next().await {
            if let Err(error) = report {
                return Err(RunError::new(error, running.summary()));
            }
        }
        Ok(running.summary())
    }
}

impl<J: JobKind> fmt::Debug for Job<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("kind", &self.kind)
            .field("total", &self.settings.total)
            .field("chunk_size", &self.settings.chunk_size)
            .field("concurrency", &self.settings.concurrency)
            .field("settle_delay", &self.settings.settle_delay)
            .field("resend_unknown", &self.settings.resend_unknown)
            .finish_non_exhaustive()
    }
}
