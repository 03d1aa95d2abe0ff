//! `contacts.delete`

use super::{Case, Request, Response, check, to_json};

const REQUEST: Request = Request { method: "DELETE", target: "/api/v2/contacts/+14155550100", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("deleted"), body: r#"{"status": "OK"}"# },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 204, example: None, body: "" },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: " \r\n" },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"error": "No such contact"}"# },
        returns: Err("the service reported an error"),
    },
    Case {
        operation: "contacts.delete",
        call: |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"success": false}"# },
        returns: Err("the service reported an error"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
