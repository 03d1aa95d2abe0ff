use std::{
    collections::{BTreeSet, VecDeque},
    future::poll_fn,
    iter,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use proptest::prelude::*;
use tokio::{
    task::{JoinSet, yield_now},
    time::{Instant, advance, sleep, sleep_until, timeout},
};

use super::{FRONT_GRACE, RateLimit, RateLimitExceeded, SlidingWindow};

const SECOND: Duration = Duration::from_secs(1);
const FOREVER: Duration = Duration::MAX;

type Acquire<'a> = Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + 'a>>;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(limit: usize, window: Duration) -> Arc<SlidingWindow> {
    Arc::new(SlidingWindow::new(limit, window).expect("valid"))
}

/// Polls a call once and returns its result, or `None` if the call still waits.
async fn poll_once(acquire: &mut Acquire<'_>) -> Option<Result<(), RateLimitExceeded>> {
    poll_fn(|context| match acquire.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Lets every other task run until it waits, without advancing the clock.
async fn run_ready_tasks() {
    for _ in 0..100 {
        yield_now().await;
    }
}

/// Starts `count` requests at once. Fails if a slot is missing.
async fn start(limit: &SlidingWindow, count: usize) {
    for _ in 0..count {
        limit.acquire(Duration::ZERO).await.expect("a slot");
    }
}

/// Returns whether any window has more than `limit` starts. A window includes its first moment and excludes its last.
fn exceeds_limit(starts: impl IntoIterator<Item = Instant>, limit: usize, window: Duration) -> bool {
    let starts: Vec<_> = starts.into_iter().collect();
    assert!(starts.is_sorted());
    starts.iter().zip(starts.iter().skip(limit)).any(|(first, over_limit)| *over_limit - *first < window)
}

#[test]
fn new_rejects_a_limit_or_a_window_of_zero() {
    for (limit, window, message) in
        [(0, SECOND, "limit: zero; pass 1 or more"), (1, Duration::ZERO, "window: zero; pass a longer duration")]
    {
        let error = SlidingWindow::new(limit, window).expect_err("zero");
        assert!(error.is_input());
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn debug_shows_the_settings_and_the_error_shows_the_wait() {
    assert_eq!(format!("{:?}", SlidingWindow::reported()), "SlidingWindow { limit: 100, window: 10s, .. }");
    let text = "rate limit exceeded: the request may not start within its remaining time";
    assert_eq!(RateLimitExceeded::new(None).to_string(), text);
    assert_eq!(RateLimitExceeded::new(ms(1500)).to_string(), format!("{text}; wait at least 1.5s"));
}

#[tokio::test(start_paused = true)]
async fn a_request_may_start_exactly_one_window_after_the_first() {
    let limit = limit(2, SECOND);
    let begin = Instant::now();
    start(&limit, 1).await;
    sleep(ms(400)).await;
    start(&limit, 1).await;
    sleep(ms(599)).await;
    assert_eq!(limit.acquire(Duration::ZERO).await, Err(RateLimitExceeded::new(ms(1))));
    limit.acquire(ms(1)).await.expect("exactly a window after the first");
    assert_eq!(begin.elapsed(), SECOND);
    limit.acquire(FOREVER).await.expect("a window after the second");
    assert_eq!(begin.elapsed(), ms(1400));
}

/// Uses real time: the clock advances while `acquire` runs.
#[tokio::test]
async fn acquire_with_no_time_left_succeeds_if_a_slot_is_free() {
    let limit = limit(1000, SECOND * 3600);
    start(&limit, 1000).await;
    assert!(limit.acquire(Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn a_limiter_for_another_account_has_the_same_settings_and_no_starts() {
    let limit: Arc<dyn RateLimit> = Arc::new(limit(2, SECOND * 3600));
    for account in [limit.for_another_account().expect("a limiter"), limit] {
        account.acquire(Duration::ZERO).await.expect("a slot");
        account.acquire(Duration::ZERO).await.expect("a slot");
        assert!(account.acquire(Duration::ZERO).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn acquire_fails_at_once_if_the_wait_is_longer_than_allowed() {
    let limit = limit(2, SECOND);
    start(&limit, 2).await;
    let begin = Instant::now();
    // Five calls wait for 1, 1, 2, 2 and 3 seconds.
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        let limit = limit.clone();
        waiting.spawn(async move { limit.acquire(FOREVER).await });
    }
    run_ready_tasks().await;
    assert_eq!(limit.acquire(ms(2999)).await, Err(RateLimitExceeded::new(3 * SECOND)));
    assert_eq!(limit.acquire(Duration::ZERO).await, Err(RateLimitExceeded::new(3 * SECOND)));
    assert_eq!(Instant::now(), begin, "acquire waited before it failed");
    limit.acquire(3 * SECOND).await.expect("just in time");
    assert_eq!(begin.elapsed(), 3 * SECOND);
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn calls_through_clones_start_in_the_order_of_their_first_poll() {
    let limit: Arc<dyn RateLimit> = limit(3, SECOND);
    let served = Arc::new(Mutex::new(Vec::new()));
    let begin = Instant::now();
    let mut waiting = JoinSet::new();
    for id in 0..20_u32 {
        let (limit, served) = (Arc::clone(&limit), Arc::clone(&served));
        waiting.spawn(async move {
            limit.acquire(FOREVER).await.expect("a slot");
            served.lock().expect("no panic").push((id, begin.elapsed()));
        });
    }
    waiting.join_all().await;
    let expected: Vec<_> = (0..20).map(|id| (id, SECOND * (id / 3))).collect();
    assert_eq!(*served.lock().expect("no panic"), expected);
}

#[tokio::test(start_paused = true)]
async fn a_start_counts_when_acquire_returns_and_not_when_its_slot_became_free() {
    let limit = limit(1, SECOND);
    start(&limit, 1).await;
    let begin = Instant::now();
    let (mut first, mut second) = (limit.acquire(FOREVER), limit.acquire(ms(2200)));
    let mut third = limit.acquire(FOREVER);
    for waiter in [&mut first, &mut second, &mut third] {
        assert_eq!(poll_once(waiter).await, None);
    }

    // The executor is busy for longer than the first call has to wait.
    advance(ms(1500)).await;
    assert_eq!(poll_once(&mut first).await, Some(Ok(())));
    // The first call started at 1.5 s. So the second may start at 2.5 s, which is after its deadline of 2.2 s.
    assert_eq!(poll_once(&mut second).await, Some(Err(RateLimitExceeded::new(SECOND))));
    third.await.expect("a slot");
    assert_eq!(begin.elapsed(), ms(2500));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_gives_its_slot_to_the_next() {
    for dropped in 0..4 {
        let limit = limit(1, SECOND);
        start(&limit, 1).await;
        let begin = Instant::now();
        let mut waiting: Vec<_> = (0..4).map(|_| limit.acquire(4 * SECOND)).collect();
        for waiter in &mut waiting {
            assert_eq!(poll_once(waiter).await, None);
        }
        assert!(limit.acquire(4 * SECOND).await.is_err(), "a fifth call has no slot in time");
        sleep(ms(500)).await;
        drop(waiting.remove(dropped));
        waiting.push(limit.acquire(ms(3500)));
        for (slot, waiter) in iter::zip(1_u32.., waiting) {
            waiter.await.expect("a slot");
            assert_eq!(begin.elapsed(), slot * SECOND);
        }
        assert!(limit.state.lock().expect("no panic").queue.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_front_waiter_when_its_slot_is_free_wakes_the_next() {
    let limit = limit(1, SECOND);
    start(&limit, 1).await;
    let begin = Instant::now();
    let (mut first, mut second) = (limit.acquire(FOREVER), limit.acquire(FOREVER));
    assert_eq!(poll_once(&mut first).await, None);
    assert_eq!(poll_once(&mut second).await, None);
    advance(SECOND).await;
    drop(first);
    second.await.expect("a slot");
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_waiter_keeps_one_slot_and_leaves_the_others_to_later_waiters() {
    let limit = limit(3, SECOND);
    start(&limit, 3).await;
    let begin = Instant::now();
    let mut idle = limit.acquire(FOREVER);
    assert_eq!(poll_once(&mut idle).await, None);

    limit.acquire(FOREVER).await.expect("the second slot");
    assert_eq!(begin.elapsed(), SECOND + FRONT_GRACE);
    limit.acquire(FOREVER).await.expect("the third slot");
    assert_eq!(begin.elapsed(), SECOND + 2 * FRONT_GRACE);
    assert!(limit.acquire(ms(900)).await.is_err(), "the first slot belongs to the unpolled waiter");
    idle.await.expect("the slot that was kept");
    assert_eq!(begin.elapsed(), SECOND + 2 * FRONT_GRACE);
    limit.acquire(FOREVER).await.expect("a slot");
    assert_eq!(begin.elapsed(), 2 * SECOND + FRONT_GRACE);
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_waiter_loses_its_slot_when_its_time_is_over() {
    let limit = limit(1, SECOND);
    start(&limit, 1).await;
    let begin = Instant::now();
    let mut idle = limit.acquire(ms(1500));
    assert_eq!(poll_once(&mut idle).await, None);
    limit.acquire(ms(2000)).await.expect("a slot");
    assert_eq!(begin.elapsed(), 2 * SECOND);
    assert_eq!(poll_once(&mut idle).await, Some(Err(RateLimitExceeded::new(SECOND))));
}

#[tokio::test(start_paused = true)]
async fn slots_of_expired_waiters_are_free_for_others() {
    let limit = limit(2, SECOND);
    start(&limit, 2).await;
    let (mut idle, mut idle_longer) = (limit.acquire(ms(1200)), limit.acquire(ms(1600)));
    assert_eq!(poll_once(&mut idle).await, None);
    assert_eq!(poll_once(&mut idle_longer).await, None);
    sleep(ms(1150)).await;
    assert!(limit.acquire(ms(100)).await.is_err(), "both slots are kept");

    sleep(ms(51)).await;
    let begin = Instant::now();
    limit.acquire(ms(1)).await.expect("the slot of the expired waiter");
    assert_eq!(Instant::now(), begin, "a call with 1 ms left waited for the earlier waiter");
    assert!(limit.acquire(ms(100)).await.is_err(), "the other slot is kept");
    sleep(ms(400)).await;
    limit.acquire(Duration::ZERO).await.expect("the slot of the second expired waiter");
    assert!(matches!(poll_once(&mut idle).await, Some(Err(_))));
    assert!(matches!(poll_once(&mut idle_longer).await, Some(Err(_))));
}

#[tokio::test(start_paused = true)]
async fn the_longest_window_and_the_largest_limit_do_not_overflow() {
    let limit = limit(1, FOREVER);
    start(&limit, 1).await;
    assert_eq!(limit.acquire(FOREVER - ms(1)).await, Err(RateLimitExceeded::new(FOREVER)));
    assert!(
        timeout(1000 * SECOND, limit.acquire(FOREVER)).await.is_err(),
        "a window without end admitted a second start"
    );

    let limit = SlidingWindow::new(usize::MAX, Duration::from_nanos(1)).expect("valid");
    start(&limit, 1000).await;
}

#[tokio::test(start_paused = true)]
async fn memory_holds_at_most_limit_starts() {
    let limit = limit(10, SECOND);
    for _ in 0..1000 {
        limit.acquire(FOREVER).await.expect("a slot");
        assert!(limit.state.lock().expect("no panic").starts.len() <= 10);
    }
    sleep(SECOND).await;
    start(&limit, 1).await;
    assert_eq!(limit.state.lock().expect("no panic").starts.len(), 1);
}

/// Uses real time and short windows, so it asserts the limit only and no durations.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_window_exceeds_the_limit_across_threads() {
    const LIMIT: usize = 3;
    const WINDOW: Duration = Duration::from_millis(5);
    let limit = limit(LIMIT, WINDOW);
    // The limiter forgets old starts, so each task copies the recorded starts after its own start. The copies
    // overlap, so together they contain every start.
    let starts = Arc::new(Mutex::new(BTreeSet::new()));
    let mut tasks = JoinSet::new();
    for task in 0..16_u64 {
        let (limit, starts) = (Arc::clone(&limit), Arc::clone(&starts));
        tasks.spawn(async move {
            let mut started = 0;
            for call in 0..10 {
                // Every third call is dropped after a varying time.
                let dropped_after = if (task + call) % 3 == 0 { ms(call) } else { FOREVER };
                match timeout(dropped_after, limit.acquire(FOREVER)).await {
                    Ok(acquired) => {
                        acquired.expect("a slot");
                        starts.lock().expect("no panic").extend(limit.state.lock().expect("no panic").starts.iter());
                        started += 1;
                    }
                    Err(_) => assert_ne!(dropped_after, FOREVER),
                }
            }
            started
        });
    }
    let started: u32 = tasks.join_all().await.iter().sum();
    assert!(started > 100);
    assert!(!exceeds_limit(starts.lock().expect("no panic").iter().copied(), LIMIT, WINDOW));
    assert!(limit.state.lock().expect("no panic").queue.is_empty());
}

/// One call of the property test.
///
/// All times are multiples of 10 ms, but `dropped_after` adds 5 ms. So a drop never coincides with a start.
#[derive(Clone, Debug)]
struct Call {
    /// The time since the previous call.
    pause: Duration,
    within: Duration,
    dropped_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Started,
    Failed { wait: Duration },
    Dropped,
}

fn call() -> impl Strategy<Value = Call> {
    let pause = prop_oneof![3 => Just(0), 2 => 0..20_u64, 1 => 0..150_u64];
    let within = prop_oneof![1 => Just(None), 1 => Just(Some(0)), 4 => (0..300_u64).prop_map(Some)];
    let dropped_after = prop_oneof![3 => Just(None), 1 => (0..100_u64).prop_map(Some)];
    (pause, within, dropped_after).prop_map(|(pause, within, dropped_after)| Call {
        pause: ms(10 * pause),
        within: within.map_or(FOREVER, |within| ms(10 * within)),
        dropped_after: dropped_after.map(|after| ms(10 * after + 5)),
    })
}

/// Makes the calls on a paused clock and returns when and how each call ended.
fn run(limit: &Arc<SlidingWindow>, calls: &[Call]) -> Vec<(Duration, Ended)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let begin = Instant::now();
        let mut at = begin;
        let mut tasks = Vec::new();
        for Call { pause, within, dropped_after } in calls.iter().cloned() {
            at += pause;
            sleep_until(at).await;
            let limit = Arc::clone(limit);
            tasks.push(tokio::spawn(async move {
                let ended = match timeout(dropped_after.unwrap_or(FOREVER), limit.acquire(within)).await {
                    Ok(Ok(())) => Ended::Started,
                    Ok(Err(error)) => Ended::Failed { wait: error.wait().expect("known") },
                    Err(_) => Ended::Dropped,
                };
                (begin.elapsed(), ended)
            }));
        }
        let mut endings = Vec::new();
        for task in tasks {
            endings.push(task.await.expect("no panic"));
        }
        assert!(limit.state.lock().expect("no panic").queue.is_empty());
        endings
    })
}

/// Simulates the expected result of [`run`] in steps of 5 ms.
///
/// Each start happens as early as the windows allow. If the slot of a new call comes too late, the call fails at once.
fn model(limit: usize, window: Duration, calls: &[Call]) -> Vec<(Duration, Ended)> {
    /// Returns when the next request may start, at `now` or later.
    fn next_start(starts: &[Duration], limit: usize, window: Duration, now: Duration) -> Duration {
        let slot = starts.len().checked_sub(limit).map_or(now, |index| starts[index] + window);
        slot.max(now)
    }

    let mut ended = vec![None; calls.len()];
    let mut starts: Vec<Duration> = Vec::new();
    let mut queue: VecDeque<usize> = VecDeque::new();
    let arrivals: Vec<_> = calls
        .iter()
        .scan(Duration::ZERO, |at, call| {
            *at += call.pause;
            Some(*at)
        })
        .collect();
    let mut next_call = 0;
    let mut now = Duration::ZERO;
    while ended.contains(&None) {
        queue.retain(|&id| {
            let keeps_waiting = calls[id].dropped_after.is_none_or(|after| arrivals[id] + after != now);
            if !keeps_waiting {
                ended[id] = Some((now, Ended::Dropped));
            }
            keeps_waiting
        });
        while arrivals.get(next_call) == Some(&now) {
            let mut future = starts.clone();
            for _ in &queue {
                future.push(next_start(&future, limit, window, now));
            }
            let wait = next_start(&future, limit, window, now) - now;
            if wait > calls[next_call].within {
                ended[next_call] = Some((now, Ended::Failed { wait }));
            } else {
                queue.push_back(next_call);
            }
            next_call += 1;
        }
        while !queue.is_empty() && next_start(&starts, limit, window, now) == now {
            starts.push(now);
            if let Some(id) = queue.pop_front() {
                ended[id] = Some((now, Ended::Started));
            }
        }
        now += ms(5);
    }
    ended.into_iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn calls_end_as_the_model_predicts(
        max_starts in 1..8_usize,
        window in (1..120_u64).prop_map(|tens| ms(10 * tens)),
        calls in prop::collection::vec(call(), 0..60),
    ) {
        let limit = limit(max_starts, window);
        let endings = run(&limit, &calls);

        // Checks the documented guarantees, independent of the model.
        let begin = Instant::now();
        let arrivals = calls.iter().scan(Duration::ZERO, |at, call| { *at += call.pause; Some(*at) });
        let mut starts = Vec::new();
        for ((call, arrived), (at, ended)) in calls.iter().zip(arrivals).zip(&endings) {
            match ended {
                Ended::Started => {
                    prop_assert!(*at - arrived <= call.within, "waited longer than allowed");
                    starts.push(begin + *at);
                }
                Ended::Failed { wait } => {
                    prop_assert_eq!(*at, arrived, "failed late");
                    prop_assert!(*wait > call.within);
                }
                Ended::Dropped => prop_assert_eq!(Some(*at - arrived), call.dropped_after),
            }
        }
        prop_assert!(starts.is_sorted(), "started out of order");
        prop_assert!(!exceeds_limit(starts, max_starts, window));

        // No call waits longer than necessary. A call fails only if it has no slot in time.
        prop_assert_eq!(endings, model(max_starts, window, &calls));
    }
}
