//! Resuming from a journal; what the file itself looks like is tested beside it.

use super::*;

fn two_chunks(sandbox: &Sandbox, journal: &JournalFile) -> Job<sendblue_contacts::contacts::Import> {
    quick(contacts(sandbox).import(items(0..20))).chunk_size(10).concurrency(1).journal(&journal.0)
}

#[tokio::test]
async fn a_finished_journal_ends_a_job_at_once() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("finished");
    let first = two_chunks(&sandbox, &journal).run().await.expect("created");
    assert_eq!((first.created(), first.resumed()), (20, 0));
    sandbox.clear_requests();
    let mut job = two_chunks(&sandbox, &journal).start();
    assert!(job.next().await.is_none(), "a report of what an earlier run has reported");
    assert_eq!((job.summary().created(), job.summary().resumed()), (20, 20));
    assert!(job.summary().to_string().ends_with(", 0 unknown; 20 of them by an earlier run"), "{}", job.summary());
    assert_eq!(job.progress().to_string(), "20 of 20 (100 %), 0 failed, 0.0/s");
    assert!(sandbox.requests().is_empty());
    assert!(!journal.text().contains("141500000") && !journal.text().contains("Name"), "{}", journal.text());
}

/// What an earlier run has sent has had its time to arrive: it is looked up at once, and then once more.
#[tokio::test]
async fn an_open_chunk_of_long_ago_is_looked_up_at_once() {
    let delay = Duration::from_secs(1);
    for upsert in [false, true] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let journal = JournalFile::new(&format!("long-ago-{upsert}"));
        let job = || contacts(&sandbox).import(items(0..2)).upsert(upsert).settle_delay(delay).journal(&journal.0);
        sandbox.fail_next(Fault::status(401));
        job().run().await.expect_err("what stopped it");
        for (age, delays) in [(Duration::ZERO, 2), (delay, 1)] {
            tokio::time::sleep(age).await;
            sandbox.clear_requests();
            let started = std::time::Instant::now();
            sandbox.fail_next(Fault::status(401).operation(if upsert { "contacts.create" } else { CREATE }));
            job().run().await.expect_err("what stopped it");
            let elapsed = started.elapsed();
            assert!((delay * delays..delay * (delays + 1)).contains(&elapsed), "{age:?}: {elapsed:?}");
            assert_eq!(sent(&sandbox, RETRIEVE).len(), 4);
        }
    }
}

/// An input that breaks off is no end: what was not yet enough for a chunk is not in the journal, and a whole input goes on.
#[tokio::test]
async fn an_input_that_breaks_off_is_an_error_and_the_journal_goes_on() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let journal = JournalFile::new("broken-off");
    let whole = || items(0..40).into_iter().map(Ok);
    let rows = || whole().take(15).chain([Err(std::io::Error::other("the database is gone"))]).chain(whole());
    let set = |job: Job<sendblue_contacts::contacts::Import>| quick(job).chunk_size(10).journal(&journal.0);
    let mut job = set(contacts.try_import_stream(futures_util::stream::iter(rows()))).start();
    let report = job.next().await.expect("a report").expect("what was under way");
    assert_eq!(report.items.len(), 10);
    let error = job.next().await.expect("an error").expect_err("the input");
    assert!(job.next().await.is_none());
    assert!(error.is_incomplete() && error.outcome() == sendblue_contacts::Outcome::NotSent, "{error:?}");
    assert_eq!(error.to_string(), "the input of the job broke off");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.expect("the cause").to_string(), "the database is gone");
    assert!(job.summary().is_stopped());
    assert_eq!((job.summary().created(), sandbox.len()), (10, 10));
    drop(job);
    let summary = set(contacts.try_import_stream(futures_util::stream::iter(whole()))).run().await.expect("whole");
    assert_eq!((summary.created(), summary.resumed(), sandbox.len()), (40, 10, 40));

    let numbers = (0..40).map(|n| if n < 15 { Ok(number(n)) } else { Err("the database is gone") });
    let mut job = contacts.try_remove_stream(futures_util::stream::iter(numbers)).chunk_size(10).start();
    let (gone, error) = drain(&mut job).await;
    assert!(error.expect("the input").is_incomplete());
    assert_eq!((gone.len(), sandbox.len()), (10, 30));
}

#[tokio::test]
async fn another_input_is_an_error_before_it_is_sent() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("other-input");
    two_chunks(&sandbox, &journal).run().await.expect("created");
    sandbox.clear_requests();
    let inputs = [
        (items([0, 1, 2, 3, 4, 5, 6, 7, 9, 8]), 0),
        (items((0..19).chain([77])), 1),
        (items(0..19), 1),
        (items(0..10), 1),
        ((0..20).map(|n| NewContact::new(number(n))).collect(), 0),
    ];
    for (input, chunk) in inputs {
        let job = quick(contacts(&sandbox).import(input)).chunk_size(10).concurrency(1).journal(&journal.0);
        let error = job.run().await.expect_err("another input");
        assert!(error.is_journal(), "{error:?}");
        assert!(error.to_string().starts_with(&format!("journal: chunk {chunk} of the input is not what")), "{error}");
        assert!(sandbox.requests().is_empty());
    }
}

#[tokio::test]
async fn another_job_or_chunk_size_is_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("other-job");
    two_chunks(&sandbox, &journal).run().await.expect("created");
    sandbox.clear_requests();
    let removal = contacts(&sandbox).remove([number(0)]).chunk_size(10).journal(&journal.0).run().await;
    let upsert = two_chunks(&sandbox, &journal).upsert(true).run().await;
    let larger = two_chunks(&sandbox, &journal).chunk_size(11).run().await;
    for (error, text) in [
        (removal.expect_err("another job"), "another kind of job"),
        (upsert.expect_err("another job"), "another kind of job"),
        (larger.expect_err("another size"), "a chunk_size of 10; set that one again"),
    ] {
        assert!(error.is_journal() && error.to_string().contains(text), "{error}");
    }
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn two_jobs_do_not_share_a_journal() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("shared");
    let mut first = two_chunks(&sandbox, &journal).start();
    first.next().await.expect("a report").expect("no error");
    let error = two_chunks(&sandbox, &journal).run().await.expect_err("in use");
    assert!(error.is_journal() && error.to_string().contains("in use by another job"), "{error}");
    drop(first);
    assert_eq!(two_chunks(&sandbox, &journal).run().await.expect("free again").created(), 20);
}

/// A chunk that stopped the job, or whose look-up failed, stays open: the next run goes on with it.
#[tokio::test]
async fn what_stopped_a_job_is_not_the_end_of_its_chunk() {
    for (fault, is_there) in [(Fault::status(401), false), (Fault::status(500).applied(true), true)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let journal = JournalFile::new(if is_there { "looked-up" } else { "stopped" });
        sandbox.fail_next(fault.operation(CREATE));
        if is_there {
            sandbox.fail_next(Fault::status(503).operation(LIST).times(3));
        }
        two_chunks(&sandbox, &journal).run().await.expect_err("what stopped it");
        assert_eq!(journal.lines().len(), 2, "{}", journal.text());
        let sends = sent(&sandbox, CREATE).len();
        let summary = two_chunks(&sandbox, &journal).run().await.expect("created");
        assert_eq!((summary.created(), summary.resumed()), (20, 0));
        assert_eq!(sent(&sandbox, CREATE).len() - sends, if is_there { 1 } else { 2 });
    }
}

/// A job that was stopped goes on where it was, although the next chunk was read in part.
#[tokio::test]
async fn a_job_that_was_stopped_goes_on() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("stop");
    let mut job = two_chunks(&sandbox, &journal).start();
    job.next().await.expect("a report").expect("no error");
    job.stop();
    assert!(job.next().await.is_none());
    assert_eq!(job.summary().created(), 10);
    let summary = two_chunks(&sandbox, &journal).run().await.expect("created");
    assert_eq!((summary.created(), summary.resumed(), summary.is_stopped()), (20, 10, false));
    assert_eq!(sizes(&sandbox, CREATE), [10, 10]);
}

#[tokio::test]
async fn a_job_that_is_stopped_while_its_journal_is_opened_reads_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("stop-opening");
    let mut job = two_chunks(&sandbox, &journal).start();
    assert!(futures_util::FutureExt::now_or_never(job.next()).is_none(), "the file is opened on another thread");
    job.stop();
    assert!(job.next().await.is_none());
    assert!(job.summary().is_stopped() && sandbox.requests().is_empty());
    assert_eq!(journal.lines().len(), 1);
}

/// Numbers of chunks that are passed over count for what is a duplicate.
#[tokio::test]
async fn a_duplicate_of_a_resumed_chunk_is_one() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("duplicate");
    let job = || {
        let input = items((0..10).chain([3]).chain(11..20));
        quick(contacts(&sandbox).import(input)).chunk_size(10).concurrency(1).journal(&journal.0)
    };
    let mut first = job().start();
    first.next().await.expect("a report").expect("no error");
    first.stop();
    drop(first);
    let mut second = job().start();
    let report = second.next().await.expect("a report").expect("no error");
    assert_eq!((report.chunk, report.items[0].class.to_string().as_str()), (1, "duplicate of item 3"));
}

#[tokio::test]
async fn a_journal_that_cannot_be_opened_is_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..2)).journal("/no/such/folder/journal").start();
    let error = job.next().await.expect("an error").expect_err("no such folder");
    assert!(job.next().await.is_none() && job.summary().is_stopped());
    assert!(error.is_journal(), "{error:?}");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::NotFound));
    assert!(sandbox.requests().is_empty());
}
