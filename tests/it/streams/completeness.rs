//! Guarantees: a stream yields every contact exactly once, or ends with an error.

use std::collections::BTreeSet;

use sendblue_contacts::sandbox::{Fault, OffsetAboveCap, Sandbox, Undated};
use serde_json::{Value, json};

use super::{collect, number, raw_page, start, tied};

#[tokio::test]
async fn yields_100000_contacts_exactly_once() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(100_000));
    let (numbers, error) = collect(&mut contacts.list().stream().check_count(true)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.len(), 100_000);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 100_000);
    // Pages overlap by one contact, an empty page confirms the end, and two requests are counts.
    assert_eq!(sandbox.requests().len(), 102 + 1 + 2);
}

#[tokio::test]
async fn yields_11000_tied_contacts_and_fails_after_more() {
    for over_offset in [OffsetAboveCap::Clamp, OffsetAboveCap::Reject] {
        for later in [0, 1, 2_500] {
            let tie = tied(11_000, "2026-05-09T00:00:00Z");
            let (sandbox, contacts) = start(Sandbox::builder().contacts(tie).offset_above_cap(over_offset));
            for n in 0..later {
                sandbox
                    .insert(json!({"phone": number(20_000 + n), "created_at": format!("2026-06-01T00:00:00.{n:06}Z")}))
                    .expect("a contact");
            }
            let (numbers, error) = collect(&mut contacts.list().stream().check_count(true)).await;
            assert!(error.is_none(), "{over_offset:?} {later}: {error:?}");
            assert_eq!(numbers.len(), 11_000 + later);
            assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        }

        let tie = tied(11_001, "2026-05-09T00:00:00Z");
        let (sandbox, contacts) = start(Sandbox::builder().contacts(tie).offset_above_cap(over_offset));
        sandbox.insert(json!({"phone": number(20_000), "created_at": "2026-06-01T00:00:00Z"})).expect("a contact");
        let (numbers, error) = collect(&mut contacts.list().stream()).await;
        let error = error.expect("an error after the reachable contacts");
        assert!(error.is_incomplete() && !error.is_decode(), "{error:?}");
        assert_eq!(
            error.to_string(),
            "contacts.list: the list may be incomplete: more contacts may share one `created_at` than offsets reach; \
             filter by `cid` or `phone_number`"
        );
        assert_eq!(numbers.len(), 11_000);
        for request in sandbox.requests() {
            assert_eq!(request.status(), 200, "{:?}", request.query());
        }
    }
}

#[tokio::test]
async fn small_pages_reach_as_far_as_large_pages() {
    let (_sandbox, contacts) = start(Sandbox::builder().contacts(tied(10_500, "2026-05-09T00:00:00Z")));
    let (numbers, error) = collect(&mut contacts.list().limit(100).stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 10_500);
}

#[tokio::test]
async fn yields_the_remaining_contacts_after_deletions_between_pages() {
    // Ten tied contacts, then ten contacts a second apart.
    let all = || {
        tied(10, "2026-05-09T00:00:00Z")
            .chain((10..20).map(|n| json!({"phone": number(n), "created_at": format!("2026-05-09T00:01:{n}Z")})))
    };
    for (name, after, deleted) in [
        ("contacts before the last yielded contact", 7, 0..3),
        ("all contacts up to the last yielded contact", 7, 0..7),
        ("the last yielded contact", 7, 6..7),
        ("tied contacts, yielded or not", 5, 2..8),
        ("yielded contacts without a tie", 14, 8..14),
        ("the last yielded contact, without a tie", 14, 13..14),
        ("all yielded contacts", 16, 0..16),
    ] {
        for limit in [2, 3, 5, 7] {
            let (sandbox, contacts) = start(Sandbox::builder().contacts(all()));
            let mut stream = contacts.list().limit(limit).stream().prefetch(false);
            let mut numbers = Vec::new();
            while let Some(contact) = stream.next().await {
                numbers.push(contact.expect("a contact").phone.expect("a number"));
                if numbers.len() == after {
                    assert!(deleted.clone().all(|n| sandbox.remove(&number(n))));
                }
            }
            let stayed: BTreeSet<_> = (0..20).filter(|n| !deleted.contains(n)).map(number).collect();
            let yielded: BTreeSet<_> = numbers.iter().cloned().collect();
            assert_eq!(yielded.len(), numbers.len(), "{name}, {limit}: yielded twice");
            assert!(stayed.is_subset(&yielded), "{name}, {limit}: {:?}", stayed.difference(&yielded));
        }
    }
}

#[tokio::test]
async fn yields_undated_contacts_within_reach() {
    let undated = |count: usize| (0..count).map(|n| json!({"phone": number(n)}));
    for (placement, count, dated, all_yielded) in [
        (Undated::First, 5, 0, true),
        (Undated::Last, 5, 0, true),
        (Undated::First, 5, 2_000, true),
        (Undated::First, 2_500, 3_000, true),
        (Undated::First, 5, 12_000, true),
        (Undated::Last, 5, 20, true),
        (Undated::Last, 1_500, 1_500, true),
        (Undated::Last, 5, 9_900, true),
        (Undated::Last, 5, 12_000, false),
    ] {
        let builder = Sandbox::builder().contacts(undated(count)).synthetic_contacts(dated).undated(placement);
        let (_sandbox, contacts) = start(builder);
        let (numbers, error) = collect(&mut contacts.list().stream()).await;
        assert!(error.is_none(), "{error:?}");
        let expected = if all_yielded { count + dated } else { dated };
        assert_eq!(numbers.len(), expected, "{placement:?} {count} {dated}");
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), expected);

        let (_, error) = collect(&mut contacts.list().stream().check_count(true)).await;
        assert_eq!(error.is_some(), !all_yielded, "check_count detects missed contacts");
    }

    let (_sandbox, contacts) = start(Sandbox::builder().contacts(undated(11_001)).undated(Undated::First));
    let (numbers, error) = collect(&mut contacts.list().stream()).await;
    assert_eq!(numbers.len(), 11_000);
    assert!(
        error
            .expect("an error after the reachable contacts")
            .to_string()
            .ends_with("list only dated contacts with `created_at_gte`")
    );
}

#[tokio::test]
async fn fails_if_the_service_does_not_keep_the_order() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let mut newest_first = raw_page(&contacts).await;
    newest_first.reverse();
    sandbox.fail_next(Fault::status(200).body(Value::from(newest_first).to_string()));
    let (numbers, error) = collect(&mut contacts.list().stream()).await;
    assert!(numbers.is_empty());
    assert!(error.expect("an error").to_string().contains("did not keep the ascending order of `created_at`"));

    // The service ignores `created_at_gte` and `offset`, and always returns the same page.
    let page = raw_page(&contacts).await;
    sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()).times(100_000));
    let (numbers, error) = collect(&mut contacts.list().limit(10).stream()).await;
    assert_eq!(numbers.len(), 10);
    assert!(error.expect("an error").is_incomplete());
    let sent = sandbox.requests().len();
    assert!(sent < 50, "{sent} requests");
}

#[tokio::test]
async fn check_count_fails_if_both_counts_exceed_the_stream() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    let count = |count: u64| Fault::status(200).body(json!({"count": count}).to_string()).operation("contacts.count");

    for (before, after, is_complete) in [(25, 25, true), (26, 25, true), (25, 26, true), (30, 26, false)] {
        sandbox.fail_next(count(before));
        sandbox.fail_next(count(after));
        let (numbers, error) = collect(&mut contacts.list().limit(10).stream().check_count(true)).await;
        assert_eq!(numbers.len(), 25);
        assert_eq!(error.is_none(), is_complete, "{before} {after} {error:?}");
        if let Some(error) = error {
            assert!(error.is_incomplete());
            let text =
                "the stream yielded 25 contacts, but the service counted 30 before it and 26 after it; list again";
            assert!(error.to_string().ends_with(text), "{error}");
        }
    }

    // The count of a resumed stream includes the contacts of the previous stream.
    let mut stream = contacts.list().limit(10).stream();
    for _ in 0..13 {
        stream.next().await.expect("an item").expect("a contact");
    }
    let (numbers, error) =
        collect(&mut contacts.list().limit(10).stream().resume(stream.cursor()).check_count(true)).await;
    assert!(error.is_none());
    assert_eq!(numbers.len(), 12);
}
