//! Importing item by item.

use sendblue_contacts::contacts::Imported;

use super::*;

const ONE: &str = "contacts.create";
const UPDATE: &str = "contacts.update";

fn named(n: u64) -> NewContact {
    NewContact::new(number(n)).first_name("New").tags(["t"]).custom_variables([("k", "v")]).company_name("Works")
}

fn is_new(sandbox: &Sandbox, n: u64) -> bool {
    let contact = sandbox.contact(&number(n)).expect("there");
    contact["first_name"] == "New" && contact["company_name"] == "Works" && contact["tags"] == json!(["t"])
}

#[tokio::test]
async fn contacts_are_created_or_updated() {
    let sandbox = Sandbox::builder().contacts(seeds([1])).start().expect("a sandbox");
    let input = [named(0), named(1), NewContact::new(number(2)).last_name("Only"), NewContact::new("1"), named(0)];
    let (classes, error) = classes(contacts(&sandbox).import(input).upsert(true)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes[..3], ["created", "existing", "created"]);
    assert_eq!(classes[4], "duplicate of item 0");
    assert!(is_new(&sandbox, 0) && is_new(&sandbox, 1));
    assert_eq!((sent(&sandbox, ONE).len(), sent(&sandbox, UPDATE).len()), (3, 2), "only a company needs an update");
    assert!(sent(&sandbox, CREATE).is_empty());
}

/// A contact that does not say when it was created may have been there for years, unless it was not there a moment ago.
#[tokio::test]
async fn without_a_date_a_contact_existed_unless_it_was_looked_for_in_vain() {
    let undated = json!({ "status": "OK", "contact": { "phone": number(0) } }).to_string();
    for (is_doubtful, expected) in [(false, "existing"), (true, "created")] {
        let sandbox = Sandbox::start().expect("a sandbox");
        if is_doubtful {
            sandbox.fail_next(Fault::no_answer().operation(ONE));
        }
        sandbox.fail_next(Fault::status(200).body(undated.clone()).operation(ONE));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, _) = classes(contacts.import(items(0..1)).upsert(true).resend_unknown(true)).await;
        assert_eq!(classes, [expected]);
    }
}

#[tokio::test]
async fn the_report_says_which_of_the_two_failed() {
    let sandbox = Sandbox::builder().reject_numbers([number(0)], 422).start().expect("a sandbox");
    sandbox.fail_next(no_contact().operation(UPDATE));
    let mut job = quick(contacts(&sandbox).import((0..3).map(named).collect::<Vec<_>>())).upsert(true).start();
    let report = job.next().await.expect("a report").expect("no error");
    let step = |index: usize| match &report.items[index].class {
        Imported::Rejected(reason) => reason.operation(),
        class => panic!("{class}"),
    };
    assert_eq!((step(0), step(1)), (ONE, UPDATE));
    assert_eq!(report.items[2].class.to_string(), "created", "a failed item does not stop the others");
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_up() {
    for (operation, applied, resend) in
        [(ONE, true, false), (UPDATE, true, false), (ONE, false, false), (UPDATE, false, false), (ONE, false, true)]
    {
        for seeded in [vec![], seeds([0])] {
            let expected = match (applied || resend, seeded.is_empty()) {
                (true, true) => "created",
                (true, false) => "existing",
                (false, _) => "unknown",
            };
            let sandbox = Sandbox::builder().contacts(seeded).start().expect("a sandbox");
            sandbox.fail_next(Fault::no_answer().operation(operation).applied(applied));
            let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
            let job = contacts.import([named(0)]).upsert(true).resend_unknown(resend);
            let (classes, error) = classes(job).await;
            assert!(error.is_none(), "{error:?}");
            assert_eq!(classes[0].split(',').next(), Some(expected), "{operation} {applied} {resend}: {classes:?}");
            assert!(expected != "unknown" || classes[0].contains(operation), "{classes:?}");
            assert!(expected == "unknown" || is_new(&sandbox, 0), "the class is not true");
            assert_eq!(sent(&sandbox, operation).len(), if resend { 2 } else { 1 });
        }
    }
}

/// The reason of each item: the one of the request that was refused is its own, the others were not sent.
#[tokio::test]
async fn a_refusal_of_all_stops_the_job() {
    for (operation, is_there) in [(ONE, false), (UPDATE, true)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(401).operation(operation));
        let input: Vec<_> = (0..30).map(named).collect();
        let job = contacts(&sandbox).import(input).upsert(true).chunk_size(10).concurrency(1);
        let mut job = quick(job).start();
        let report = job.next().await.expect("a report").expect("the error comes after it");
        for item in &report.items {
            let Imported::Rejected(reason) = &item.class else { panic!("{report:?}") };
            assert!(reason.is_stop() && reason.error().is_some_and(Error::is_unauthorized), "{reason}");
            assert!(reason.to_string().starts_with(&format!("the job had to stop: {operation}: ")), "{reason}");
            assert_eq!(reason.operation(), if item.index == 0 { operation } else { ONE });
            assert_eq!(sandbox.contact(&number(item.index)).is_some(), is_there && item.index == 0);
        }
        assert!(job.next().await.expect("an error").expect_err("what stopped it").is_unauthorized());
        assert_eq!((job.summary().rejected(), job.summary().items(), sent(&sandbox, ONE).len()), (10, 10, 1));
    }
}

/// What is sent again and then stops the job may still have been carried out the first time, which failed for that reason.
#[tokio::test]
async fn a_doubt_outlives_what_comes_of_sending_it_again() {
    for (again, is_stop, then) in [(401, true, "rejected"), (409, false, "created")] {
        for operation in [ONE, UPDATE] {
            let sandbox = Sandbox::start().expect("a sandbox");
            sandbox.fail_next(Fault::no_answer().operation(operation));
            sandbox.fail_next(Fault::status(again).operation(operation));
            let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
            let job = contacts.import((0..2).map(named).collect::<Vec<_>>()).upsert(true).resend_unknown(true);
            let mut job = quick(job).start();
            let report = job.next().await.expect("a report").expect("no error before it");
            let Imported::Unknown(reason) = &report.items[0].class else { panic!("{report:?}") };
            assert_eq!((reason.is_stop(), reason.operation()), (is_stop, operation));
            assert!(reason.error().is_some_and(Error::is_connection_lost), "{reason}");
            assert!(report.items[1].class.to_string().starts_with(then), "{report:?}");
            assert_eq!(job.next().await.is_some(), is_stop);
        }
    }
}

/// The run before may have sent what this one does not come to.
#[tokio::test]
async fn what_an_earlier_run_may_have_done_is_unknown() {
    let sandbox = Sandbox::builder().reject_numbers([number(1)], 422).start().expect("a sandbox");
    let journal = JournalFile::new("upsert-open");
    let job = || {
        let job = contacts(&sandbox).import((0..3).map(named).collect::<Vec<_>>());
        job.upsert(true).journal(&journal.0)
    };
    sandbox.fail_next(Fault::status(401).operation(UPDATE));
    classes(job()).await;
    assert_eq!(sandbox.len(), 1);
    sandbox.fail_next(Fault::status(401).operation(ONE));
    let (again, error) = classes(job()).await;
    assert!(error.expect("what stopped it").is_unauthorized());
    assert!(again.iter().all(|class| class.starts_with("unknown, ")), "{again:?}");
    // The first is there, and the second is not: what is refused now says nothing of the first time, unless nothing is there.
    sandbox.fail_next(Fault::status(422).operation(ONE));
    let (last, error) = classes(job()).await;
    assert!(error.is_none(), "{error:?}");
    assert!(last[0].starts_with("unknown, ") && !last[0].contains("had to stop"), "{last:?}");
    assert!(last[1].starts_with("rejected: contacts.create: "), "{last:?}");
    assert_eq!(last[2], "created");
}
