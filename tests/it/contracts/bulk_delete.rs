//! `contacts.bulk.delete`

use super::{Case, Request, Response, check, to_json};

const REQUEST: Request = Request {
    method: "DELETE",
    target: "/api/v2/contacts",
    body: Some(("two", r#"{"contact_ids": ["+14155550100", "+14155550101"]}"#)),
};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { to_json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        request: REQUEST,
        response: Response { status: 200, example: Some("deleted"), body: r#"{"status": "OK", "amount": 2}"# },
        returns: Ok("2"),
    },
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { to_json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        request: REQUEST,
        response: Response { status: 200, example: Some("nulls"), body: r#"{"status": null, "amount": null}"# },
        returns: Ok("null"),
    },
    Case {
        operation: "contacts.bulk.delete",
        call: |contacts| {
            Box::pin(async move { to_json(contacts.bulk().delete(["+14155550100", "+14155550101"]).send().await) })
        },
        request: REQUEST,
        response: Response { status: 204, example: None, body: "" },
        returns: Ok("null"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
