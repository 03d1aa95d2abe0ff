//! `contacts.count`

use super::{Case, Request, Response, check, to_json};

const REQUEST: Request = Request { method: "GET", target: "/api/v2/contacts/count", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { to_json(contacts.count().send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("some"), body: r#"{"count": 250}"# },
        returns: Ok("250"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { to_json(contacts.count().send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("none"), body: r#"{"count": 0}"# },
        returns: Ok("0"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { to_json(contacts.count().send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("null"), body: r#"{"count": null}"# },
        returns: Err("missing field `count`; the request was carried out"),
    },
    Case {
        operation: "contacts.count",
        call: |contacts| Box::pin(async move { to_json(contacts.count().send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"status": "ERROR", "message": "Try later"}"# },
        returns: Err("the service reported an error"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
