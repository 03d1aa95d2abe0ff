//! `contacts.bulk.create`

use sendblue_contacts::NewContact;

use super::{CallResult, Case, Request, Response, check, to_json};
use std::{future::Future, pin::Pin};

const REQUEST: Request = Request {
    method: "POST",
    target: "/api/v2/contacts/bulk",
    body: Some((
        "two",
        r#"{
            "contacts": [
                {
                    "phone": "+14155550101",
                    "first_name": "Grace",
                    "last_name": "Hopper",
                    "company_name": "Compilers Ltd",
                    "tags": ["newsletter"],
                    "custom_variables": {"Plan": "Silver"}
                },
                {"phone": "+14155550102"}
            ]
        }"#,
    )),
};

const CALL: fn(sendblue_contacts::Contacts) -> Pin<Box<dyn Future<Output = CallResult>>> = |contacts| {
    Box::pin(async move {
        let create = contacts.bulk().create([
            NewContact::new("+14155550101")
                .expect("valid")
                .first_name("Grace")
                .last_name("Hopper")
                .company_name("Compilers Ltd")
                .tags(["newsletter"])
                .custom_variables([("Plan", "Silver")]),
            NewContact::new("+14155550102").expect("valid"),
        ]);
        to_json(create.send().await)
    })
};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.bulk.create",
        call: CALL,
        request: REQUEST,
        response: Response {
            status: 200,
            example: Some("created"),
            body: r#"{
                "status": "OK",
                "contacts": [
                    {
                        "phone": "+14155550101",
                        "first_name": "Grace",
                        "last_name": "Hopper",
                        "company_name": "Compilers Ltd",
                        "tags": ["newsletter"],
                        "custom_variables": {"Plan": "Silver"}
                    },
                    {"phone": "+14155550102"}
                ]
            }"#,
        },
        returns: Ok(r#"[
            {
                "phone": "+14155550101",
                "first_name": "Grace",
                "last_name": "Hopper",
                "company_name": "Compilers Ltd",
                "tags": ["newsletter"],
                "custom_variables": {"Plan": "Silver"}
            },
            {"phone": "+14155550102"}
        ]"#),
    },
    Case {
        operation: "contacts.bulk.create",
        call: CALL,
        request: REQUEST,
        response: Response {
            status: 201,
            example: Some("created"),
            body: r#"{"status": "OK", "contacts": [{"phone": "+14155550101"}]}"#,
        },
        returns: Ok(r#"[{"phone": "+14155550101"}]"#),
    },
    Case {
        operation: "contacts.bulk.create",
        call: CALL,
        request: REQUEST,
        response: Response { status: 200, example: Some("nulls"), body: r#"{"status": null, "contacts": null}"# },
        returns: Err("missing field `contacts`; the request was carried out"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
