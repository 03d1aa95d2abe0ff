//! `contacts.update`

use super::{Answer, Case, Sends, check, json};

const ANSWER: Answer = Answer {
    status: 200,
    example: Some("updated"),
    body: r#"{
        "status": "OK",
        "contact": {"phone": "+14155550100", "company_name": "Analytical Engines", "opt_out": true}
    }"#,
};
const GIVES: Result<&str, &str> =
    Ok(r#"{"phone": "+14155550100", "company_name": "Analytical Engines", "opt_out": true}"#);

pub(super) const CASES: &[Case] = &[
    Case {
        operation: "contacts.update",
        call: |contacts| {
            Box::pin(
                async move { json(contacts.update("+14155550100").company_name("Analytical Engines").send().await) },
            )
        },
        sends: Sends {
            method: "PUT",
            target: "/api/v2/contacts/+14155550100",
            body: Some(("one_property", r#"{"company_name": "Analytical Engines"}"#)),
        },
        answer: ANSWER,
        gives: GIVES,
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
                json(update.send().await)
            })
        },
        sends: Sends {
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
        answer: ANSWER,
        gives: GIVES,
    },
    Case {
        operation: "contacts.update",
        call: |contacts| Box::pin(async move { json(contacts.update("+14155550100").tags([""; 0]).send().await) }),
        sends: Sends {
            method: "PUT",
            target: "/api/v2/contacts/+14155550100",
            body: Some(("clear_tags", r#"{"tags": []}"#)),
        },
        answer: ANSWER,
        gives: GIVES,
    },
];

#[tokio::test]
async fn contract() {
    check(CASES).await;
}
