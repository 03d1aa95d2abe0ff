//! `contacts.verify`

use super::{Case, Request, Response, check, to_json};

const REQUEST: Request =
    Request { method: "POST", target: "/api/v2/contacts/verify", body: Some(("one", r#"{"number": "+14155550100"}"#)) };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("sent"), body: r#"{"status": "OK"}"# },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("null"), body: r#"{"status": null, "message": null}"# },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response {
            status: 200,
            example: Some("unknown_number"),
            body: r#"{"status": "ERROR", "message": "No contact found for this number"}"#,
        },
        returns: Err("the service reported an error in a response with a success status; nothing was changed"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 204, example: None, body: "" },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: "<html>Welcome</html>" },
        returns: Err("not JSON at line 1 column 1; the request was carried out"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"error": "No such contact"}"# },
        returns: Err("the service reported an error"),
    },
    Case {
        operation: "contacts.verify",
        call: |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"success": false}"# },
        returns: Err("the service reported an error"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
