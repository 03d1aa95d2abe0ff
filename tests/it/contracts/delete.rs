//! `contacts.delete`

use super::{Answer, Case, Sends, check, json};

const SENDS: Sends = Sends { method: "DELETE", target: "/api/v2/contacts/+14155550100", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { json(contacts.delete("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("deleted"), body: r#"{"status": "OK"}"# },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { json(contacts.delete("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 204, example: None, body: "" },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { json(contacts.delete("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: None, body: " \r\n" },
        gives: Ok("null"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
