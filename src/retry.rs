//! Whether a call is sent again, and when: a state machine without I/O.
//!
//! It is told what an attempt came to, and says what follows. Time and chance come from outside, so that every rule can
//! be tested without either.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// How often a call is sent again, unless set: twice, so that there are three attempts at the most.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// The upper bound of the first delay, unless set: half a second. It doubles with each retry.
pub const DEFAULT_RETRY_BASE_DELAY: Duration = Duration::from_millis(500);
/// The upper bound of all delays, unless set: 8 seconds.
pub const DEFAULT_RETRY_MAX_DELAY: Duration = Duration::from_secs(8);
/// The longest wait that the service may ask for by `Retry-After`: a minute. If it asks for more, the call ends at once.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// What an operation does when it is carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing.
    Read,
    /// No more than when it is carried out once.
    Safe,
    /// Something else: a second contact, or a conflict that hides a success.
    Unsafe,
    /// A person receives a second message, for all that is known.
    Message,
}

/// What a failed attempt proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing was sent.
    NotSent,
    /// The service refused it for now: 429.
    RateLimited,
    /// Nothing: it may have been carried out.
    Ambiguous,
    /// Nothing, and it took all the time that it had.
    TimedOut,
    /// That it was carried out, but the answer did not arrive whole.
    Interrupted,
    /// That another attempt would fail as well.
    Final,
}

/// What a caller sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) max_retries: u32,
    pub(crate) base_delay: Duration,
    pub(crate) max_delay: Duration,
    /// Send an [`Repeat::Unsafe`] operation again although it may have been carried out.
    pub(crate) ambiguous: bool,
    /// Send a [`Repeat::Message`] operation again after a 429.
    pub(crate) rate_limited: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_retries: DEFAULT_MAX_RETRIES,
            base_delay: DEFAULT_RETRY_BASE_DELAY,
            max_delay: DEFAULT_RETRY_MAX_DELAY,
            ambiguous: false,
            rate_limited: false,
        }
    }
}

impl Policy {
    fn allows(&self, repeat: Repeat, failure: Failure) -> bool {
        match (failure, repeat) {
            (Failure::NotSent, _) => true,
            (Failure::RateLimited, Repeat::Message) => self.rate_limited,
            (Failure::RateLimited, _) => true,
            (Failure::Ambiguous | Failure::TimedOut, Repeat::Read | Repeat::Safe) => true,
            (Failure::Ambiguous | Failure::TimedOut, Repeat::Unsafe) => self.ambiguous,
            (Failure::Ambiguous | Failure::TimedOut, Repeat::Message) => false,
            (Failure::Interrupted, repeat) => repeat == Repeat::Read,
            (Failure::Final, _) => false,
        }
    }

    /// Uniformly random in `[0, min(base · 2ⁿ, max))` before the retry after `retries` others ("full jitter"): callers that
    /// failed together do not come back together. `random` is in `[0, 1)`.
    fn delay(&self, retries: u32, random: f64) -> Duration {
        let bound = 2_u32.checked_pow(retries).and_then(|factor| self.base_delay.checked_mul(factor));
        bound.unwrap_or(self.max_delay).min(self.max_delay).mul_f64(random)
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt, after a delay.
    Again(Duration),
    /// Nothing: the failure is that of the call.
    Stop,
}

/// One call, as it is sent and sent again.
#[derive(Debug)]
pub(crate) struct Retry<'a> {
    policy: Policy,
    repeat: Repeat,
    bucket: &'a Bucket,
    retries: u32,
    /// What the last retry cost.
    held: u32,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(policy: Policy, repeat: Repeat, bucket: &'a Bucket) -> Self {
        Self { policy, repeat, bucket, retries: 0, held: 0 }
    }

    /// An attempt failed. `asked` is the wait that the service asks for, `left` the time before the call has to end.
    pub(crate) fn failed(&mut self, failure: Failure, asked: Option<Duration>, left: Duration, random: f64) -> Next {
        if self.retries >= self.policy.max_retries || !self.policy.allows(self.repeat, failure) {
            return Next::Stop;
        }
        let delay = match asked {
            Some(asked) if asked > MAX_RETRY_AFTER => return Next::Stop,
            Some(asked) => asked,
            None => self.policy.delay(self.retries, random),
        };
        let cost = if failure == Failure::TimedOut { Bucket::TIMEOUT_COST } else { Bucket::COST };
        if delay >= left || !self.bucket.take(cost) {
            return Next::Stop;
        }
        self.retries += 1;
        self.held = cost;
        Next::Again(delay)
    }

    /// An attempt succeeded, which ends the call.
    pub(crate) fn succeeded(self) {
        self.bucket.give(if self.retries == 0 { Bucket::REWARD } else { self.held });
    }
}

/// A budget of retries, shared by all calls of a client: when everything fails, it stops trying everything three times.
#[derive(Debug)]
pub(crate) struct Bucket(AtomicU32);

impl Bucket {
    const CAPACITY: u32 = 500;
    const COST: u32 = 5;
    /// More than [`COST`](Self::COST): what timed out has already used time of a service that has none to spare.
    const TIMEOUT_COST: u32 = 10;
    /// For a success at the first attempt.
    const REWARD: u32 = 1;

    /// Takes tokens, or none if there are not enough.
    fn take(&self, tokens: u32) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(tokens));
        taken.is_ok()
    }

    fn give(&self, tokens: u32) {
        let more = |left: u32| Some(left.saturating_add(tokens).min(Self::CAPACITY));
        // `more` is never `None`, so this cannot fail.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self(AtomicU32::new(Self::CAPACITY))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;

    use super::{Bucket, Duration, Failure, Next, Policy, Repeat, Retry};

    const MINUTE: Duration = Duration::from_secs(60);

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn tokens(bucket: &Bucket) -> u32 {
        bucket.0.load(Ordering::Relaxed)
    }

    /// A call that fails in the same way at every attempt, in virtual time: how often it is sent, and when it ends.
    fn sent(policy: Policy, repeat: Repeat, failure: Failure, asked: Option<Duration>) -> (u32, Duration) {
        let bucket = Bucket::default();
        let mut retry = Retry::new(policy, repeat, &bucket);
        let (mut attempts, mut now) = (1, Duration::ZERO);
        while let Next::Again(delay) = retry.failed(failure, asked, MINUTE - now, 0.5) {
            now += delay;
            attempts += 1;
        }
        (attempts, now)
    }

    /// The table of the documentation, row by row: how often a call is sent that fails in the same way each time.
    #[test]
    fn each_operation_is_sent_as_often_as_the_table_says() {
        use Failure::{Ambiguous, Final, Interrupted, NotSent, RateLimited, TimedOut};
        use Repeat::{Message, Read, Safe, Unsafe};

        let default = Policy::default();
        let ambiguous = Policy { ambiguous: true, ..default };
        let rate_limited = Policy { rate_limited: true, ..default };
        for (repeat, failure, by_default, if_ambiguous, if_rate_limited) in [
            // contacts.verify, before all others.
            (Message, NotSent, 3, 3, 3),
            (Message, RateLimited, 1, 1, 3),
            (Message, Ambiguous, 1, 1, 1),
            (Message, TimedOut, 1, 1, 1),
            (Message, Interrupted, 1, 1, 1),
            (Message, Final, 1, 1, 1),
            // contacts.create, contacts.bulk.create
            (Unsafe, NotSent, 3, 3, 3),
            (Unsafe, RateLimited, 3, 3, 3),
            (Unsafe, Ambiguous, 1, 3, 1),
            (Unsafe, TimedOut, 1, 3, 1),
            (Unsafe, Interrupted, 1, 1, 1),
            (Unsafe, Final, 1, 1, 1),
            // contacts.create with update_if_exists, update, opt_out, delete, bulk.delete
            (Safe, NotSent, 3, 3, 3),
            (Safe, RateLimited, 3, 3, 3),
            (Safe, Ambiguous, 3, 3, 3),
            (Safe, TimedOut, 3, 3, 3),
            (Safe, Interrupted, 1, 1, 1),
            (Safe, Final, 1, 1, 1),
            // contacts.list, contacts.retrieve, contacts.count
            (Read, NotSent, 3, 3, 3),
            (Read, RateLimited, 3, 3, 3),
            (Read, Ambiguous, 3, 3, 3),
            (Read, TimedOut, 3, 3, 3),
            (Read, Interrupted, 3, 3, 3),
            (Read, Final, 1, 1, 1),
        ] {
            for (policy, expected) in
                [(default, by_default), (ambiguous, if_ambiguous), (rate_limited, if_rate_limited)]
            {
                let (attempts, _) = sent(policy, repeat, failure, None);
                assert_eq!(attempts, expected, "{repeat:?} {failure:?} {policy:?}");
            }
        }
    }

    #[test]
    fn delays_double_up_to_their_bound() {
        let policy = Policy { max_retries: 8, ..Policy::default() };
        let bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0];
        for (retries, bound) in (0..).zip(bounds) {
            assert_eq!(policy.delay(retries, 0.0), Duration::ZERO);
            assert_eq!(policy.delay(retries, 0.5), secs(bound / 2.0));
        }
        assert_eq!(policy.delay(40, 0.5), secs(4.0), "no overflow");
        let (attempts, ended) = sent(policy, Repeat::Safe, Failure::Ambiguous, None);
        assert_eq!((attempts, ended), (9, secs((0.5 + 1.0 + 2.0 + 4.0 + 8.0 * 4.0) / 2.0)));
    }

    #[test]
    fn what_the_service_asks_for_is_heeded_up_to_a_minute() {
        let policy = Policy::default();
        for (asked, attempts, ended) in [
            (secs(0.0), 3, secs(0.0)),
            (secs(2.0), 3, secs(4.0)),
            // The second wait would end when the call has to.
            (secs(30.0), 2, secs(30.0)),
            (secs(59.0), 2, secs(59.0)),
            (secs(60.0), 1, secs(0.0)),
            (secs(61.0), 1, secs(0.0)),
            (Duration::MAX, 1, secs(0.0)),
        ] {
            assert_eq!(sent(policy, Repeat::Safe, Failure::RateLimited, Some(asked)), (attempts, ended), "{asked:?}");
        }
        let bucket = Bucket::default();
        let mut retry = Retry::new(policy, Repeat::Safe, &bucket);
        let hour = Duration::from_secs(3600);
        assert_eq!(retry.failed(Failure::RateLimited, Some(secs(60.0)), hour, 0.5), Next::Again(secs(60.0)));
        assert_eq!(retry.failed(Failure::RateLimited, Some(secs(60.001)), hour, 0.5), Next::Stop);
    }

    #[test]
    fn a_delay_that_would_outlast_the_call_ends_it() {
        let bucket = Bucket::default();
        let mut retry = Retry::new(Policy::default(), Repeat::Safe, &bucket);
        assert_eq!(retry.failed(Failure::Ambiguous, None, secs(0.25), 0.5), Next::Stop);
        assert_eq!(tokens(&bucket), 500, "a retry that is not made costs nothing");
        assert_eq!(retry.failed(Failure::Ambiguous, None, secs(0.251), 0.5), Next::Again(secs(0.25)));
    }

    #[test]
    fn retries_cost_tokens_and_successes_bring_them_back() {
        let bucket = Bucket::default();
        let call = || Retry::new(Policy::default(), Repeat::Safe, &bucket);

        let mut retry = call();
        retry.failed(Failure::Ambiguous, None, MINUTE, 0.0);
        assert_eq!(tokens(&bucket), 495);
        retry.failed(Failure::TimedOut, None, MINUTE, 0.0);
        assert_eq!(tokens(&bucket), 485);
        retry.succeeded();
        assert_eq!(tokens(&bucket), 495, "the retry that succeeded returns what it cost");

        call().succeeded();
        assert_eq!(tokens(&bucket), 496);
        for _ in 0..10 {
            call().succeeded();
        }
        assert_eq!(tokens(&bucket), 500, "never more than at first");

        let mut retry = call();
        retry.failed(Failure::RateLimited, Some(Duration::ZERO), MINUTE, 0.0);
        assert_eq!(tokens(&bucket), 495, "waiting when asked to costs too");
    }

    #[test]
    fn an_empty_bucket_ends_retries_for_all_calls() {
        let bucket = Bucket::default();
        let mut retries = 0;
        for _ in 0..100 {
            let mut retry = Retry::new(Policy::default(), Repeat::Read, &bucket);
            while retry.failed(Failure::TimedOut, None, MINUTE, 0.0) != Next::Stop {
                retries += 1;
            }
        }
        assert_eq!((retries, tokens(&bucket)), (50, 0));

        bucket.give(9);
        let mut retry = Retry::new(Policy::default(), Repeat::Read, &bucket);
        assert_eq!(retry.failed(Failure::TimedOut, None, MINUTE, 0.0), Next::Stop);
        assert_eq!(retry.failed(Failure::Ambiguous, None, MINUTE, 0.0), Next::Again(Duration::ZERO));
        assert_eq!(tokens(&bucket), 4);
    }

    #[test]
    fn no_retries_are_none() {
        let policy = Policy { max_retries: 0, ..Policy::default() };
        assert_eq!(sent(policy, Repeat::Read, Failure::NotSent, None), (1, Duration::ZERO));
    }

    proptest! {
        #[test]
        fn no_call_is_sent_more_often_or_ends_later_than_it_may(
            max_retries in 0_u32..50,
            base in 0_u64..10_000,
            max in 0_u64..100_000,
            left in 0_u64..100_000,
            attempts in proptest::collection::vec((0_usize..6, proptest::option::of(0_u64..100_000), 0.0_f64..1.0), 1..60),
        ) {
            const FAILURES: [Failure; 6] = [
                Failure::NotSent, Failure::RateLimited, Failure::Ambiguous, Failure::TimedOut, Failure::Interrupted, Failure::Final,
            ];
            let millis = Duration::from_millis;
            let policy = Policy { max_retries, base_delay: millis(base), max_delay: millis(max), ambiguous: false, rate_limited: false };
            let bucket = Bucket::default();
            for repeat in [Repeat::Read, Repeat::Safe, Repeat::Unsafe, Repeat::Message] {
                let mut retry = Retry::new(policy, repeat, &bucket);
                let (mut left, mut retries) = (millis(left), 0);
                for (failure, asked, random) in &attempts {
                    let failure = FAILURES[*failure];
                    let Next::Again(delay) = retry.failed(failure, asked.map(millis), left, *random) else { break };
                    prop_assert!(delay < left);
                    prop_assert!(repeat != Repeat::Message || failure == Failure::NotSent);
                    prop_assert!(repeat != Repeat::Unsafe || matches!(failure, Failure::NotSent | Failure::RateLimited));
                    left -= delay;
                    retries += 1;
                }
                prop_assert!(retries <= max_retries);
                prop_assert!(tokens(&bucket) <= 500);
            }
        }
    }
}
