//! Limits on how many requests start in a length of time.

use std::{
    collections::VecDeque,
    error::Error as StdError,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use crate::error::{Error, InvalidInput};

#[cfg(test)]
mod tests;

/// How long a waiter whose turn has come is waited for by those behind it. Whoever runs at all needs far less; whoever
/// does not would otherwise hold up the others, and even itself, if what it waits for is behind it.
const PATIENCE: Duration = Duration::from_millis(25);

/// Says when a request may start.
///
/// For the requests of one program there is [`SlidingWindow`]. Programs that share an account need a limit that all of them
/// ask:
///
/// ```
/// use std::{
///     collections::VecDeque,
///     pin::Pin,
///     sync::{Arc, Mutex},
///     time::Duration,
/// };
///
/// use sendblue_contacts::{RateLimit, RateLimitExceeded};
/// use tokio::time::{Instant, sleep};
///
/// /// What all programs ask. This one is in memory; a real one would be a script in a data store, which looks and counts
/// /// in one step.
/// #[derive(Default)]
/// struct Store(Mutex<VecDeque<Instant>>);
///
/// impl Store {
///     /// Counts a start, if there were fewer than 100 in the last 10 seconds; else says when to ask again.
///     async fn start(&self) -> Result<(), Duration> {
///         let (now, mut starts) = (Instant::now(), self.0.lock().unwrap());
///         if starts.len() == 100 {
///             let age = now - starts[0];
///             if age < Duration::from_secs(10) {
///                 return Err(Duration::from_secs(10) - age);
///             }
///             starts.pop_front();
///         }
///         starts.push_back(now);
///         Ok(())
///     }
/// }
///
/// struct FleetLimit(Arc<Store>);
///
/// impl RateLimit for FleetLimit {
///     fn acquire(
///         &self,
///         within: Duration,
///     ) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
///         Box::pin(async move {
///             let called = Instant::now();
///             while let Err(wait) = self.0.start().await {
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
/// let store = Arc::new(Store::default());
/// let (here, there) = (FleetLimit(store.clone()), FleetLimit(store));
/// for _ in 0..50 {
///     here.acquire(Duration::ZERO).await.unwrap();
///     there.acquire(Duration::ZERO).await.unwrap();
/// }
/// let error = here.acquire(Duration::from_secs(5)).await.unwrap_err();
/// assert!(error.wait() > Some(Duration::from_secs(5)));
/// there.acquire(Duration::from_secs(15)).await.unwrap();
/// # }
/// ```
///
/// A limit in an [`Arc`] is one too, for several clients that share it.
pub trait RateLimit: Send + Sync + 'static {
    /// Waits until one request may start, at most `within`.
    ///
    /// It is asked once for every attempt, and the request starts as soon as it returns `Ok`: that moment is the one to
    /// count. `within` is what is left of the call's time; [`Duration::MAX`] means without end.
    ///
    /// The future may be dropped at any time. It must then neither count nor hold up those that came after it.
    ///
    /// # Errors
    ///
    /// [`RateLimitExceeded`], if the request may not start `within` that time: at once where that can be foreseen, so that
    /// no time is spent on waiting in vain.
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>>;
}

impl<T: RateLimit + ?Sized> RateLimit for Arc<T> {
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        (**self).acquire(within)
    }
}

/// A request may not start in the time that is left for it.
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
    /// With how long the wait would have been at least, or `None` where nobody knows.
    #[must_use]
    pub fn new(wait: impl Into<Option<Duration>>) -> Self {
        Self { wait: wait.into() }
    }

    /// How long the wait would have been at least, from when this error was made; `None` if that is not known.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.wait
    }
}

impl fmt::Display for RateLimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rate limit leaves no place in the time that is left")?;
        match self.wait {
            Some(wait) => write!(f, "; the next one is at least {wait:?} away"),
            None => Ok(()),
        }
    }
}

impl StdError for RateLimitExceeded {}

/// Never more than so many starts in any window of a given length.
///
/// ```
/// use std::time::Duration;
/// use sendblue_contacts::{RateLimit, SlidingWindow};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limit = SlidingWindow::new(2, Duration::from_secs(1))?;
/// limit.acquire(Duration::ZERO).await?;
/// limit.acquire(Duration::ZERO).await?;
///
/// // The third is a second away: too far for one, not for the other.
/// assert!(limit.acquire(Duration::from_millis(300)).await.is_err());
/// limit.acquire(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
///
/// A window has its beginning in it, but not its end: with a limit of 2 in a second, a third request may start exactly one
/// second after the first. What counts is when [`acquire`](RateLimit::acquire) returned `Ok`, by the clock of tokio. On their
/// way requests may still draw closer together, and the service counts when they arrive: leave it some room.
///
/// Waiters are served in the order in which they were first polled. One that cannot be served in its time is told so at
/// once, on the assumption that none before it gives up. One that is dropped gives its place to the next. One that is neither
/// polled nor dropped keeps a place for itself, until its time is over, but the others go past it with those that are left.
///
/// Takes memory for at most `limit` moments, and for those who wait.
pub struct SlidingWindow {
    /// At least 1.
    limit: usize,
    /// Longer than zero.
    window: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The starts of the last window, oldest first; at most `limit`.
    starts: VecDeque<Instant>,
    /// Who waits, in the order of their ids.
    queue: VecDeque<Waiter>,
    next_id: u64,
    /// No time in the queue is over before this.
    first_end: Option<Instant>,
}

struct Waiter {
    id: u64,
    /// The last moment at which it may be served; `None` for one beyond what the clock can say.
    end: Option<Instant>,
    /// It has come to the front.
    to_front: Arc<Notify>,
}

impl SlidingWindow {
    /// How many requests the service is reported to accept from an account in [`REPORTED_WINDOW`](Self::REPORTED_WINDOW).
    ///
    /// By guides, not by the API reference; it is no promise.
    pub const REPORTED_LIMIT: usize = 100;
    /// The length of time of [`REPORTED_LIMIT`](Self::REPORTED_LIMIT): 10 seconds.
    pub const REPORTED_WINDOW: Duration = Duration::from_secs(10);

    /// At most `limit` starts in any window of the length `window`.
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input), if either is zero: nothing could ever start, or nothing would be limited.
    pub fn new(limit: usize, window: Duration) -> Result<Self, Error> {
        if limit == 0 {
            return Err(InvalidInput::new("limit", "is zero; no request could ever start").into());
        }
        if window.is_zero() {
            return Err(InvalidInput::new("window", "is zero; nothing would be limited").into());
        }
        Ok(Self::unchecked(limit, window))
    }

    /// The limit that the service is reported to have: [`REPORTED_LIMIT`](Self::REPORTED_LIMIT) in
    /// [`REPORTED_WINDOW`](Self::REPORTED_WINDOW).
    #[must_use]
    pub fn reported() -> Self {
        Self::unchecked(Self::REPORTED_LIMIT, Self::REPORTED_WINDOW)
    }

    fn unchecked(limit: usize, window: Duration) -> Self {
        Self { limit, window, state: Mutex::default() }
    }

    /// Looks at the state, or changes it, at one moment.
    ///
    /// The clock is read under the lock, so that the starts are in the order of time. Whoever comes to the front is told
    /// after it: waking may run code of others, even that which drops a waiter.
    fn at_once<T>(&self, look: impl FnOnce(&mut State, Instant) -> T) -> T {
        let (seen, to_front) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let before = state.queue.front().map(|waiter| waiter.id);
            state.remove_overdue(now);
            let seen = look(&mut state, now);
            let front = state.queue.front().filter(|waiter| before.is_some_and(|before| before != waiter.id));
            (seen, front.map(|waiter| Arc::clone(&waiter.to_front)))
        };
        if let Some(to_front) = to_front {
            to_front.notify_one();
        }
        seen
    }

    fn enter(&self, within: Duration) -> Place<'_> {
        self.at_once(|state, now| {
            let id = state.next_id;
            // At one a nanosecond, enough for five centuries.
            state.next_id = id.wrapping_add(1);
            let end = now.checked_add(within);
            let to_front = Arc::new(Notify::new());
            state.first_end = state.first_end.into_iter().chain(end).min();
            state.queue.push_back(Waiter { id, end, to_front: Arc::clone(&to_front) });
            Place { limiter: self, id, since: now, within, to_front }
        })
    }

    /// How long, at least, before one who has so many before it may start, if none of them gives up.
    ///
    /// Those before it need not have started: places are left for them.
    fn wait(&self, starts: &VecDeque<Instant>, ahead: usize, now: Instant) -> Duration {
        // Each start makes room for one, a window later: those ahead go through the starts, if need be more than once. Where
        // there are fewer than `limit`, the missing ones are as good as long ago.
        let missing = self.limit.saturating_sub(starts.len());
        let rounds = u32::try_from(ahead / self.limit).unwrap_or(u32::MAX);
        (ahead % self.limit)
            .checked_sub(missing)
            .and_then(|index| starts.get(index))
            .map_or(Duration::ZERO, |start| self.window.saturating_sub(now.duration_since(*start)))
            .saturating_add(self.window.saturating_mul(rounds))
    }

    fn start(&self, state: &mut State, now: Instant) {
        while state.starts.front().is_some_and(|start| now.duration_since(*start) >= self.window) {
            state.starts.pop_front();
        }
        state.starts.push_back(now);
    }
}

impl State {
    /// Takes out those whose time is over. They have not noticed, since nobody polls them, and would keep their places.
    fn remove_overdue(&mut self, now: Instant) {
        if self.first_end.is_some_and(|end| end < now) {
            self.queue.retain(|waiter| waiter.end.is_none_or(|end| now <= end));
            self.first_end = self.queue.iter().filter_map(|waiter| waiter.end).min();
        }
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&id, |waiter| waiter.id).ok()
    }
}

/// What a waiter finds when it looks.
enum Turn {
    /// It has started.
    Started,
    /// It cannot start before so long.
    NotBefore(Duration),
    /// There is a place for it, but some before it have not yet taken theirs.
    Behind,
}

/// A waiter's place in the queue, which it leaves when it is dropped.
struct Place<'a> {
    limiter: &'a SlidingWindow,
    id: u64,
    since: Instant,
    within: Duration,
    to_front: Arc<Notify>,
}

impl Place<'_> {
    fn turn(&self, patient: bool) -> Result<Turn, RateLimitExceeded> {
        self.limiter.at_once(|state, now| {
            let Some(ahead) = state.position(self.id) else {
                // Its time is over.
                return Err(RateLimitExceeded::new(self.limiter.wait(&state.starts, state.queue.len(), now)));
            };
            let wait = self.limiter.wait(&state.starts, ahead, now);
            let left = self.within.saturating_sub(now.duration_since(self.since));
            if wait > left {
                return Err(RateLimitExceeded::new(wait));
            }
            if !wait.is_zero() {
                return Ok(Turn::NotBefore(wait));
            }
            if ahead > 0 && patient && left > PATIENCE {
                return Ok(Turn::Behind);
            }
            state.queue.remove(ahead);
            self.limiter.start(state, now);
            Ok(Turn::Started)
        })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.at_once(|state, _| {
            if let Some(position) = state.position(self.id) {
                state.queue.remove(position);
            }
        });
    }
}

impl RateLimit for SlidingWindow {
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        Box::pin(async move {
            let place = self.enter(within);
            let mut patient = true;
            loop {
                // Coming to the front is a reason to look again in either case: the time may have been that of another place.
                match place.turn(patient)? {
                    Turn::Started => return Ok(()),
                    Turn::NotBefore(wait) => {
                        let _ = timeout(wait, place.to_front.notified()).await;
                    }
                    Turn::Behind => patient = timeout(PATIENCE, place.to_front.notified()).await.is_ok(),
                }
            }
        })
    }
}

impl fmt::Debug for SlidingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlidingWindow")
            .field("limit", &self.limit)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
