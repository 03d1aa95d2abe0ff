//! `contacts.create`

use super::{Answer, Case, Sends, check, json};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { json(contacts.create("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer {
            status: 200,
            example: Some("created"),
            body: r#"{
                "status": "OK",
                "contact": {
                    "phone": "+14155550100",
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "tags": ["vip"],
                    "created_at": "2026-05-09T00:00:00.000Z"
                }
            }"#,
        },
        gives: Ok(r#"{
            "phone": "+14155550100",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "tags": ["vip"],
            "created_at": "2026-05-09T00:00:00Z"
        }"#),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| {
            Box::pin(async move {
                let create = contacts
                    .create("+14155550100")
                    .first_name("Ada")
                    .last_name("Lovelace")
                    .assigned_to_email("sales@example.com")
                    .sendblue_number("+14155550199")
                    .tags(["vip", "newsletter"])
                    .custom_variables([("Plan", "Gold")])
                    .update_if_exists(true);
                json(create.send().await)
            })
        },
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some((
                "full",
                r#"{
                    "number": "+14155550100",
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "assigned_to_email": "sales@example.com",
                    "sendblue_number": "+14155550199",
                    "tags": ["vip", "newsletter"],
                    "custom_variables": {"Plan": "Gold"},
                    "update_if_exists": true
                }"#,
            )),
        },
        answer: Answer {
            status: 200,
            example: Some("both_casings"),
            body: r#"{
                "status": "OK",
                "contact": {
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "phone": "+14155550100",
                    "created_at": "2026-05-09T00:00:00.000Z",
                    "company_name": "Example Account",
                    "assigned_to_email": "sales@example.com",
                    "sendblue_number": "+14155550199",
                    "tags": ["vip"],
                    "custom_variables": {"Plan": "Gold"},
                    "opt_out": false,
                    "firstName": "Ada",
                    "lastName": "Lovelace",
                    "createdAt": "2026-05-09T00:00:00.000Z",
                    "companyName": "Example Account",
                    "assignedToEmail": "sales@example.com",
                    "sendblueNumber": "+14155550199",
                    "customVariables": {"Plan": "Gold"},
                    "optOut": false
                }
            }"#,
        },
        gives: Ok(r#"{
            "phone": "+14155550100",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company_name": "Example Account",
            "assigned_to_email": "sales@example.com",
            "sendblue_number": "+14155550199",
            "tags": ["vip"],
            "custom_variables": {"Plan": "Gold"},
            "opt_out": false,
            "created_at": "2026-05-09T00:00:00Z"
        }"#),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { json(contacts.create("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer {
            status: 201,
            example: Some("created"),
            body: r#"{"status": "OK", "contact": {"phone": "+14155550100", "first_name": "Ada"}}"#,
        },
        gives: Ok(r#"{"phone": "+14155550100", "first_name": "Ada"}"#),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { json(contacts.create("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer { status: 200, example: None, body: r#"{"status": "error", "message": "Invalid"}"# },
        gives: Err("the service reported an error, with a status of success; nothing was done"),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { json(contacts.create("+14155550100").send().await) }),
        sends: Sends {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        answer: Answer { status: 204, example: None, body: "" },
        gives: Err("it has no `contact`; by the status, the request was carried out"),
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
