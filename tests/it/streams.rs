//! Streams of all contacts, over the sandbox.

use std::{collections::BTreeSet, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sendblue_contacts::{
    Contact, Contacts, Error, OrderBy, OrderDirection, Stream,
    contacts::{ContactStream, Cursor},
    sandbox::{Fault, OverOffset, Sandbox, SandboxBuilder, Undated},
};
use serde_json::{Value, json};

fn number(n: usize) -> String {
    format!("+1999{n:07}")
}

/// So many contacts that share one `created_at`.
fn shared(count: usize, time: &str) -> impl Iterator<Item = Value> {
    (0..count).map(move |n| json!({"phone": number(n), "created_at": time}))
}

/// The sandbox, and its contacts without retries: what fails is to be seen.
fn start(builder: SandboxBuilder) -> (Sandbox, Contacts) {
    let sandbox = builder.start().expect("a sandbox");
    let client = sendblue_contacts::Client::builder()
        .credentials(sendblue_contacts::Credentials::key_pair("sandbox-key", "sandbox-secret").expect("valid"))
        .base_url(sandbox.url())
        .max_retries(0)
        .build()
        .expect("valid");
    (sandbox, client.contacts())
}

/// The numbers of all contacts that come, and the error at the end if there is one.
async fn walk(stream: &mut ContactStream) -> (Vec<String>, Option<Error>) {
    let mut numbers = Vec::new();
    while let Some(contact) = stream.next().await {
        match contact {
            Ok(contact) => numbers.push(contact.phone.expect("a number")),
            Err(error) => {
                assert!(stream.next().await.is_none(), "fused");
                return (numbers, Some(error));
            }
        }
    }
    assert!(stream.next().await.is_none(), "fused");
    (numbers, None)
}

fn sent(sandbox: &Sandbox) -> Vec<String> {
    sandbox.requests().iter().map(|request| request.query().unwrap_or_default().to_owned()).collect()
}

/// As it came over the wire.
async fn listed(contacts: &Contacts) -> Vec<Value> {
    let asc = OrderDirection::Asc;
    contacts.list().order_direction(asc).limit(1000).send_raw().await.expect("a page").json().expect("a list")
}

#[tokio::test]
async fn it_asks_for_those_created_since_the_last_one() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(5));
    let (numbers, error) = walk(&mut contacts.list().limit(3).stream()).await;
    assert!(error.is_none());
    assert_eq!(numbers, (0..5).map(|n| format!("+1200555010{n}")).collect::<Vec<_>>());
    assert_eq!(
        sent(&sandbox),
        [
            "limit=3&order_by=created_at&order_direction=asc",
            "created_at_gte=2025-01-01T00%3A00%3A00.002Z&limit=3&order_by=created_at&order_direction=asc",
            "created_at_gte=2025-01-01T00%3A00%3A00.004Z&limit=3&order_by=created_at&order_direction=asc",
            // Whether there are contacts without a time after all others.
            "limit=3&offset=4&order_by=created_at&order_direction=asc",
        ]
    );
}

#[tokio::test]
async fn the_filters_hold_for_each_page() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let since = "2025-01-01T00:00:00.006Z".parse().expect("a time");
    let mut stream = contacts.list().created_at_gte(since).limit(2).query("beta", "1").header("x-trace", "7").stream();
    let (numbers, error) = walk(&mut stream).await;
    assert!(error.is_none());
    assert_eq!(numbers.len(), 4);
    for request in sandbox.requests() {
        let query = request.query().expect("a query");
        assert!(query.contains("created_at_gte=2025-01-01T00%3A00%3A00.00") && query.ends_with("&beta=1"), "{query}");
        assert_eq!(request.headers()["x-trace"], "7");
    }

    let (numbers, error) = walk(&mut contacts.list().phone_number("+12005550107").stream()).await;
    assert!(error.is_none());
    assert_eq!(numbers, ["+12005550107"]);
}

#[tokio::test]
async fn a_hundred_thousand_arrive_once_and_in_order() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(100_000));
    let (numbers, error) = walk(&mut contacts.list().stream().check_count(true)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.len(), 100_000);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 100_000);
    // A contact of each page is that of the one before; two counts.
    assert_eq!(sandbox.requests().len(), 102 + 2);
}

#[tokio::test]
async fn eleven_thousand_can_share_a_time_and_one_more_is_an_error() {
    for over_offset in [OverOffset::Clamp, OverOffset::Refuse] {
        for later in [0, 1, 2_500] {
            let at_once = shared(11_000, "2026-05-09T00:00:00Z");
            let (sandbox, contacts) = start(Sandbox::builder().contacts(at_once).over_offset(over_offset));
            for n in 0..later {
                sandbox
                    .insert(json!({"phone": number(20_000 + n), "created_at": format!("2026-06-01T00:00:00.{n:06}Z")}))
                    .expect("a contact");
            }
            let (numbers, error) = walk(&mut contacts.list().stream().check_count(true)).await;
            assert!(error.is_none(), "{over_offset:?} {later}: {error:?}");
            assert_eq!(numbers.len(), 11_000 + later);
            assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        }

        let at_once = shared(11_001, "2026-05-09T00:00:00Z");
        let (sandbox, contacts) = start(Sandbox::builder().contacts(at_once).over_offset(over_offset));
        sandbox.insert(json!({"phone": number(20_000), "created_at": "2026-06-01T00:00:00Z"})).expect("a contact");
        let (numbers, error) = walk(&mut contacts.list().stream()).await;
        let error = error.expect("not all can be listed");
        assert!(error.is_incomplete() && !error.is_decode(), "{error:?}");
        assert_eq!(
            error.to_string(),
            "contacts.list: the list cannot be shown to be complete: so many contacts share one `created_at` that the \
             service may not list them all"
        );
        assert_eq!(numbers.len(), 11_000);
        for request in sandbox.requests() {
            assert_eq!(request.status(), 200, "{:?}", request.query());
        }
    }
}

#[tokio::test]
async fn small_pages_reach_as_far_as_large_ones() {
    let (_sandbox, contacts) = start(Sandbox::builder().contacts(shared(10_500, "2026-05-09T00:00:00Z")));
    let (numbers, error) = walk(&mut contacts.list().limit(100).stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 10_500);
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(30));
    let refused = || Fault::status(429).header("retry-after-ms", "1").operation("contacts.list");
    sandbox.fail_next(refused().times(6));
    let (numbers, error) = walk(&mut contacts.list().limit(10).stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.len(), 30);

    // Seven times in a row, or for too long.
    for fault in [refused().times(7), Fault::status(429).header("retry-after", "61")] {
        sandbox.fail_next(fault);
        let mut stream = contacts.list().limit(10).stream();
        let (numbers, error) = walk(&mut stream).await;
        assert!(numbers.is_empty() && error.expect("an error").is_rate_limited());
    }
}

#[tokio::test]
async fn what_is_deleted_between_two_pages_takes_nobody_with_it() {
    // Ten at one time, then ten a second apart.
    let all = || {
        shared(10, "2026-05-09T00:00:00Z")
            .chain((10..20).map(|n| json!({"phone": number(n), "created_at": format!("2026-05-09T00:01:{n}Z")})))
    };
    for (name, after, deleted) in [
        ("before the last one given", 7, 0..3),
        ("the last one given and those before it", 7, 0..7),
        ("the last one given", 7, 6..7),
        ("of those at the same time, given or not", 5, 2..8),
        ("where times differ", 14, 8..14),
        ("the last one given, where times differ", 14, 13..14),
        ("all given so far", 16, 0..16),
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
            let given: BTreeSet<_> = numbers.iter().cloned().collect();
            assert_eq!(given.len(), numbers.len(), "{name}, {limit}: twice");
            assert!(stayed.is_subset(&given), "{name}, {limit}: {:?}", stayed.difference(&given));
        }
    }
}

#[tokio::test]
async fn contacts_without_a_time_are_given_where_they_can_be_reached() {
    let undated = |count: usize| (0..count).map(|n| json!({"phone": number(n)}));
    for (placement, count, dated, all_arrive) in [
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
        let (numbers, error) = walk(&mut contacts.list().stream()).await;
        assert!(error.is_none(), "{error:?}");
        let expected = if all_arrive { count + dated } else { dated };
        assert_eq!(numbers.len(), expected, "{placement:?} {count} {dated}");
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), expected);

        let (_, error) = walk(&mut contacts.list().stream().check_count(true)).await;
        assert_eq!(error.is_some(), !all_arrive, "the service's count tells");
    }

    let (_sandbox, contacts) = start(Sandbox::builder().contacts(undated(11_001)).undated(Undated::First));
    let (numbers, error) = walk(&mut contacts.list().stream()).await;
    assert_eq!(numbers.len(), 11_000);
    assert!(
        error
            .expect("not all")
            .to_string()
            .ends_with("so many contacts have no `created_at` that the service may not list them all")
    );
}

#[tokio::test]
async fn a_contact_that_cannot_be_decoded_is_an_error_of_its_own() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(6));
    let mut page = listed(&contacts).await;
    page[2]["tags"] = json!(["canary", null]);
    page[5]["first_name"] = json!({"canary": 7});
    sandbox.fail_next(Fault::status(200).header("x-page", "1").body(Value::from(page.clone()).to_string()));

    let mut stream = contacts.list().limit(6).stream();
    let mut seen = Vec::new();
    while let Some(contact) = stream.next().await {
        seen.push(match contact {
            Ok(contact) => contact.phone.expect("a number"),
            Err(error) => {
                assert!(error.is_element() && error.is_decode() && !error.is_incomplete());
                let index = error.index().expect("a place");
                assert_eq!(serde_json::from_slice::<Value>(error.body().expect("bytes")).expect("JSON"), page[index]);
                assert_eq!(error.headers().expect("the page's")["x-page"], "1");
                assert!(!format!("{error} {error:?}").contains("canary"));
                format!("{index} {error}")
            }
        });
    }
    let bad = |index: usize, line: &str| {
        format!(
            "{index} contacts.list: contact {index} of a page is not what the API describes: a value has the wrong type, at {line}"
        )
    };
    assert_eq!(
        seen.iter().map(String::as_str).collect::<Vec<_>>()[..2],
        ["+12005550100", "+12005550101"],
        "those before it"
    );
    assert!(seen[2].starts_with(&bad(2, "line 1 column ")), "{}", seen[2]);
    assert!(seen[2].ends_with(" (`tags[1]`)"), "{}", seen[2]);
    assert_eq!(seen[3..5], ["+12005550103", "+12005550104"], "and those after it");
    assert!(seen[5].ends_with(" (`first_name`)"), "{}", seen[5]);
    assert_eq!(seen.len(), 6, "the last one has been passed, and is not given again when it can be decoded");

    // By the page, it divides one.
    sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()));
    let mut pages = contacts.list().limit(6).pages();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.map(|contacts| contacts.len()).map_err(|error| error.index()));
    }
    assert_eq!(sizes, [Ok(2), Err(Some(2)), Ok(2), Err(Some(5))]);
}

#[tokio::test]
async fn a_contact_without_place_or_identity_ends_the_stream() {
    for (field, value, is_element) in [
        ("created_at", json!("yesterday"), true),
        ("created_at", json!(1_735_689_600), true),
        ("contact_id", Value::Null, false),
        ("contact_id", json!(7), true),
    ] {
        let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(4));
        let mut page = listed(&contacts).await;
        page[2][field] = value;
        page[2].as_object_mut().expect("an object").remove("phone");
        sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()));
        let mut stream = contacts.list().stream();
        for _ in 0..2 {
            assert!(stream.next().await.expect("an item").is_ok());
        }
        if is_element {
            assert_eq!(stream.next().await.expect("an item").expect_err("not decodable").index(), Some(2));
        }
        let error = stream.next().await.expect("an item").expect_err("the end");
        assert!(error.is_incomplete(), "{error:?}");
        assert!(stream.next().await.is_none());
        // What came before it has been given: that is where the cursor is.
        let (rest, error) = walk(&mut contacts.list().stream().resume(stream.cursor())).await;
        assert!(error.is_none());
        assert_eq!(rest, ["+12005550102", "+12005550103"]);
    }
}

#[tokio::test]
async fn a_page_that_is_no_list_is_an_error_and_the_stream_can_be_resumed() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let mut stream = contacts.list().limit(4).stream().prefetch(false);
    for _ in 0..4 {
        stream.next().await.expect("an item").expect("a contact");
    }
    sandbox.fail_next(Fault::status(200).body(r#"{"contacts": []}"#));
    let (numbers, error) = walk(&mut stream).await;
    let error = error.expect("no list");
    assert!(numbers.is_empty() && error.is_decode() && !error.is_element(), "{error:?}");

    let (numbers, error) = walk(&mut contacts.list().limit(4).stream().resume(stream.cursor())).await;
    assert!(error.is_none());
    assert_eq!(numbers, (4..10).map(|n| format!("+1200555010{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_order_that_is_not_the_one_asked_for_is_an_error() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let mut newest_first = listed(&contacts).await;
    newest_first.reverse();
    sandbox.fail_next(Fault::status(200).body(Value::from(newest_first).to_string()));
    let (numbers, error) = walk(&mut contacts.list().stream()).await;
    assert!(numbers.is_empty());
    assert!(error.expect("the end").to_string().contains("not in the order of `created_at`"));

    // One that heeds neither time nor offset: the same contacts for ever, in whichever order.
    let page = listed(&contacts).await;
    sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()).times(100_000));
    let (numbers, error) = walk(&mut contacts.list().limit(10).stream()).await;
    assert_eq!(numbers.len(), 10);
    assert!(error.expect("the end").is_incomplete());
    let sent = sandbox.requests().len();
    assert!(sent < 50, "{sent} requests");
}

#[tokio::test]
async fn the_count_is_checked_before_and_after() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    let count = |count: u64| Fault::status(200).body(json!({"count": count}).to_string()).operation("contacts.count");

    for (before, after, is_complete) in [(25, 25, true), (26, 25, true), (25, 26, true), (30, 26, false)] {
        sandbox.fail_next(count(before));
        sandbox.fail_next(count(after));
        let (numbers, error) = walk(&mut contacts.list().limit(10).stream().check_count(true)).await;
        assert_eq!(numbers.len(), 25);
        assert_eq!(error.is_none(), is_complete, "{before} {after} {error:?}");
        if let Some(error) = error {
            assert!(error.is_incomplete());
            let text = "it had 25 contacts, but the service counted 30 before it and 26 after it";
            assert!(error.to_string().ends_with(text), "{error}");
        }
    }

    // A resumed stream counts what the one before it gave.
    let mut stream = contacts.list().limit(10).stream();
    for _ in 0..13 {
        stream.next().await.expect("an item").expect("a contact");
    }
    let (numbers, error) =
        walk(&mut contacts.list().limit(10).stream().resume(stream.cursor()).check_count(true)).await;
    assert!(error.is_none());
    assert_eq!(numbers.len(), 12);
}

#[tokio::test]
async fn what_does_not_fit_is_named_before_anything_is_sent() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    let list = || contacts.list();
    let since = "2025-01-01T00:00:00Z".parse().expect("a time");
    let cursor = list().created_at_gte(since).stream().cursor();
    for (stream, field) in [
        (list().order_by(OrderBy::PHONE).stream(), "order_by: is not that of a stream"),
        (list().order_direction(OrderDirection::Desc).stream(), "order_direction: is not that of a stream"),
        (list().offset(0).stream(), "offset: is the stream's own"),
        (list().limit(1).stream(), "limit: is 1"),
        (list().limit(1001).stream(), "limit: is above 1000"),
        (list().phone_number("415").stream(), "phone_number: "),
        (list().created_at_gte(since).stream().check_count(true), "check_count: compares with all contacts"),
        (list().cid("7").stream().check_count(true), "check_count: compares with all contacts"),
        (list().query("tag", "vip").stream().check_count(true), "check_count: compares with all contacts"),
        (list().stream().total_limit(5).check_count(true), "check_count: compares with all contacts"),
        (list().stream().resume(cursor.clone()), "resume: is of a list with other filters"),
        (list().cid("7").created_at_gte(since).stream().resume(cursor), "resume: is of a list with other filters"),
    ] {
        let mut stream = stream;
        let (numbers, error) = walk(&mut stream).await;
        let error = error.expect(field);
        assert!(numbers.is_empty() && error.is_input(), "{error:?}");
        assert!(error.to_string().starts_with(&format!("contacts.list: {field}")), "{error}");
    }
    assert!(sandbox.requests().is_empty());

    // The order that it has may be said.
    let asc = list().order_by(OrderBy::CREATED_AT).order_direction(OrderDirection::Asc);
    assert_eq!(walk(&mut asc.stream()).await.0.len(), 25);

    let mut begun = list().stream();
    begun.next().await.expect("an item").expect("a contact");
    let (_, error) = walk(&mut begun.total_limit(5)).await;
    assert!(error.expect("too late").to_string().contains("total_limit: is set on a stream that has begun"));
}

#[tokio::test]
async fn a_total_limit_asks_for_no_page_too_many() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    for (total, requests) in [(0, 0), (1, 1), (10, 1), (11, 2), (19, 2), (20, 3), (1000, 5)] {
        sandbox.clear_requests();
        let (numbers, error) = walk(&mut contacts.list().limit(10).stream().total_limit(total)).await;
        assert!(error.is_none());
        assert_eq!((numbers.len() as u64, sandbox.requests().len()), (total.min(25), requests), "{total}");
    }
    let mut pages = contacts.list().limit(10).pages().total_limit(12);
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.expect("a page").len());
    }
    assert_eq!(sizes, [10, 2]);
}

#[tokio::test]
async fn the_next_page_is_asked_for_ahead_and_no_more_than_one() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(50));
    for (prefetch, requests) in [(true, 2), (false, 1)] {
        sandbox.clear_requests();
        let mut stream = contacts.list().limit(10).stream().prefetch(prefetch);
        stream.next().await.expect("an item").expect("a contact");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(sandbox.requests().len(), requests, "prefetch: {prefetch}");
    }
}

#[tokio::test]
async fn whoever_takes_long_lets_no_page_time_out() {
    let (_sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(30).latency(Duration::from_millis(100)));
    let list = contacts.list().limit(10).timeout(Duration::from_millis(400));
    let mut pages = list.pages();
    let mut listed = 0;
    while let Some(page) = pages.next().await {
        listed += page.expect("a page").len();
        tokio::time::sleep(Duration::from_millis(800)).await;
    }
    assert_eq!(listed, 30);
}

#[tokio::test]
async fn a_stream_that_is_dropped_asks_for_nothing_more() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(50).latency(Duration::from_millis(100)));
    let mut stream = contacts.list().limit(10).max_retries(5).stream();
    sandbox.fail_next(Fault::status(200).body(Value::from(listed(&contacts).await[..10].to_vec()).to_string()));
    sandbox.clear_requests();
    stream.next().await.expect("an item").expect("a contact");
    // The page that was asked for ahead would be asked for again and again.
    sandbox.fail_next(Fault::status(503).times(10));
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(stream);
    let sent = sandbox.requests().len();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(sandbox.requests().len() <= sent + 1, "{} after {sent}", sandbox.requests().len());
}

#[tokio::test]
async fn a_cursor_holds_no_number_and_goes_on_anywhere() {
    let all: Vec<Value> = shared(7, "2026-05-09T00:00:00Z").chain([json!({"phone": number(8)})]).collect();
    for placement in [Undated::First, Undated::Last] {
        let (_sandbox, contacts) =
            start(Sandbox::builder().contacts(all.clone()).synthetic_contacts(10).undated(placement));
        let (whole, _) = walk(&mut contacts.list().limit(4).stream()).await;
        assert_eq!(whole.len(), 18);
        for given in 0..=18 {
            let mut stream = contacts.list().limit(4).stream();
            let mut numbers = Vec::new();
            for _ in 0..given {
                numbers.push(stream.next().await.expect("an item").expect("a contact").phone.expect("a number"));
            }
            let saved = serde_json::to_string(&stream.cursor()).expect("JSON");
            assert!(!saved.contains("1999") && !saved.contains("555"), "{saved}");
            let cursor: Cursor = serde_json::from_str(&saved).expect("a cursor");
            assert_eq!(cursor, stream.cursor());
            // Another size of page is the same list.
            let (rest, error) = walk(&mut contacts.list().limit(3).stream().resume(cursor)).await;
            assert!(error.is_none());
            numbers.extend(rest);
            assert_eq!(numbers, whole, "{placement:?}, after {given}");
        }
    }
}

#[test]
fn a_cursor_of_another_version_is_refused() {
    let error =
        serde_json::from_value::<Cursor>(json!({"version": 2, "filters": "0", "passed": 0})).expect_err("unknown");
    assert!(error.to_string().contains("version"), "{error}");
}

/// So that combinators of others can be used on it, in any task.
#[test]
fn a_stream_is_one_that_can_be_sent() {
    fn check<T: Stream<Item = Result<I, Error>> + Send + Unpin + 'static, I>() {}
    check::<ContactStream, Contact>();
    check::<ContactStream<Vec<Contact>>, Vec<Contact>>();
}

/// What happens before a contact is taken.
#[derive(Clone, Copy, Debug)]
enum Event {
    Insert,
    /// The contact at this place.
    Delete(usize),
    /// The last one given.
    DeleteBoundary,
    /// So many of the next requests fail.
    Fault(usize),
}

#[derive(Clone, Debug)]
struct Schedule {
    /// The second at which each was created, if any is known.
    times: Vec<Option<u32>>,
    limit: u32,
    prefetch: bool,
    clamp: bool,
    undated_first: bool,
    /// Before how many contacts were given.
    events: Vec<(usize, Event)>,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let time = prop_oneof![9 => (0_u32..8).prop_map(Some), 1 => Just(None)];
    let event = prop_oneof![
        Just(Event::Insert),
        (0_usize..40).prop_map(Event::Delete),
        Just(Event::DeleteBoundary),
        (1_usize..3).prop_map(Event::Fault)
    ];
    (
        proptest::collection::vec(time, 0..40),
        2_u32..9,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec((0_usize..40, event), 0..8),
    )
        .prop_map(|(times, limit, prefetch, clamp, undated_first, events)| Schedule {
            times,
            limit,
            prefetch,
            clamp,
            undated_first,
            events,
        })
}

async fn run(schedule: Schedule) {
    let created = |second: u32| format!("2026-05-09T00:00:{second:02}Z");
    let contact = |(n, second): (usize, &Option<u32>)| match second {
        Some(second) => json!({"phone": number(n), "created_at": created(*second)}),
        None => json!({"phone": number(n)}),
    };
    let builder = Sandbox::builder()
        .contacts(schedule.times.iter().enumerate().map(contact))
        .over_offset(if schedule.clamp { OverOffset::Clamp } else { OverOffset::Refuse })
        .undated(if schedule.undated_first { Undated::First } else { Undated::Last });
    let (sandbox, contacts) = start(builder);
    let mut stayed: BTreeSet<String> = (0..schedule.times.len()).map(number).collect();
    let mut next = schedule.times.len();
    let list = || contacts.list().limit(schedule.limit).stream().prefetch(schedule.prefetch);
    let mut stream = list();
    let mut given: Vec<String> = Vec::new();
    let mut events = schedule.events.clone();
    loop {
        while let Some(place) = events.iter().position(|(before, _)| *before <= given.len()) {
            let deleted = match events.swap_remove(place).1 {
                Event::Insert => {
                    sandbox.insert(json!({"phone": number(next), "created_at": created(8)})).expect("a contact");
                    next += 1;
                    None
                }
                Event::Delete(n) => Some(number(n)),
                Event::DeleteBoundary => given.last().cloned(),
                Event::Fault(times) => {
                    sandbox.fail_next(Fault::status(503).operation("contacts.list").times(times));
                    None
                }
            };
            if let Some(number) = deleted {
                sandbox.remove(&number);
                stayed.remove(&number);
            }
        }
        match stream.next().await {
            Some(Ok(contact)) => given.push(contact.phone.expect("a number")),
            Some(Err(error)) => {
                assert!(error.is_server_error(), "{error:?}");
                let saved = serde_json::to_string(&stream.cursor()).expect("JSON");
                stream = list().resume(serde_json::from_str(&saved).expect("a cursor"));
            }
            None => break,
        }
    }
    let once: BTreeSet<String> = given.iter().cloned().collect();
    assert_eq!(once.len(), given.len(), "given twice: {given:?}");
    assert!(stayed.is_subset(&once), "lost: {:?}", stayed.difference(&once).collect::<Vec<_>>());
}

#[test]
fn nobody_is_lost_and_nobody_comes_twice() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 250, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&schedule(), |schedule| {
            runtime.block_on(run(schedule));
            Ok(())
        })
        .expect("what is promised");
}
