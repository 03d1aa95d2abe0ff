//! `contacts.update`

use super::{Case, Request, Response, check, to_json};

const RESPONSE: Response = Response {
    status: 200,
    example: Some("updated"),
    body: r#"{
        "status": "OK",
        "contact": {"phone": "+14155550100", "company_name": "Analytical Engines", "opt_out": true}
    }"#,
};
const RETURNS: Result<&str, &str> =
    Ok(r#"{"phone": "+14155550100", "company_name": "Analytical Engines", "opt_out": true}"#);

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.update",
        call: |contacts| {
            Box::pin(
                async move { to_json(contacts.update("+14155550100").company_name("Analytical Engines").send().await) },
            )
        },
        request: Request {
            method: "PUT",
            target: "/api/v2/contacts/+14155550100",
            body: Some(("one_property", r#"{"company_name": "Analytical Engines"}"#)),
        },
        response: RESPONSE,
        returns: RETURNS,
    },
    Case {
        operation: "contacts.update",
        call: |contacts| {
            Box::pin(async move {
                let update = contacts
                    .update("+14155550100")
                    .first_name("Ada")
                    .last_name("Lovelace")
                    .company_name("Analytical Engines")
                    .assigned_to_email("sales@example.com")
                    .sendblue_number("+14155550199")
                    .tags(["vip"])
                    .opt_out(true)
                    .custom_variables([("Plan", "Platinum")]);
                to_json(update.send().await)
            })
        },
        request: Request {
            method: "PUT",
            target: "/api/v2/contacts/+14155550100",
            body: Some((
                "full",
                r#"{
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "company_name": "Analytical Engines",
                    "assigned_to_email": "sales@example.com",
                    "sendblue_number": "+14155550199",
                    "tags": ["vip"],
                    "opt_out": true,
                    "custom_variables": {"Plan": "Platinum"}
                }"#,
            )),
        },
        response: RESPONSE,
        returns: RETURNS,
    },
    Case {
        operation: "contacts.update",
        call: |contacts| Box::pin(async move { to_json(contacts.update("+14155550100").tags([""; 0]).send().await) }),
        request: Request {
            method: "PUT",
            target: "/api/v2/contacts/+14155550100",
            body: Some(("clear_tags", r#"{"tags": []}"#)),
        },
        response: RESPONSE,
        returns: RETURNS,
    },
];

#[tokio::test]
async fn requests_and_results_match_the_literals() {
    check(CASES).await;
}
