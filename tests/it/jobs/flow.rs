//! The settings of a job, how it reads its input, and how it ends.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sendblue_contacts::{
    RateLimit, RateLimitExceeded, SlidingWindow, Stream,
    jobs::{MAX_CHUNK_SIZE, MAX_CONCURRENCY, MAX_SETTLE_DELAY},
};
use tokio::time::{Instant, sleep};

use super::*;

/// Returns the items as an iterator, and the number of items read from it.
fn counted(items: Vec<NewContact>) -> (impl Iterator<Item = NewContact> + Send, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    (items.into_iter().inspect(move |_| _ = count.fetch_add(1, Ordering::SeqCst)), read)
}

#[tokio::test]
async fn a_setting_out_of_bounds_is_an_error_before_anything_is_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    type Set = fn(Job<sendblue_contacts::jobs::Import>) -> Job<sendblue_contacts::jobs::Import>;
    let wrong: [(Set, &str); 5] = [
        (
            |job| job.settle_delay(MAX_SETTLE_DELAY + Duration::from_nanos(1)),
            "settle_delay: too long; use at most 600s",
        ),
        (|job| job.chunk_size(0), "chunk_size: "),
        (|job| job.chunk_size(MAX_CHUNK_SIZE + 1), "chunk_size: "),
        (|job| job.concurrency(0), "concurrency: "),
        (|job| job.concurrency(MAX_CONCURRENCY + 1), "concurrency: "),
    ];
    for (set, field) in wrong {
        let (input, read) = counted(items(0..3));
        let mut job = set(contacts.import(input)).start();
        let error = job.next().await.expect("an error").expect_err("out of bounds");
        assert!(error.is_input() && error.to_string().starts_with(field), "{error}");
        assert!(job.next().await.is_none() && job.summary().is_stopped());
        assert_eq!((read.load(Ordering::SeqCst), sandbox.requests().len()), (0, 0));
    }
    let job = contacts.import(items(0..3)).chunk_size(MAX_CHUNK_SIZE).concurrency(MAX_CONCURRENCY);
    let summary = job.settle_delay(MAX_SETTLE_DELAY).run().await;
    assert_eq!(summary.expect("within bounds").created(), 3);
}

#[tokio::test]
async fn an_empty_input_sends_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let summary = contacts(&sandbox).import(Vec::<NewContact>::new()).run().await.expect("no items");
    assert_eq!(summary.to_string(), "0 items: 0 created, 0 existing, 0 rejected, 0 invalid, 0 duplicate, 0 unknown");
    assert!(sandbox.requests().is_empty());
}

/// The consumer is slow: chunks finish before their reports are taken.
#[tokio::test]
async fn reads_no_more_input_than_the_chunks_in_flight_need() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(30)).start().expect("a sandbox");
    let (input, read) = counted(items(0..200));
    let mut job = contacts(&sandbox).import(input).chunk_size(10).concurrency(3).start();
    assert_eq!(read.load(Ordering::SeqCst), 0, "read before the first report was awaited");
    for taken in 1..=20 {
        job.next().await.expect("a report").expect("no error");
        sleep(Duration::from_millis(60)).await;
        // All chunks in flight have finished by now, but the consumer has not read their reports.
        assert!(read.load(Ordering::SeqCst) <= (taken + 2) * 10, "read {} items", read.load(Ordering::SeqCst));
        assert!(sandbox.requests().len() <= taken + 2);
    }
    assert!(job.next().await.is_none());
    assert_eq!(sandbox.len(), 200);
}

#[tokio::test]
async fn runs_chunks_concurrently() {
    let latency = Duration::from_millis(300);
    let sandbox = Sandbox::builder().latency(latency).start().expect("a sandbox");
    let started = Instant::now();
    let summary = contacts(&sandbox).import(items(0..80)).chunk_size(10).concurrency(8).run().await.expect("created");
    assert_eq!(summary.created(), 80);
    assert!(started.elapsed() < latency * 7, "not concurrent: {:?}", started.elapsed());
}

/// The sandbox allows as many requests as the client, but in half the window. Requests may arrive closer together than
/// the client sent them.
#[tokio::test]
async fn the_client_rate_limit_prevents_429_responses() {
    let window = Duration::from_millis(200);
    let sandbox = Sandbox::builder().rate_limit(10, window / 2).start().expect("a sandbox");
    let limit = SlidingWindow::new(10, window).expect("valid");
    let contacts = client(&sandbox).rate_limit(limit).build().expect("valid").contacts();
    let summary = contacts.import(items(0..40)).chunk_size(1).concurrency(MAX_CONCURRENCY).run().await;
    assert_eq!(summary.expect("no 429 response").created(), 40);
    assert_eq!(sandbox.requests().len(), 40, "some requests were refused");
}

/// A 429 proves that the service did not apply the request.
#[tokio::test]
async fn a_429_pauses_the_job_and_sends_no_applied_item_again() {
    let refuse = |sandbox: &Sandbox, operation: &str| {
        sandbox.fail_next(Fault::status(429).header("retry-after-ms", "5").operation(operation).times(2));
    };
    let dropped = (0..40).step_by(10).map(number);
    let sandbox = Sandbox::builder().drop_numbers(dropped).start().expect("a sandbox");
    // Without retries of the client, the job itself handles every 429.
    let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
    for operation in [CREATE, CREATE, RETRIEVE, RETRIEVE, LIST, DELETE, "contacts.create", "contacts.update"] {
        refuse(&sandbox, operation);
    }
    sandbox.fail_next(Fault::no_response().operation(CREATE).apply_request(true));
    let summary = with_short_delay(contacts.import(items(0..40)).chunk_size(10)).run().await.expect("a whole job");
    assert_eq!((summary.created(), summary.rejected() + summary.unknown()), (36, 4), "{summary}");
    let carried_out = |operation: &str| {
        let carried = requests_of(&sandbox, operation).into_iter().filter(|request| request.status() != 429);
        let mut numbers: Vec<_> = carried.flat_map(|request| numbers_of(&request)).collect();
        let count = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "{operation}: a number is sent twice");
        count
    };
    assert_eq!(carried_out(CREATE), 40);

    let upserts = [new_contact(50).company_name("Works")];
    assert_eq!(with_short_delay(contacts.import(upserts)).upsert(true).run().await.expect("a whole job").created(), 1);
    assert_eq!((carried_out("contacts.create"), requests_of(&sandbox, "contacts.update").len()), (1, 3));
    let summary = contacts.remove((0..40).map(number)).chunk_size(10).run().await.expect("a whole job");
    assert_eq!((summary.gone(), summary.deleted()), (40, Some(36)));
    assert_eq!(carried_out(DELETE), 40);
    let refused = sandbox.requests().iter().filter(|request| request.status() == 429).count();
    assert_eq!(refused, 8 * 2, "a fault was not used");
}

#[tokio::test]
async fn reads_items_from_a_stream() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let slow = |n: u64| async move {
        sleep(Duration::from_millis(1)).await;
        n
    };
    let numbers = futures_util::StreamExt::then(futures_util::stream::iter(0..25), slow);
    let input = futures_util::StreamExt::map(numbers, new_contact);
    let mut job = contacts.import_stream(input).chunk_size(10).start();
    assert_eq!(Stream::size_hint(&job), (0, None));
    collect_reports(&mut job).await;
    assert_eq!((job.summary().created(), job.progress().total), (25, Some(25)));
    let input = futures_util::stream::iter((0..25).map(number).filter(|_| true));
    let mut job = contacts.remove_stream(input).start();
    assert_eq!(job.progress().total, None);
    collect_reports(&mut job).await;
    assert_eq!(job.summary().gone(), 25);
    assert!(sandbox.is_empty());
}

/// The future of `run` is `Send`.
#[tokio::test]
async fn run_can_be_spawned_as_a_task() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let task = tokio::spawn(contacts(&sandbox).import(items(0..5)).run());
    assert_eq!(task.await.expect("no panic").expect("created").created(), 5);
}

#[tokio::test]
async fn stop_finishes_the_chunks_in_flight() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..1000)).chunk_size(10).concurrency(3).start();
    let mut indexes = Vec::new();
    while let Some(report) = job.next().await {
        indexes.extend(report.expect("no error").items.iter().map(|item| item.index));
        job.stop();
    }
    indexes.sort_unstable();
    assert!(indexes.iter().copied().eq(0..job.summary().items()), "not the first items of the input: {indexes:?}");
    let summary = job.summary();
    assert!(summary.is_stopped() && summary.items() < 1000);
    assert_eq!(summary.items(), sandbox.len() as u64, "a chunk in flight was not reported");
    assert_eq!(job.progress().total, Some(1000));
}

#[tokio::test]
async fn a_stop_after_the_last_item_does_not_count_as_stopped() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for (taken, is_stopped) in [(1, true), (2, false)] {
        let mut job = contacts(&sandbox).import(items(0..20)).chunk_size(10).concurrency(1).start();
        for _ in 0..taken {
            job.next().await.expect("a report").expect("no error");
        }
        job.stop();
        assert!(job.next().await.is_none());
        assert_eq!((job.summary().items(), job.summary().is_stopped()), (taken * 10, is_stopped));
    }
}

/// The job waits for a response and an endless input when another task stops it.
#[tokio::test]
async fn a_stop_handle_wakes_and_stops_a_waiting_job() {
    fn is_send_and_sync<T: Clone + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let sandbox = Sandbox::start().expect("a sandbox");
    let pending = futures_util::stream::poll_fn(|_| std::task::Poll::<Option<NewContact>>::Pending);
    let input = futures_util::StreamExt::chain(futures_util::stream::iter(items(0..10)), pending);
    let mut job = contacts(&sandbox).import_stream(input).chunk_size(10).start();
    job.next().await.expect("a report").expect("no error");

    let handle = is_send_and_sync(job.stop_handle());
    let waiting = tokio::spawn(async move {
        let next = job.next().await;
        (next.is_none(), job.summary())
    });
    sleep(Duration::from_millis(20)).await;
    assert!(!waiting.is_finished(), "ended without a stop");
    handle.clone().stop();
    let (has_ended, summary) = waiting.await.expect("no panic");
    assert!(has_ended && summary.is_stopped());
    assert_eq!((summary.created(), sandbox.len()), (10, 10));
    handle.stop();
}

#[tokio::test]
async fn a_stop_handle_used_before_the_first_report_reads_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (input, read) = counted(items(0..3));
    let mut job = contacts(&sandbox).import(input).start();
    job.stop_handle().stop();
    assert!(job.next().await.is_none() && job.summary().is_stopped());
    assert_eq!((read.load(Ordering::SeqCst), sandbox.requests().len()), (0, 0));
}

#[tokio::test]
async fn run_keeps_the_sums_of_a_failed_job() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let rows = items(0..20).into_iter().map(Ok).chain([Err("the database is gone")]);
    let job = contacts.try_import_stream(futures_util::stream::iter(rows)).chunk_size(10);
    let failed = job.run().await.expect_err("the input failed");
    assert_eq!(failed.to_string(), "the job failed after 20 items");
    assert_eq!((failed.summary().created(), failed.summary().is_stopped()), (20, true));
    let source = std::error::Error::source(&failed).and_then(|source| source.downcast_ref::<Error>());
    assert!(source.is_some_and(Error::is_incomplete) && failed.error().is_incomplete(), "{failed:?}");
    let error: Error = failed.into();
    assert_eq!(error.to_string(), "the input of the job failed");
}

/// Only the first poll needs a runtime: the tasks run there.
#[test]
fn starting_outside_a_runtime_is_an_input_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (input, read) = counted(items(0..3));
    let journal = JournalFile::new("no-runtime");
    let mut job = contacts(&sandbox).import(input).journal(&journal.0).start();
    let now = |job: &mut RunningJob<_>| futures_util::FutureExt::now_or_never(job.next()).expect("ready");
    let error = now(&mut job).expect("an error").expect_err("no runtime");
    assert!(error.is_input() && error.to_string().starts_with("runtime: missing; "), "{error}");
    assert!(now(&mut job).is_none() && job.summary().is_stopped());
    assert_eq!((read.load(Ordering::SeqCst), sandbox.requests().len(), journal.text().len()), (0, 0, 0));

    // The first poll is inside a runtime; the later polls are not.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut job = contacts(&sandbox).import(items(0..3)).chunk_size(1).concurrency(1).start();
    let mut polled = runtime.block_on(async { futures_util::FutureExt::now_or_never(job.next()) });
    while !matches!(polled, Some(None)) {
        assert!(!matches!(polled, Some(Some(Err(_)))), "{polled:?}");
        std::thread::sleep(Duration::from_millis(1));
        polled = futures_util::FutureExt::now_or_never(job.next());
    }
    assert_eq!(sandbox.len(), 3);
}

#[tokio::test]
async fn a_dropped_job_sends_no_more_requests() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..1000)).chunk_size(10).start();
    job.next().await.expect("a report").expect("no error");
    drop(job);
    sleep(Duration::from_millis(30)).await;
    let sent = sandbox.requests().len();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(sandbox.requests().len(), sent);
}

/// A caller's rate limit panics in the task of a chunk.
#[tokio::test]
async fn items_lost_by_a_panic_are_an_error() {
    struct Panics;
    impl RateLimit for Panics {
        fn acquire(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            Box::pin(async { panic!("on purpose") })
        }
    }
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = client(&sandbox).rate_limit(Panics).build().expect("valid").contacts();
    let error = contacts.import(items(0..5)).run().await.expect_err("lost").into_error();
    assert!(error.is_incomplete(), "{error:?}");
    assert_eq!(error.to_string(), "the job lost items");
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    assert_eq!(causes[0], "a task of the job panicked");
    assert!(causes[1].contains("panic"), "{causes:?}");
}

#[tokio::test]
async fn imports_100_000_contacts_in_1000_requests() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let input = (0..100_000).map(new_contact);
    let summary = contacts(&sandbox).import(input).run().await.expect("created");
    assert_eq!((summary.created(), summary.items()), (100_000, 100_000));
    assert_eq!((sandbox.len(), sandbox.requests().len()), (100_000, 1000));
}
