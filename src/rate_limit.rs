//! Rate limits: the trait, its error and the limiter for one process.

use std::{error::Error, fmt, pin::Pin, sync::Arc, time::Duration};

pub use sliding_window::SlidingWindow;

mod sliding_window;

/// Decides when a request may start.
///
/// [`SlidingWindow`] limits the requests of one process. Processes that share an account need a limiter that counts
/// their starts in one place, such as a data store:
///
/// ```
/// use std::{pin::Pin, sync::Mutex, time::Duration};
///
/// use sendblue_contacts::{RateLimit, RateLimitExceeded};
/// use tokio::time::{Instant, sleep};
///
/// /// Starts at most one request in each period of 100 ms.
/// #[derive(Default)]
/// struct Spacing(Mutex<Option<Instant>>);
///
/// impl Spacing {
///     /// Records a start, or returns how long to wait. A shared limiter calls its store here.
///     async fn try_start(&self) -> Result<(), Duration> {
///         const SPACING: Duration = Duration::from_millis(100);
///         let (now, mut last) = (Instant::now(), self.0.lock().unwrap());
///         match *last {
///             Some(last) if now - last < SPACING => Err(SPACING - (now - last)),
///             _ => {
///                 *last = Some(now);
///                 Ok(())
///             }
///         }
///     }
/// }
///
/// impl RateLimit for Spacing {
///     fn acquire(
///         &self,
///         within: Duration,
///     ) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
///         Box::pin(async move {
///             let called = Instant::now();
///             while let Err(wait) = self.try_start().await {
///                 if wait > within.saturating_sub(called.elapsed()) {
///                     return Err(RateLimitExceeded::new(wait));
///                 }
///                 sleep(wait).await;
///             }
///             Ok(())
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let limit = Spacing::default();
/// limit.acquire(Duration::ZERO).await.unwrap();
/// assert!(limit.acquire(Duration::from_millis(50)).await.is_err());
/// limit.acquire(Duration::from_millis(100)).await.unwrap();
/// # }
/// ```
///
/// To share a limiter between clients, wrap it in an [`Arc`].
pub trait RateLimit: Send + Sync + 'static {
    /// Waits for at most `within` until one request may start.
    ///
    /// If a request may start now, the result is `Ok`, even if `within` is zero.
    ///
    /// The client calls this method before each attempt. When the future returns `Ok`, the client starts the attempt,
    /// and the limiter counts that moment as the start. `within` is the remaining time of the call; [`Duration::MAX`]
    /// means no limit.
    ///
    /// # Errors
    ///
    /// Returns [`RateLimitExceeded`] if the limit allows no start within that time. If a limiter can predict this
    /// error, it should return the error at once.
    ///
    /// # Cancel safety
    ///
    /// The client may drop the future at any time. A dropped call must neither count as a start nor delay later calls.
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>>;

    /// Creates a limiter with the same settings for another account.
    ///
    /// The service counts the requests of each account separately.
    /// [`Client::with_credentials`](crate::Client::with_credentials) calls this method. [`SlidingWindow`] returns a new
    /// limiter without recorded starts.
    ///
    /// The default implementation returns `None`: both accounts then share this limiter. Sharing is slower than
    /// necessary but never exceeds a limit. If your limiter can count accounts separately, return a limiter for the new
    /// account.
    fn for_another_account(&self) -> Option<Arc<dyn RateLimit>> {
        None
    }
}

impl<T: RateLimit + ?Sized> RateLimit for Arc<T> {
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        (**self).acquire(within)
    }

    fn for_another_account(&self) -> Option<Arc<dyn RateLimit>> {
        (**self).for_another_account()
    }
}

/// The error of [`RateLimit::acquire`]: the limit allows no start within the remaining time of the call.
///
/// ```
/// use std::time::Duration;
/// use sendblue_contacts::RateLimitExceeded;
///
/// let error = RateLimitExceeded::new(Duration::from_secs(3));
/// assert_eq!(error.wait(), Some(Duration::from_secs(3)));
/// assert_eq!(RateLimitExceeded::new(None).wait(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitExceeded {
    wait: Option<Duration>,
}

impl RateLimitExceeded {
    /// Creates an error with the shortest wait before a start; `None` means that the wait is unknown.
    #[must_use]
    pub fn new(wait: impl Into<Option<Duration>>) -> Self {
        Self { wait: wait.into() }
    }

    /// Returns the shortest wait before a start, or `None` if the wait is unknown.
    ///
    /// The wait begins when the error is created.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.wait
    }
}

impl fmt::Display for RateLimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rate limit exceeded: the request may not start within its remaining time")?;
        match self.wait {
            Some(wait) => write!(f, "; wait at least {wait:?}"),
            None => Ok(()),
        }
    }
}

impl Error for RateLimitExceeded {}
