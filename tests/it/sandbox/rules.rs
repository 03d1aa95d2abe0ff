//! The settings for unknown behavior of the live service.

use std::io;

use reqwest::Method;
use sendblue_contacts::sandbox::{BulkExisting, OffsetAboveCap, Sandbox};
use serde_json::{Value, json};

use super::{ADA, BOB, DEE, bulk_body, error_body, get, post, request, send};

#[tokio::test]
async fn bulk_existing_includes_or_refuses_existing_contacts() {
    let builder = Sandbox::builder().contacts([json!({ "phone": ADA, "first_name": "Ada" })]);
    let contacts = json!({ "contacts": [{ "phone": BOB }, { "phone": ADA, "first_name": "Eve" }, { "phone": BOB }] });

    let included = builder.clone().bulk_existing(BulkExisting::Included).start().unwrap();
    let (status, response) = post(&included, "/bulk", contacts.clone()).await;
    let phones: Vec<_> =
        response["contacts"].as_array().unwrap().iter().map(|contact| contact["phone"].as_str().unwrap()).collect();
    assert_eq!((status, phones), (201, vec![BOB, ADA, BOB]));
    assert_eq!((included.len(), &included.contact(ADA).unwrap()["first_name"]), (2, &json!("Ada")));

    let conflict = builder.bulk_existing(BulkExisting::Conflict).start().unwrap();
    assert_eq!(post(&conflict, "/bulk", contacts).await, (409, error_body("Contact already exists")));
    assert_eq!(conflict.len(), 1);
    assert_eq!(post(&conflict, "/bulk", bulk_body(&[BOB, BOB])).await.0, 201);
    assert_eq!(conflict.len(), 2);
}

#[tokio::test]
async fn bulk_limit_refuses_larger_requests_with_a_413() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": DEE })]).bulk_limit(2).start().unwrap();
    let delete = |numbers: Value| send(request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": numbers })));
    let too_many = (413, json!({ "error": "Payload Too Large" }));
    assert_eq!(post(&sandbox, "/bulk", bulk_body(&[ADA, BOB, DEE])).await, too_many);
    assert_eq!(delete(json!([DEE, ADA, BOB])).await, too_many);
    assert_eq!(sandbox.len(), 1);
    assert_eq!(post(&sandbox, "/bulk", bulk_body(&[ADA, BOB])).await.0, 201);
    assert_eq!(delete(json!([ADA, BOB])).await.0, 200);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn reject_numbers_refuses_the_whole_request() {
    let sandbox = Sandbox::builder()
        .contacts([json!({ "phone": ADA })])
        .reject_numbers([BOB], 422)
        .reject_numbers([DEE], 200)
        .start()
        .unwrap();
    let refused = |status: u16| (status, error_body("Number not accepted"));
    assert_eq!(post(&sandbox, "/bulk", bulk_body(&["+14155550199", BOB])).await, refused(422));
    assert_eq!(post(&sandbox, "", json!({ "number": BOB, "update_if_exists": true })).await, refused(422));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await, refused(200));
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, BOB] }));
    assert_eq!(send(request).await, refused(422));
    assert_eq!(get(&sandbox, "/+14155550101").await.0, 404);
    assert!(sandbox.len() == 1 && sandbox.contact(ADA).is_some());
}

#[tokio::test]
async fn drop_numbers_skips_numbers_in_a_bulk_create() {
    let sandbox = Sandbox::builder().drop_numbers([BOB]).start().unwrap();
    let (status, response) = post(&sandbox, "/bulk", bulk_body(&[ADA, BOB])).await;
    assert_eq!((status, response["contacts"].as_array().unwrap().len()), (201, 1));
    assert_eq!(sandbox.contact(BOB), None);
    assert_eq!(post(&sandbox, "", json!({ "number": BOB })).await.0, 200);
}

#[test]
fn start_names_an_invalid_setting() {
    for (builder, message) in [
        (Sandbox::builder().reject_numbers(["secret"], 400), "reject_numbers: a number must be in E.164 format"),
        (Sandbox::builder().reject_numbers([ADA], 199), "reject_numbers: the status must be from 200 to 999"),
        (Sandbox::builder().reject_numbers([ADA], 1000), "reject_numbers: the status must be from 200 to 999"),
        (Sandbox::builder().drop_numbers(["4155550100"]), "drop_numbers: a number must be in E.164 format"),
    ] {
        let error = builder.start().unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::InvalidInput, message.into()));
    }
}

#[tokio::test]
async fn offset_above_cap_refuses_larger_offsets_with_a_400() {
    let sandbox = Sandbox::builder().offset_above_cap(OffsetAboveCap::Reject).start().unwrap();
    assert_eq!(get(&sandbox, "?offset=10000").await, (200, json!([])));
    assert_eq!(get(&sandbox, "?offset=10001").await, (400, error_body("`offset` must be 10000 or less")));
}
