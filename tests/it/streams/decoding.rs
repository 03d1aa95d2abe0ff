//! Pages and contacts that fail to decode.

use std::time::{Duration, Instant};

use sendblue_contacts::{
    ErrorKind, OrderDirection,
    sandbox::{Fault, Sandbox},
};
use serde_json::{Value, json};

use super::{collect, raw_page, start};

#[tokio::test]
async fn an_odd_value_costs_its_property_and_no_contact() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(6));
    let mut page = raw_page(&contacts).await;
    page[1]["custom_variables"] = json!({"Plan": 7, "Address": {"canary": 1}});
    page[2]["tags"] = json!(["vip", null]);
    page[4]["first_name"] = json!({"canary": 7});
    page[5]["opt_out"] = json!("canary");
    sandbox.fail_next(Fault::status(200).body(Value::from(page.clone()).to_string()));

    let mut stream = contacts.list().limit(6).stream();
    let mut seen = Vec::new();
    while let Some(contact) = stream.next().await {
        seen.push(contact.expect("a contact"));
    }
    assert_eq!(seen.len(), 6);
    let unreadable: Vec<_> = seen.iter().map(|contact| contact.unreadable_fields().to_vec()).collect();
    assert_eq!(unreadable, [vec![], vec!["custom_variables"], vec![], vec![], vec!["first_name"], vec!["opt_out"]]);
    assert_eq!(seen[1].custom_variables.as_ref().expect("labels")["Plan"], "7");
    assert_eq!(seen[2].tags.as_deref(), Some(&["vip".to_owned()][..]));
    assert_eq!((seen[4].first_name.as_deref(), seen[4].last_name.is_some()), (None, true));
    assert!(seen[5].may_have_opted_out() && !seen[0].may_have_opted_out());
}

#[tokio::test]
async fn ends_at_a_contact_without_place_or_identity() {
    for (field, value) in [
        ("created_at", json!("yesterday")),
        ("contact_id", Value::Null),
        ("contact_id", json!({})),
        ("", json!("canary")),
    ] {
        let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(4));
        let mut page = raw_page(&contacts).await;
        let is_object = !field.is_empty();
        if is_object {
            page[2][field] = value;
            page[2].as_object_mut().expect("an object").remove("phone");
        } else {
            page[2] = value;
        }
        sandbox.fail_next(Fault::status(200).header("x-page", "1").body(Value::from(page).to_string()));
        let mut stream = contacts.list().stream();
        for _ in 0..2 {
            assert!(stream.next().await.expect("an item").is_ok());
        }
        if !is_object {
            let error = stream.next().await.expect("an item").expect_err("a decode error");
            assert!(error.kind() == ErrorKind::Element && error.is_decode() && !error.is_incomplete());
            assert_eq!((error.index(), error.body().map(|body| &body[..])), (Some(2), Some(&br#""canary""#[..])));
            assert_eq!(error.headers().expect("the headers of the page")["x-page"], "1");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
        let error = stream.next().await.expect("an item").expect_err("the final error");
        assert!(error.is_incomplete(), "{error:?}");
        assert!(stream.next().await.is_none());
        // The cursor is before that contact.
        let (rest, error) = collect(&mut contacts.list().stream().resume(stream.cursor())).await;
        assert!(error.is_none());
        assert_eq!(rest, ["+12005550102", "+12005550103"]);
    }
}

#[tokio::test]
async fn resumes_after_a_page_that_is_not_a_list() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let mut stream = contacts.list().limit(4).stream().prefetch(false);
    for _ in 0..4 {
        stream.next().await.expect("an item").expect("a contact");
    }
    sandbox.fail_next(Fault::status(200).body(r#"{"contacts": []}"#));
    let (numbers, error) = collect(&mut stream).await;
    let error = error.expect("a decode error");
    assert!(numbers.is_empty() && error.is_decode() && error.kind() != ErrorKind::Element, "{error:?}");

    let (numbers, error) = collect(&mut contacts.list().limit(4).stream().resume(stream.cursor())).await;
    assert!(error.is_none());
    assert_eq!(numbers, (4..10).map(|n| format!("+1200555010{n}")).collect::<Vec<_>>());
}

/// The elements are contacts, or not.
#[tokio::test]
async fn a_page_of_junk_ends_the_stream_at_its_first_element() {
    const SIZE: usize = 16 * 1024 * 1024 - 2;
    let contact = r#"{"phone":"+12005550100","created_at":"2026-05-09T00:00:00Z"}"#;
    for (before, junk, errors) in
        [(0, "1", 2), (1, "1", 2), (0, "null", 2), (0, "\"\"", 2), (0, "[]", 2), (0, "{}", 1), (1, "{}", 1)]
    {
        let mut elements = vec![contact; before].join(",");
        if before > 0 {
            elements.push(',');
        }
        elements += &format!("{junk},").repeat((SIZE - elements.len()) / (junk.len() + 1));
        let body = format!("[{}]", elements.trim_end_matches(','));
        let (sandbox, contacts) = start(Sandbox::builder());
        sandbox.fail_next(Fault::status(200).body(body));
        let started = Instant::now();
        let mut stream = contacts.list().timeout(Duration::from_secs(2)).stream();
        let mut items = Vec::new();
        while let Some(item) = stream.next().await {
            items.push(item);
        }
        let elapsed = started.elapsed();
        assert!(elapsed < Duration::from_secs(4), "{junk}: {elapsed:?}");
        let (contacts, failed): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
        assert_eq!((contacts.len(), failed.len()), (before, errors), "{junk}");
        let last = failed.into_iter().last().expect("an error").expect_err("the final error");
        assert!(last.is_incomplete(), "{last:?}");
    }
}

#[tokio::test]
async fn a_page_beyond_the_largest_limit_is_read_in_parts() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(2_500));
    let mut whole = Vec::new();
    for offset in [0, 1000, 2000] {
        let page = contacts.list().order_direction(OrderDirection::Asc).limit(1000).offset(offset);
        whole.extend(page.send_raw().await.expect("a page").json::<Vec<Value>>().expect("a list"));
    }
    assert_eq!(whole.len(), 2_500);
    sandbox.fail_next(Fault::status(200).body(Value::from(whole).to_string()));
    let (numbers, error) = collect(&mut contacts.list().stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.len(), 2_500);
}
