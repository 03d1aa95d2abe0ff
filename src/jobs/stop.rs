//! A handle that stops a job from another task or thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};
use std::task::Context;

use futures_util::task::AtomicWaker;

/// A handle that stops a running job gracefully, from any task or thread.
///
/// ```
/// use sendblue_contacts::{NewContact, sandbox::Sandbox};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let people = (100..900).map(|n| NewContact::new(format!("+14155550{n}")));
/// let mut job = contacts.import(people).chunk_size(10).start();
///
/// let handle = job.stop_handle();
/// tokio::spawn(async move {
///     // A program would wait for Ctrl-C here.
///     handle.stop();
/// });
/// while let Some(report) = job.next().await {
///     report?;
/// }
/// assert!(job.summary().is_stopped());
/// # Ok(())
/// # }
/// ```
///
/// [`RunningJob::stop_handle`](super::RunningJob::stop_handle) returns a handle. Clones of a handle stop the same job.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<StopSignal>);

#[derive(Debug, Default)]
struct StopSignal {
    is_requested: AtomicBool,
    waker: AtomicWaker,
}

impl StopHandle {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Asks the job to stop, as [`RunningJob::stop`](super::RunningJob::stop) does.
    ///
    /// The job stops when its next report is awaited. If the job has ended, the call has no effect.
    pub fn stop(&self) {
        self.0.is_requested.store(true, SeqCst);
        self.0.waker.wake();
    }

    /// Returns whether `stop` was called. If not, a later call of `stop` wakes the task.
    pub(super) fn poll_is_requested(&self, cx: &Context<'_>) -> bool {
        // Registers the waker before the load, so that a `stop` after the load finds the waker.
        self.0.waker.register(cx.waker());
        self.0.is_requested.load(SeqCst)
    }
}
