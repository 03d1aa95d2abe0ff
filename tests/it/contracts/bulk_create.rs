//! `contacts.bulk.create`

use sendblue_contacts::NewContact;

use super::{Answer, Called, Case, Sends, check, json};
use std::{future::Future, pin::Pin};

const SENDS: Sends = Sends {
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

const CALL: fn(sendblue_contacts::Contacts) -> Pin<Box<dyn Future<Output = Called>>> = |contacts| {
    Box::pin(async move {
        let create = contacts.bulk().create([
            NewContact::new("+14155550101")
                .first_name("Grace")
                .last_name("Hopper")
                .company_name("Compilers Ltd")
                .tags(["newsletter"])
                .custom_variables([("Plan", "Silver")]),
            NewContact::new("+14155550102"),
        ]);
        json(create.send().await)
    })
};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.bulk.create",
        call: CALL,
        sends: SENDS,
        answer: Answer {
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
        gives: Ok(r#"[
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
        sends: SENDS,
        answer: Answer {
            status: 201,
            example: Some("created"),
            body: r#"{"status": "OK", "contacts": [{"phone": "+14155550101"}]}"#,
        },
        gives: Ok(r#"[{"phone": "+14155550101"}]"#),
    },
    Case {
        operation: "contacts.bulk.create",
        call: CALL,
        sends: SENDS,
        answer: Answer { status: 200, example: Some("nulls"), body: r#"{"status": null, "contacts": null}"# },
        gives: Err("it has no `contacts`; by the status, the request was carried out"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
