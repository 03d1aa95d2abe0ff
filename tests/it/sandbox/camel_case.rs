//! The setting `camel_case` of the sandbox, and how the client reads it.

use sendblue_contacts::sandbox::Sandbox;
use serde_json::{Value, json};

#[tokio::test]
async fn list_and_retrieve_in_camel_case_are_read_completely() {
    let contact = json!({
        "phone": "+14155550100", "first_name": "Ada", "last_name": "Lovelace", "company_name": "Engines",
        "assigned_to_email": "sales@example.com", "sendblue_number": "+14155550199", "tags": ["vip"],
        "custom_variables": { "firstName": "a label", "Plan": "Gold" }, "opt_out": true, "verified": true,
        "created_at": "2026-05-09T00:00:00Z",
    });
    let snake = Sandbox::builder().contacts([contact.clone()]).start().expect("a sandbox");
    let camel = Sandbox::builder().contacts([contact]).camel_case(true).start().expect("a sandbox");
    let [snake, camel] = [&snake, &camel].map(|sandbox| sandbox.client().expect("a client").contacts());

    let response = camel.list().send_raw().await.expect("a page");
    let page: Value = serde_json::from_slice(response.body()).expect("JSON");
    assert_eq!((&page[0]["firstName"], &page[0]["first_name"]), (&json!("Ada"), &Value::Null));
    assert!(page[0]["created_at"].is_string() && page[0]["contact_id"].is_string());

    assert_eq!(*response.value(), snake.list().send().await.expect("a page"));
    let [one, other] = [snake, camel].map(|contacts| contacts.retrieve("+14155550100"));
    assert_eq!(one.send().await.expect("a contact"), other.send().await.expect("a contact"));
}
