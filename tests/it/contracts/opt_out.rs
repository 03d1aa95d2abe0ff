//! `contacts.opt_out`

use super::{Answer, Case, Sends, check, json};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.opt_out",
        call: |contacts| Box::pin(async move { json(contacts.opt_out("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_out", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer {
            status: 200,
            example: Some("opted_out"),
            body: r#"{"status": "OK", "number": "+14155550100", "opted_out": true}"#,
        },
        gives: Ok(r#"{"status": "OK", "number": "+14155550100", "opted_out": true}"#),
    },
    Case {
        operation: "contacts.opt_out",
        call: |contacts| Box::pin(async move { json(contacts.opt_out("+14155550100").opted_out(false).send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_in", r#"{"number": "+14155550100", "opted_out": false}"#)),
        },
        answer: Answer {
            status: 200,
            example: Some("nulls"),
            body: r#"{"status": null, "number": null, "opted_out": null}"#,
        },
        gives: Ok("{}"),
    },
    Case {
        operation: "contacts.opt_out",
        call: |contacts| Box::pin(async move { json(contacts.opt_out("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_out", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer { status: 204, example: None, body: "" },
        gives: Ok("{}"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
