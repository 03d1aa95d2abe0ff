//! Creates, updates, opt-outs, verifications and deletes.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::DateTime;
use reqwest::Method;
use sendblue_contacts::sandbox::{Sandbox, SandboxBuilder};
use serde_json::json;

use super::{ADA, BOB, DEE, delete, error_body, get, post, put, request, send};

/// Returns a builder whose clock advances one second at each reading, with digits below a millisecond.
fn with_advancing_clock() -> SandboxBuilder {
    let seconds = AtomicI64::new(1_778_284_800);
    Sandbox::builder().clock(move || {
        DateTime::from_timestamp(seconds.fetch_add(1, Ordering::Relaxed), 1_999_999).expect("a time in range")
    })
}

#[tokio::test]
async fn create_responds_in_both_casings() {
    let sandbox = with_advancing_clock().start().unwrap();
    let (status, response) = post(
        &sandbox,
        "",
        json!({
            "number": ADA, "first_name": "Ada", "last_name": "Lovelace", "assigned_to_email": "a@example.com",
            "sendblue_number": "+15550000000", "tags": ["vip"], "custom_variables": { "Plan": "pro" },
            "company_name": "ignored",
        }),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        response,
        json!({ "status": "OK", "contact": {
            "phone": ADA, "tags": ["vip"], "verified": false,
            "first_name": "Ada", "firstName": "Ada",
            "last_name": "Lovelace", "lastName": "Lovelace",
            "company_name": "Sandbox", "companyName": "Sandbox",
            "assigned_to_email": "a@example.com", "assignedToEmail": "a@example.com",
            "sendblue_number": "+15550000000", "sendblueNumber": "+15550000000",
            "custom_variables": { "Plan": "pro" }, "customVariables": { "Plan": "pro" },
            "opt_out": false, "optOut": false,
            "created_at": "2026-05-09T00:00:00.001Z", "createdAt": "2026-05-09T00:00:00.001Z",
        } })
    );
    let plain = json!({
        "phone": ADA, "tags": ["vip"], "verified": false, "first_name": "Ada", "last_name": "Lovelace",
        "assigned_to_email": "a@example.com", "sendblue_number": "+15550000000", "custom_variables": { "Plan": "pro" },
        "opt_out": false, "created_at": "2026-05-09T00:00:00.001Z",
    });
    assert_eq!(get(&sandbox, "/%2B14155550100").await, (200, json!({ "status": "OK", "contact": plain })));
    assert_eq!(get(&sandbox, "/+14155550100").await.0, 200);
    assert_eq!(sandbox.contact(ADA), Some(plain));
}

#[tokio::test]
async fn create_of_an_existing_contact_is_a_409_unless_update_if_exists() {
    let sandbox = with_advancing_clock().start().unwrap();
    post(&sandbox, "", json!({ "number": ADA, "first_name": "Ada", "custom_variables": { "a": "1" } })).await;
    let conflict = (409, error_body("Contact already exists"));
    assert_eq!(post(&sandbox, "", json!({ "number": ADA })).await, conflict);
    assert_eq!(post(&sandbox, "", json!({ "number": ADA, "update_if_exists": false })).await, conflict);
    let update = json!({
        "number": ADA, "last_name": "L", "tags": ["x"], "custom_variables": { "b": "2" }, "update_if_exists": true,
    });
    let (status, response) = post(&sandbox, "", update).await;
    let contact = &response["contact"];
    assert_eq!((status, &contact["first_name"], &contact["lastName"]), (200, &json!("Ada"), &json!("L")));
    assert_eq!(contact["customVariables"], json!({ "a": "1", "b": "2" }));
    assert_eq!(contact["created_at"], "2026-05-09T00:00:00.001Z");
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn preferred_spellings_win_over_deprecated_ones() {
    let sandbox = Sandbox::start().unwrap();
    for (body, first_name) in [
        (json!({ "phone_number": ADA, "firstName": "Old" }), "Old"),
        (json!({ "phoneNumber": BOB, "firstName": "Old", "first_name": "New" }), "New"),
    ] {
        let (status, response) = post(&sandbox, "", body).await;
        assert_eq!((status, &response["contact"]["first_name"]), (200, &json!(first_name)));
    }
    put(&sandbox, "/+14155550100", json!({ "optOut": true, "companyName": "A Ltd" })).await;
    let ada = sandbox.contact(ADA).unwrap();
    assert_eq!((&ada["opt_out"], &ada["company_name"]), (&json!(true), &json!("A Ltd")));
}

#[tokio::test]
async fn update_merges_custom_variables_and_replaces_other_properties() {
    let contact = json!({
        "phone": ADA, "first_name": "Ada", "tags": ["a", "b"], "custom_variables": { "x": "1", "y": "1" },
    });
    let sandbox = Sandbox::builder().contacts([contact]).start().unwrap();
    let change = json!({ "company_name": "A Ltd", "tags": [], "custom_variables": { "y": "2", "z": "2" }, "age": 7 });
    let expected = json!({
        "phone": ADA, "first_name": "Ada", "company_name": "A Ltd", "tags": [],
        "custom_variables": { "x": "1", "y": "2", "z": "2" },
    });
    let response = (200, json!({ "status": "OK", "contact": expected }));
    assert_eq!(put(&sandbox, "/+14155550100", change).await, response);
    assert_eq!(put(&sandbox, "/+14155550100", json!({})).await, response);
}

#[tokio::test]
async fn update_and_opt_out_change_the_same_opt_out() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    let opt_out = |number: &str, opted_out: bool| json!({ "status": "OK", "number": number, "opted_out": opted_out });
    assert_eq!(post(&sandbox, "/opt-out", json!({ "number": ADA })).await, (200, opt_out(ADA, true)));
    assert_eq!(sandbox.contact(ADA).unwrap()["opt_out"], true);
    put(&sandbox, "/+14155550100", json!({ "opt_out": false })).await;
    assert_eq!(sandbox.contact(ADA).unwrap()["opt_out"], false);
    let back = json!({ "number": BOB, "opted_out": false });
    assert_eq!(post(&sandbox, "/opt-out", back).await, (200, opt_out(BOB, false)));
    post(&sandbox, "/opt-out", json!({ "number": BOB })).await;
    let (_, response) = post(&sandbox, "", json!({ "number": BOB })).await;
    assert_eq!(response["contact"]["optOut"], true);
}

#[tokio::test]
async fn verify_sends_no_message_to_a_number_without_a_contact() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    let unknown = (200, error_body("No contact found for this number"));
    assert_eq!(post(&sandbox, "/verify", json!({ "number": BOB })).await, unknown);
    assert_eq!(post(&sandbox, "/verify", json!({ "number": ADA })).await, (200, json!({ "status": "OK" })));
    post(&sandbox, "/verify", json!({ "number": ADA })).await;
    assert_eq!(sandbox.contact(ADA).unwrap()["verified"], true);
    assert_eq!(sandbox.verifications(), [ADA, ADA]);
}

#[tokio::test]
async fn delete_lowers_the_count() {
    let sandbox = Sandbox::builder().synthetic_contacts(3).contacts([json!({ "phone": ADA })]).start().unwrap();
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 4 })));
    assert_eq!(delete(&sandbox, "/%2B14155550100").await, (200, json!({ "status": "OK" })));
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 3 })));
    assert_eq!(sandbox.contact(ADA), None);
}

#[tokio::test]
async fn bulk_create_does_not_change_existing_contacts() {
    let sandbox = with_advancing_clock().contacts([json!({ "phone": ADA, "first_name": "Ada" })]).start().unwrap();
    let contacts = json!({ "contacts": [
        { "phone": ADA, "first_name": "Eve" },
        { "phone": BOB, "company_name": "B Ltd", "sendblue_number": "ignored" },
        { "phone": BOB, "company_name": "C Ltd" },
    ] });
    let bob = json!({
        "phone": BOB, "company_name": "B Ltd", "verified": false, "opt_out": false,
        "created_at": "2026-05-09T00:00:00.001Z",
    });
    let created = json!({ "status": "OK", "contacts": [bob] });
    assert_eq!(post(&sandbox, "/bulk", contacts).await, (201, created));
    assert_eq!(sandbox.contact(ADA).unwrap()["first_name"], "Ada");
    let partly_invalid = json!({ "contacts": [{ "phone": DEE }, { "phone": "5" }] });
    assert_eq!(post(&sandbox, "/bulk", partly_invalid).await.0, 400);
    assert_eq!(sandbox.len(), 2);
}

#[tokio::test]
async fn bulk_delete_counts_each_deleted_contact_once() {
    let sandbox = Sandbox::builder().contacts([ADA, BOB].map(|phone| json!({ "phone": phone }))).start().unwrap();
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, DEE, ADA] }));
    assert_eq!(send(request).await, (200, json!({ "status": "OK", "amount": 1 })));
    assert!(sandbox.contact(BOB).is_some());
}

#[tokio::test]
async fn create_writes_each_property_once() {
    let sandbox = Sandbox::start().unwrap();
    let body = json!({ "number": ADA, "first_name": "Ada", "tags": [] });
    let response = request(&sandbox, Method::POST, "").json(&body).send().await.unwrap().text().await.unwrap();
    for property in ["phone", "first_name", "firstName", "tags", "verified"] {
        assert_eq!(response.matches(&format!("\"{property}\":")).count(), 1, "{response}");
    }
}
