//! `contacts.retrieve`

use super::{Case, Request, Response, check, to_json};

const REQUEST: Request = Request { method: "GET", target: "/api/v2/contacts/+14155550100", body: None };

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response {
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
        returns: Ok(r#"{
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
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response {
            status: 200,
            example: Some("camel_case"),
            body: r#"{
                "status": "OK",
                "contact": {
                    "phone": "+14155550100",
                    "firstName": "Ada",
                    "lastName": "Lovelace",
                    "companyName": "Analytical Engines",
                    "assignedToEmail": "sales@example.com",
                    "sendblueNumber": "+14155550199",
                    "tags": ["vip"],
                    "customVariables": {"Plan": "Gold"},
                    "created_at": "2026-05-09T00:00:00.000Z"
                }
            }"#,
        },
        returns: Ok(r#"{
            "phone": "+14155550100",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company_name": "Analytical Engines",
            "assigned_to_email": "sales@example.com",
            "sendblue_number": "+14155550199",
            "tags": ["vip"],
            "custom_variables": {"Plan": "Gold"},
            "created_at": "2026-05-09T00:00:00Z"
        }"#),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: Some("without_contact"), body: r#"{"status": "OK"}"# },
        returns: Err("missing field `contact`; the request was carried out"),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"status": null, "contact": null}"# },
        returns: Err("missing field `contact`; the request was carried out"),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response {
            status: 200,
            example: None,
            body: r#"{"contact": {"phone": 14155550100, "verified": 1}}"#,
        },
        returns: Ok(r#"{"verified": true}"#),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"contact": "none"}"# },
        returns: Err("unreadable field `contact`; the request was carried out"),
    },
    Case {
        operation: "contacts.retrieve",
        call: |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) }),
        request: REQUEST,
        response: Response { status: 200, example: None, body: r#"{"error": "Not Found"}"# },
        returns: Err("the service reported an error"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
