//! `contacts.opt_out`

use super::{Case, Request, Response, check, to_json};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.opt_out",
        call: |contacts| Box::pin(async move { to_json(contacts.opt_out("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_out", r#"{"number": "+14155550100"}"#)),
        },
        response: Response {
            status: 200,
            example: Some("opted_out"),
            body: r#"{"status": "OK", "number": "+14155550100", "opted_out": true}"#,
        },
        returns: Ok(r#"{"status": "OK", "number": "+14155550100", "opted_out": true}"#),
    },
    Case {
        operation: "contacts.opt_out",
        call: |contacts| {
            Box::pin(async move { to_json(contacts.opt_out("+14155550100").opted_out(false).send().await) })
        },
        request: Request {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_in", r#"{"number": "+14155550100", "opted_out": false}"#)),
        },
        response: Response {
            status: 200,
            example: Some("nulls"),
            body: r#"{"status": null, "number": null, "opted_out": null}"#,
        },
        returns: Ok("{}"),
    },
    Case {
        operation: "contacts.opt_out",
        call: |contacts| Box::pin(async move { to_json(contacts.opt_out("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts/opt-out",
            body: Some(("opt_out", r#"{"number": "+14155550100"}"#)),
        },
        response: Response { status: 204, example: None, body: "" },
        returns: Ok("{}"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
