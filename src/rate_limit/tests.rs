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

use super::{PATIENCE, RateLimit, RateLimitExceeded, SlidingWindow};

const SECOND: Duration = Duration::from_secs(1);
const FOREVER: Duration = Duration::MAX;

type Acquire<'a> = Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + 'a>>;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(limit: usize, window: Duration) -> Arc<SlidingWindow> {
    Arc::new(SlidingWindow::new(limit, window).expect("valid"))
}

/// Polls once; whether it is done.
async fn poll(acquire: &mut Acquire<'_>) -> Option<Result<(), RateLimitExceeded>> {
    poll_fn(|context| match acquire.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Lets all tasks run that can, at this moment.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

/// Takes places that are there.
async fn take(limit: &SlidingWindow, count: usize) {
    for _ in 0..count {
        limit.acquire(Duration::ZERO).await.expect("a place");
    }
}

/// Whether any window, its beginning included and its end not, has more starts than it may.
fn overfull(starts: impl IntoIterator<Item = Instant>, limit: usize, window: Duration) -> bool {
    let starts: Vec<_> = starts.into_iter().collect();
    assert!(starts.is_sorted());
    starts.iter().zip(starts.iter().skip(limit)).any(|(first, beyond)| *beyond - *first < window)
}

#[test]
fn zero_is_refused() {
    for (limit, window, message) in [
        (0, SECOND, "limit: is zero; no request could ever start"),
        (1, Duration::ZERO, "window: is zero; nothing would be limited"),
    ] {
        let error = SlidingWindow::new(limit, window).expect_err("zero");
        assert!(error.is_input());
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn shows_its_settings() {
    assert_eq!(format!("{:?}", SlidingWindow::reported()), "SlidingWindow { limit: 100, window: 10s, .. }");
    let text = "the rate limit leaves no place in the time that is left";
    assert_eq!(RateLimitExceeded::new(None).to_string(), text);
    assert_eq!(RateLimitExceeded::new(ms(1500)).to_string(), format!("{text}; the next one is at least 1.5s away"));
}

#[tokio::test(start_paused = true)]
async fn a_window_is_half_open() {
    let limit = limit(2, SECOND);
    let begin = Instant::now();
    take(&limit, 1).await;
    sleep(ms(400)).await;
    take(&limit, 1).await;
    sleep(ms(599)).await;
    assert_eq!(limit.acquire(Duration::ZERO).await, Err(RateLimitExceeded::new(ms(1))));
    limit.acquire(ms(1)).await.expect("exactly a window after the first");
    assert_eq!(begin.elapsed(), SECOND);
    limit.acquire(FOREVER).await.expect("a window after the second");
    assert_eq!(begin.elapsed(), ms(1400));
}

#[tokio::test(start_paused = true)]
async fn fails_at_once_when_the_wait_is_too_long() {
    let limit = limit(2, SECOND);
    take(&limit, 2).await;
    let begin = Instant::now();
    // Five wait: until 1, 1, 2, 2 and 3 seconds.
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        let limit = limit.clone();
        waiting.spawn(async move { limit.acquire(FOREVER).await });
    }
    settle().await;
    assert_eq!(limit.acquire(ms(2999)).await, Err(RateLimitExceeded::new(3 * SECOND)));
    assert_eq!(limit.acquire(Duration::ZERO).await, Err(RateLimitExceeded::new(3 * SECOND)));
    assert_eq!(Instant::now(), begin, "no time is spent on it");
    limit.acquire(3 * SECOND).await.expect("just in time");
    assert_eq!(begin.elapsed(), 3 * SECOND);
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn serves_in_order_through_clones() {
    let limit: Arc<dyn RateLimit> = limit(3, SECOND);
    let served = Arc::new(Mutex::new(Vec::new()));
    let begin = Instant::now();
    let mut waiting = JoinSet::new();
    for id in 0..20_u32 {
        let (limit, served) = (Arc::clone(&limit), Arc::clone(&served));
        waiting.spawn(async move {
            limit.acquire(FOREVER).await.expect("a place");
            served.lock().expect("no panic").push((id, begin.elapsed()));
        });
    }
    waiting.join_all().await;
    let expected: Vec<_> = (0..20).map(|id| (id, SECOND * (id / 3))).collect();
    assert_eq!(*served.lock().expect("no panic"), expected);
}

#[tokio::test(start_paused = true)]
async fn a_late_start_counts_when_it_is() {
    let limit = limit(1, SECOND);
    take(&limit, 1).await;
    let begin = Instant::now();
    let (mut first, mut second) = (limit.acquire(FOREVER), limit.acquire(ms(2200)));
    let mut third = limit.acquire(FOREVER);
    for waiter in [&mut first, &mut second, &mut third] {
        assert_eq!(poll(waiter).await, None);
    }

    // Nothing runs for longer than the first has to wait.
    advance(ms(1500)).await;
    assert_eq!(poll(&mut first).await, Some(Ok(())));
    // The second could have started after 2 seconds; now it would be 2.5, and it has 2.2.
    assert_eq!(poll(&mut second).await, Some(Err(RateLimitExceeded::new(SECOND))));
    third.await.expect("a place");
    assert_eq!(begin.elapsed(), ms(2500));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_frees_its_place() {
    for dropped in 0..4 {
        let limit = limit(1, SECOND);
        take(&limit, 1).await;
        let begin = Instant::now();
        let mut waiting: Vec<_> = (0..4).map(|_| limit.acquire(4 * SECOND)).collect();
        for waiter in &mut waiting {
            assert_eq!(poll(waiter).await, None);
        }
        assert!(limit.acquire(4 * SECOND).await.is_err(), "a fifth is too late");
        sleep(ms(500)).await;
        drop(waiting.remove(dropped));
        waiting.push(limit.acquire(ms(3500)));
        for (place, waiter) in iter::zip(1_u32.., waiting) {
            waiter.await.expect("a place");
            assert_eq!(begin.elapsed(), place * SECOND);
        }
        assert!(limit.state.lock().expect("no panic").queue.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_on_its_turn_wakes_the_next() {
    let limit = limit(1, SECOND);
    take(&limit, 1).await;
    let begin = Instant::now();
    let (mut first, mut second) = (limit.acquire(FOREVER), limit.acquire(FOREVER));
    assert_eq!(poll(&mut first).await, None);
    assert_eq!(poll(&mut second).await, None);
    advance(SECOND).await;
    drop(first);
    second.await.expect("a place");
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_keeps_one_place_and_holds_nobody_up() {
    let limit = limit(3, SECOND);
    take(&limit, 3).await;
    let begin = Instant::now();
    let mut idle = limit.acquire(FOREVER);
    assert_eq!(poll(&mut idle).await, None);

    limit.acquire(FOREVER).await.expect("the second place");
    assert_eq!(begin.elapsed(), SECOND + PATIENCE);
    limit.acquire(FOREVER).await.expect("the third place");
    assert_eq!(begin.elapsed(), SECOND + 2 * PATIENCE);
    assert!(limit.acquire(ms(900)).await.is_err(), "the first is that of the one who is not polled");
    idle.await.expect("the place that was kept");
    assert_eq!(begin.elapsed(), SECOND + 2 * PATIENCE);
    limit.acquire(FOREVER).await.expect("a place");
    assert_eq!(begin.elapsed(), 2 * SECOND + PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_keeps_its_place_no_longer_than_its_time() {
    let limit = limit(1, SECOND);
    take(&limit, 1).await;
    let begin = Instant::now();
    let mut idle = limit.acquire(ms(1500));
    assert_eq!(poll(&mut idle).await, None);
    limit.acquire(ms(2000)).await.expect("a place");
    assert_eq!(begin.elapsed(), 2 * SECOND);
    assert_eq!(poll(&mut idle).await, Some(Err(RateLimitExceeded::new(SECOND))));
}

#[tokio::test(start_paused = true)]
async fn places_that_were_kept_are_free_when_their_time_is_over() {
    let limit = limit(2, SECOND);
    take(&limit, 2).await;
    let (mut idle, mut idle_for_longer) = (limit.acquire(ms(1200)), limit.acquire(ms(1600)));
    assert_eq!(poll(&mut idle).await, None);
    assert_eq!(poll(&mut idle_for_longer).await, None);
    sleep(ms(1150)).await;
    assert!(limit.acquire(ms(100)).await.is_err(), "both places are kept");

    sleep(ms(51)).await;
    let begin = Instant::now();
    limit.acquire(ms(1)).await.expect("one is free");
    assert_eq!(Instant::now(), begin, "with so little time it does not wait for the other to be taken");
    assert!(limit.acquire(ms(100)).await.is_err(), "the other is kept");
    sleep(ms(400)).await;
    limit.acquire(Duration::ZERO).await.expect("the other is free");
    assert!(matches!(poll(&mut idle).await, Some(Err(_))));
    assert!(matches!(poll(&mut idle_for_longer).await, Some(Err(_))));
}

#[tokio::test(start_paused = true)]
async fn extremes_of_time_are_no_trouble() {
    let limit = limit(1, FOREVER);
    take(&limit, 1).await;
    assert_eq!(limit.acquire(FOREVER - ms(1)).await, Err(RateLimitExceeded::new(FOREVER)));
    assert!(timeout(1000 * SECOND, limit.acquire(FOREVER)).await.is_err(), "waits without end");

    let limit = SlidingWindow::new(usize::MAX, Duration::from_nanos(1)).expect("valid");
    take(&limit, 1000).await;
}

#[tokio::test(start_paused = true)]
async fn remembers_no_more_than_it_needs() {
    let limit = limit(10, SECOND);
    for _ in 0..1000 {
        limit.acquire(FOREVER).await.expect("a place");
        assert!(limit.state.lock().expect("no panic").starts.len() <= 10);
    }
    sleep(SECOND).await;
    take(&limit, 1).await;
    assert_eq!(limit.state.lock().expect("no panic").starts.len(), 1);
}

/// Short windows in real time, from several threads. Nothing is asserted of the time but what the limit promises.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn holds_across_threads() {
    const LIMIT: usize = 3;
    const WINDOW: Duration = Duration::from_millis(5);
    let limit = limit(LIMIT, WINDOW);
    // Each looks at the log when it has started; with the looks of the others, few starts are forgotten unseen.
    let starts = Arc::new(Mutex::new(BTreeSet::new()));
    let mut tasks = JoinSet::new();
    for task in 0..16_u64 {
        let (limit, starts) = (Arc::clone(&limit), Arc::clone(&starts));
        tasks.spawn(async move {
            let mut started = 0;
            for call in 0..10 {
                // Every third call is given up, at one time or other.
                let given_up = if (task + call) % 3 == 0 { ms(call) } else { FOREVER };
                match timeout(given_up, limit.acquire(FOREVER)).await {
                    Ok(acquired) => {
                        acquired.expect("a place");
                        starts.lock().expect("no panic").extend(limit.state.lock().expect("no panic").starts.iter());
                        started += 1;
                    }
                    Err(_) => assert_ne!(given_up, FOREVER),
                }
            }
            started
        });
    }
    let started: u32 = tasks.join_all().await.iter().sum();
    assert!(started > 100);
    assert!(!overfull(starts.lock().expect("no panic").iter().copied(), LIMIT, WINDOW));
    assert!(limit.state.lock().expect("no panic").queue.is_empty());
}

/// One call of the property test. All times are multiples of 10 ms, but for those of giving up, so that nothing that
/// matters happens at one moment in either order.
#[derive(Clone, Debug)]
struct Call {
    /// After the one before it.
    pause: Duration,
    within: Duration,
    gives_up_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Started,
    Failed { wait: Duration },
    GaveUp,
}

fn call() -> impl Strategy<Value = Call> {
    let pause = prop_oneof![3 => Just(0), 2 => 0..20_u64, 1 => 0..150_u64];
    let within = prop_oneof![1 => Just(None), 1 => Just(Some(0)), 4 => (0..300_u64).prop_map(Some)];
    let gives_up_after = prop_oneof![3 => Just(None), 1 => (0..100_u64).prop_map(Some)];
    (pause, within, gives_up_after).prop_map(|(pause, within, gives_up_after)| Call {
        pause: ms(10 * pause),
        within: within.map_or(FOREVER, |within| ms(10 * within)),
        gives_up_after: gives_up_after.map(|after| ms(10 * after + 5)),
    })
}

/// What comes of the calls, and when.
fn run(limit: &Arc<SlidingWindow>, calls: &[Call]) -> Vec<(Duration, Came)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let begin = Instant::now();
        let mut at = begin;
        let mut tasks = Vec::new();
        for Call { pause, within, gives_up_after } in calls.iter().cloned() {
            at += pause;
            sleep_until(at).await;
            let limit = Arc::clone(limit);
            tasks.push(tokio::spawn(async move {
                let came = match timeout(gives_up_after.unwrap_or(FOREVER), limit.acquire(within)).await {
                    Ok(Ok(())) => Came::Started,
                    Ok(Err(error)) => Came::Failed { wait: error.wait().expect("known") },
                    Err(_) => Came::GaveUp,
                };
                (begin.elapsed(), came)
            }));
        }
        let mut came = Vec::new();
        for task in tasks {
            came.push(task.await.expect("no panic"));
        }
        assert!(limit.state.lock().expect("no panic").queue.is_empty());
        came
    })
}

/// The same, in the plainest way: tick by tick, each start as early as the windows allow, and what is to come played through.
fn model(limit: usize, window: Duration, calls: &[Call]) -> Vec<(Duration, Came)> {
    /// When the next may start, after these and not before `now`.
    fn next(starts: &[Duration], limit: usize, window: Duration, now: Duration) -> Duration {
        let room = starts.len().checked_sub(limit).map_or(now, |index| starts[index] + window);
        room.max(now)
    }

    let mut came = vec![None; calls.len()];
    let mut starts: Vec<Duration> = Vec::new();
    let mut queue: VecDeque<usize> = VecDeque::new();
    let arrivals: Vec<_> = calls
        .iter()
        .scan(Duration::ZERO, |at, call| {
            *at += call.pause;
            Some(*at)
        })
        .collect();
    let mut coming = 0;
    let mut now = Duration::ZERO;
    while came.contains(&None) {
        queue.retain(|&id| {
            let stays = calls[id].gives_up_after.is_none_or(|after| arrivals[id] + after != now);
            if !stays {
                came[id] = Some((now, Came::GaveUp));
            }
            stays
        });
        while arrivals.get(coming) == Some(&now) {
            let mut future = starts.clone();
            for _ in &queue {
                future.push(next(&future, limit, window, now));
            }
            let wait = next(&future, limit, window, now) - now;
            if wait > calls[coming].within {
                came[coming] = Some((now, Came::Failed { wait }));
            } else {
                queue.push_back(coming);
            }
            coming += 1;
        }
        while !queue.is_empty() && next(&starts, limit, window, now) == now {
            starts.push(now);
            if let Some(id) = queue.pop_front() {
                came[id] = Some((now, Came::Started));
            }
        }
        now += ms(5);
    }
    came.into_iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn does_what_the_model_does(
        at_most in 1..8_usize,
        window in (1..120_u64).prop_map(|tens| ms(10 * tens)),
        calls in prop::collection::vec(call(), 0..60),
    ) {
        let limit = limit(at_most, window);
        let came = run(&limit, &calls);

        // What is promised, without the model.
        let begin = Instant::now();
        let arrivals = calls.iter().scan(Duration::ZERO, |at, call| { *at += call.pause; Some(*at) });
        let mut starts = Vec::new();
        for ((call, arrived), (at, came)) in calls.iter().zip(arrivals).zip(&came) {
            match came {
                Came::Started => {
                    prop_assert!(*at - arrived <= call.within, "no longer than it may");
                    starts.push(begin + *at);
                }
                Came::Failed { wait } => {
                    prop_assert_eq!(*at, arrived, "at once");
                    prop_assert!(*wait > call.within);
                }
                Came::GaveUp => prop_assert_eq!(Some(*at - arrived), call.gives_up_after),
            }
        }
        prop_assert!(starts.is_sorted(), "in the order of the calls");
        prop_assert!(!overfull(starts, at_most, window));

        // And nobody waits longer than necessary, or fails without need.
        prop_assert_eq!(came, model(at_most, window, &calls));
    }
}
