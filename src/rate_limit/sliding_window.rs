//! A rate limit for one process.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::{RateLimit, RateLimitExceeded};
use crate::error::{Error, InvalidInput};

#[cfg(test)]
mod tests;

/// How long a waiter with a free slot lets earlier waiters start first.
///
/// A runtime normally polls the earlier waiters much sooner. But an earlier waiter may never be polled again. Without
/// this bound, that waiter would block every later waiter.
const FRONT_GRACE: Duration = Duration::from_millis(25);

/// A rate limit of at most `limit` starts in any window of a given length.
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
/// // The third request may start in one second, so a call that waits at most 300 ms fails.
/// assert!(limit.acquire(Duration::from_millis(300)).await.is_err());
/// limit.acquire(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
///
/// A start counts at the moment when [`acquire`](RateLimit::acquire) returns `Ok`, by Tokio's clock. A window excludes
/// the moment at which it ends. With a limit of 2 per second, the third request may start exactly one second after the
/// first. Network delays may move requests closer together before they reach the service. So choose a limit below the
/// service's limit.
///
/// Waiters start in the order of their first poll. If a waiter's slot comes after its `within` time, the waiter fails
/// at once. This prediction assumes that no earlier waiter gives up. A dropped waiter gives up its slot. If a waiter
/// stays alive without being polled, it keeps one slot until its `within` time is over. Later waiters share the other
/// slots.
///
/// The limiter stores one timestamp for each start in the window and one entry for each waiter.
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
    /// The waiters, by ascending id.
    queue: VecDeque<Waiter>,
    next_id: u64,
    /// A lower bound of all `expires_at` in the queue; `None` if no waiter expires.
    earliest_expiry: Option<Instant>,
}

struct Waiter {
    id: u64,
    /// The last moment at which the waiter may start; `None` if the clock cannot represent it.
    expires_at: Option<Instant>,
    /// Notified when the waiter reaches the front of the queue.
    reached_front: Arc<Notify>,
}

impl SlidingWindow {
    /// The reported limit of an account: 100 requests in each [`REPORTED_WINDOW`](Self::REPORTED_WINDOW).
    ///
    /// Guides of the service mention this limit; the API reference does not.
    pub const REPORTED_LIMIT: usize = 100;
    /// The window of [`REPORTED_LIMIT`](Self::REPORTED_LIMIT): 10 seconds.
    pub const REPORTED_WINDOW: Duration = Duration::from_secs(10);

    /// Creates a limiter that allows `limit` starts in any window of the length `window`.
    ///
    /// # Errors
    ///
    /// If `limit` or `window` is zero, returns an input error ([`is_input`](Error::is_input)).
    pub fn new(limit: usize, window: Duration) -> Result<Self, Error> {
        if limit == 0 {
            return Err(InvalidInput::new("limit", "zero; pass 1 or more").into());
        }
        if window.is_zero() {
            return Err(InvalidInput::new("window", "zero; pass a longer duration").into());
        }
        Ok(Self::unchecked(limit, window))
    }

    /// Creates a limiter with the service's reported limit.
    ///
    /// It allows [`REPORTED_LIMIT`](Self::REPORTED_LIMIT) starts in any [`REPORTED_WINDOW`](Self::REPORTED_WINDOW).
    #[must_use]
    pub fn reported() -> Self {
        Self::unchecked(Self::REPORTED_LIMIT, Self::REPORTED_WINDOW)
    }

    fn unchecked(limit: usize, window: Duration) -> Self {
        Self { limit, window, state: Mutex::default() }
    }

    /// Locks the state, removes expired waiters, and runs `access`.
    ///
    /// This function reads the clock under the lock, so that starts are in order of time. It releases the lock before
    /// it notifies the new front of the queue. Otherwise, a waker that drops a waiter would deadlock on the lock.
    fn with_state<T>(&self, access: impl FnOnce(&mut State, Instant) -> T) -> T {
        let (result, new_front) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let old_front = state.queue.front().map(|waiter| waiter.id);
            state.remove_expired(now);
            let result = access(&mut state, now);
            let new_front = state.queue.front().filter(|waiter| old_front.is_some_and(|id| id != waiter.id));
            (result, new_front.map(|waiter| Arc::clone(&waiter.reached_front)))
        };
        if let Some(reached_front) = new_front {
            reached_front.notify_one();
        }
        result
    }

    /// Adds a waiter and makes its first attempt to start.
    ///
    /// Both steps use one reading of the clock. At a later reading, a waiter with `within` zero would have expired.
    fn enqueue(&self, within: Duration) -> (Ticket<'_>, Result<Admission, RateLimitExceeded>) {
        self.with_state(|state, now| {
            let id = state.next_id;
            // At one id per nanosecond, 64 bits last for five centuries.
            state.next_id = id.wrapping_add(1);
            let expires_at = now.checked_add(within);
            let reached_front = Arc::new(Notify::new());
            state.earliest_expiry = state.earliest_expiry.into_iter().chain(expires_at).min();
            state.queue.push_back(Waiter { id, expires_at, reached_front: Arc::clone(&reached_front) });
            let ticket = Ticket { limiter: self, id, enqueued_at: now, within, reached_front };
            let admission = ticket.admit(state, now, true);
            (ticket, admission)
        })
    }

    /// Returns the wait of a waiter behind `ahead` earlier waiters. If one of them gives up, the wait may be shorter.
    fn time_to_slot(&self, starts: &VecDeque<Instant>, ahead: usize, now: Instant) -> Duration {
        // Unused slots are free at once. Each recorded start frees a slot one window later, and the `ahead` waiters
        // take these slots in turn. If there are more waiters than slots, they take several rounds of one window each.
        let unused = self.limit.saturating_sub(starts.len());
        let rounds = u32::try_from(ahead / self.limit).unwrap_or(u32::MAX);
        (ahead % self.limit)
            .checked_sub(unused)
            .and_then(|index| starts.get(index))
            .map_or(Duration::ZERO, |start| self.window.saturating_sub(now.duration_since(*start)))
            .saturating_add(self.window.saturating_mul(rounds))
    }

    fn record_start(&self, state: &mut State, now: Instant) {
        while state.starts.front().is_some_and(|start| now.duration_since(*start) >= self.window) {
            state.starts.pop_front();
        }
        state.starts.push_back(now);
    }
}

impl State {
    /// Removes the waiters whose time is over.
    ///
    /// A waiter removes itself only when it is polled or dropped.
    fn remove_expired(&mut self, now: Instant) {
        if self.earliest_expiry.is_some_and(|expiry| expiry < now) {
            self.queue.retain(|waiter| waiter.expires_at.is_none_or(|expiry| now <= expiry));
            self.earliest_expiry = self.queue.iter().filter_map(|waiter| waiter.expires_at).min();
        }
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&id, |waiter| waiter.id).ok()
    }
}

/// The result of an attempt to start.
enum Admission {
    /// The waiter has started.
    Started,
    /// A slot becomes free for the waiter after this time.
    WaitFor(Duration),
    /// A slot is free, but earlier waiters have not yet started.
    YieldToEarlier,
}

/// A waiter's entry in the queue. Dropping it removes the waiter.
struct Ticket<'a> {
    limiter: &'a SlidingWindow,
    id: u64,
    enqueued_at: Instant,
    within: Duration,
    reached_front: Arc<Notify>,
}

impl Ticket<'_> {
    fn try_start(&self, yields: bool) -> Result<Admission, RateLimitExceeded> {
        self.limiter.with_state(|state, now| self.admit(state, now, yields))
    }

    /// Starts the request if a slot is free. With `yields`, lets earlier waiters start first.
    fn admit(&self, state: &mut State, now: Instant, yields: bool) -> Result<Admission, RateLimitExceeded> {
        let Some(ahead) = state.position(self.id) else {
            // The waiter has expired.
            return Err(RateLimitExceeded::new(self.limiter.time_to_slot(&state.starts, state.queue.len(), now)));
        };
        let wait = self.limiter.time_to_slot(&state.starts, ahead, now);
        let left = self.within.saturating_sub(now.duration_since(self.enqueued_at));
        if wait > left {
            return Err(RateLimitExceeded::new(wait));
        }
        if !wait.is_zero() {
            return Ok(Admission::WaitFor(wait));
        }
        if ahead > 0 && yields && left > FRONT_GRACE {
            return Ok(Admission::YieldToEarlier);
        }
        state.queue.remove(ahead);
        self.limiter.record_start(state, now);
        Ok(Admission::Started)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.limiter.with_state(|state, _| {
            if let Some(position) = state.position(self.id) {
                state.queue.remove(position);
            }
        });
    }
}

impl RateLimit for SlidingWindow {
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        Box::pin(async move {
            let (ticket, mut admission) = self.enqueue(within);
            let mut yields = true;
            loop {
                // If the waiter reaches the front of the queue, its slot may be free sooner. So both waits end early.
                match admission? {
                    Admission::Started => return Ok(()),
                    Admission::WaitFor(wait) => {
                        let _ = timeout(wait, ticket.reached_front.notified()).await;
                    }
                    Admission::YieldToEarlier => {
                        yields = timeout(FRONT_GRACE, ticket.reached_front.notified()).await.is_ok();
                    }
                }
                admission = ticket.try_start(yields);
            }
        })
    }

    fn for_another_account(&self) -> Option<Arc<dyn RateLimit>> {
        Some(Arc::new(Self::unchecked(self.limit, self.window)))
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
