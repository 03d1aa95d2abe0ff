//! A job as it runs.

use std::{
    fmt, io, mem,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::{
    runtime::Handle,
    task::{JoinHandle, JoinSet},
    time::Instant,
};
use tracing::Instrument as _;

use super::{
    ChunkReport, Input, Job, JobKind, Progress, Reason, Summary, Tally,
    chunk::{Chunk, Entry, Shared},
    clock::{ServiceClock, now},
    intake::{Intake, Sorted},
    journal::{self, Header, Journal, Records},
    sizes::Sizes,
};
use crate::{
    Error, Outcome,
    error::{Incomplete, InvalidInput, JournalFailure, Kind},
};

/// A job that runs as its reports are taken: a [`Stream`] of them; made by [`Job::start`].
///
/// ```
/// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let mut job = contacts.import((0..250).map(|n| NewContact::new(format!("+1415555{n:04}")))).start();
/// while let Some(report) = job.next().await {
///     for item in report?.items {
///         println!("{}: {}", item.index, item.class);
///     }
///     eprintln!("{}", job.progress());
/// }
/// assert_eq!(job.summary().created(), 250);
/// # Ok(())
/// # }
/// ```
///
/// The chunks that are under way go on between two polls, so that a consumer who takes long makes no request time out. But
/// no other chunk begins before the report of one that has ended is taken.
///
/// When it is dropped, its requests are abandoned wherever they are, and whether they were carried out is unknown: a
/// [journal](Job::journal) says which those are, and the next run looks them up. [`stop`](Self::stop) is the gentle way.
///
/// `Debug` shows how far it is, nothing of the items.
#[must_use = "a job does nothing unless its reports are taken"]
pub struct RunningJob<K: JobKind> {
    kind: K,
    shared: Arc<Shared>,
    chunk_size: usize,
    concurrency: usize,
    total: Option<u64>,
    phase: Phase,
    input: Input<K::Item>,
    intake: Intake,
    /// What is read and not yet enough for a chunk.
    buffer: Vec<K::Item>,
    next_chunk: u64,
    chunks: JoinSet<Ended<K>>,
    /// Where they run; none before it has started.
    runtime: Option<Handle>,
    path: Option<PathBuf>,
    journal: Option<Arc<Journal>>,
    /// What earlier runs have begun, and this one has not yet come to.
    records: Records,
    tally: Tally,
    resumed: u64,
    is_stopped: bool,
    started: Option<Instant>,
    ended: Option<Duration>,
}

enum Phase {
    /// A setting is wrong.
    Invalid(InvalidInput),
    Opening(JoinHandle<Opened>),
    Reading,
    /// No more is read. The error comes after the reports.
    Finishing(Option<Error>),
    Ended,
}

type Opened = Result<(Arc<Journal>, Records), Error>;

/// A chunk whose items all have their class.
struct Ended<K: JobKind> {
    report: ChunkReport<K>,
    tally: Tally,
    /// What ends the job.
    error: Option<Error>,
}

impl<K: JobKind> RunningJob<K> {
    pub(super) fn new(job: Job<K>) -> Self {
        let phase = job.check().map_or_else(Phase::Invalid, |()| Phase::Reading);
        let Job { contacts, kind, input, total, chunk_size, concurrency, settle_delay, resend_unknown, journal } = job;
        let (clock, sizes) = (ServiceClock::default(), Sizes::default());
        Self {
            kind,
            shared: Arc::new(Shared { contacts, settle_delay, resend_unknown, clock, sizes }),
            chunk_size,
            concurrency,
            total,
            phase,
            input,
            intake: Intake::default(),
            buffer: Vec::new(),
            next_chunk: 0,
            chunks: JoinSet::new(),
            runtime: None,
            path: journal,
            journal: None,
            records: Records::new(),
            tally: Tally::default(),
            resumed: 0,
            is_stopped: false,
            started: None,
            ended: None,
        }
    }

    /// The next report; none when the job has ended.
    ///
    /// # Errors
    ///
    /// What ends the job, once all that was under way is reported; see [`Job`].
    ///
    /// # Cancel safety
    ///
    /// No report is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<ChunkReport<K>, Error>> {
        StreamExt::next(self).await
    }

    /// Reads no more of the input, as after Ctrl-C. What is under way is finished and reported, then the stream ends.
    ///
    /// Items that were read, but are not yet enough for a chunk, count as not read.
    pub fn stop(&mut self) {
        let is_at_end = self.buffer.is_empty() && self.input.size_hint() == (0, Some(0));
        self.finish(!is_at_end);
    }

    /// How far the job is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Tally { rejected, invalid, unknown, .. } = self.tally;
        let done = self.tally.items().unwrap_or(u64::MAX);
        let elapsed = self.ended.or_else(|| Some(self.started?.elapsed())).unwrap_or_default();
        let seconds = elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "it is for showing")]
        let rate = if seconds > 0.0 { done.saturating_sub(self.resumed) as f64 / seconds } else { 0.0 };
        Progress { done, total: self.total, failures: rejected + invalid + unknown, elapsed, rate }
    }

    /// The sums of what has been reported.
    #[must_use]
    pub fn summary(&self) -> Summary<K> {
        Summary::new(self.tally, self.resumed, self.is_stopped)
    }

    /// Reads no more.
    fn finish(&mut self, is_stopped: bool) {
        match self.phase {
            Phase::Reading => (self.phase, self.is_stopped) = (Phase::Finishing(None), is_stopped),
            Phase::Opening(_) => self.is_stopped = true,
            Phase::Invalid(_) | Phase::Finishing(_) | Phase::Ended => {}
        }
    }

    /// Reads no more, because of an error. The first one is the one that counts.
    fn halt(&mut self, error: Error) {
        self.finish(true);
        if let Phase::Finishing(first @ None) = &mut self.phase {
            *first = Some(error);
        }
    }

    /// Opens the journal, if there is to be one.
    fn start(&mut self) {
        self.started = Some(Instant::now());
        let Phase::Reading = self.phase else { return };
        let Ok(runtime) = Handle::try_current() else {
            let reason = "is none of tokio; poll the job within one, as under `#[tokio::main]`";
            self.phase = Phase::Invalid(InvalidInput::new("runtime", reason));
            return;
        };
        if let Some(path) = self.path.take() {
            let header = Header::new(self.kind.name(), self.chunk_size);
            self.phase = Phase::Opening(runtime.spawn_blocking(move || Journal::open(&path, &header)));
        }
        self.runtime = Some(runtime);
    }

    fn poll_journal(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::Opening(opening) = &mut self.phase {
            let opened = ready!(Pin::new(opening).poll(cx));
            let panicked =
                |error| Err(journal::failure(JournalFailure::Io("opened")).with_source(io::Error::other(error)));
            self.phase = match opened.unwrap_or_else(panicked) {
                Ok((journal, records)) => {
                    (self.journal, self.records) = (Some(journal), records);
                    if self.is_stopped { Phase::Finishing(None) } else { Phase::Reading }
                }
                Err(error) => {
                    self.is_stopped = true;
                    Phase::Finishing(Some(error))
                }
            };
        }
        Poll::Ready(())
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.buffer.len() < self.chunk_size {
            match ready!(self.input.as_mut().poll_next(cx)) {
                Some(Ok(item)) => self.buffer.push(item),
                Some(Err(source)) => {
                    // What is in the buffer is not sent: it would be another chunk than that of a whole input.
                    let broken = Kind::Incomplete(Incomplete::Job("the input of the job broke off"));
                    self.halt(Error::new(broken, Outcome::NotSent).with_source(source));
                    return Poll::Ready(());
                }
                None => {
                    self.phase = Phase::Finishing(None);
                    break;
                }
            }
        }
        let items = mem::take(&mut self.buffer);
        if items.is_empty() {
            return Poll::Ready(());
        }
        let under_way = self.chunks.len();
        self.begin(items);
        if self.chunks.len() > under_way {
            return Poll::Ready(());
        }
        // An input that is always ready could otherwise keep the thread for as long as chunks are passed over.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Starts on the next chunk; on none, if an earlier run has ended it, or if it is not what it was.
    fn begin(&mut self, items: Vec<K::Item>) {
        let number = self.next_chunk;
        self.next_chunk += 1;
        let count = items.len() as u64;
        let digest = self.journal.as_ref().map(|_| journal::digest(items.iter().map(K::canonical)));
        let record = self.records.remove(&number);
        if record.as_ref().is_some_and(|record| record.items != count || Some(&record.digest) != digest.as_ref()) {
            return self.halt(journal::failure(JournalFailure::OtherInput(number)));
        }
        let Sorted { entries, classed } = self.intake.take::<K>(items);
        if let Some(tally) = record.as_ref().and_then(|record| record.ended) {
            self.tally.add(tally);
            self.resumed += count;
            return;
        }
        let is_open = record.is_some();
        let begun = record.map_or_else(now, |record| record.begun);
        let chunk = Chunk::new(Arc::clone(&self.shared), begun, classed);
        let entry = Journaled { journal: self.journal.clone(), number, count, digest, is_open };
        let run = run(self.kind.clone(), chunk, entries, entry).in_current_span();
        match &self.runtime {
            Some(runtime) => self.chunks.spawn_on(run, runtime),
            None => self.chunks.spawn(run),
        };
    }

    fn end(&mut self) -> Option<Error> {
        self.ended = self.started.map(|started| started.elapsed());
        // Another job may use it from now on.
        self.journal = None;
        let error = match mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Finishing(Some(error)) => Some(error),
            _ if !self.is_stopped && !self.records.is_empty() => {
                Some(journal::failure(JournalFailure::OtherInput(self.next_chunk)))
            }
            _ => None,
        };
        if self.tally.items() == Some(self.intake.read()) {
            return error;
        }
        let lost = Error::new(Kind::Incomplete(Incomplete::Job("a job has lost items")), Outcome::Unknown);
        Some(match error {
            Some(error) => lost.with_source(error),
            None => lost,
        })
    }
}

/// Nothing in it is pinned but the input, which has a place of its own.
impl<K: JobKind> Unpin for RunningJob<K> {}

/// A chunk as the journal knows it.
struct Journaled {
    journal: Option<Arc<Journal>>,
    number: u64,
    count: u64,
    digest: Option<String>,
    /// An earlier run has begun it.
    is_open: bool,
}

/// Runs a chunk, between its two lines in the journal.
async fn run<K: JobKind>(kind: K, mut chunk: Chunk<K>, entries: Vec<Entry<K>>, journaled: Journaled) -> Ended<K> {
    let Journaled { journal, number, count, digest, is_open } = journaled;
    let begun = match (&journal, digest) {
        (Some(journal), Some(digest)) if !is_open => journal.begin(number, count, digest, chunk.begun).await,
        _ => Ok(()),
    };
    let mut result = match begun.map_err(Arc::new) {
        Ok(()) if entries.is_empty() => Ok(()),
        Ok(()) => kind.work(&mut chunk, entries, is_open).await,
        Err(error) => {
            chunk.reject(entries, &Reason::stop(&error, kind.name()));
            Err(error)
        }
    };
    let Chunk { mut classed, tally, .. } = chunk;
    if let (Some(journal), Ok(())) = (journal, &result) {
        result = journal.end(number, tally).await.map_err(Arc::new);
    }
    classed.sort_unstable_by_key(|item| item.index);
    let error = result.err().map(Arc::unwrap_or_clone);
    Ended { report: ChunkReport { chunk: number, items: classed }, tally, error }
}

impl<K: JobKind> Stream for RunningJob<K> {
    type Item = Result<ChunkReport<K>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.started.is_none() {
            this.start();
        }
        loop {
            let is_reading = match &mut this.phase {
                Phase::Invalid(invalid) => {
                    let error = invalid.clone().into();
                    (this.phase, this.is_stopped) = (Phase::Ended, true);
                    return Poll::Ready(Some(Err(error)));
                }
                Phase::Opening(_) => {
                    ready!(this.poll_journal(cx));
                    continue;
                }
                Phase::Reading => true,
                Phase::Finishing(_) => false,
                Phase::Ended => return Poll::Ready(None),
            };
            match this.chunks.poll_join_next(cx) {
                Poll::Ready(Some(Ok(Ended { report, tally, error }))) => {
                    this.tally.add(tally);
                    if let Some(error) = error {
                        this.halt(error);
                    }
                    return Poll::Ready(Some(Ok(report)));
                }
                Poll::Ready(Some(Err(error))) => {
                    let lost = Error::new(
                        Kind::Incomplete(Incomplete::Job("a task of the job has panicked")),
                        Outcome::Unknown,
                    );
                    this.halt(lost.with_source(error));
                }
                Poll::Ready(None) if !is_reading => return Poll::Ready(this.end().map(Err)),
                Poll::Pending if !is_reading || this.chunks.len() >= this.concurrency => return Poll::Pending,
                Poll::Pending | Poll::Ready(None) => ready!(this.poll_input(cx)),
            }
        }
    }
}

impl<K: JobKind> fmt::Debug for RunningJob<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningJob")
            .field("kind", &self.kind)
            .field("progress", &self.progress())
            .field("under_way", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Client, Contacts, Credentials, NewContact,
        contacts::jobs::{Imported, journal::Journal},
    };

    /// Of a service that nobody can reach.
    fn contacts() -> Contacts {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        let client = Client::builder().credentials(credentials).base_url("http://127.0.0.1:9").max_retries(0);
        client.build().expect("valid").contacts()
    }

    /// Nothing that this crate does leads there, so the sum is made wrong by hand.
    #[tokio::test]
    async fn a_sum_that_is_wrong_is_an_error() {
        let mut job = contacts().import([]).start();
        job.tally.done = 1;
        let error = job.next().await.expect("an error").expect_err("one too many");
        assert!(error.is_incomplete(), "{error:?}");
        assert_eq!(error.to_string(), "a job has lost items");
        assert!(job.next().await.is_none());
    }

    #[tokio::test]
    async fn a_sum_that_is_wrong_is_an_error_whatever_else_went_wrong() {
        let mut job = contacts().import(["+15550001"].map(NewContact::new)).start();
        job.tally.done = 1;
        job.next().await.expect("a report").expect("its class");
        let error = job.next().await.expect("an error").expect_err("one too many");
        assert_eq!(error.to_string(), "a job has lost items");
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<crate::Error>());
        assert!(source.is_some_and(crate::Error::is_connect), "{error:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_in_the_journal_is_not_sent() {
        let mut job = contacts().import(["+15550001", "1"].map(NewContact::new)).start();
        job.journal = Some(Journal::broken());
        let report = job.next().await.expect("a report").expect("each item has its class");
        let [first, second] = &report.items[..] else { panic!("{report:?}") };
        let Imported::Rejected(reason) = &first.class else { panic!("{report:?}") };
        assert!(reason.error().is_some_and(crate::Error::is_journal), "sent: {reason}");
        assert_eq!((reason.operation(), reason.is_stop()), ("import", true));
        assert!(matches!(second.class, Imported::Invalid(_)));
        assert!(job.next().await.expect("an error").expect_err("what stopped it").is_journal());
    }
}
