//! Imports with `upsert(true)`.

use sendblue_contacts::{ErrorKind, jobs::ImportClass};

use super::*;

const CREATE_ONE: &str = "contacts.create";
const UPDATE: &str = "contacts.update";

fn named(n: u64) -> NewContact {
    new_contact(n).first_name("New").tags(["t"]).custom_variables([("k", "v")]).company_name("Works")
}

fn is_new(sandbox: &Sandbox, n: u64) -> bool {
    let contact = sandbox.contact(&number(n)).expect("there");
    contact["first_name"] == "New" && contact["company_name"] == "Works" && contact["tags"] == json!(["t"])
}

#[tokio::test]
async fn creates_absent_contacts_and_updates_existing_ones() {
    let sandbox = Sandbox::builder().contacts(seeds([1])).start().expect("a sandbox");
    let only = new_contact(2).last_name("Only");
    let input = [Ok(named(0)), Ok(named(1)), Ok(only), NewContact::new("1"), Ok(named(0))];
    let (classes, error) = collect_classes(contacts(&sandbox).import(input).upsert(true)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes[..3], ["created", "existing", "created"]);
    assert_eq!(classes[4], "duplicate of item 0");
    assert!(is_new(&sandbox, 0) && is_new(&sandbox, 1));
    assert_eq!(
        (requests_of(&sandbox, CREATE_ONE).len(), requests_of(&sandbox, UPDATE).len()),
        (3, 2),
        "an update without a company_name"
    );
    assert!(requests_of(&sandbox, CREATE).is_empty());
}

/// A contact without `created_at` may be old, unless a look-up has just found it absent.
#[tokio::test]
async fn an_undated_contact_is_existing_unless_a_lookup_found_it_absent() {
    let undated = json!({ "status": "OK", "contact": { "phone": number(0) } }).to_string();
    for (is_doubtful, expected) in [(false, "existing"), (true, "created")] {
        let sandbox = Sandbox::start().expect("a sandbox");
        if is_doubtful {
            sandbox.fail_next(Fault::no_response().operation(CREATE_ONE));
        }
        sandbox.fail_next(Fault::status(200).body(undated.clone()).operation(CREATE_ONE));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, _) = collect_classes(contacts.import(items(0..1)).upsert(true).resend_unknown(true)).await;
        assert_eq!(classes, [expected]);
    }
}

#[tokio::test]
async fn the_reason_names_the_failed_operation() {
    let sandbox = Sandbox::builder().reject_numbers([number(0)], 422).start().expect("a sandbox");
    sandbox.fail_next(no_contact().operation(UPDATE));
    let mut job =
        with_short_delay(contacts(&sandbox).import((0..3).map(named).collect::<Vec<_>>())).upsert(true).start();
    let report = job.next().await.expect("a report").expect("no error");
    let step = |index: usize| match &report.items[index].class {
        ImportClass::Rejected(reason) => reason.operation(),
        class => panic!("{class}"),
    };
    assert_eq!((step(0), step(1)), (CREATE_ONE, UPDATE));
    assert_eq!(report.items[2].class.to_string(), "created", "a failed item stopped the others");
}

#[tokio::test]
async fn after_an_unknown_outcome_an_item_is_done_if_its_contact_has_its_values() {
    for (operation, applied, resend) in [
        (CREATE_ONE, true, false),
        (UPDATE, true, false),
        (CREATE_ONE, false, false),
        (UPDATE, false, false),
        (CREATE_ONE, false, true),
    ] {
        for seeded in [vec![], seeds([0])] {
            let expected = match (applied || resend, seeded.is_empty()) {
                (true, true) => "created",
                (true, false) => "existing",
                (false, _) => "unknown",
            };
            let sandbox = Sandbox::builder().contacts(seeded).start().expect("a sandbox");
            sandbox.fail_next(Fault::no_response().operation(operation).apply_request(applied));
            let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
            let job = contacts.import([named(0)]).upsert(true).resend_unknown(resend);
            let (classes, error) = collect_classes(job).await;
            assert!(error.is_none(), "{error:?}");
            assert_eq!(classes[0].split(';').next(), Some(expected), "{operation} {applied} {resend}: {classes:?}");
            assert!(expected != "unknown" || classes[0].contains(operation), "{classes:?}");
            assert!(expected == "unknown" || is_new(&sandbox, 0), "the class is not true");
            assert_eq!(requests_of(&sandbox, operation).len(), if resend { 2 } else { 1 });
        }
    }
}

/// The first item has the reason of its own request; the others were not sent.
#[tokio::test]
async fn a_failure_not_caused_by_an_item_stops_the_job() {
    for (operation, is_there) in [(CREATE_ONE, false), (UPDATE, true)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(401).operation(operation));
        let input: Vec<_> = (0..30).map(named).collect();
        let job = contacts(&sandbox).import(input).upsert(true).chunk_size(10).concurrency(1);
        let mut job = with_short_delay(job).start();
        let report = job.next().await.expect("a report").expect("the error follows the report");
        for item in &report.items {
            let ImportClass::Rejected(reason) = &item.class else { panic!("{report:?}") };
            assert!(reason.is_stop() && reason.error().is_some_and(Error::is_unauthorized), "{reason}");
            assert!(reason.to_string().starts_with(&format!("the job stopped: {operation}: ")), "{reason}");
            assert_eq!(reason.operation(), if item.index == 0 { operation } else { CREATE_ONE });
            assert_eq!(sandbox.contact(&number(item.index)).is_some(), is_there && item.index == 0);
        }
        assert!(job.next().await.expect("an error").expect_err("the job stopped").is_unauthorized());
        assert_eq!(
            (job.summary().rejected(), job.summary().items(), requests_of(&sandbox, CREATE_ONE).len()),
            (10, 10, 1)
        );
    }
}

/// The service may refuse the second request because it applied the first request.
#[tokio::test]
async fn an_unknown_outcome_stays_unknown_if_the_resend_is_refused() {
    for (again, is_stop, then) in [(401, true, "rejected"), (409, false, "created")] {
        for operation in [CREATE_ONE, UPDATE] {
            let sandbox = Sandbox::start().expect("a sandbox");
            sandbox.fail_next(Fault::no_response().operation(operation));
            sandbox.fail_next(Fault::status(again).operation(operation));
            let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
            let job = contacts.import((0..2).map(named).collect::<Vec<_>>()).upsert(true).resend_unknown(true);
            let mut job = with_short_delay(job).start();
            let report = job.next().await.expect("a report").expect("no error before it");
            let ImportClass::Unknown(reason) = &report.items[0].class else { panic!("{report:?}") };
            assert_eq!((reason.is_stop(), reason.operation()), (is_stop, operation));
            assert!(reason.error().is_some_and(|error| error.kind() == ErrorKind::ConnectionLost), "{reason}");
            assert!(report.items[1].class.to_string().starts_with(then), "{report:?}");
            assert_eq!(job.next().await.is_some(), is_stop);
        }
    }
}

/// The earlier run may have sent the items that this run did not reach.
#[tokio::test]
async fn items_that_an_earlier_run_may_have_sent_are_unknown_after_a_stop() {
    let sandbox = Sandbox::builder().reject_numbers([number(1)], 422).start().expect("a sandbox");
    let journal = JournalFile::new("upsert-open");
    let job = || {
        let job = contacts(&sandbox).import((0..3).map(named).collect::<Vec<_>>());
        job.upsert(true).journal(&journal.0)
    };
    sandbox.fail_next(Fault::status(401).operation(UPDATE));
    collect_classes(job()).await;
    assert_eq!(sandbox.len(), 1);
    sandbox.fail_next(Fault::status(401).operation(CREATE_ONE));
    let (again, error) = collect_classes(job()).await;
    assert!(error.expect("the job stopped").is_unauthorized());
    assert!(again.iter().all(|class| class.starts_with("unknown; ")), "{again:?}");
    // The contact of item 0 exists, so the refusal does not prove that the earlier request failed.
    // Item 1 has no contact, so it is rejected.
    sandbox.fail_next(Fault::status(422).operation(CREATE_ONE));
    let (last, error) = collect_classes(job()).await;
    assert!(error.is_none(), "{error:?}");
    assert!(last[0].starts_with("unknown; ") && !last[0].contains("the job stopped"), "{last:?}");
    assert!(last[1].starts_with("rejected: contacts.create: "), "{last:?}");
    assert_eq!(last[2], "created");
}
