//! Each class of an import and a removal, and what leads to it.

use sendblue_contacts::contacts::{Imported, MAX_RATE_LIMIT_PAUSES, Removed};

use super::*;

/// The classes of `count` items, which are the same but for some.
fn all_but<const N: usize>(count: usize, class: &str, others: [(usize, &str); N]) -> Vec<String> {
    let mut classes = vec![class.to_owned(); count];
    for (index, class) in others {
        classes[index] = class.to_owned();
    }
    classes
}

/// The first word of each class.
fn words(classes: &[String]) -> Vec<String> {
    classes.iter().map(|class| class.split([':', ',']).next().expect("a word").to_owned()).collect()
}

#[tokio::test]
async fn contacts_are_imported_and_removed() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let mut input = items(0..5);
    input.insert(2, NewContact::new("555"));
    input.push(NewContact::new(number(1)));

    let mut job = quick(contacts.import(input).chunk_size(3)).start();
    let (classes, error) = drain(&mut job).await;
    assert!(error.is_none(), "{error:?}");
    assert!(classes[2].starts_with("invalid: phone: does not start with `+`"), "{}", classes[2]);
    assert_eq!(classes, all_but(7, "created", [(2, &*classes[2]), (6, "duplicate of item 1")]));
    let summary = job.summary();
    assert_eq!(summary.to_string(), "7 items: 5 created, 0 existing, 0 rejected, 1 invalid, 1 duplicate, 0 unknown");
    assert_eq!((job.progress().done, job.progress().total, job.progress().failures), (7, Some(7), 1));
    assert_eq!(sandbox.contact(&number(4)).expect("there")["first_name"], "Name 4");
    assert_eq!(sizes(&sandbox, CREATE).iter().sum::<usize>(), 5, "what is invalid or a duplicate is not sent");

    let numbers = (0..7).map(number).chain(["555".into(), number(0)]);
    let summary = contacts.remove(numbers).chunk_size(3).run().await.expect("all gone");
    assert_eq!((summary.gone(), summary.amount()), (7, Some(5)));
    assert_eq!(
        summary.to_string(),
        "9 items: 7 gone (the service counts 5), 0 rejected, 1 invalid, 1 duplicate, 0 unknown"
    );
    assert!(sandbox.is_empty());
}

#[tokio::test]
async fn contacts_that_exist_are_existing_whatever_the_service_does() {
    for (existing, sends, retrieves) in
        [(BulkExisting::LeftOut, 1, 2), (BulkExisting::Conflict, 2, 6), (BulkExisting::Included, 1, 0)]
    {
        let sandbox = Sandbox::builder().contacts(seeds([1, 4])).bulk_existing(existing).start().expect("a sandbox");
        let contacts = contacts(&sandbox);
        let (first, error) = classes(contacts.import(items(0..6))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(first, all_but(6, "created", [(1, "existing"), (4, "existing")]), "{existing:?}");
        assert_eq!(sandbox.contact(&number(1)).expect("there")["first_name"], "Seed");
        assert_eq!((sent(&sandbox, CREATE).len(), sent(&sandbox, RETRIEVE).len()), (sends, retrieves), "{existing:?}");
        if existing != BulkExisting::Included {
            let (again, _) = classes(contacts.import(items(0..6))).await;
            assert_eq!(again, all_but(6, "existing", []), "right after the first, {existing:?}");
        }
    }
}

#[tokio::test]
async fn what_a_success_leaves_out_is_looked_up_twice() {
    let sandbox = Sandbox::builder().drop_numbers([number(2)]).start().expect("a sandbox");
    let mut job = quick(contacts(&sandbox).import(items(0..4))).start();
    let report = job.next().await.expect("a report").expect("no error");
    let Imported::Rejected(reason) = &report.items[2].class else { panic!("{report:?}") };
    assert_eq!((reason.message(), reason.operation()), (None, CREATE));
    assert!(reason.error().is_none());
    assert_eq!(reason.to_string(), "contacts.bulk.create: the service answered with success, but left it out");
    assert_eq!(report.items[2].phone().expect("valid").as_str(), number(2));
    assert_eq!((job.summary().created(), job.summary().rejected()), (3, 1));
    assert_eq!((sent(&sandbox, CREATE).len(), sent(&sandbox, RETRIEVE).len()), (1, 2));
}

#[tokio::test]
async fn the_culprit_of_a_refusal_is_found() {
    for status in [200, 400, 409, 413, 422] {
        let bad = [number(3), number(11)];
        let sandbox = Sandbox::builder().reject_numbers(bad, status).contacts(seeds([7])).start().expect("a sandbox");
        let contacts = contacts(&sandbox);
        let (classes, error) = self::classes(contacts.import(items(0..20))).await;
        assert!(error.is_none(), "{error:?}");
        let expected = all_but(20, "created", [(3, "rejected"), (7, "existing"), (11, "rejected")]);
        assert_eq!(words(&classes), expected, "{status}");
        let sends = sent(&sandbox, CREATE).len();
        assert!((5..=2 * 20 - 1).contains(&sends), "{sends} requests");

        sandbox.clear_requests();
        let (classes, error) = self::classes(contacts.remove((0..20).map(number))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(words(&classes), all_but(20, "gone", []), "what the service refuses to delete is not there");
        sandbox.insert(json!({ "phone": number(3) })).expect("a contact");
        let (classes, _) = self::classes(contacts.remove((0..20).map(number))).await;
        assert_eq!(words(&classes), all_but(20, "gone", [(3, "rejected")]), "{status}");
    }
}

#[tokio::test]
async fn a_rejection_has_the_words_of_the_service() {
    let sandbox = Sandbox::builder().reject_numbers([number(0)], 422).start().expect("a sandbox");
    let mut job = quick(contacts(&sandbox).import(items(0..1))).start();
    let report = job.next().await.expect("a report").expect("no error");
    let Imported::Rejected(reason) = &report.items[0].class else { panic!("{report:?}") };
    assert!(reason.message().is_some());
    assert_eq!(reason.error().and_then(Error::status).map(|status| status.as_u16()), Some(422));
    assert_eq!((sent(&sandbox, CREATE).len(), sent(&sandbox, RETRIEVE).len()), (1, 1), "alone at once");
}

/// A number that the service takes for none is refused as a whole: nothing can be created with it, nor be looked up.
#[tokio::test]
async fn a_number_that_cannot_be_looked_up_is_not_there() {
    for status in [400, 422] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(status).operation(CREATE));
        sandbox.fail_next(Fault::status(status).operation(RETRIEVE));
        let (classes, error) = self::classes(contacts(&sandbox).import(items(0..1))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(words(&classes), ["rejected"]);
    }
}

/// A service that refuses whatever it is asked proves nothing: what is to be removed may well be there.
#[tokio::test]
async fn a_number_that_cannot_be_looked_up_is_not_gone() {
    for status in [400, 422] {
        let sandbox = Sandbox::builder().contacts(seeds(0..4)).start().expect("a sandbox");
        let refuse = |operation| {
            let said = r#"{"message": "Did not get inputs for authorization"}"#;
            sandbox.fail_next(Fault::status(status).body(said).operation(operation).times(100));
        };
        refuse(RETRIEVE);
        sandbox.fail_next(Fault::status(500).operation(DELETE));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, error) = self::classes(contacts.remove((0..4).map(number))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(words(&classes), all_but(4, "unknown", []), "after an unknown outcome");

        refuse(DELETE);
        let mut job = quick(contacts.remove((0..4).map(number))).start();
        let report = job.next().await.expect("a report").expect("no error");
        for item in &report.items {
            let Removed::Rejected(reason) = &item.class else { panic!("{report:?}") };
            assert_eq!(reason.message(), Some("Did not get inputs for authorization"));
            assert_eq!(reason.error().and_then(Error::status).map(|status| status.as_u16()), Some(status));
        }
        assert_eq!((job.summary().rejected(), sandbox.len()), (4, 4));
        assert_eq!(sizes(&sandbox, DELETE)[1..], [4, 2, 1, 1, 2, 1, 1]);
    }
}

/// One number alone is refused, by the bulk delete and by the look-up: the others are gone, and it is not.
#[tokio::test]
async fn a_refused_number_is_not_gone_with_the_others() {
    let refused = || Sandbox::builder().contacts(seeds(0..4)).reject_numbers([number(2)], 422);
    let sandbox = refused().start().expect("a sandbox");
    sandbox.fail_next(Fault::status(422).operation(RETRIEVE).times(100));
    let (classes, _) = self::classes(contacts(&sandbox).remove((0..4).map(number))).await;
    assert_eq!(words(&classes), all_but(4, "gone", [(2, "rejected")]));
    assert_eq!(sandbox.len(), 1);
}

/// A proxy or a wrong base URL answers 404 to everything. That is not the service's word for a contact that is not there.
#[tokio::test]
async fn a_404_that_is_not_of_the_service_stops_the_job() {
    let html = || Fault::status(404).header("content-type", "text/html").body("<html>no such host</html>");
    for other in [html(), Fault::status(404), Fault::status(404).body(r#"{"detail": []}"#)] {
        let sandbox = Sandbox::builder().contacts(seeds(0..4)).start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(DELETE));
        sandbox.fail_next(other.operation(RETRIEVE).times(100));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, error) = self::classes(contacts.remove((0..4).map(number))).await;
        assert_eq!(error.and_then(|error| error.operation()), Some(RETRIEVE));
        assert_eq!(words(&classes), all_but(4, "unknown", []));
        assert_eq!(sandbox.len(), 4);
    }
}

/// Every item is refused, so that each has to be alone: the most requests that refusals can cause.
#[tokio::test]
async fn the_requests_after_refusals_are_bounded() {
    const N: u64 = 64;
    // Looked up as a whole and alone; after a conflict, at each of the sizes 64, 32, 16, 8, 4, 2 and 1.
    for (status, look_ups) in [(400, 2), (409, 7)] {
        let sandbox = Sandbox::builder().reject_numbers((0..N).map(number), status).start().expect("a sandbox");
        let (classes, error) = self::classes(contacts(&sandbox).import(items(0..N)).chunk_size(N as usize)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(words(&classes), all_but(N as usize, "rejected", []));
        assert_eq!(sent(&sandbox, CREATE).len() as u64, 2 * N - 1);
        assert_eq!(sent(&sandbox, RETRIEVE).len() as u64, look_ups * N);
    }
}

/// The figures in the documentation of `Job`.
#[tokio::test]
async fn what_one_bad_row_in_a_hundred_costs() {
    for (chunk_size, requests) in [(100, 10 * 116), (10, 90 + 10 * 18)] {
        let bad = (0..1000).step_by(100).map(|n| number(n + 57));
        let sandbox = Sandbox::builder().reject_numbers(bad, 422).start().expect("a sandbox");
        let job = quick(contacts(&sandbox).import(items(0..1000))).chunk_size(chunk_size);
        let summary = job.run().await.expect("a whole job");
        assert_eq!((summary.created(), summary.rejected()), (990, 10));
        assert_eq!(sandbox.requests().len(), requests, "in chunks of {chunk_size}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_too_large_is_halved_and_those_after_it_before_they_are_sent() {
    let sandbox = Sandbox::builder().bulk_limit(30).start().expect("a sandbox");
    let job = quick(contacts(&sandbox).import(items(0..200))).concurrency(1);
    assert_eq!(job.run().await.expect("created").created(), 200);
    assert_eq!(sizes(&sandbox, CREATE), [100, 50, 25, 25, 25, 25, 25, 25, 25, 25]);
    assert_eq!(sent(&sandbox, RETRIEVE).len(), 100);
    let summary = contacts(&sandbox).remove((0..200).map(number)).run().await.expect("gone");
    assert_eq!((summary.gone(), summary.amount()), (200, Some(200)));
    assert!(sandbox.is_empty());
}

/// It may be the bytes that count: where as many items were accepted before, they are sent together again.
#[tokio::test]
async fn a_chunk_that_alone_is_too_large_is_halved_alone() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut job = quick(contacts(&sandbox).import(items(0..30))).chunk_size(10).concurrency(1).start();
    job.next().await.expect("a report").expect("no error");
    sandbox.fail_next(Fault::status(413).operation(CREATE));
    while let Some(report) = job.next().await {
        report.expect("no error");
    }
    assert_eq!(job.summary().created(), 30);
    assert_eq!(sizes(&sandbox, CREATE), [10, 10, 5, 5, 10]);
}

#[tokio::test]
async fn a_refusal_of_all_stops_the_job() {
    for status in [302, 401, 403, 404, 410, 415, 429, 501] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let fault = || Fault::status(status).header("retry-after-ms", "1").body(r#"{"message": "no"}"#).times(100);
        sandbox.fail_next(fault().operation(CREATE));
        sandbox.fail_next(fault().operation(DELETE));
        let contacts = contacts(&sandbox);
        let (classes, error) = self::classes(contacts.import(items(0..50)).chunk_size(10).concurrency(2)).await;
        let error = error.expect("what stopped it");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((error.operation(), error.message()), (Some(CREATE), Some("no")));
        // 3 attempts of each call, and after each but the last a pause.
        let sent_once = if status == 429 { 3 * (MAX_RATE_LIMIT_PAUSES as usize + 1) } else { 1 };
        let count = sent(&sandbox, CREATE).len();
        assert!((sent_once..=2 * sent_once).contains(&count), "{status}: {count}");
        assert_eq!(sandbox.requests().len(), count, "{status}: nothing is looked up");
        assert!(classes.len() == 10 || classes.len() == 20, "no more is read");
        assert!(classes.iter().all(|class| class.starts_with("rejected: the job had to stop: ")), "{classes:?}");
        let (classes, error) = self::classes(contacts.remove((0..50).map(number)).concurrency(1).chunk_size(10)).await;
        assert_eq!(error.and_then(|error| error.status()).map(|status| status.as_u16()), Some(status));
        assert_eq!(words(&classes), all_but(10, "rejected", []));
    }
}

#[tokio::test]
async fn without_a_connection_a_job_stops() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    drop(sandbox);
    let mut job = contacts.import(items(0..50)).chunk_size(10).concurrency(1).start();
    let (classes, error) = drain(&mut job).await;
    assert!(error.expect("an error").is_connect());
    assert_eq!(words(&classes), all_but(10, "rejected", []));
    assert!(job.summary().is_stopped());
    assert!(job.summary().to_string().ends_with("; stopped before the end of the input"));
    assert!(contacts.remove([number(0)]).run().await.expect_err("no connection").is_connect());
}

/// The faults after which nobody knows, or nobody can read, what was done.
fn doubts() -> [Fault; 5] {
    let json = |body| Fault::status(200).header("content-type", "application/json").body(body);
    [Fault::status(500), Fault::status(408), Fault::no_answer(), json("{"), json(r#"{"contacts":[]}"#).cut_after(3)]
}

#[tokio::test]
async fn after_an_unknown_outcome_what_is_there_was_created() {
    for (index, fault) in doubts().into_iter().enumerate() {
        let sandbox = Sandbox::builder().contacts(seeds([2])).start().expect("a sandbox");
        sandbox.fail_next(fault.operation(CREATE).applied_to(15));
        let (classes, error) = self::classes(contacts(&sandbox).import(items(0..20))).await;
        assert!(error.is_none(), "{index}: {error:?}");
        let mut expected = all_but(20, "created", [(2, "existing")]);
        expected[15..].fill("unknown".into());
        assert_eq!(words(&classes), expected, "{index}");
        assert!(classes[15].starts_with("unknown, retrieve it after a while to find out: contacts.bulk.create: "));
        assert_eq!(sizes(&sandbox, CREATE), [20], "{index}: not sent again");
        // A page finds those that were created, and of the others each is asked for.
        assert_eq!((sent(&sandbox, LIST).len(), sent(&sandbox, RETRIEVE).len()), (1, 6 + 5), "{index}");
        assert_eq!(sandbox.len(), 15);
    }
}

#[tokio::test]
async fn the_pages_are_worth_it() {
    let sandbox = Sandbox::builder().synthetic_contacts(5000).start().expect("a sandbox");
    sandbox.fail_next(Fault::no_answer().operation(CREATE).applied(true));
    let summary = quick(contacts(&sandbox).import(items(0..100))).run().await.expect("found");
    assert_eq!(summary.created(), 100);
    assert_eq!(sandbox.requests().len(), 2, "the request, and a page that has all of it");
}

/// What is under way gets its time to arrive.
#[tokio::test]
async fn before_each_look_up_is_a_delay() {
    let delay = Duration::from_millis(150);
    for (fault, delays) in [(Fault::status(500), 2), (Fault::status(201).body(r#"{"contacts":[]}"#), 1)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(fault.operation(CREATE));
        let started = std::time::Instant::now();
        contacts(&sandbox).import(items(0..2)).settle_delay(delay).run().await.expect("no error");
        assert!(started.elapsed() >= delay * delays, "{:?}", started.elapsed());
        assert_eq!(sent(&sandbox, RETRIEVE).len(), 4);
    }
}

#[tokio::test]
async fn unknown_items_are_sent_again_when_asked_for_and_once() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(500).operation(CREATE).applied_to(5));
    let job = contacts(&sandbox).import(items(0..20)).resend_unknown(true);
    let (classes, error) = self::classes(job).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, all_but(20, "created", []));
    assert_eq!(sizes(&sandbox, CREATE), [20, 15]);

    sandbox.fail_next(Fault::status(500).operation(CREATE).times(9));
    let (classes, _) = self::classes(contacts(&sandbox).import(items(100..120)).resend_unknown(true)).await;
    assert_eq!(words(&classes), all_but(20, "unknown", []));
    assert_eq!(sizes(&sandbox, CREATE)[2..], [20, 20], "once more, and no more than that");
}

/// A job that stops while a chunk is in halves: those that were not sent again have a class too.
#[tokio::test]
async fn a_stop_between_two_halves_loses_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    for stop in 1..4 {
        sandbox.fail_next(Fault::status(413).operation(CREATE).times(stop));
        sandbox.fail_next(Fault::status(401).operation(CREATE));
        let (classes, error) = self::classes(contacts.import(items(0..8))).await;
        assert!(error.expect("what stopped it").is_unauthorized());
        assert_eq!(words(&classes), all_but(8, "rejected", []), "{stop}");
    }
    assert!(sandbox.is_empty());
}

/// Whatever `created_at` says: here the service stamps with the time of an hour ago, and does not say so.
#[tokio::test]
async fn what_was_not_there_at_a_look_up_was_created_since() {
    let clock = || (std::time::SystemTime::now() - Duration::from_secs(3600)).into();
    let sandbox = Sandbox::builder().clock(clock).start().expect("a sandbox");
    for again in [Fault::no_answer().applied(true), Fault::status(409).applied(true)] {
        sandbox.fail_next(Fault::status(500).operation(CREATE));
        sandbox.fail_next(again.operation(CREATE));
        let (classes, error) = self::classes(contacts(&sandbox).import(items(0..3)).resend_unknown(true)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(classes, all_but(3, "created", []));
        (0..3).for_each(|n| assert!(sandbox.remove(&number(n))));
    }
}

/// What is sent again and then refused may still have been carried out the first time, which failed for that reason.
#[tokio::test]
async fn a_doubt_outlives_what_comes_of_sending_it_again() {
    for (again, is_stop) in [(401, true), (409, false)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(CREATE));
        sandbox.fail_next(Fault::status(again).operation(CREATE).times(9));
        let mut job = quick(contacts(&sandbox).import(items(0..3))).resend_unknown(true).start();
        let report = job.next().await.expect("a report").expect("no error before it");
        for item in &report.items {
            let Imported::Unknown(reason) = &item.class else { panic!("{report:?}") };
            assert_eq!((reason.is_stop(), reason.operation()), (is_stop, CREATE));
            assert!(reason.error().is_some_and(Error::is_server_error), "{reason}");
        }
        assert_eq!(job.next().await.is_some(), is_stop);
    }
}

/// A client that sends again by itself must not do so here: a job looks up first.
#[tokio::test]
async fn a_client_that_repeats_creates_does_not_in_a_job() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(500).operation(CREATE).times(3));
    let contacts = client(&sandbox).retry_ambiguous(true).build().expect("valid").contacts();
    let (classes, _) = self::classes(contacts.import(items(0..3))).await;
    assert_eq!(words(&classes), all_but(3, "unknown", []));
    assert_eq!(sizes(&sandbox, CREATE), [3]);
}

#[tokio::test]
async fn after_an_unknown_outcome_what_is_not_there_is_gone() {
    for (index, fault) in doubts().into_iter().enumerate() {
        let sandbox = Sandbox::builder().contacts(seeds(0..20)).start().expect("a sandbox");
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        sandbox.fail_next(fault.operation(DELETE).applied_to(15));
        let (classes, error) = self::classes(contacts.remove((0..20).map(number))).await;
        assert!(error.is_none(), "{index}: {error:?}");
        let mut expected = all_but(20, "gone", []);
        expected[15..].fill("unknown".into());
        assert_eq!(words(&classes), expected, "{index}");
        assert_eq!(sizes(&sandbox, DELETE), [20], "{index}: not sent again");
        assert_eq!(sent(&sandbox, RETRIEVE).len(), 20 + 5, "{index}");

        sandbox.fail_next(Fault::status(500).operation(DELETE));
        let summary = quick(contacts.remove((15..20).map(number))).resend_unknown(true).run().await.expect("gone");
        assert_eq!((summary.gone(), summary.amount()), (5, Some(5)));
        assert!(sandbox.is_empty());
    }
}

/// A service that is down is no reason to give all of the input the class `unknown`.
#[tokio::test]
async fn a_look_up_that_fails_stops_the_job() {
    for (fault, retrieves) in [(Fault::status(500), 3), (Fault::status(401), 1), (Fault::status(200).body("{"), 1)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(CREATE).applied_to(2));
        sandbox.fail_next(no_contact().operation(RETRIEVE));
        sandbox.fail_next(fault.operation(RETRIEVE).times(9));
        let job = contacts(&sandbox).import(items(0..50)).chunk_size(5).concurrency(1);
        let (classes, error) = self::classes(job).await;
        assert_eq!(error.expect("what stopped it").operation(), Some(RETRIEVE));
        assert_eq!(words(&classes), all_but(5, "unknown", []));
        assert_eq!(sent(&sandbox, RETRIEVE).len(), 1 + retrieves);
    }
}

/// A contact may be found although the request was refused: a service that fails half-way.
#[tokio::test]
async fn a_refusal_that_was_carried_out_in_part_is_seen_through() {
    // `created_at` is cut to milliseconds, and on this machine a request takes less.
    let clock = || (std::time::SystemTime::now() + Duration::from_millis(5)).into();
    let sandbox = Sandbox::builder().contacts(seeds([1])).clock(clock).start().expect("a sandbox");
    sandbox.fail_next(Fault::status(400).operation(CREATE).applied_to(4));
    let (classes, error) = self::classes(contacts(&sandbox).import(items(0..8))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, all_but(8, "created", [(1, "existing")]));
    assert_eq!(sizes(&sandbox, CREATE), [8, 4], "none is sent again that is there");
}

/// The clock of the service is an hour behind, which its answer says: what it lists was created by this job all the same, but
/// for what is older than the job.
#[tokio::test]
async fn a_clock_that_is_wrong_is_seen_through() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let ago = |seconds| std::time::SystemTime::now() - Duration::from_secs(seconds);
    let listed = |n: u64, seconds| {
        let created_at = chrono::DateTime::<chrono::Utc>::from(ago(seconds));
        json!({ "phone": number(n), "created_at": created_at.to_rfc3339() })
    };
    let body = json!({ "contacts": [listed(0, 3600), listed(1, 3630), { "phone": number(2) }] });
    sandbox.fail_next(
        Fault::status(200).header("date", httpdate::fmt_http_date(ago(3600))).body(body.to_string()).applied(true),
    );
    let (classes, error) = self::classes(contacts(&sandbox).import(items(0..3))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, ["created", "existing", "created"]);
}
