//! `contacts.verify`

use super::{Answer, Case, Sends, check, json};

const SENDS: Sends =
    Sends { method: "POST", target: "/api/v2/contacts/verify", body: Some(("one", r#"{"number": "+14155550100"}"#)) };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("sent"), body: r#"{"status": "OK"}"# },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("null"), body: r#"{"status": null, "message": null}"# },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer {
            status: 200,
            example: Some("unknown_number"),
            body: r#"{"status": "ERROR", "message": "No contact found for this number"}"#,
        },
        gives: Err("the service reported an error, with a status of success; nothing was done"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 204, example: None, body: "" },
        gives: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: None, body: "<html>Welcome</html>" },
        gives: Err("it is not JSON, at line 1 column 1; by the status, the request was carried out"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
