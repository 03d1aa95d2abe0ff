//! The scheduler of a job: reads the input in chunks and keeps a limited number of chunks in flight.
//!
//! Each chunk runs as a separate task, so requests do not time out if the consumer of the reports is slow.
//! A new chunk starts only while the consumer awaits a report.

use std::{
    error::Error as StdError,
    io, mem,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use tokio::{
    runtime::Handle,
    task::{JoinHandle, JoinSet},
    time::Instant,
};
use tracing::Instrument as _;

use super::{
    ChunkReport, JobKind, Progress, Summary,
    chunk::{Chunk, RunChunk},
    chunk_task::{ChunkTask, FinishedChunk},
    clock::now,
    context::JobContext,
    counts::ClassCounts,
    dedup::{DedupedItems, Deduplicator},
    journal::{ChunkRecord, Journal, Opening, Records, digest, journal_error},
    resumed::items_needing_attention,
    settings::JobSettings,
};
use crate::{
    Contacts, Error, Outcome,
    error::{Cause, Incomplete, InvalidInput, JournalFailure},
};

/// The input of a job: items with their keys.
pub(super) type Input<J> = Pin<
    Box<dyn Stream<Item = Result<(<J as JobKind>::Key, <J as JobKind>::Item), Box<dyn StdError + Send + Sync>>> + Send>,
>;

pub(super) struct Scheduler<J: JobKind> {
    kind: J,
    run_chunk: RunChunk<J>,
    context: Arc<JobContext>,
    chunk_size: usize,
    concurrency: usize,
    total: Option<u64>,
    phase: Phase,
    input: Input<J>,
    /// The items read so far for the next chunk.
    buffer: Vec<(J::Key, J::Item)>,
    deduplicator: Deduplicator,
    next_chunk: u64,
    in_flight: JoinSet<FinishedChunk<J>>,
    /// The runtime of the first poll. Later polls may happen outside a runtime.
    runtime: Option<Handle>,
    journal_path: Option<PathBuf>,
    accept_account: bool,
    journal: Option<Arc<Journal>>,
    /// The journal's records of the chunks that this run has not read yet.
    records: Records,
    /// The report on a chunk that an earlier run finished, if some of its items need attention.
    resumed_report: Option<ChunkReport<J>>,
    counts: ClassCounts,
    resumed: u64,
    is_stopped: bool,
    started: Option<Instant>,
    elapsed_at_end: Option<Duration>,
}

enum Phase {
    InvalidSetting(InvalidInput),
    OpeningJournal(JoinHandle<Result<(Arc<Journal>, Records), Error>>),
    Reading,
    /// The job reads no more input. It returns the error after the reports of the chunks in flight.
    Finishing(Option<Error>),
    Ended,
}

impl<J: JobKind> Scheduler<J> {
    pub(super) fn new(
        contacts: Contacts,
        kind: J,
        run_chunk: RunChunk<J>,
        input: Input<J>,
        settings: JobSettings,
    ) -> Self {
        let phase = settings.check().map_or_else(Phase::InvalidSetting, |()| Phase::Reading);
        let JobSettings {
            total,
            chunk_size,
            concurrency,
            settle_delay,
            resend_unknown,
            journal,
            accept_account,
            request_options,
        } = settings;
        let context = JobContext::new(contacts, settle_delay, resend_unknown, request_options);
        Self {
            kind,
            run_chunk,
            context: Arc::new(context),
            chunk_size,
            concurrency,
            total,
            phase,
            input,
            buffer: Vec::new(),
            deduplicator: Deduplicator::default(),
            next_chunk: 0,
            in_flight: JoinSet::new(),
            runtime: None,
            journal_path: journal,
            accept_account,
            journal: None,
            records: Records::new(),
            resumed_report: None,
            counts: ClassCounts::default(),
            resumed: 0,
            is_stopped: false,
            started: None,
            elapsed_at_end: None,
        }
    }

    pub(super) fn kind(&self) -> &J {
        &self.kind
    }

    pub(super) fn chunks_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn progress(&self) -> Progress {
        let ClassCounts { rejected, invalid, unknown, .. } = self.counts;
        let done = self.counts.items().unwrap_or(u64::MAX);
        let elapsed = self.elapsed_at_end.or_else(|| Some(self.started?.elapsed())).unwrap_or_default();
        let seconds = elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "the rate is only displayed")]
        let rate = if seconds > 0.0 { done.saturating_sub(self.resumed) as f64 / seconds } else { 0.0 };
        Progress { done, total: self.total, failures: rejected + invalid + unknown, elapsed, rate }
    }

    pub(super) fn summary(&self) -> Summary<J> {
        Summary::new(self.counts, self.resumed, self.is_stopped)
    }

    /// Stops reading the input. The chunks in flight finish.
    pub(super) fn stop(&mut self) {
        let is_at_end = self.buffer.is_empty() && self.input.size_hint() == (0, Some(0));
        self.finish(!is_at_end);
    }

    fn finish(&mut self, is_stopped: bool) {
        match self.phase {
            Phase::Reading => (self.phase, self.is_stopped) = (Phase::Finishing(None), is_stopped),
            Phase::OpeningJournal(_) => self.is_stopped = true,
            Phase::InvalidSetting(_) | Phase::Finishing(_) | Phase::Ended => {}
        }
    }

    /// Stops reading the input after an error. The job later ends with its first error.
    fn fail(&mut self, error: Error) {
        self.finish(true);
        // After the end of the input, `finish` has no effect.
        self.is_stopped = true;
        if let Phase::Finishing(first_error @ None) = &mut self.phase {
            *first_error = Some(error);
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<ChunkReport<J>, Error>>> {
        if self.started.is_none() {
            self.start();
        }
        loop {
            let is_reading = match &mut self.phase {
                Phase::InvalidSetting(invalid) => {
                    let error = invalid.clone().into();
                    (self.phase, self.is_stopped) = (Phase::Ended, true);
                    return Poll::Ready(Some(Err(error)));
                }
                Phase::OpeningJournal(_) => {
                    ready!(self.poll_journal(cx));
                    continue;
                }
                Phase::Reading => true,
                Phase::Finishing(_) => false,
                Phase::Ended => return Poll::Ready(None),
            };
            if let Some(report) = self.resumed_report.take() {
                return Poll::Ready(Some(Ok(report)));
            }
            match self.in_flight.poll_join_next(cx) {
                Poll::Ready(Some(Ok(FinishedChunk { report, counts, error }))) => {
                    self.counts.add(counts);
                    if let Some(error) = error {
                        self.fail(error);
                    }
                    return Poll::Ready(Some(Ok(report)));
                }
                Poll::Ready(Some(Err(error))) => {
                    let panicked = Cause::Incomplete(Incomplete::Job("a task of the job panicked"));
                    self.fail(Error::new(panicked, Outcome::Unknown).with_source(error));
                }
                Poll::Ready(None) if !is_reading => return Poll::Ready(self.end().map(Err)),
                Poll::Pending if !is_reading || self.in_flight.len() >= self.concurrency => return Poll::Pending,
                Poll::Pending | Poll::Ready(None) => ready!(self.poll_input(cx)),
            }
        }
    }

    /// Stores the current runtime and starts to open the journal.
    fn start(&mut self) {
        self.started = Some(Instant::now());
        let Phase::Reading = self.phase else { return };
        let Ok(runtime) = Handle::try_current() else {
            let reason = "missing; poll the job inside a tokio runtime, as under `#[tokio::main]`";
            self.phase = Phase::InvalidSetting(InvalidInput::new("runtime", reason));
            return;
        };
        if let Some(path) = self.journal_path.take() {
            let Some(account) = self.context.contacts.account() else {
                let problem = "missing; with a bearer token, a journal needs an account label; \
                               set `Credentials::account_label`";
                self.phase = Phase::InvalidSetting(InvalidInput::new("account_label", problem));
                return;
            };
            let (job, chunk_size, accept_account) = (self.kind.name(), self.chunk_size, self.accept_account);
            let opening = Opening { job, chunk_size, account, accept_account };
            self.phase = Phase::OpeningJournal(runtime.spawn_blocking(move || Journal::open(&path, &opening)));
        }
        self.runtime = Some(runtime);
    }

    fn poll_journal(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::OpeningJournal(opening) = &mut self.phase {
            let opened = ready!(Pin::new(opening).poll(cx));
            let panicked =
                |error| Err(journal_error(JournalFailure::Io("opened")).with_source(io::Error::other(error)));
            self.phase = match opened.unwrap_or_else(panicked) {
                Ok((journal, records)) => {
                    (self.journal, self.records) = (Some(journal), records);
                    self.context.journal_opened.get_or_init(Instant::now);
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

    /// Reads the items of the next chunk and starts it, or creates the report of a finished chunk.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.buffer.len() < self.chunk_size {
            match ready!(self.input.as_mut().poll_next(cx)) {
                Some(Ok(item)) => self.buffer.push(item),
                Some(Err(source)) => {
                    // Does not send the buffer: its digest would differ from the digest of the complete chunk.
                    let failed = Cause::Incomplete(Incomplete::Job("the input of the job failed"));
                    self.fail(Error::new(failed, Outcome::NotSent).with_source(source));
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
        let in_flight = self.in_flight.len();
        self.start_chunk(items);
        if self.in_flight.len() > in_flight || self.resumed_report.is_some() {
            return Poll::Ready(());
        }
        // Yields after each skipped chunk: an input that is always ready would otherwise block the thread.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Starts the next chunk.
    ///
    /// If an earlier run finished the chunk, creates a report of the items that need attention instead.
    ///
    /// If the items differ from the digest in the journal, the job fails.
    fn start_chunk(&mut self, items: Vec<(J::Key, J::Item)>) {
        let number = self.next_chunk;
        self.next_chunk += 1;
        let item_count = items.len() as u64;
        let canonical_items = || items.iter().map(|(_, item)| J::canonical_json(item));
        let digest = self.journal.as_ref().map(|_| digest(canonical_items()));
        let record = self.records.remove(&number);
        if record.as_ref().is_some_and(|record| record.items != item_count || Some(&record.digest) != digest.as_ref()) {
            return self.fail(journal_error(JournalFailure::OtherInput(number)));
        }
        let first_index = self.deduplicator.items_read();
        let deduped = self.deduplicator.dedup::<J>(items);
        let (is_reopened, begun_at) = match record {
            None => (false, now()),
            Some(ChunkRecord { finished: None, begun_at, .. }) => (true, begun_at),
            Some(ChunkRecord { finished: Some(finished), .. }) => {
                let counts = finished.counts;
                let Some(items) = items_needing_attention(deduped, first_index, finished) else {
                    return self.fail(journal_error(JournalFailure::OtherInput(number)));
                };
                self.counts.add(counts);
                self.resumed += item_count;
                if !items.is_empty() {
                    self.resumed_report = Some(ChunkReport { chunk: number, items, is_resumed: true });
                }
                return;
            }
        };
        let DedupedItems { pending, classified } = deduped;
        let task = ChunkTask {
            kind: self.kind.clone(),
            run_chunk: self.run_chunk,
            chunk: Chunk::new(Arc::clone(&self.context), begun_at, classified),
            pending,
            journal: self.journal.clone(),
            number,
            first_index,
            item_count,
            digest,
            is_reopened,
        };
        let run = task.run().in_current_span();
        match &self.runtime {
            Some(runtime) => self.in_flight.spawn_on(run, runtime),
            None => self.in_flight.spawn(run),
        };
    }

    /// Ends the job, and returns its error.
    fn end(&mut self) -> Option<Error> {
        self.elapsed_at_end = self.started.map(|started| started.elapsed());
        // Unlocks the journal for the next job.
        self.journal = None;
        let error = match mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Finishing(Some(error)) => Some(error),
            _ if !self.is_stopped && !self.records.is_empty() => {
                self.is_stopped = true;
                Some(journal_error(JournalFailure::OtherInput(self.next_chunk)))
            }
            _ => None,
        };
        if self.counts.items() == Some(self.deduplicator.items_read()) {
            return error;
        }
        self.is_stopped = true;
        let lost = Error::new(Cause::Incomplete(Incomplete::Job("the job lost items")), Outcome::Unknown);
        Some(match error {
            Some(error) => lost.with_source(error),
            None => lost,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Client, Contacts, Credentials, NewContact,
        jobs::{ImportClass, journal::Journal},
    };

    /// Returns a [`Contacts`] whose service refuses connections.
    fn unreachable_contacts() -> Contacts {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        let client = Client::builder().credentials(credentials).base_url("http://127.0.0.1:9").max_retries(0);
        client.build().expect("valid").contacts()
    }

    /// Only a bug of the job makes the counts differ, so the test changes the counts itself.
    #[tokio::test]
    async fn counts_that_differ_from_the_items_read_are_an_error() {
        let mut job = unreachable_contacts().import(Vec::<NewContact>::new()).start();
        job.scheduler.counts.done = 1;
        let error = job.next().await.expect("an error").expect_err("one too many");
        assert!(error.is_incomplete(), "{error:?}");
        assert_eq!(error.to_string(), "the job lost items");
        assert!(job.next().await.is_none() && job.summary().is_stopped());
    }

    #[tokio::test]
    async fn lost_items_are_the_error_even_after_another_failure() {
        let mut job = unreachable_contacts().import(["+15550001"].map(NewContact::new)).start();
        job.scheduler.counts.done = 1;
        job.next().await.expect("a report").expect("its class");
        let error = job.next().await.expect("an error").expect_err("one too many");
        assert_eq!(error.to_string(), "the job lost items");
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<crate::Error>());
        assert!(source.is_some_and(crate::Error::is_connect), "{error:?}");
    }

    #[tokio::test]
    async fn a_chunk_is_not_sent_if_the_journal_cannot_record_it() {
        let mut job = unreachable_contacts().import(["+15550001", "1"].map(NewContact::new)).start();
        job.scheduler.journal = Some(Journal::unwritable());
        let report = job.next().await.expect("a report").expect("each item has a class");
        let [first, second] = &report.items[..] else { panic!("{report:?}") };
        let ImportClass::Rejected(reason) = &first.class else { panic!("{report:?}") };
        assert!(
            reason.error().is_some_and(|error: &crate::Error| error.kind() == crate::ErrorKind::Journal),
            "sent: {reason}"
        );
        assert_eq!((reason.operation(), reason.is_stop()), ("import", true));
        assert!(matches!(second.class, ImportClass::Invalid(_)));
        assert_eq!(job.next().await.expect("an error").expect_err("the job stopped").kind(), crate::ErrorKind::Journal);
    }
}
