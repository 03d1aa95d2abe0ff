//! Decides whether and when to retry a call: a state machine without I/O.
//!
//! Only [`Retry`] makes this decision. Its caller passes the time left and a random number.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The default maximum number of retries: 2, so 3 attempts.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// The default upper bound of the first back-off: 500 milliseconds.
///
/// The bound doubles with each retry.
pub const DEFAULT_RETRY_BASE_DELAY: Duration = Duration::from_millis(500);
/// The default upper bound of every back-off: 8 seconds.
pub const DEFAULT_RETRY_MAX_DELAY: Duration = Duration::from_secs(8);
/// The longest `Retry-After` that a call waits for: 60 seconds.
///
/// If the service asks for a longer wait, the call fails at once. A back-off follows the wait.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The wait after a 429 response without `Retry-After`: 10 seconds.
///
/// According to reports, the service counts requests in windows of this length. If its timeout allows, a call waits
/// this long before a retry. A stream or job waits this long before it repeats a call.
pub const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(10);

/// The effect of repeating an operation that the service has already carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// The operation never changes anything.
    Read,
    /// The repetition makes no further change.
    IdempotentWrite,
    /// The repetition creates a second contact, or returns a conflict that hides the first success.
    NonIdempotentWrite,
    /// The repetition sends a second message to a person.
    Message,
}

/// The class of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptFailure {
    /// Nothing was sent.
    NotSent,
    /// The service responded with 429.
    RateLimited,
    /// The service may have carried the request out.
    Ambiguous,
    /// The attempt timed out, and the service may have carried the request out.
    TimedOut,
    /// The service carried the request out, but the response body did not arrive completely.
    Interrupted,
    /// Another attempt would probably fail too.
    NotRetryable,
}

/// The retry settings of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) base_delay: Duration,
    pub(crate) max_delay: Duration,
    /// Whether a [`RetryClass::NonIdempotentWrite`] is retried after an ambiguous failure or a timeout.
    pub(crate) retry_ambiguous: bool,
    /// Whether a [`RetryClass::Message`] is retried after a 429.
    pub(crate) retry_rate_limited: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: DEFAULT_MAX_RETRIES,
            base_delay: DEFAULT_RETRY_BASE_DELAY,
            max_delay: DEFAULT_RETRY_MAX_DELAY,
            retry_ambiguous: false,
            retry_rate_limited: false,
        }
    }
}

impl RetryPolicy {
    /// Returns whether a call may retry after an attempt has lost its connection.
    pub(crate) fn survives_lost_connection(&self, class: RetryClass) -> bool {
        self.allows(class, AttemptFailure::Ambiguous)
    }

    fn allows(&self, class: RetryClass, failure: AttemptFailure) -> bool {
        use RetryClass::{IdempotentWrite, Message, NonIdempotentWrite, Read};

        match (failure, class) {
            (AttemptFailure::NotSent, _) => true,
            (AttemptFailure::RateLimited, Message) => self.retry_rate_limited,
            (AttemptFailure::RateLimited, _) => true,
            (AttemptFailure::Ambiguous | AttemptFailure::TimedOut, Read | IdempotentWrite) => true,
            (AttemptFailure::Ambiguous | AttemptFailure::TimedOut, NonIdempotentWrite) => self.retry_ambiguous,
            (AttemptFailure::Ambiguous | AttemptFailure::TimedOut, Message) => false,
            (AttemptFailure::Interrupted, class) => class == Read,
            (AttemptFailure::NotRetryable, _) => false,
        }
    }

    /// Returns the back-off before the next retry: an upper bound times `random`, which is in `[0, 1)`.
    ///
    /// After n retries, the bound is `min(base_delay · 2ⁿ, max_delay)`. This is "full jitter": callers that fail at the
    /// same time retry at different times.
    pub(crate) fn delay(&self, retries: u32, random: f64) -> Duration {
        let bound = 2_u32.checked_pow(retries).and_then(|factor| self.base_delay.checked_mul(factor));
        bound.unwrap_or(self.max_delay).min(self.max_delay).mul_f64(random)
    }
}

/// The decision after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The call makes another attempt after this delay.
    RetryAfter(Duration),
    /// The call fails without another attempt.
    Stop,
}

/// The retry state of one call.
#[derive(Debug)]
pub(crate) struct Retry<'a> {
    policy: RetryPolicy,
    class: RetryClass,
    budget: &'a RetryBudget,
    retries: u32,
    /// The tokens that the last retry took from the budget.
    last_cost: u32,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(policy: RetryPolicy, class: RetryClass, budget: &'a RetryBudget) -> Self {
        Self { policy, class, budget, retries: 0, last_cost: 0 }
    }

    /// Decides whether to retry after a failed attempt.
    ///
    /// `retry_after` is the wait that the service asked for. `left` is the time until the deadline of the call.
    pub(crate) fn next_after(
        &mut self,
        failure: AttemptFailure,
        retry_after: Option<Duration>,
        left: Duration,
        random: f64,
    ) -> Next {
        if self.retries >= self.policy.max_retries || !self.policy.allows(self.class, failure) {
            return Next::Stop;
        }
        // A random back-off follows every other wait. So callers with the same `Retry-After` retry at different times.
        let back_off = self.policy.delay(self.retries, random);
        let delay = match retry_after {
            Some(wait) if wait > MAX_RETRY_AFTER => return Next::Stop,
            Some(wait) => wait.saturating_add(back_off),
            None if failure == AttemptFailure::RateLimited => {
                let pause = RATE_LIMIT_PAUSE.saturating_add(back_off);
                if pause < left { pause } else { back_off }
            }
            None => back_off,
        };
        let cost = if failure == AttemptFailure::TimedOut { RetryBudget::TIMEOUT_COST } else { RetryBudget::COST };
        if delay >= left || !self.budget.take(cost) {
            return Next::Stop;
        }
        self.retries += 1;
        self.last_cost = cost;
        Next::RetryAfter(delay)
    }

    /// Records the success of the call in the budget.
    ///
    /// If the first attempt succeeded, adds a token. Otherwise, refunds the tokens of the last retry.
    pub(crate) fn succeeded(self) {
        self.budget.give(if self.retries == 0 { RetryBudget::REWARD } else { self.last_cost });
    }
}

/// The retry tokens that all calls of a client share.
///
/// If many calls fail, the budget runs out and retries stop.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    const CAPACITY: u32 = 500;
    const COST: u32 = 5;
    /// The cost of a retry after a timeout. It exceeds [`COST`](Self::COST), because the service may be overloaded.
    const TIMEOUT_COST: u32 = 10;
    /// The tokens that a successful first attempt adds.
    const REWARD: u32 = 1;

    /// Takes the tokens and returns true. If too few tokens are left, takes nothing and returns false.
    fn take(&self, tokens: u32) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(tokens));
        taken.is_ok()
    }

    fn give(&self, tokens: u32) {
        let more = |left: u32| Some(left.saturating_add(tokens).min(Self::CAPACITY));
        // `more` never returns `None`, so the update cannot fail.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(Self::CAPACITY))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;

    use super::{AttemptFailure, Duration, Next, Retry, RetryBudget, RetryClass, RetryPolicy};

    const MINUTE: Duration = Duration::from_secs(60);

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn tokens(budget: &RetryBudget) -> u32 {
        budget.0.load(Ordering::Relaxed)
    }

    /// Simulates a call whose attempts all fail in the same way. Returns the number of attempts and the duration.
    fn simulate(
        policy: RetryPolicy,
        class: RetryClass,
        failure: AttemptFailure,
        retry_after: Option<Duration>,
    ) -> (u32, Duration) {
        let budget = RetryBudget::default();
        let mut retry = Retry::new(policy, class, &budget);
        let (mut attempts, mut now) = (1, Duration::ZERO);
        while let Next::RetryAfter(delay) = retry.next_after(failure, retry_after, MINUTE - now, 0.5) {
            now += delay;
            attempts += 1;
        }
        (attempts, now)
    }

    /// Checks each number in the table of attempts in `guide/retries.md`.
    #[test]
    fn each_retry_class_is_attempted_as_often_as_the_table_says() {
        use AttemptFailure::{Ambiguous, Interrupted, NotRetryable, NotSent, RateLimited, TimedOut};
        use RetryClass::{IdempotentWrite, Message, NonIdempotentWrite, Read};

        let default = RetryPolicy::default();
        let ambiguous = RetryPolicy { retry_ambiguous: true, ..default };
        let rate_limited = RetryPolicy { retry_rate_limited: true, ..default };
        for (class, failure, by_default, if_ambiguous, if_rate_limited) in [
            // contacts.verify
            (Message, NotSent, 3, 3, 3),
            (Message, RateLimited, 1, 1, 3),
            (Message, Ambiguous, 1, 1, 1),
            (Message, TimedOut, 1, 1, 1),
            (Message, Interrupted, 1, 1, 1),
            (Message, NotRetryable, 1, 1, 1),
            // contacts.create, contacts.bulk.create
            (NonIdempotentWrite, NotSent, 3, 3, 3),
            (NonIdempotentWrite, RateLimited, 3, 3, 3),
            (NonIdempotentWrite, Ambiguous, 1, 3, 1),
            (NonIdempotentWrite, TimedOut, 1, 3, 1),
            (NonIdempotentWrite, Interrupted, 1, 1, 1),
            (NonIdempotentWrite, NotRetryable, 1, 1, 1),
            // contacts.create with update_if_exists, update, opt_out, delete, bulk.delete
            (IdempotentWrite, NotSent, 3, 3, 3),
            (IdempotentWrite, RateLimited, 3, 3, 3),
            (IdempotentWrite, Ambiguous, 3, 3, 3),
            (IdempotentWrite, TimedOut, 3, 3, 3),
            (IdempotentWrite, Interrupted, 1, 1, 1),
            (IdempotentWrite, NotRetryable, 1, 1, 1),
            // contacts.list, contacts.retrieve, contacts.count
            (Read, NotSent, 3, 3, 3),
            (Read, RateLimited, 3, 3, 3),
            (Read, Ambiguous, 3, 3, 3),
            (Read, TimedOut, 3, 3, 3),
            (Read, Interrupted, 3, 3, 3),
            (Read, NotRetryable, 1, 1, 1),
        ] {
            for (policy, expected) in
                [(default, by_default), (ambiguous, if_ambiguous), (rate_limited, if_rate_limited)]
            {
                let (attempts, _) = simulate(policy, class, failure, None);
                assert_eq!(attempts, expected, "{class:?} {failure:?} {policy:?}");
            }
        }
    }

    #[test]
    fn delays_double_up_to_their_maximum() {
        let policy = RetryPolicy { max_retries: 8, ..RetryPolicy::default() };
        let bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0];
        for (retries, bound) in (0..).zip(bounds) {
            assert_eq!(policy.delay(retries, 0.0), Duration::ZERO);
            assert_eq!(policy.delay(retries, 0.5), secs(bound / 2.0));
        }
        assert_eq!(policy.delay(40, 0.5), secs(4.0), "no overflow");
        let (attempts, ended) = simulate(policy, RetryClass::IdempotentWrite, AttemptFailure::Ambiguous, None);
        assert_eq!((attempts, ended), (9, secs((0.5 + 1.0 + 2.0 + 4.0 + 8.0 * 4.0) / 2.0)));
    }

    #[test]
    fn retry_after_is_obeyed_up_to_a_minute() {
        let policy = RetryPolicy::default();
        for (retry_after, attempts, ended) in [
            // The back-offs are half of 0.5 s and half of 1 s.
            (secs(0.0), 3, secs(0.75)),
            (secs(2.0), 3, secs(4.75)),
            // The second delay would end after the deadline.
            (secs(30.0), 2, secs(30.25)),
            (secs(59.0), 2, secs(59.25)),
            (secs(60.0), 1, secs(0.0)),
            (secs(61.0), 1, secs(0.0)),
            (Duration::MAX, 1, secs(0.0)),
        ] {
            assert_eq!(
                simulate(policy, RetryClass::IdempotentWrite, AttemptFailure::RateLimited, Some(retry_after)),
                (attempts, ended),
                "{retry_after:?}"
            );
        }
        let budget = RetryBudget::default();
        let mut retry = Retry::new(policy, RetryClass::IdempotentWrite, &budget);
        let hour = Duration::from_secs(3600);
        assert_eq!(
            retry.next_after(AttemptFailure::RateLimited, Some(secs(60.0)), hour, 0.5),
            Next::RetryAfter(secs(60.25))
        );
        assert_eq!(retry.next_after(AttemptFailure::RateLimited, Some(secs(60.001)), hour, 0.5), Next::Stop);
    }

    #[test]
    fn a_429_without_retry_after_waits_for_the_rate_limit_pause_if_time_allows() {
        for (class, failure, left, expected) in [
            (RetryClass::Read, AttemptFailure::RateLimited, secs(60.0), secs(10.25)),
            (RetryClass::Read, AttemptFailure::RateLimited, secs(10.251), secs(10.25)),
            (RetryClass::NonIdempotentWrite, AttemptFailure::RateLimited, Duration::MAX, secs(10.25)),
            (RetryClass::Read, AttemptFailure::RateLimited, secs(10.25), secs(0.25)),
            (RetryClass::Read, AttemptFailure::RateLimited, secs(1.0), secs(0.25)),
            (RetryClass::Read, AttemptFailure::Ambiguous, secs(60.0), secs(0.25)),
        ] {
            let budget = RetryBudget::default();
            let mut retry = Retry::new(RetryPolicy::default(), class, &budget);
            assert_eq!(retry.next_after(failure, None, left, 0.5), Next::RetryAfter(expected), "{failure:?} {left:?}");
        }
    }

    #[test]
    fn no_wait_overflows() {
        let policy = RetryPolicy { base_delay: Duration::MAX, max_delay: Duration::MAX, ..RetryPolicy::default() };
        for retry_after in [None, Some(secs(60.0)), Some(Duration::MAX)] {
            let budget = RetryBudget::default();
            let mut retry = Retry::new(policy, RetryClass::Read, &budget);
            assert_eq!(retry.next_after(AttemptFailure::RateLimited, retry_after, MINUTE, 0.999), Next::Stop);
        }
    }

    #[test]
    fn a_delay_beyond_the_deadline_ends_the_call() {
        let budget = RetryBudget::default();
        let mut retry = Retry::new(RetryPolicy::default(), RetryClass::IdempotentWrite, &budget);
        assert_eq!(retry.next_after(AttemptFailure::Ambiguous, None, secs(0.25), 0.5), Next::Stop);
        assert_eq!(tokens(&budget), 500, "a call without a retry takes no token");
        assert_eq!(retry.next_after(AttemptFailure::Ambiguous, None, secs(0.251), 0.5), Next::RetryAfter(secs(0.25)));
    }

    #[test]
    fn retries_cost_tokens_and_successes_refund_them() {
        let budget = RetryBudget::default();
        let call = || Retry::new(RetryPolicy::default(), RetryClass::IdempotentWrite, &budget);

        let mut retry = call();
        retry.next_after(AttemptFailure::Ambiguous, None, MINUTE, 0.0);
        assert_eq!(tokens(&budget), 495);
        retry.next_after(AttemptFailure::TimedOut, None, MINUTE, 0.0);
        assert_eq!(tokens(&budget), 485);
        retry.succeeded();
        assert_eq!(tokens(&budget), 495, "a retry that succeeds refunds its cost");

        call().succeeded();
        assert_eq!(tokens(&budget), 496);
        for _ in 0..10 {
            call().succeeded();
        }
        assert_eq!(tokens(&budget), 500, "never above the capacity");

        let mut retry = call();
        retry.next_after(AttemptFailure::RateLimited, Some(Duration::ZERO), MINUTE, 0.0);
        assert_eq!(tokens(&budget), 495, "a retry after `Retry-After` costs tokens too");
    }

    #[test]
    fn an_empty_budget_stops_the_retries_of_all_calls() {
        let budget = RetryBudget::default();
        let mut retries = 0;
        for _ in 0..100 {
            let mut retry = Retry::new(RetryPolicy::default(), RetryClass::Read, &budget);
            while retry.next_after(AttemptFailure::TimedOut, None, MINUTE, 0.0) != Next::Stop {
                retries += 1;
            }
        }
        assert_eq!((retries, tokens(&budget)), (50, 0));

        budget.give(9);
        let mut retry = Retry::new(RetryPolicy::default(), RetryClass::Read, &budget);
        assert_eq!(retry.next_after(AttemptFailure::TimedOut, None, MINUTE, 0.0), Next::Stop);
        assert_eq!(retry.next_after(AttemptFailure::Ambiguous, None, MINUTE, 0.0), Next::RetryAfter(Duration::ZERO));
        assert_eq!(tokens(&budget), 4);
    }

    #[test]
    fn zero_max_retries_means_one_attempt() {
        let policy = RetryPolicy { max_retries: 0, ..RetryPolicy::default() };
        assert_eq!(simulate(policy, RetryClass::Read, AttemptFailure::NotSent, None), (1, Duration::ZERO));
    }

    proptest! {
        #[test]
        fn no_call_exceeds_its_retries_or_its_deadline(
            max_retries in 0_u32..50,
            base in 0_u64..10_000,
            max in 0_u64..100_000,
            left in 0_u64..100_000,
            attempts in proptest::collection::vec(
                (0_usize..6, proptest::option::of(0_u64..100_000), 0.0_f64..1.0),
                1..60,
            ),
        ) {
            use AttemptFailure::{Ambiguous, Interrupted, NotRetryable, NotSent, RateLimited, TimedOut};
            use RetryClass::{IdempotentWrite, Message, NonIdempotentWrite, Read};

            const FAILURES: [AttemptFailure; 6] =
                [NotSent, RateLimited, Ambiguous, TimedOut, Interrupted, NotRetryable];
            let millis = Duration::from_millis;
            let policy = RetryPolicy {
                max_retries,
                base_delay: millis(base),
                max_delay: millis(max),
                ..RetryPolicy::default()
            };
            let budget = RetryBudget::default();
            for class in [Read, IdempotentWrite, NonIdempotentWrite, Message] {
                let mut retry = Retry::new(policy, class, &budget);
                let (mut left, mut retries) = (millis(left), 0);
                for (failure, retry_after, random) in &attempts {
                    let failure = FAILURES[*failure];
                    let next = retry.next_after(failure, retry_after.map(millis), left, *random);
                    let Next::RetryAfter(delay) = next else { break };
                    prop_assert!(delay < left);
                    prop_assert!(class != Message || failure == NotSent);
                    prop_assert!(class != NonIdempotentWrite || matches!(failure, NotSent | RateLimited));
                    left -= delay;
                    retries += 1;
                }
                prop_assert!(retries <= max_retries);
                prop_assert!(tokens(&budget) <= 500);
            }
        }
    }
}
