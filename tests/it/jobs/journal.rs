//! Resuming from a journal. The tests of the file format are in `src/jobs/journal`.

use sendblue_contacts::{ErrorKind, jobs::ImportClass};

use super::*;

fn two_chunks(sandbox: &Sandbox, journal: &JournalFile) -> Job<sendblue_contacts::jobs::Import> {
    with_short_delay(contacts(sandbox).import(items(0..20))).chunk_size(10).concurrency(1).journal(&journal.0)
}

#[tokio::test]
async fn a_finished_journal_skips_every_chunk() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("finished");
    let first = two_chunks(&sandbox, &journal).run().await.expect("created");
    assert_eq!((first.created(), first.resumed()), (20, 0));
    sandbox.clear_requests();
    let mut job = two_chunks(&sandbox, &journal).start();
    assert!(job.next().await.is_none(), "a report of a finished chunk");
    assert_eq!((job.summary().created(), job.summary().resumed()), (20, 20));
    assert!(job.summary().to_string().ends_with(", 0 unknown; 20 of them from an earlier run"), "{}", job.summary());
    assert_eq!(job.progress().to_string(), "20 of 20 (100 %), 0 failed, 0.0/s");
    assert!(sandbox.requests().is_empty());
    assert!(!journal.text().contains("141500000") && !journal.text().contains("Name"), "{}", journal.text());
}

/// A request of the earlier run may have been sent long after its chunk began.
#[tokio::test]
async fn an_open_chunk_is_looked_up_only_after_the_settle_delay_however_old_it_is() {
    let delay = Duration::from_millis(300);
    for upsert in [false, true] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let journal = JournalFile::new(&format!("long-ago-{upsert}"));
        let job = || contacts(&sandbox).import(items(0..2)).upsert(upsert).settle_delay(delay).journal(&journal.0);
        sandbox.fail_next(Fault::status(401));
        job().run().await.expect_err("the job stopped");
        let long_ago = journal.text().replace("\"at\":\"202", "\"at\":\"201");
        fs::write(&journal.0, long_ago).expect("writable");
        sandbox.clear_requests();
        let started = std::time::Instant::now();
        job().run().await.expect("created");
        assert!(started.elapsed() >= delay * 2, "{:?}", started.elapsed());
        assert_eq!(requests_of(&sandbox, RETRIEVE).len(), 4);
    }
}

/// The first run may have ended before its caller took the reports.
#[tokio::test]
async fn a_resumed_job_reports_each_item_that_needs_attention_again() {
    let rejected = [number(3), number(12)];
    let sandbox = Sandbox::builder().reject_numbers(rejected, 400).start().expect("a sandbox");
    let journal = JournalFile::new("attention");
    let input = || {
        let numbers = (0..20).map(|n| if n == 5 { "n/a".to_owned() } else { number(if n == 15 { 2 } else { n }) });
        (100..120).zip(numbers.map(NewContact::new))
    };
    let job = || {
        let job = with_short_delay(contacts(&sandbox).import(input())).max_retries(0);
        job.chunk_size(10).concurrency(1).journal(&journal.0)
    };
    // The first chunk's item 7 stays unknown.
    let fault = Fault::status(500).operation(CREATE);
    sandbox.fail_next(fault);
    let mut first = job().start();
    let mut expected = Vec::new();
    while let Some(report) = first.next().await {
        let report = report.expect("no error");
        assert!(!report.is_resumed);
        for item in &report.items {
            if !matches!(item.class, ImportClass::Created | ImportClass::Existing) {
                expected.push((item.key, item.index, item.class.to_string()));
            }
        }
    }
    let classes: Vec<_> = expected.iter().map(|(_, _, class)| class.split([':', ';', ' ']).next().unwrap()).collect();
    assert!(["unknown", "invalid", "rejected", "duplicate"].iter().all(|class| classes.contains(class)), "{classes:?}");

    sandbox.clear_requests();
    let mut second = job().start();
    let mut found = Vec::new();
    while let Some(report) = second.next().await {
        let report = report.expect("no error");
        assert!(report.is_resumed && report.items.is_sorted_by_key(|item| item.index));
        found.extend(report.items.iter().map(|item| (item.key, item.index, item.class.to_string())));
    }
    assert_eq!(found, expected);
    assert!(sandbox.requests().is_empty());
    assert_eq!(second.summary().to_string(), format!("{}; 20 of them from an earlier run", first.summary()));
    assert!(!journal.text().contains("+1415"), "{}", journal.text());
}

#[tokio::test]
async fn a_journal_of_another_account_or_host_is_an_error_before_any_request() {
    let (first, second) = (Sandbox::start().expect("a sandbox"), Sandbox::start().expect("a sandbox"));
    let journal = JournalFile::new("other-account");
    let run = |contacts: Contacts| with_short_delay(contacts.import(items(0..2))).journal(&journal.0);
    assert_eq!(run(contacts(&first)).run().await.expect("created").created(), 2);

    let other_host = contacts(&second);
    let key = Credentials::key_pair("another-key", DEFAULT_SECRET_KEY).expect("valid");
    let other_key = client(&first).build().expect("valid").with_credentials(key).contacts();
    first.clear_requests();
    for other in [&other_host, &other_key] {
        let error = run(other.clone()).run().await.expect_err("another account");
        assert_eq!(error.summary().items(), 0);
        let error = error.into_error();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::OtherAccount, sendblue_contacts::Outcome::NotSent));
        assert!(error.to_string().contains("`accept_account()`"), "{error}");
    }
    assert!(first.requests().is_empty() && second.requests().is_empty());

    // The key was rotated. Only the first run with the new key needs `accept_account`.
    assert_eq!(run(other_key.clone()).accept_account().run().await.expect("resumed").resumed(), 2);
    assert_eq!(run(other_key).run().await.expect("resumed").resumed(), 2);
    assert_eq!(run(contacts(&first)).run().await.expect_err("the old key").error().kind(), ErrorKind::OtherAccount);
    assert!(!journal.text().contains("another-key") && !journal.text().contains(DEFAULT_KEY_ID));
}

#[tokio::test]
async fn a_journal_with_a_bearer_token_needs_an_account_label() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("label");
    let token = Credentials::bearer("token").expect("valid");
    let with = |credentials| {
        let contacts = client(&sandbox).build().expect("valid").with_credentials(credentials).contacts();
        with_short_delay(contacts.import(Vec::<NewContact>::new())).journal(&journal.0)
    };
    let error = with(token.clone()).run().await.expect_err("no label").into_error();
    assert!(error.field() == Some("account_label") && journal.text().is_empty(), "{error}");
    let label = |text: &str| token.clone().account_label(text).expect("a label");
    with(label("crm")).run().await.expect("a new journal");
    with(label("crm")).run().await.expect("the same account");
    let error = with(label("other")).run().await.expect_err("another account").into_error();
    assert_eq!(error.kind(), ErrorKind::OtherAccount);
    assert!(!journal.text().contains("crm"), "{}", journal.text());
}

/// The incomplete chunk before the failure is not in the journal.
#[tokio::test]
async fn a_failed_input_is_an_error_and_the_complete_input_resumes() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let journal = JournalFile::new("broken-off");
    let whole = || items(0..40).into_iter().map(Ok);
    let rows = || whole().take(15).chain([Err(std::io::Error::other("the database is gone"))]).chain(whole());
    let set = |job: Job<sendblue_contacts::jobs::Import>| with_short_delay(job).chunk_size(10).journal(&journal.0);
    let mut job = set(contacts.try_import_stream(futures_util::stream::iter(rows()))).start();
    let report = job.next().await.expect("a report").expect("the chunk in flight");
    assert_eq!(report.items.len(), 10);
    let error = job.next().await.expect("an error").expect_err("the input");
    assert!(job.next().await.is_none());
    assert!(error.is_incomplete() && error.outcome() == sendblue_contacts::Outcome::NotSent, "{error:?}");
    assert_eq!(error.to_string(), "the input of the job failed");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.expect("the cause").to_string(), "the database is gone");
    assert!(job.summary().is_stopped());
    assert_eq!((job.summary().created(), sandbox.len()), (10, 10));
    drop(job);
    let summary = set(contacts.try_import_stream(futures_util::stream::iter(whole()))).run().await.expect("whole");
    assert_eq!((summary.created(), summary.resumed(), sandbox.len()), (40, 10, 40));

    let numbers = (0..40).map(|n| if n < 15 { Ok(number(n)) } else { Err("the database is gone") });
    let mut job = contacts.try_remove_stream(futures_util::stream::iter(numbers)).chunk_size(10).start();
    let (gone, error) = collect_reports(&mut job).await;
    assert!(error.expect("the input").is_incomplete());
    assert_eq!((gone.len(), sandbox.len()), (10, 30));
}

#[tokio::test]
async fn a_different_input_is_an_error_before_any_request() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("other-input");
    two_chunks(&sandbox, &journal).run().await.expect("created");
    sandbox.clear_requests();
    let inputs = [
        (items([0, 1, 2, 3, 4, 5, 6, 7, 9, 8]), 0),
        (items((0..19).chain([77])), 1),
        (items(0..19), 1),
        (items(0..10), 1),
        ((0..20).map(new_contact).collect(), 0),
    ];
    for (input, chunk) in inputs {
        let job = with_short_delay(contacts(&sandbox).import(input)).chunk_size(10).concurrency(1).journal(&journal.0);
        let error = job.run().await.expect_err("another input");
        assert!(error.summary().is_stopped());
        let error = error.into_error();
        assert!(error.kind() == ErrorKind::Journal, "{error:?}");
        assert!(error.to_string().starts_with(&format!("journal: chunk {chunk} of the input has changed")), "{error}");
        assert!(sandbox.requests().is_empty());
    }
}

#[tokio::test]
async fn a_different_kind_or_chunk_size_is_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("other-job");
    two_chunks(&sandbox, &journal).run().await.expect("created");
    sandbox.clear_requests();
    let removal = contacts(&sandbox).remove([number(0)]).chunk_size(10).journal(&journal.0).run().await;
    let upsert = two_chunks(&sandbox, &journal).upsert(true).run().await;
    let larger = two_chunks(&sandbox, &journal).chunk_size(11).run().await;
    for (error, text) in [
        (removal.expect_err("another job").into_error(), "another kind of job"),
        (upsert.expect_err("another job").into_error(), "another kind of job"),
        (larger.expect_err("another size").into_error(), "chunk_size 10; set the same chunk_size"),
    ] {
        assert!(error.kind() == ErrorKind::Journal && error.to_string().contains(text), "{error}");
    }
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_second_job_cannot_use_an_open_journal() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("shared");
    let mut first = two_chunks(&sandbox, &journal).start();
    first.next().await.expect("a report").expect("no error");
    let error = two_chunks(&sandbox, &journal).run().await.expect_err("in use").into_error();
    assert!(error.kind() == ErrorKind::Journal && error.to_string().contains("in use by another job"), "{error}");
    drop(first);
    assert_eq!(two_chunks(&sandbox, &journal).run().await.expect("free again").created(), 20);
}

/// The next run continues with a chunk that stopped the job, or whose look-up failed.
#[tokio::test]
async fn a_chunk_that_stopped_the_job_stays_open() {
    for (fault, is_there) in [(Fault::status(401), false), (Fault::status(500).apply_request(true), true)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let journal = JournalFile::new(if is_there { "looked-up" } else { "stopped" });
        sandbox.fail_next(fault.operation(CREATE));
        if is_there {
            sandbox.fail_next(Fault::status(503).operation(LIST).times(3));
        }
        two_chunks(&sandbox, &journal).run().await.expect_err("the job stopped");
        assert_eq!(journal.lines().len(), 2, "{}", journal.text());
        let sends = requests_of(&sandbox, CREATE).len();
        let summary = two_chunks(&sandbox, &journal).run().await.expect("created");
        assert_eq!((summary.created(), summary.resumed()), (20, 0));
        assert_eq!(requests_of(&sandbox, CREATE).len() - sends, if is_there { 1 } else { 2 });
    }
}

/// The stopped job may have read a part of the next chunk.
#[tokio::test]
async fn a_stopped_job_resumes_at_the_next_chunk() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("stop");
    let mut job = two_chunks(&sandbox, &journal).start();
    job.next().await.expect("a report").expect("no error");
    job.stop();
    assert!(job.next().await.is_none());
    assert_eq!(job.summary().created(), 10);
    let summary = two_chunks(&sandbox, &journal).run().await.expect("created");
    assert_eq!((summary.created(), summary.resumed(), summary.is_stopped()), (20, 10, false));
    assert_eq!(items_per_request(&sandbox, CREATE), [10, 10]);
}

#[tokio::test]
async fn stop_while_the_journal_opens_reads_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("stop-opening");
    let mut job = two_chunks(&sandbox, &journal).start();
    assert!(futures_util::FutureExt::now_or_never(job.next()).is_none(), "the journal opened without a wait");
    job.stop();
    assert!(job.next().await.is_none());
    assert!(job.summary().is_stopped() && sandbox.requests().is_empty());
    assert_eq!(journal.lines().len(), 1);
}

/// The skipped chunk has the first item with the number.
#[tokio::test]
async fn an_item_of_a_skipped_chunk_makes_a_later_item_a_duplicate() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("duplicate");
    let job = || {
        let input = items((0..10).chain([3]).chain(11..20));
        with_short_delay(contacts(&sandbox).import(input)).chunk_size(10).concurrency(1).journal(&journal.0)
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
async fn a_journal_in_a_missing_folder_is_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut job = contacts(&sandbox).import(items(0..2)).journal("/no/such/folder/journal").start();
    let error = job.next().await.expect("an error").expect_err("no such folder");
    assert!(job.next().await.is_none() && job.summary().is_stopped());
    assert!(error.kind() == ErrorKind::Journal, "{error:?}");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::NotFound));
    assert!(sandbox.requests().is_empty());
}
