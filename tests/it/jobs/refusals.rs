//! Requests that the service refuses because of one of their items.

use sendblue_contacts::jobs::{ImportClass, RemoveClass};

use super::*;

#[tokio::test]
async fn rejects_only_the_refused_items_of_a_chunk() {
    for status in [200, 400, 409, 413, 422] {
        let bad = [number(3), number(11)];
        let sandbox = Sandbox::builder().reject_numbers(bad, status).contacts(seeds([7])).start().expect("a sandbox");
        let contacts = contacts(&sandbox);
        let (classes, error) = collect_classes(contacts.import(items(0..20))).await;
        assert!(error.is_none(), "{error:?}");
        let expected = classes_except(20, "created", [(3, "rejected"), (7, "existing"), (11, "rejected")]);
        assert_eq!(labels(&classes), expected, "{status}");
        let sends = requests_of(&sandbox, CREATE).len();
        assert!((5..=2 * 20 - 1).contains(&sends), "{sends} requests");

        sandbox.clear_requests();
        let (classes, error) = collect_classes(contacts.remove((0..20).map(number))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels(&classes), classes_except(20, "gone", []), "a refused number without a contact is gone");
        sandbox.insert(json!({ "phone": number(3) })).expect("a contact");
        let (classes, _) = collect_classes(contacts.remove((0..20).map(number))).await;
        assert_eq!(labels(&classes), classes_except(20, "gone", [(3, "rejected")]), "{status}");
    }
}

#[tokio::test]
async fn a_rejection_returns_the_service_message() {
    let sandbox = Sandbox::builder().reject_numbers([number(0)], 422).start().expect("a sandbox");
    let mut job = with_short_delay(contacts(&sandbox).import(items(0..1))).start();
    let report = job.next().await.expect("a report").expect("no error");
    let ImportClass::Rejected(reason) = &report.items[0].class else { panic!("{report:?}") };
    assert!(reason.message().is_some());
    assert_eq!(reason.error().and_then(Error::status).map(|status| status.as_u16()), Some(422));
    assert_eq!(
        (requests_of(&sandbox, CREATE).len(), requests_of(&sandbox, RETRIEVE).len()),
        (1, 1),
        "a single item needs no halves"
    );
}

/// If the service refuses to look up a number, an import assumes that the number has no contact.
#[tokio::test]
async fn an_import_takes_a_refused_lookup_for_an_absent_contact() {
    for status in [400, 422] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(status).operation(CREATE));
        let refused = r#"{"status": "ERROR", "message": "Invalid phone number"}"#;
        sandbox.fail_next(Fault::status(status).body(refused).operation(RETRIEVE));
        let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..1))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels(&classes), ["rejected"]);
    }
}

/// The service may refuse every request, so a refused look-up does not prove that the contact is absent.
#[tokio::test]
async fn a_removal_does_not_take_a_refused_lookup_for_an_absent_contact() {
    for status in [400, 422] {
        let sandbox = Sandbox::builder().contacts(seeds(0..4)).start().expect("a sandbox");
        let refuse = |operation| {
            let said = r#"{"message": "Did not get inputs for authorization"}"#;
            sandbox.fail_next(Fault::status(status).body(said).operation(operation).times(100));
        };
        refuse(RETRIEVE);
        sandbox.fail_next(Fault::status(500).operation(DELETE));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, error) = collect_classes(contacts.remove((0..4).map(number))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels(&classes), classes_except(4, "unknown", []), "after an unknown outcome");

        refuse(DELETE);
        let mut job = with_short_delay(contacts.remove((0..4).map(number))).start();
        let report = job.next().await.expect("a report").expect("no error");
        for item in &report.items {
            let RemoveClass::Rejected(reason) = &item.class else { panic!("{report:?}") };
            assert_eq!(reason.message(), Some("Did not get inputs for authorization"));
            assert_eq!(reason.error().and_then(Error::status).map(|status| status.as_u16()), Some(status));
        }
        assert_eq!((job.summary().rejected(), sandbox.len()), (4, 4));
        assert_eq!(items_per_request(&sandbox, DELETE)[1..], [4, 1, 1, 1, 1]);
    }
}

/// The service refuses one number in a bulk delete, and every look-up.
#[tokio::test]
async fn a_refused_number_is_rejected_while_the_others_are_gone() {
    let refused = || Sandbox::builder().contacts(seeds(0..4)).reject_numbers([number(2)], 422);
    let sandbox = refused().start().expect("a sandbox");
    sandbox.fail_next(Fault::status(422).operation(RETRIEVE).times(100));
    let (classes, _) = collect_classes(contacts(&sandbox).remove((0..4).map(number))).await;
    assert_eq!(labels(&classes), classes_except(4, "gone", [(2, "rejected")]));
    assert_eq!(sandbox.len(), 1);
}

/// The worst case is a 413 for every size: the chunk is halved until each item is alone.
#[tokio::test]
async fn n_refused_items_take_at_most_2n_minus_1_bulk_requests() {
    const N: u64 = 64;
    // After a 413, the first groups of 64, 32, 16, 8, 4 and 2 items are looked up before they are halved.
    for (status, sends, look_ups) in [(400, N + 1, 2 * N), (409, N + 1, 2 * N), (413, N + 6, 2 * N + 62)] {
        let sandbox = Sandbox::builder().reject_numbers((0..N).map(number), status).start().expect("a sandbox");
        let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..N)).chunk_size(N as usize)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels(&classes), classes_except(N as usize, "rejected", []));
        assert_eq!(requests_of(&sandbox, CREATE).len() as u64, sends);
        assert!(sends < 2 * N);
        assert_eq!(requests_of(&sandbox, RETRIEVE).len() as u64, look_ups);
    }
}

/// The documentation of `Job` has these numbers.
#[tokio::test]
async fn refused_items_take_the_documented_number_of_requests() {
    for (chunk_size, requests) in [(100, 10 * 202), (10, 90 + 10 * 22)] {
        let bad = (0..1000).step_by(100).map(|n| number(n + 57));
        let sandbox = Sandbox::builder().reject_numbers(bad, 422).start().expect("a sandbox");
        let job = with_short_delay(contacts(&sandbox).import(items(0..1000))).chunk_size(chunk_size);
        let summary = job.run().await.expect("a whole job");
        assert_eq!((summary.created(), summary.rejected()), (990, 10));
        let count = requests_of(&sandbox, "contacts.count").len();
        assert!(count <= 1, "{count} counts");
        assert_eq!(sandbox.requests().len() - count, requests, "in chunks of {chunk_size}");
    }
}

#[tokio::test]
async fn after_a_413_later_chunks_are_halved_before_sending() {
    let sandbox = Sandbox::builder().bulk_limit(30).start().expect("a sandbox");
    let job = with_short_delay(contacts(&sandbox).import(items(0..200))).concurrency(1);
    assert_eq!(job.run().await.expect("created").created(), 200);
    assert_eq!(items_per_request(&sandbox, CREATE), [100, 50, 25, 25, 25, 25, 25, 25, 25, 25]);
    // The groups of 100 and 50 were refused.
    assert_eq!(requests_of(&sandbox, RETRIEVE).len(), 150);
    let summary = contacts(&sandbox).remove((0..200).map(number)).run().await.expect("gone");
    assert_eq!((summary.gone(), summary.deleted()), (200, Some(200)));
    assert!(sandbox.is_empty());
}

/// The service may limit bytes, so the job still sends chunks of a size that the service accepted before.
#[tokio::test]
async fn a_413_does_not_halve_later_chunks_of_an_accepted_size() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut job = with_short_delay(contacts(&sandbox).import(items(0..30))).chunk_size(10).concurrency(1).start();
    job.next().await.expect("a report").expect("no error");
    sandbox.fail_next(Fault::status(413).operation(CREATE));
    while let Some(report) = job.next().await {
        report.expect("no error");
    }
    assert_eq!(job.summary().created(), 30);
    assert_eq!(items_per_request(&sandbox, CREATE), [10, 10, 5, 5, 10]);
}

/// The service creates some of the contacts, then refuses the request.
#[tokio::test]
async fn items_applied_by_a_refused_request_are_created() {
    // Truncated to milliseconds, `created_at` could precede the chunk's start. So the clock is 5 ms ahead.
    let clock = || (std::time::SystemTime::now() + Duration::from_millis(5)).into();
    let sandbox = Sandbox::builder().contacts(seeds([1])).clock(clock).start().expect("a sandbox");
    sandbox.fail_next(Fault::status(400).operation(CREATE).apply_items(4));
    let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..8))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, classes_except(8, "created", [(1, "existing")]));
    assert_eq!(items_per_request(&sandbox, CREATE), [8, 4], "resent an existing contact");
}
