//! `contacts.list`

use chrono::{TimeZone, Utc};

use sendblue_contacts::{OrderBy, OrderDirection, chrono};

use super::{Case, Request, Response, check, to_json};

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response {
            status: 200,
            example: Some("page"),
            body: r#"[
                {
                    "contact_id": "5f0c2f9e-3a53-4a5e-9d0e-6b9d3f1c7a11",
                    "phone": "+14155550100",
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "company_name": "Analytical Engines",
                    "assigned_to_email": "sales@example.com",
                    "sendblue_number": "+14155550199",
                    "tags": ["vip", "newsletter"],
                    "custom_variables": {"Plan": "Gold", "Favourite colour": "Green"},
                    "opt_out": false,
                    "verified": true,
                    "created_at": "2026-05-09T00:00:00.000Z"
                },
                {"phone": "+14155550101"}
            ]"#,
        },
        returns: Ok(r#"[
            {
                "contact_id": "5f0c2f9e-3a53-4a5e-9d0e-6b9d3f1c7a11",
                "phone": "+14155550100",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "company_name": "Analytical Engines",
                "assigned_to_email": "sales@example.com",
                "sendblue_number": "+14155550199",
                "tags": ["vip", "newsletter"],
                "custom_variables": {"Plan": "Gold", "Favourite colour": "Green"},
                "opt_out": false,
                "verified": true,
                "created_at": "2026-05-09T00:00:00Z"
            },
            {"phone": "+14155550101"}
        ]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| {
            Box::pin(async move {
                let since = Utc.with_ymd_and_hms(2026, 5, 9, 0, 0, 0).single().expect("a time");
                let list = contacts
                    .list()
                    .cid("5f0c2f9e-3a53-4a5e-9d0e-6b9d3f1c7a11")
                    .created_at_gte(since)
                    .limit(1000)
                    .offset(1000)
                    .order_by(OrderBy::FIRST_NAME)
                    .order_direction(OrderDirection::Asc)
                    .phone_number("+14155550100");
                to_json(list.send().await)
            })
        },
        request: Request {
            method: "GET",
            target: "/api/v2/contacts?cid=5f0c2f9e-3a53-4a5e-9d0e-6b9d3f1c7a11&created_at_gte=2026-05-09T00%3A00%3A00Z\
                     &limit=1000&offset=1000&order_by=firstName&order_direction=asc&phone_number=%2B14155550100",
            body: None,
        },
        response: Response { status: 200, example: Some("empty"), body: "[]" },
        returns: Ok("[]"),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| {
            Box::pin(async move {
                to_json(
                    contacts
                        .list()
                        .order_by("a new one")
                        .order_direction(OrderDirection::Desc)
                        .query("more", "yes & no")
                        .send()
                        .await,
                )
            })
        },
        request: Request {
            method: "GET",
            target: "/api/v2/contacts?order_by=a+new+one&order_direction=desc&more=yes+%26+no",
            body: None,
        },
        response: Response {
            status: 200,
            example: Some("nulls"),
            body: r#"[{
                "contact_id": null, "phone": "+14155550100", "first_name": null, "last_name": null, "company_name": null,
                "assigned_to_email": null, "sendblue_number": null, "tags": null, "custom_variables": null,
                "opt_out": null, "verified": null, "created_at": null
            }]"#,
        },
        returns: Ok(r#"[{"phone": "+14155550100"}]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response {
            status: 200,
            example: Some("camel_case"),
            body: r#"[
                {
                    "phone": "+14155550100",
                    "firstName": "Ada",
                    "lastName": "Lovelace",
                    "companyName": "Analytical Engines",
                    "assignedToEmail": "sales@example.com",
                    "sendblueNumber": "+14155550199",
                    "tags": ["vip"],
                    "customVariables": {"firstName": "a label"},
                    "created_at": "2026-05-10T00:00:00.000Z"
                }
            ]"#,
        },
        returns: Ok(r#"[{
            "phone": "+14155550100",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company_name": "Analytical Engines",
            "assigned_to_email": "sales@example.com",
            "sendblue_number": "+14155550199",
            "tags": ["vip"],
            "custom_variables": {"firstName": "a label"},
            "created_at": "2026-05-10T00:00:00Z"
        }]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response { status: 206, example: None, body: r#"[{"phone": "+14155550100", "new_property": [{}]}]"# },
        returns: Ok(r#"[{"phone": "+14155550100"}]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response { status: 200, example: None, body: r#"[{}, {"tags": "vip", "opt_out": "since May"}]"# },
        returns: Ok(r#"[{}, {"tags": ["vip"], "opt_out": "unknown"}]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response {
            status: 200,
            example: None,
            body: "\u{feff}[{\"firstName\": \"Ada\", \"companyName\": \"Engines\", \"company_name\": null, \"last_name\": \"L\", \
                   \"lastName\": \"X\", \"customVariables\": {\"firstName\": \"y\"}, \"created_at\": \"2026-05-09 00:00:00\"}]",
        },
        returns: Ok(r#"[{
            "first_name": "Ada", "last_name": "L", "company_name": "Engines",
            "custom_variables": {"firstName": "y"}, "created_at": "2026-05-09T00:00:00Z"
        }]"#),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response { status: 200, example: None, body: r#"[{}, "vip"]"# },
        returns: Err("wrong type at line 1 column 10 (`[1]`); the request was carried out"),
    },
    Case {
        operation: "contacts.list",
        call: |contacts| Box::pin(async move { to_json(contacts.list().send().await) }),
        request: Request { method: "GET", target: "/api/v2/contacts", body: None },
        response: Response { status: 204, example: None, body: "" },
        returns: Err("the response does not match the API reference: empty body; the request was carried out"),
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
