//! A job as it runs.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::{task::JoinSet, time::Instant};
use tracing::Instrument as _;

use super::{
    ChunkReport, Input, Job, JobKind, Progress, Summary, Tally,
    chunk::{Chunk, Shared},
    clock::{ServiceClock, now},
    intake::{Intake, Sorted},
};
use crate::{
    Error, Outcome,
    error::{InvalidInput, Kind},
};

/// A job that runs as its reports are taken: a [`Stream`] of them.
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
    tally: Tally,
    resumed: u64,
    is_stopped: bool,
    started: Option<Instant>,
    ended: Option<Duration>,
}

enum Phase {
    /// A setting is wrong.
    Invalid(InvalidInput),
    Reading,
    /// No more is read. The error comes after the reports.
    Finishing(Option<Error>),
    Ended,
}

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
        let Job { contacts, kind, input, total, chunk_size, concurrency, settle_delay, resend_unknown, .. } = job;
        let clock = ServiceClock::default();
        Self {
            kind,
            shared: Arc::new(Shared { contacts, settle_delay, resend_unknown, clock }),
            chunk_size,
            concurrency,
            total,
            phase,
            input,
            intake: Intake::default(),
            buffer: Vec::new(),
            next_chunk: 0,
            chunks: JoinSet::new(),
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
    /// What ends the job, once all that was under way is reported.
    ///
    /// # Cancel safety
    ///
    /// No report is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<ChunkReport<K>, Error>> {
        StreamExt::next(self).await
    }

    /// Reads no more of the input. What is under way is finished and reported, then the stream ends.
    pub fn stop(&mut self) {
        if matches!(self.phase, Phase::Reading) {
            self.phase = Phase::Finishing(None);
            self.is_stopped = true;
        }
    }

    /// How far the job is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Tally { rejected, invalid, unknown, .. } = self.tally;
        let done = self.tally.items();
        let elapsed = self.ended.or_else(|| Some(self.started?.elapsed())).unwrap_or_default();
        let seconds = elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "it is for showing")]
        let rate = if seconds > 0.0 { (done - self.resumed) as f64 / seconds } else { 0.0 };
        Progress { done, total: self.total, failures: rejected + invalid + unknown, elapsed, rate }
    }

    /// The sums of what has been reported.
    #[must_use]
    pub fn summary(&self) -> Summary<K> {
        Summary::new(self.tally, self.resumed, self.is_stopped)
    }

    /// Reads no more, because of an error. The first one is the one that counts.
    fn halt(&mut self, error: Error) {
        self.stop();
        if let Phase::Finishing(first @ None) = &mut self.phase {
            *first = Some(error);
        }
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.buffer.len() < self.chunk_size {
            match ready!(self.input.as_mut().poll_next(cx)) {
                Some(item) => self.buffer.push(item),
                None => {
                    self.phase = Phase::Finishing(None);
                    break;
                }
            }
        }
        let items = mem::take(&mut self.buffer);
        if !items.is_empty() {
            self.begin(items);
        }
        Poll::Ready(())
    }

    fn begin(&mut self, items: Vec<K::Item>) {
        let number = self.next_chunk;
        self.next_chunk += 1;
        let Sorted { entries, classed } = self.intake.take::<K>(items);
        let mut tally = Tally::default();
        for item in &classed {
            *K::count(&item.class, &mut tally) += 1;
        }
        let mut chunk = Chunk { shared: Arc::clone(&self.shared), begun: now(), classed, tally };
        let kind = self.kind.clone();
        let work = async move {
            let result = if entries.is_empty() { Ok(()) } else { kind.work(&mut chunk, entries, false).await };
            let Chunk { mut classed, tally, .. } = chunk;
            classed.sort_unstable_by_key(|item| item.index);
            let error = result.err().map(Arc::unwrap_or_clone);
            Ended { report: ChunkReport { chunk: number, items: classed }, tally, error }
        };
        self.chunks.spawn(work.in_current_span());
    }

    fn end(&mut self) -> Option<Error> {
        self.ended = self.started.map(|started| started.elapsed());
        match mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Finishing(Some(error)) => Some(error),
            _ if self.tally.items() != self.intake.read() => {
                Some(Error::new(Kind::Incomplete("a job has lost items"), Outcome::Unknown))
            }
            _ => None,
        }
    }
}

/// Nothing in it is pinned but the input, which has a place of its own.
impl<K: JobKind> Unpin for RunningJob<K> {}

impl<K: JobKind> Stream for RunningJob<K> {
    type Item = Result<ChunkReport<K>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.started.get_or_insert_with(Instant::now);
        loop {
            let is_reading = match &this.phase {
                Phase::Invalid(invalid) => {
                    let error = invalid.clone().into();
                    this.phase = Phase::Ended;
                    return Poll::Ready(Some(Err(error)));
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
                    let lost = Error::new(Kind::Incomplete("a task of the job has panicked"), Outcome::Unknown);
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
