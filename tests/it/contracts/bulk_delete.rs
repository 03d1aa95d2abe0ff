//! `contacts.bulk.delete`

use super::{Answer, Case, Sends, check, json};

const SENDS: Sends = Sends {
    method: "DELETE",
    target: "/api/v2/contacts",
    body: Some(("two", r#"{"contact_ids": ["+14155550100", "+14155550101"]}"#)),
};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        sends: SENDS,
        answer: Answer { status: 200, example: Some("deleted"), body: r#"{"status": "OK", "amount": 2}"# },
        gives: Ok("2"),
    },
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        sends: SENDS,
        answer: Answer { status: 200, example: Some("nulls"), body: r#"{"status": null, "amount": null}"# },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        sends: SENDS,
        answer: Answer { status: 204, example: None, body: "" },
        gives: Ok("null"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
