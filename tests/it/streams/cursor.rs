//! Cursors that are saved and resumed.

use sendblue_contacts::{
    sandbox::{Sandbox, Undated},
    stream::Cursor,
};
use serde_json::{Value, json};

use super::{collect, number, start, tied};

#[tokio::test]
async fn resumes_after_any_contact_from_a_cursor_without_phone_numbers() {
    let all: Vec<Value> = tied(7, "2026-05-09T00:00:00Z").chain([json!({"phone": number(8)})]).collect();
    for placement in [Undated::First, Undated::Last] {
        let (_sandbox, contacts) =
            start(Sandbox::builder().contacts(all.clone()).synthetic_contacts(10).undated(placement));
        let (whole, _) = collect(&mut contacts.list().limit(4).stream()).await;
        assert_eq!(whole.len(), 18);
        for count in 0..=18 {
            let mut stream = contacts.list().limit(4).stream();
            let mut numbers = Vec::new();
            for _ in 0..count {
                numbers.push(stream.next().await.expect("an item").expect("a contact").phone.expect("a number"));
            }
            let saved = serde_json::to_string(&stream.cursor()).expect("JSON");
            assert!(!saved.contains("1999") && !saved.contains("555"), "{saved}");
            let cursor: Cursor = serde_json::from_str(&saved).expect("a cursor");
            assert_eq!(cursor, stream.cursor());
            // The page size may differ.
            let (rest, error) = collect(&mut contacts.list().limit(3).stream().resume(cursor)).await;
            assert!(error.is_none());
            numbers.extend(rest);
            assert_eq!(numbers, whole, "{placement:?}, after {count}");
        }
    }
}

#[test]
fn rejects_a_cursor_of_an_unknown_version() {
    let error =
        serde_json::from_value::<Cursor>(json!({"version": 2, "filters": "0", "passed": 0})).expect_err("unknown");
    assert!(error.to_string().contains("version"), "{error}");
}

#[tokio::test]
async fn belongs_to_a_list_with_the_same_extra_query_parameters() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(4));
    let list =
        |query: &[(&str, &str)]| query.iter().fold(contacts.list(), |list, (name, value)| list.query(*name, *value));
    let cursor = list(&[("tag", "vip"), ("beta", "1")]).stream().cursor();
    let (numbers, error) = collect(&mut list(&[("beta", "1"), ("tag", "vip")]).stream().resume(cursor.clone())).await;
    assert!(error.is_none() && numbers.len() == 4);
    sandbox.clear_requests();
    for other in [
        &[][..],
        &[("tag", "vip")],
        &[("tag", "vip"), ("beta", "2")],
        &[("tag", "vip"), ("beta", "1"), ("beta", "1")],
        &[("tagvip", ""), ("beta", "1")],
    ] {
        let (numbers, error) = collect(&mut list(other).stream().resume(cursor.clone())).await;
        let error = error.expect("an input error");
        assert!(numbers.is_empty() && error.field() == Some("resume"), "{error:?}");
    }
    assert!(sandbox.requests().is_empty());
}
