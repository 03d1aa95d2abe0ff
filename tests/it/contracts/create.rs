//! `contacts.create`

use super::{Case, Request, Response, check, to_json};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { to_json(contacts.create("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        response: Response {
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
        returns: Ok(r#"{
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
                to_json(create.send().await)
            })
        },
        request: Request {
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
        response: Response {
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
        returns: Ok(r#"{
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
        call: |contacts| Box::pin(async move { to_json(contacts.create("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        response: Response {
            status: 201,
            example: Some("created"),
            body: r#"{"status": "OK", "contact": {"phone": "+14155550100", "first_name": "Ada"}}"#,
        },
        returns: Ok(r#"{"phone": "+14155550100", "first_name": "Ada"}"#),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { to_json(contacts.create("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        response: Response { status: 200, example: None, body: r#"{"status": "error", "message": "Invalid"}"# },
        returns: Err("the service reported an error in a response with a success status; nothing was changed"),
    },
    Case {
        operation: "contacts.create",
        call: |contacts| Box::pin(async move { to_json(contacts.create("+14155550100").send().await) }),
        request: Request {
            method: "POST",
            target: "/api/v2/contacts",
            body: Some(("minimal", r#"{"number": "+14155550100"}"#)),
        },
        response: Response { status: 204, example: None, body: "" },
        returns: Err("missing field `contact`; the request was carried out"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
