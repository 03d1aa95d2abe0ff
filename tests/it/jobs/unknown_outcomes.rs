//! Requests whose outcome is unknown.

use sendblue_contacts::jobs::ImportClass;

use super::*;

/// Returns faults after which the outcome of the request is unknown.
fn unknown_outcomes() -> [Fault; 5] {
    let json = |body| Fault::status(200).header("content-type", "application/json").body(body);
    [Fault::status(500), Fault::status(408), Fault::no_response(), json("{"), json(r#"{"contacts":[]}"#).cut_after(3)]
}

#[tokio::test]
async fn after_an_unknown_outcome_found_contacts_are_created_and_absent_ones_unknown() {
    for (index, fault) in unknown_outcomes().into_iter().enumerate() {
        let sandbox = Sandbox::builder().contacts(seeds([2])).start().expect("a sandbox");
        sandbox.fail_next(fault.operation(CREATE).apply_items(15));
        let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..20))).await;
        assert!(error.is_none(), "{index}: {error:?}");
        let mut expected = classes_except(20, "created", [(2, "existing")]);
        expected[15..].fill("unknown".into());
        assert_eq!(labels(&classes), expected, "{index}");
        assert!(classes[15].starts_with("unknown; retrieve the contact later: contacts.bulk.create: "));
        assert_eq!(items_per_request(&sandbox, CREATE), [20], "{index}: more than one send");
        // The page lists 14 created contacts. Six items need a look-up; the five absent items need a second look-up.
        assert_eq!((requests_of(&sandbox, LIST).len(), requests_of(&sandbox, RETRIEVE).len()), (1, 6 + 5), "{index}");
        assert_eq!(sandbox.len(), 15);
    }
}

#[tokio::test]
async fn one_page_replaces_a_hundred_lookups() {
    let sandbox = Sandbox::builder().synthetic_contacts(5000).start().expect("a sandbox");
    sandbox.fail_next(Fault::no_response().operation(CREATE).apply_request(true));
    let summary = with_short_delay(contacts(&sandbox).import(items(0..100))).run().await.expect("found");
    assert_eq!(summary.created(), 100);
    assert_eq!(sandbox.requests().len(), 2, "more than the bulk request and one page");
}

/// The delay lets a request in flight reach the service.
#[tokio::test]
async fn waits_the_settle_delay_before_each_lookup() {
    let delay = Duration::from_millis(150);
    for (fault, delays) in [(Fault::status(500), 2), (Fault::status(201).body(r#"{"contacts":[]}"#), 1)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(fault.operation(CREATE));
        let started = std::time::Instant::now();
        contacts(&sandbox).import(items(0..2)).settle_delay(delay).run().await.expect("no error");
        assert!(started.elapsed() >= delay * delays, "{:?}", started.elapsed());
        assert_eq!(requests_of(&sandbox, RETRIEVE).len(), 4);
    }
}

#[tokio::test]
async fn resend_unknown_sends_an_item_once_more() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(500).operation(CREATE).apply_items(5));
    let job = contacts(&sandbox).import(items(0..20)).resend_unknown(true);
    let (classes, error) = collect_classes(job).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, classes_except(20, "created", []));
    assert_eq!(items_per_request(&sandbox, CREATE), [20, 15]);

    sandbox.fail_next(Fault::status(500).operation(CREATE).times(9));
    let (classes, _) = collect_classes(contacts(&sandbox).import(items(100..120)).resend_unknown(true)).await;
    assert_eq!(labels(&classes), classes_except(20, "unknown", []));
    assert_eq!(items_per_request(&sandbox, CREATE)[2..], [20, 20], "not exactly two sends");
}

/// The clock for `created_at` is an hour behind the `Date` of the responses.
#[tokio::test]
async fn an_item_absent_at_a_lookup_is_created_whatever_its_created_at() {
    let clock = || (std::time::SystemTime::now() - Duration::from_secs(3600)).into();
    let sandbox = Sandbox::builder().clock(clock).start().expect("a sandbox");
    for again in [Fault::no_response().apply_request(true), Fault::status(409).apply_request(true)] {
        sandbox.fail_next(Fault::status(500).operation(CREATE));
        sandbox.fail_next(again.operation(CREATE));
        let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..3)).resend_unknown(true)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(classes, classes_except(3, "created", []));
        (0..3).for_each(|n| assert!(sandbox.remove(&number(n))));
    }
}

/// The service may refuse the second request because it applied the first request.
#[tokio::test]
async fn an_unknown_outcome_stays_unknown_if_the_resend_is_refused() {
    for (again, is_stop) in [(401, true), (409, false)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(CREATE));
        sandbox.fail_next(Fault::status(again).operation(CREATE).times(9));
        let mut job = with_short_delay(contacts(&sandbox).import(items(0..3))).resend_unknown(true).start();
        let report = job.next().await.expect("a report").expect("no error before it");
        for item in &report.items {
            let ImportClass::Unknown(reason) = &item.class else { panic!("{report:?}") };
            assert_eq!((reason.is_stop(), reason.operation()), (is_stop, CREATE));
            assert!(reason.error().is_some_and(Error::is_server_error), "{reason}");
        }
        assert_eq!(job.next().await.is_some(), is_stop);
    }
}

/// A retry by the client would resend the items without a look-up.
#[tokio::test]
async fn a_job_ignores_retry_ambiguous_of_the_client() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(500).operation(CREATE).times(3));
    let contacts = client(&sandbox).retry_ambiguous(true).build().expect("valid").contacts();
    let (classes, _) = collect_classes(contacts.import(items(0..3))).await;
    assert_eq!(labels(&classes), classes_except(3, "unknown", []));
    assert_eq!(items_per_request(&sandbox, CREATE), [3]);
}

#[tokio::test]
async fn after_an_unknown_outcome_absent_contacts_are_gone() {
    for (index, fault) in unknown_outcomes().into_iter().enumerate() {
        let sandbox = Sandbox::builder().contacts(seeds(0..20)).start().expect("a sandbox");
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        sandbox.fail_next(fault.operation(DELETE).apply_items(15));
        let (classes, error) = collect_classes(contacts.remove((0..20).map(number))).await;
        assert!(error.is_none(), "{index}: {error:?}");
        let mut expected = classes_except(20, "gone", []);
        expected[15..].fill("unknown".into());
        assert_eq!(labels(&classes), expected, "{index}");
        assert_eq!(items_per_request(&sandbox, DELETE), [20], "{index}: more than one send");
        assert_eq!(requests_of(&sandbox, RETRIEVE).len(), 20 + 5, "{index}");

        sandbox.fail_next(Fault::status(500).operation(DELETE));
        let summary =
            with_short_delay(contacts.remove((15..20).map(number))).resend_unknown(true).run().await.expect("gone");
        assert_eq!((summary.gone(), summary.deleted()), (5, Some(5)));
        assert!(sandbox.is_empty());
    }
}
