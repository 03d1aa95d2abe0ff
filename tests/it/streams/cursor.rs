//! Cursors that are saved and resumed.

use sendblue_contacts::{
    Client, Contacts, Credentials, ErrorKind, Outcome,
    sandbox::{DEFAULT_SECRET_KEY, Sandbox, Undated},
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
            assert!(!saved.contains("+1") && !saved.contains("19990000") && !saved.contains("200555010"), "{saved}");
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

/// Returns the contacts of a sandbox with these credentials.
fn contacts_with(sandbox: &Sandbox, credentials: Credentials) -> Contacts {
    let client = Client::builder().credentials(credentials).base_url(sandbox.url()).build();
    client.expect("valid").contacts()
}

#[tokio::test]
async fn a_cursor_of_another_account_or_host_is_an_error_before_any_request() {
    let (first, contacts) = start(Sandbox::builder().synthetic_contacts(5));
    let (second, other_host) = start(Sandbox::builder().synthetic_contacts(5));
    let mut stream = contacts.list().stream();
    stream.next().await.expect("an item").expect("a contact");
    let cursor = stream.cursor();
    drop(stream);

    let other_key = contacts_with(&first, Credentials::key_pair("other-key", DEFAULT_SECRET_KEY).expect("valid"));
    first.clear_requests();
    for other in [&other_host, &other_key] {
        let error = other.list().stream().resume(cursor.clone()).next().await.expect("an item").expect_err("other");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::OtherAccount, Outcome::NotSent));
        assert!(error.to_string().contains("cursor: belongs to another account"), "{error}");
        let error = other.list().pages().resume(cursor.clone()).next().await.expect("an item").expect_err("other");
        assert_eq!(error.kind(), ErrorKind::OtherAccount);
    }
    assert!(first.requests().is_empty() && second.requests().is_empty());

    // The sandbox counts as the same account under another host name.
    let (rest, error) = collect(&mut other_host.list().stream().resume(cursor.clone()).accept_account()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(rest.len(), 4);
    let mut accepted = other_host.list().stream().accept_account().resume(cursor);
    accepted.next().await.expect("an item").expect("a contact");
    let renewed = accepted.cursor();
    drop(accepted);
    other_host.list().stream().resume(renewed).next().await.expect("an item").expect("the new account");
}

#[tokio::test]
async fn a_cursor_with_a_bearer_token_needs_an_account_label() {
    let sandbox = Sandbox::builder().synthetic_contacts(5).bearer_token("token").start().expect("a sandbox");
    let token = Credentials::bearer("token").expect("valid");
    let labelled = contacts_with(&sandbox, token.clone().account_label("crm").expect("a label"));
    let unlabelled = contacts_with(&sandbox, token);
    let mut cursors = Vec::new();
    for contacts in [&labelled, &unlabelled] {
        let mut stream = contacts.list().stream();
        stream.next().await.expect("an item").expect("a contact");
        cursors.push(stream.cursor());
    }
    for cursor in &cursors {
        let error = unlabelled.list().stream().resume(cursor.clone()).next().await.expect("an item");
        assert_eq!(error.expect_err("no label").field(), Some("account_label"));
    }
    let [with_label, without_label] = &cursors[..] else { panic!() };
    labelled.list().stream().resume(with_label.clone()).next().await.expect("an item").expect("the same account");
    let error = labelled.list().stream().resume(without_label.clone()).next().await.expect("an item");
    assert_eq!(error.expect_err("an unknown account").kind(), ErrorKind::OtherAccount);
    let accepted = unlabelled.list().stream().resume(without_label.clone()).accept_account();
    assert_eq!(collect(&mut { accepted }).await.0.len(), 4);
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
