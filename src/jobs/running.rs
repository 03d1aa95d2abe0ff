//! The handle of a running job.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt;

#[cfg(doc)]
use super::Job;
use super::{ChunkReport, JobKind, Progress, StopHandle, Summary, scheduler::Scheduler};
use crate::Error;

/// A running job: the [`Stream`] of reports that [`Job::start`] returns.
///
/// ```
/// # use sendblue_contacts::{NewContact, sandbox::Sandbox};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let people = (0..250).map(|n| NewContact::new(format!("+1415555{n:04}")));
/// let mut job = contacts.import(people).start();
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
/// Chunks in flight continue between two reports, so requests do not time out if the consumer is slow.
/// A new chunk starts only while the caller awaits a report.
///
/// If the job is dropped, it aborts its requests, and their outcome is unknown. With a [journal](Job::journal), the
/// next run looks up their items. To end a job gracefully, call [`stop`](Self::stop).
///
/// `Debug` shows the progress and omits the items.
#[must_use = "a job does nothing unless its reports are awaited"]
pub struct RunningJob<J: JobKind> {
    pub(super) scheduler: Scheduler<J>,
    stop_handle: StopHandle,
}

impl<J: JobKind> RunningJob<J> {
    pub(super) fn new(scheduler: Scheduler<J>) -> Self {
        Self { scheduler, stop_handle: StopHandle::new() }
    }

    /// Returns the next report, or `None` after the end of the job.
    ///
    /// # Errors
    ///
    /// Returns the error that stopped the job, after the reports of all chunks in flight. `None` follows.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no report.
    pub async fn next(&mut self) -> Option<Result<ChunkReport<J>, Error>> {
        StreamExt::next(self).await
    }

    /// Stops the job gracefully: it reads no more input, and the stream ends after the chunks in flight.
    ///
    /// The job drops items that it has read for an incomplete chunk; the summary does not count them.
    pub fn stop(&mut self) {
        self.scheduler.stop();
    }

    /// Returns a handle that stops the job from another task or thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.stop_handle.clone()
    }

    /// Returns the progress of the job.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.scheduler.progress()
    }

    /// Returns the summary so far, even after an error.
    #[must_use]
    pub fn summary(&self) -> Summary<J> {
        self.scheduler.summary()
    }
}

// Only the input needs pinning, and the input is boxed.
impl<J: JobKind> Unpin for RunningJob<J> {}

impl<J: JobKind> Stream for RunningJob<J> {
    type Item = Result<ChunkReport<J>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.stop_handle.poll_is_requested(cx) {
            this.scheduler.stop();
        }
        this.scheduler.poll_next(cx)
    }
}

impl<J: JobKind> fmt::Debug for RunningJob<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningJob")
            .field("kind", self.scheduler.kind())
            .field("progress", &self.progress())
            .field("chunks_in_flight", &self.scheduler.chunks_in_flight())
            .finish_non_exhaustive()
    }
}
