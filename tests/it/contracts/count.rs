//! `contacts.count`

use super::{Answer, Case, Sends, check, json};

const SENDS: Sends = Sends { method: "GET", target: "/api/v2/contacts/count", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { json(contacts.count().send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("some"), body: r#"{"count": 250}"# },
        gives: Ok("250"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { json(contacts.count().send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("none"), body: r#"{"count": 0}"# },
        gives: Ok("0"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { json(contacts.count().send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("null"), body: r#"{"count": null}"# },
        gives: Err("it has no `count`; by the status, the request was carried out"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { json(contacts.count().send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: None, body: r#"{"status": "ERROR", "message": "Try later"}"# },
        gives: Err("the service reported an error"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
