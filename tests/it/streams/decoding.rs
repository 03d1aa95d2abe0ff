//! Pages and contacts that fail to decode.

use sendblue_contacts::{
    ErrorKind,
    sandbox::{Fault, Sandbox},
};
use serde_json::{Value, json};

use super::{collect, raw_page, start};

#[tokio::test]
async fn continues_after_a_contact_that_fails_to_decode() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(6));
    let mut page = raw_page(&contacts).await;
    page[2]["tags"] = json!(["canary", null]);
    page[5]["first_name"] = json!({"canary": 7});
    sandbox.fail_next(Fault::status(200).header("x-page", "1").body(Value::from(page.clone()).to_string()));

    let mut stream = contacts.list().limit(6).stream();
    let mut seen = Vec::new();
    while let Some(contact) = stream.next().await {
        seen.push(match contact {
            Ok(contact) => contact.phone.expect("a number"),
            Err(error) => {
                assert!(error.kind() == ErrorKind::Element && error.is_decode() && !error.is_incomplete());
                let index = error.index().expect("an index");
                assert_eq!(serde_json::from_slice::<Value>(error.body().expect("bytes")).expect("JSON"), page[index]);
                assert_eq!(error.headers().expect("the headers of the page")["x-page"], "1");
                assert!(!format!("{error} {error:?}").contains("canary"));
                format!("{index} {error}")
            }
        });
    }
    let bad = |index: usize, line: &str| {
        format!(
            "{index} contacts.list: contact {index} of the page does not match the API reference: wrong type at {line}"
        )
    };
    assert_eq!(
        seen.iter().map(String::as_str).collect::<Vec<_>>()[..2],
        ["+12005550100", "+12005550101"],
        "contacts before the error"
    );
    assert!(seen[2].starts_with(&bad(2, "line 1 column ")), "{}", seen[2]);
    assert!(seen[2].ends_with(" (`tags[1]`)"), "{}", seen[2]);
    assert_eq!(seen[3..5], ["+12005550103", "+12005550104"], "contacts after the error");
    assert!(seen[5].ends_with(" (`first_name`)"), "{}", seen[5]);
    assert_eq!(seen.len(), 6, "a contact that failed to decode is passed, not yielded again");

    // Each contact that fails to decode ends a page.
    sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()));
    let mut pages = contacts.list().limit(6).pages();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.map(|contacts| contacts.len()).map_err(|error| error.index()));
    }
    assert_eq!(sizes, [Ok(2), Err(Some(2)), Ok(2), Err(Some(5))]);
}

#[tokio::test]
async fn ends_at_a_contact_without_place_or_identity() {
    for (field, value, is_element) in [
        ("created_at", json!("yesterday"), true),
        ("created_at", json!(1_735_689_600), true),
        ("contact_id", Value::Null, false),
        ("contact_id", json!(7), true),
    ] {
        let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(4));
        let mut page = raw_page(&contacts).await;
        page[2][field] = value;
        page[2].as_object_mut().expect("an object").remove("phone");
        sandbox.fail_next(Fault::status(200).body(Value::from(page).to_string()));
        let mut stream = contacts.list().stream();
        for _ in 0..2 {
            assert!(stream.next().await.expect("an item").is_ok());
        }
        if is_element {
            assert_eq!(stream.next().await.expect("an item").expect_err("a decode error").index(), Some(2));
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
