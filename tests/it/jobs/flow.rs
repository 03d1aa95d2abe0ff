//! How a job goes along: its bounds, its input, its end.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sendblue_contacts::{
    RateLimit, RateLimitExceeded, SlidingWindow, Stream,
    contacts::jobs::{MAX_CHUNK_SIZE, MAX_CONCURRENCY, MAX_SETTLE_DELAY},
};
use tokio::time::{Instant, sleep};

use super::*;

/// Counts what is read of it.
fn counted(items: Vec<NewContact>) -> (impl Iterator<Item = NewContact> + Send, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    (items.into_iter().inspect(move |_| _ = count.fetch_add(1, Ordering::SeqCst)), read)
}

#[tokio::test]
async fn a_setting_out_of_bounds_is_an_error_before_anything_is_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    type Set = fn(Job<sendblue_contacts::contacts::Import>) -> Job<sendblue_contacts::contacts::Import>;
    let wrong: [(Set, &str); 5] = [
        (|job| job.settle_delay(MAX_SETTLE_DELAY + Duration::from_nanos(1)), "settle_delay: is longer than 600s"),
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
async fn nothing_in_nothing_out() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let summary = contacts(&sandbox).import([]).run().await.expect("nothing to fail");
    assert_eq!(summary.to_string(), "0 items: 0 created, 0 existing, 0 rejected, 0 invalid, 0 duplicate, 0 unknown");
    assert!(sandbox.requests().is_empty());
}

/// So many chunks are under way as are allowed, and no more is read than they need, however slowly reports are taken.
#[tokio::test]
async fn the_input_is_read_as_reports_are_taken() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(30)).start().expect("a sandbox");
    let (input, read) = counted(items(0..200));
    let mut job = contacts(&sandbox).import(input).chunk_size(10).concurrency(3).start();
    assert_eq!(read.load(Ordering::SeqCst), 0, "nothing before the first report is asked for");
    for taken in 1..=20 {
        job.next().await.expect("a report").expect("no error");
        sleep(Duration::from_millis(60)).await;
        // The chunks have ended meanwhile, but nobody has taken their reports.
        assert!(read.load(Ordering::SeqCst) <= (taken + 2) * 10, "{} are read", read.load(Ordering::SeqCst));
        assert!(sandbox.requests().len() <= taken + 2);
    }
    assert!(job.next().await.is_none());
    assert_eq!(sandbox.len(), 200);
}

#[tokio::test]
async fn chunks_are_under_way_at_once() {
    let latency = Duration::from_millis(300);
    let sandbox = Sandbox::builder().latency(latency).start().expect("a sandbox");
    let started = Instant::now();
    let summary = contacts(&sandbox).import(items(0..80)).chunk_size(10).concurrency(8).run().await.expect("created");
    assert_eq!(summary.created(), 80);
    assert!(started.elapsed() < latency * 7, "one after the other: {:?}", started.elapsed());
}

/// However many chunks are under way: the sandbox would refuse what is more than the client's limit allows. (Its window is
/// shorter, since on a busy machine more may arrive in one than have started in one.)
#[tokio::test]
async fn with_a_rate_limit_of_the_client_nothing_is_refused() {
    let window = Duration::from_millis(200);
    let sandbox = Sandbox::builder().rate_limit(10, window / 2).start().expect("a sandbox");
    let limit = SlidingWindow::new(10, window).expect("valid");
    let contacts = client(&sandbox).rate_limit(limit).build().expect("valid").contacts();
    let summary = contacts.import(items(0..40)).chunk_size(1).concurrency(MAX_CONCURRENCY).run().await;
    assert_eq!(summary.expect("never refused").created(), 40);
    assert_eq!(sandbox.requests().len(), 40, "some were refused");
}

/// Without one, the job waits, and goes on: 429 proves that nothing was done.
#[tokio::test]
async fn without_a_rate_limit_a_job_waits_where_it_is_refused() {
    let refuse = |sandbox: &Sandbox, operation: &str| {
        sandbox.fail_next(Fault::status(429).header("retry-after-ms", "5").operation(operation).times(2));
    };
    let dropped = (0..40).step_by(10).map(number);
    let sandbox = Sandbox::builder().drop_numbers(dropped).start().expect("a sandbox");
    // So that a call is refused at once, and not tried again by the client.
    let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
    for operation in [CREATE, CREATE, RETRIEVE, RETRIEVE, LIST, DELETE, "contacts.create", "contacts.update"] {
        refuse(&sandbox, operation);
    }
    sandbox.fail_next(Fault::no_answer().operation(CREATE).applied(true));
    let summary = quick(contacts.import(items(0..40)).chunk_size(10)).run().await.expect("a whole job");
    assert_eq!((summary.created(), summary.rejected() + summary.unknown()), (36, 4), "{summary}");
    let carried_out = |operation: &str| {
        let carried = sent(&sandbox, operation).into_iter().filter(|request| request.status() != 429);
        let mut numbers: Vec<_> = carried.flat_map(|request| numbers_of(&request)).collect();
        let count = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "{operation}: a number is sent twice");
        count
    };
    assert_eq!(carried_out(CREATE), 40);

    let upserts = [NewContact::new(number(50)).company_name("Works")];
    assert_eq!(quick(contacts.import(upserts)).upsert(true).run().await.expect("a whole job").created(), 1);
    assert_eq!((carried_out("contacts.create"), sent(&sandbox, "contacts.update").len()), (1, 3));
    let summary = contacts.remove((0..40).map(number)).chunk_size(10).run().await.expect("a whole job");
    assert_eq!((summary.gone(), summary.amount()), (40, Some(36)));
    assert_eq!(carried_out(DELETE), 40);
    let refused = sandbox.requests().iter().filter(|request| request.status() == 429).count();
    assert_eq!(refused, 8 * 2, "each of the faults had its turn");
}

#[tokio::test]
async fn a_stream_is_read_too() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let slow = |n: u64| async move {
        sleep(Duration::from_millis(1)).await;
        n
    };
    let numbers = futures_util::StreamExt::then(futures_util::stream::iter(0..25), slow);
    let input = futures_util::StreamExt::map(numbers, |n| NewContact::new(number(n)));
    let mut job = contacts.import_stream(input).chunk_size(10).start();
    assert_eq!(Stream::size_hint(&job), (0, None));
    drain(&mut job).await;
    assert_eq!((job.summary().created(), job.progress().total), (25, Some(25)));
    let input = futures_util::stream::iter((0..25).map(number).filter(|_| true));
    let mut job = contacts.remove_stream(input).start();
    assert_eq!(job.progress().total, None);
    drain(&mut job).await;
    assert_eq!(job.summary().gone(), 25);
    assert!(sandbox.is_empty());
}

/// Also on another thread.
#[tokio::test]
async fn a_job_runs_as_a_task() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let task = tokio::spawn(contacts(&sandbox).import(items(0..5)).run());
    assert_eq!(task.await.expect("no panic").expect("created").created(), 5);
}

#[tokio::test]
async fn a_job_that_is_stopped_finishes_what_is_under_way() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..1000)).chunk_size(10).concurrency(3).start();
    let mut indexes = Vec::new();
    while let Some(report) = job.next().await {
        indexes.extend(report.expect("no error").items.iter().map(|item| item.index));
        job.stop();
    }
    indexes.sort_unstable();
    assert!(indexes.iter().copied().eq(0..job.summary().items()), "the first so many: {indexes:?}");
    let summary = job.summary();
    assert!(summary.is_stopped() && summary.items() < 1000);
    assert_eq!(summary.items(), sandbox.len() as u64, "what was begun is reported");
    assert_eq!(job.progress().total, Some(1000));
}

#[tokio::test]
async fn a_job_that_is_stopped_after_its_last_item_is_whole() {
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

/// Whoever polls it, by what means ever: the tasks run where the job has started.
#[test]
fn without_a_runtime_a_job_is_an_input_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (input, read) = counted(items(0..3));
    let journal = JournalFile::new("no-runtime");
    let mut job = contacts(&sandbox).import(input).journal(&journal.0).start();
    let now = |job: &mut RunningJob<_>| futures_util::FutureExt::now_or_never(job.next()).expect("ready");
    let error = now(&mut job).expect("an error").expect_err("no runtime");
    assert!(error.is_input() && error.to_string().starts_with("runtime: is none of tokio; "), "{error}");
    assert!(now(&mut job).is_none() && job.summary().is_stopped());
    assert_eq!((read.load(Ordering::SeqCst), sandbox.requests().len(), journal.text().len()), (0, 0, 0));

    // The first poll of a job is within a runtime, the others are not.
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
async fn a_job_that_is_dropped_sends_no_more() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..1000)).chunk_size(10).start();
    job.next().await.expect("a report").expect("no error");
    drop(job);
    sleep(Duration::from_millis(30)).await;
    let sent = sandbox.requests().len();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(sandbox.requests().len(), sent);
}

/// Something of the caller's panics in a chunk: its items are lost, and the job says so.
#[tokio::test]
async fn lost_items_are_an_error() {
    struct Panics;
    impl RateLimit for Panics {
        fn acquire(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            Box::pin(async { panic!("on purpose") })
        }
    }
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = client(&sandbox).rate_limit(Panics).build().expect("valid").contacts();
    let error = contacts.import(items(0..5)).run().await.expect_err("lost");
    assert!(error.is_incomplete(), "{error:?}");
    assert_eq!(error.to_string(), "a job has lost items");
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    assert_eq!(causes[0], "a task of the job has panicked");
    assert!(causes[1].contains("panic"), "{causes:?}");
}

#[tokio::test]
async fn a_hundred_thousand_contacts_are_imported() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let input = (0..100_000).map(|n| NewContact::new(number(n)));
    let summary = contacts(&sandbox).import(input).run().await.expect("created");
    assert_eq!((summary.created(), summary.items()), (100_000, 100_000));
    assert_eq!((sandbox.len(), sandbox.requests().len()), (100_000, 1000));
}
