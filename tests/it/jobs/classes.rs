//! The classes of imports and removals if no request fails.

use sendblue_contacts::jobs::ImportClass;

use super::*;

#[tokio::test]
async fn imports_new_contacts_and_removes_existing_ones() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let mut input: Vec<_> = items(0..5).into_iter().map(Ok).collect();
    input.insert(2, NewContact::new("555"));
    input.push(NewContact::new(number(1)));

    let mut job = with_short_delay(contacts.import(input).chunk_size(3)).start();
    let (classes, error) = collect_reports(&mut job).await;
    assert!(error.is_none(), "{error:?}");
    assert!(classes[2].starts_with("invalid: phone: does not start with `+`"), "{}", classes[2]);
    assert_eq!(classes, classes_except(7, "created", [(2, &*classes[2]), (6, "duplicate of item 1")]));
    let summary = job.summary();
    assert_eq!(summary.to_string(), "7 items: 5 created, 0 existing, 0 rejected, 1 invalid, 1 duplicate, 0 unknown");
    assert_eq!((job.progress().done, job.progress().total, job.progress().failures), (7, Some(7), 1));
    assert_eq!(sandbox.contact(&number(4)).expect("there")["first_name"], "Name 4");
    assert_eq!(items_per_request(&sandbox, CREATE).iter().sum::<usize>(), 5, "an invalid item or a duplicate was sent");

    let numbers = (0..7).map(number).chain(["555".into(), number(0)]);
    let summary = contacts.remove(numbers).chunk_size(3).run().await.expect("all gone");
    assert_eq!((summary.gone(), summary.deleted()), (7, Some(5)));
    assert_eq!(
        summary.to_string(),
        "9 items: 7 gone (the service reports 5 deleted), 0 rejected, 1 invalid, 1 duplicate, 0 unknown"
    );
    assert!(sandbox.is_empty());
}

#[tokio::test]
async fn existing_contacts_are_existing_whether_omitted_listed_or_refused() {
    for (existing, sends, retrieves) in
        [(BulkExisting::Omitted, 1, 2), (BulkExisting::Conflict, 2, 6), (BulkExisting::Included, 1, 0)]
    {
        let sandbox = Sandbox::builder().contacts(seeds([1, 4])).bulk_existing(existing).start().expect("a sandbox");
        let contacts = contacts(&sandbox);
        let (first, error) = collect_classes(contacts.import(items(0..6))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(first, classes_except(6, "created", [(1, "existing"), (4, "existing")]), "{existing:?}");
        assert_eq!(sandbox.contact(&number(1)).expect("there")["first_name"], "Seed");
        assert_eq!(
            (requests_of(&sandbox, CREATE).len(), requests_of(&sandbox, RETRIEVE).len()),
            (sends, retrieves),
            "{existing:?}"
        );
        if existing != BulkExisting::Included {
            let (again, _) = collect_classes(contacts.import(items(0..6))).await;
            assert_eq!(again, classes_except(6, "existing", []), "at the second import, {existing:?}");
        }
    }
}

#[tokio::test]
async fn looks_up_an_omitted_item_twice_before_rejecting_it() {
    let sandbox = Sandbox::builder().drop_numbers([number(2)]).start().expect("a sandbox");
    let mut job = with_short_delay(contacts(&sandbox).import(items(0..4))).start();
    let report = job.next().await.expect("a report").expect("no error");
    let ImportClass::Rejected(reason) = &report.items[2].class else { panic!("{report:?}") };
    assert_eq!((reason.message(), reason.operation()), (None, CREATE));
    assert!(reason.error().is_none());
    assert_eq!(reason.to_string(), "contacts.bulk.create: the request succeeded, but the response omits the item");
    assert_eq!(report.items[2].phone().expect("valid").as_str(), number(2));
    assert_eq!((job.summary().created(), job.summary().rejected()), (3, 1));
    assert_eq!((requests_of(&sandbox, CREATE).len(), requests_of(&sandbox, RETRIEVE).len()), (1, 2));
}

/// The service's clock and its `Date` are an hour behind. Only the listed contact that is older than the job is
/// existing.
#[tokio::test]
async fn created_at_is_compared_with_the_service_clock() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let ago = |seconds| std::time::SystemTime::now() - Duration::from_secs(seconds);
    let listed = |n: u64, seconds| {
        let created_at = chrono::DateTime::<chrono::Utc>::from(ago(seconds));
        json!({ "phone": number(n), "created_at": created_at.to_rfc3339() })
    };
    let body = json!({ "contacts": [listed(0, 3600), listed(1, 3630), { "phone": number(2) }] });
    sandbox.fail_next(
        Fault::status(200)
            .header("date", httpdate::fmt_http_date(ago(3600)))
            .body(body.to_string())
            .apply_request(true),
    );
    let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..3))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(classes, ["created", "existing", "created"]);
}
