//! `contacts.retrieve`

use super::{Answer, Case, Sends, check, json};

const SENDS: Sends = Sends { method: "GET", target: "/api/v2/contacts/+14155550100", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { json(contacts.retrieve("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer {
            status: 200,
            example: Some("found"),
            body: r#"{
                "status": "OK",
                "contact": {
                    "phone": "+14155550100",
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "company_name": "Analytical Engines",
                    "assigned_to_email": "sales@example.com",
                    "sendblue_number": "+14155550199",
                    "tags": ["vip"],
                    "custom_variables": {"Plan": "Gold"},
                    "opt_out": false,
                    "verified": true,
                    "created_at": "2026-05-09T00:00:00.000Z"
                }
            }"#,
        },
        gives: Ok(r#"{
            "phone": "+14155550100",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company_name": "Analytical Engines",
            "assigned_to_email": "sales@example.com",
            "sendblue_number": "+14155550199",
            "tags": ["vip"],
            "custom_variables": {"Plan": "Gold"},
            "opt_out": false,
            "verified": true,
            "created_at": "2026-05-09T00:00:00Z"
        }"#),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { json(contacts.retrieve("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: Some("without_contact"), body: r#"{"status": "OK"}"# },
        gives: Err("it has no `contact`; by the status, the request was carried out"),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { json(contacts.retrieve("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: None, body: r#"{"status": null, "contact": null}"# },
        gives: Err("it has no `contact`; by the status, the request was carried out"),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { json(contacts.retrieve("+14155550100").send().await) }),
        sends: SENDS,
        answer: Answer { status: 200, example: None, body: r#"{"contact": {"phone": 14155550100}}"# },
        gives: Err("(`contact.phone`); by the status, the request was carried out"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
