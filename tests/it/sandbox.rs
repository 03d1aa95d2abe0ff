//! The sandbox, talked to by plain HTTP.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use chrono::DateTime;
use reqwest::{Client, Method, RequestBuilder};
use sendblue_contacts::sandbox::{BulkExisting, Fault, MAX_BODY, OverOffset, Sandbox, SandboxBuilder, Undated};
use serde_json::{Value, json};

const ADA: &str = "+14155550100";
const BOB: &str = "+14155550101";
const DEE: &str = "+14155550103";

fn request(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    anonymous(sandbox, method, path)
        .header("sb-api-key-id", "sandbox-key")
        .header("sb-api-secret-key", "sandbox-secret")
}

fn anonymous(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().build().unwrap();
    client.request(method, format!("{}/api/v2/contacts{path}", sandbox.url()))
}

async fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

async fn get(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    send(request(sandbox, Method::GET, path)).await
}

async fn post(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    send(request(sandbox, Method::POST, path).json(&body)).await
}

async fn put(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    send(request(sandbox, Method::PUT, path).json(&body)).await
}

async fn delete(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    send(request(sandbox, Method::DELETE, path)).await
}

/// The last two digits of the numbers in a page.
async fn lines(sandbox: &Sandbox, query: &str) -> Vec<u64> {
    let (status, page) = get(sandbox, query).await;
    assert_eq!(status, 200, "{page}");
    let line = |contact: &Value| contact["phone"].as_str().unwrap()[10..].parse().unwrap();
    page.as_array().expect("a bare array").iter().map(line).collect()
}

fn failure(message: &str) -> Value {
    json!({ "status": "ERROR", "message": message })
}

/// The body of a bulk create.
fn bulk(numbers: &[&str]) -> Value {
    json!({ "contacts": numbers.iter().map(|number| json!({ "phone": number })).collect::<Vec<_>>() })
}

/// Stamps contacts one second apart, and with more digits than milliseconds have.
fn ticking() -> SandboxBuilder {
    let seconds = AtomicI64::new(1_778_284_800);
    Sandbox::builder().clock(move || {
        DateTime::from_timestamp(seconds.fetch_add(1, Ordering::Relaxed), 1_999_999).expect("a time in range")
    })
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let sandbox = Sandbox::builder().credentials("k", "s").bearer_token("t").start().unwrap();
    let missing = (403, json!({ "message": "Did not get inputs for authorization" }));
    let wrong = (401, failure("Invalid Credentials"));
    let right = (200, json!({ "count": 0 }));
    for (headers, expected) in [
        (vec![], &missing),
        (vec![("sb-api-key-id", "k")], &missing),
        (vec![("authorization", "Basic t")], &missing),
        (vec![("sb-api-key-id", "k"), ("sb-api-secret-key", "x")], &wrong),
        (vec![("authorization", "Bearer x")], &wrong),
        (vec![("sb-api-key-id", "k"), ("sb-api-secret-key", "s")], &right),
        (vec![("authorization", "Bearer t")], &right),
        (vec![("authorization", "Bearer t"), ("sb-api-key-id", "k"), ("sb-api-secret-key", "x")], &right),
    ] {
        let mut request = anonymous(&sandbox, Method::GET, "/count");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(send(request).await, *expected);
    }
    let without_token = Sandbox::start().unwrap();
    let request = anonymous(&without_token, Method::GET, "/count").bearer_auth("t");
    assert_eq!(send(request).await, wrong);
}

#[tokio::test]
async fn create_echoes_both_casings() {
    let sandbox = ticking().start().unwrap();
    let (status, answer) = post(
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
        answer,
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
async fn create_twice_is_a_conflict_unless_it_may_update() {
    let sandbox = ticking().start().unwrap();
    post(&sandbox, "", json!({ "number": ADA, "first_name": "Ada", "custom_variables": { "a": "1" } })).await;
    let conflict = (409, failure("Contact already exists"));
    assert_eq!(post(&sandbox, "", json!({ "number": ADA })).await, conflict);
    assert_eq!(post(&sandbox, "", json!({ "number": ADA, "update_if_exists": false })).await, conflict);
    let update = json!({
        "number": ADA, "last_name": "L", "tags": ["x"], "custom_variables": { "b": "2" }, "update_if_exists": true,
    });
    let (status, answer) = post(&sandbox, "", update).await;
    let contact = &answer["contact"];
    assert_eq!((status, &contact["first_name"], &contact["lastName"]), (200, &json!("Ada"), &json!("L")));
    assert_eq!(contact["customVariables"], json!({ "a": "1", "b": "2" }));
    assert_eq!(contact["created_at"], "2026-05-09T00:00:00.001Z");
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn deprecated_spellings_are_understood_and_the_preferred_ones_win() {
    let sandbox = Sandbox::start().unwrap();
    for (body, first_name) in [
        (json!({ "phone_number": ADA, "firstName": "Old" }), "Old"),
        (json!({ "phoneNumber": BOB, "firstName": "Old", "first_name": "New" }), "New"),
        (json!({ "number": DEE, "firstName": "Old", "first_name": null }), "Old"),
    ] {
        let (status, answer) = post(&sandbox, "", body).await;
        assert_eq!((status, &answer["contact"]["first_name"]), (200, &json!(first_name)));
    }
    put(&sandbox, "/+14155550100", json!({ "optOut": true, "companyName": "A Ltd" })).await;
    let ada = sandbox.contact(ADA).unwrap();
    assert_eq!((&ada["opt_out"], &ada["company_name"]), (&json!(true), &json!("A Ltd")));
}

#[tokio::test]
async fn what_breaks_the_schema_is_refused_with_a_message() {
    let sandbox = Sandbox::start().unwrap();
    for (method, path, body, message) in [
        (Method::POST, "", r#"{}"#, "Missing fields"),
        (Method::POST, "", r#"{"number":null}"#, "Missing fields"),
        (Method::POST, "", r#"{"number":"4155550100"}"#, "Invalid phone number"),
        (Method::POST, "", r#"{"number":"+1 415 555 0100"}"#, "Invalid phone number"),
        (Method::POST, "", r#"{"number":14155550100}"#, "`number` must be a string"),
        (Method::POST, "", r#"{"number":"+14155550100","first_name":7}"#, "`first_name` must be a string"),
        (Method::POST, "", r#"{"number":"+14155550100","tags":"vip"}"#, "`tags` must be an array"),
        (Method::POST, "", r#"{"number":"+14155550100","tags":[1]}"#, "`tags` must be an array of strings"),
        (
            Method::POST,
            "",
            r#"{"number":"+14155550100","custom_variables":[]}"#,
            "`custom_variables` must be an object",
        ),
        (
            Method::POST,
            "",
            r#"{"number":"+14155550100","custom_variables":{"a":1}}"#,
            "`custom_variables` must hold strings",
        ),
        (
            Method::POST,
            "",
            r#"{"number":"+14155550100","update_if_exists":"yes"}"#,
            "`update_if_exists` must be a boolean",
        ),
        (Method::POST, "", r#"{"number":"#, "the body is not valid JSON"),
        (Method::POST, "", r#"[]"#, "must be a JSON object"),
        (Method::POST, "/verify", r#"{}"#, "Missing fields"),
        (Method::POST, "/opt-out", r#"{"opted_out":true}"#, "Missing fields"),
        (Method::POST, "/opt-out", r#"{"number":"+14155550100","opted_out":1}"#, "`opted_out` must be a boolean"),
        (Method::PUT, "/+14155550100", r#"{"opt_out":"no"}"#, "`opt_out` must be a boolean"),
        (Method::PUT, "/4155550100", r#"{}"#, "Invalid phone number"),
        (Method::GET, "/nobody", "", "Invalid phone number"),
        (Method::DELETE, "/%2B", "", "Invalid phone number"),
        (Method::DELETE, "", "", "Missing fields"),
        (Method::DELETE, "", r#"{"contact_ids":[]}"#, "Missing fields"),
        (Method::DELETE, "", r#"{"contact_ids":["+14155550100","7"]}"#, "contact_ids[1]: Invalid phone number"),
        (Method::POST, "/bulk", r#"{}"#, "Missing fields"),
        (Method::POST, "/bulk", r#"{"contacts":[]}"#, "Missing fields"),
        (
            Method::POST,
            "/bulk",
            r#"{"contacts":[{"phone":"+14155550100"},{"number":"+1"}]}"#,
            "contacts[1]: Missing fields",
        ),
        (Method::POST, "/bulk", r#"{"contacts":["+14155550100"]}"#, "contacts[0]: must be a JSON object"),
        (Method::GET, "?limit=-1", "", "`limit` must be a number, 0 or greater"),
        (Method::GET, "?limit=0", "", "`limit` must be 1 or greater"),
        (Method::GET, "?offset=x", "", "`offset` must be a number, 0 or greater"),
        (Method::GET, "?order_by=age", "", "`order_by` must be created_at, firstName, lastName or phone"),
        (Method::GET, "?order_direction=up", "", "`order_direction` must be asc or desc"),
        (Method::GET, "?created_at_gte=soon", "", "`created_at_gte` must be an ISO 8601 date or time"),
        (Method::GET, "?phone_number=+14155550100", "", "Invalid phone number"),
    ] {
        let request = request(&sandbox, method, path).header("content-type", "application/json").body(body);
        assert_eq!(send(request).await, (400, failure(message)), "{path} {body}");
    }
    let untyped = request(&sandbox, Method::POST, "").body(r#"{"number":"+14155550100"}"#);
    assert_eq!(send(untyped).await, (400, failure("Content-Type must be application/json")));
    assert!(sandbox.is_empty());
}

#[tokio::test]
async fn unknown_numbers_routes_and_methods() {
    let sandbox = Sandbox::start().unwrap();
    let unknown = (404, json!({ "status": "error", "message": "Contact not found" }));
    assert_eq!(get(&sandbox, "/+14155550100").await, unknown);
    assert_eq!(put(&sandbox, "/+14155550100", json!({ "opt_out": true })).await, unknown);
    assert_eq!(delete(&sandbox, "/+14155550100").await, unknown);
    for path in ["/", "/+14155550100/", "/a/b", "s"] {
        assert_eq!(delete(&sandbox, path).await, (404, json!({ "error": "Not Found" })));
    }
    for (method, path, allow) in [
        (Method::PATCH, "", "GET, POST, DELETE"),
        (Method::GET, "/verify", "POST"),
        (Method::POST, "/count", "GET"),
        (Method::POST, "/+14155550100", "GET, PUT, DELETE"),
        (Method::HEAD, "/count", "GET"),
    ] {
        let response = request(&sandbox, method, path).send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &allow.parse().unwrap()));
    }
}

#[tokio::test]
async fn update_merges_variables_and_replaces_the_rest() {
    let contact = json!({
        "phone": ADA, "first_name": "Ada", "tags": ["a", "b"], "custom_variables": { "x": "1", "y": "1" },
    });
    let sandbox = Sandbox::builder().contacts([contact]).start().unwrap();
    let change = json!({ "company_name": "A Ltd", "tags": [], "custom_variables": { "y": "2", "z": "2" }, "age": 7 });
    let expected = json!({
        "phone": ADA, "first_name": "Ada", "company_name": "A Ltd", "tags": [],
        "custom_variables": { "x": "1", "y": "2", "z": "2" },
    });
    let answer = (200, json!({ "status": "OK", "contact": expected }));
    assert_eq!(put(&sandbox, "/+14155550100", change).await, answer);
    assert_eq!(put(&sandbox, "/+14155550100", json!({})).await, answer);
}

#[tokio::test]
async fn update_and_opt_out_share_one_state() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    let opt_out = |number: &str, opted_out: bool| json!({ "status": "OK", "number": number, "opted_out": opted_out });
    assert_eq!(post(&sandbox, "/opt-out", json!({ "number": ADA })).await, (200, opt_out(ADA, true)));
    assert_eq!(sandbox.contact(ADA).unwrap()["opt_out"], true);
    put(&sandbox, "/+14155550100", json!({ "opt_out": false })).await;
    assert_eq!(sandbox.contact(ADA).unwrap()["opt_out"], false);
    let back = json!({ "number": BOB, "opted_out": false });
    assert_eq!(post(&sandbox, "/opt-out", back).await, (200, opt_out(BOB, false)));
    post(&sandbox, "/opt-out", json!({ "number": BOB })).await;
    let (_, answer) = post(&sandbox, "", json!({ "number": BOB })).await;
    assert_eq!(answer["contact"]["optOut"], true);
}

#[tokio::test]
async fn verify_sends_to_contacts_alone() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    let unknown = (200, failure("No contact found for this number"));
    assert_eq!(post(&sandbox, "/verify", json!({ "number": BOB })).await, unknown);
    assert_eq!(post(&sandbox, "/verify", json!({ "number": ADA })).await, (200, json!({ "status": "OK" })));
    post(&sandbox, "/verify", json!({ "number": ADA })).await;
    assert_eq!(sandbox.contact(ADA).unwrap()["verified"], true);
    assert_eq!(sandbox.verifications(), [ADA, ADA]);
}

#[tokio::test]
async fn delete_and_count() {
    let sandbox = Sandbox::builder().synthetic_contacts(3).contacts([json!({ "phone": ADA })]).start().unwrap();
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 4 })));
    assert_eq!(delete(&sandbox, "/%2B14155550100").await, (200, json!({ "status": "OK" })));
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 3 })));
    assert_eq!(sandbox.contact(ADA), None);
}

#[tokio::test]
async fn bulk_create_leaves_existing_contacts_alone() {
    let sandbox = ticking().contacts([json!({ "phone": ADA, "first_name": "Ada" })]).start().unwrap();
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
    let half_wrong = json!({ "contacts": [{ "phone": DEE }, { "phone": "5" }] });
    assert_eq!(post(&sandbox, "/bulk", half_wrong).await.0, 400);
    assert_eq!(sandbox.len(), 2);
}

#[tokio::test]
async fn bulk_delete_counts_what_was_there() {
    let sandbox = Sandbox::builder().contacts([ADA, BOB].map(|phone| json!({ "phone": phone }))).start().unwrap();
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, DEE, ADA] }));
    assert_eq!(send(request).await, (200, json!({ "status": "OK", "amount": 1 })));
    assert!(sandbox.contact(BOB).is_some());
}

#[tokio::test]
async fn bulk_create_may_show_or_refuse_existing_contacts() {
    let builder = Sandbox::builder().contacts([json!({ "phone": ADA, "first_name": "Ada" })]);
    let contacts = json!({ "contacts": [{ "phone": BOB }, { "phone": ADA, "first_name": "Eve" }, { "phone": BOB }] });

    let included = builder.clone().bulk_existing(BulkExisting::Included).start().unwrap();
    let (status, answer) = post(&included, "/bulk", contacts.clone()).await;
    let shown: Vec<_> =
        answer["contacts"].as_array().unwrap().iter().map(|contact| contact["phone"].as_str().unwrap()).collect();
    assert_eq!((status, shown), (201, vec![BOB, ADA, BOB]));
    assert_eq!((included.len(), &included.contact(ADA).unwrap()["first_name"]), (2, &json!("Ada")));

    let conflict = builder.bulk_existing(BulkExisting::Conflict).start().unwrap();
    assert_eq!(post(&conflict, "/bulk", contacts).await, (409, failure("Contact already exists")));
    assert_eq!(conflict.len(), 1);
    assert_eq!(post(&conflict, "/bulk", bulk(&[BOB, BOB])).await.0, 201);
    assert_eq!(conflict.len(), 2);
}

#[tokio::test]
async fn bulk_requests_may_be_limited() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": DEE })]).bulk_limit(2).start().unwrap();
    let delete = |numbers: Value| send(request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": numbers })));
    let too_many = (413, json!({ "error": "Payload Too Large" }));
    assert_eq!(post(&sandbox, "/bulk", bulk(&[ADA, BOB, DEE])).await, too_many);
    assert_eq!(delete(json!([DEE, ADA, BOB])).await, too_many);
    assert_eq!(sandbox.len(), 1);
    assert_eq!(post(&sandbox, "/bulk", bulk(&[ADA, BOB])).await.0, 201);
    assert_eq!(delete(json!([ADA, BOB])).await.0, 200);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn numbers_may_be_refused() {
    let sandbox = Sandbox::builder()
        .contacts([json!({ "phone": ADA })])
        .reject_numbers([BOB], 422)
        .reject_numbers([DEE], 200)
        .start()
        .unwrap();
    let refused = |status: u16| (status, failure("Number not accepted"));
    assert_eq!(post(&sandbox, "/bulk", bulk(&["+14155550199", BOB])).await, refused(422));
    assert_eq!(post(&sandbox, "", json!({ "number": BOB, "update_if_exists": true })).await, refused(422));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await, refused(200));
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, BOB] }));
    assert_eq!(send(request).await, refused(422));
    assert_eq!(get(&sandbox, "/+14155550101").await.0, 404);
    assert!(sandbox.len() == 1 && sandbox.contact(ADA).is_some());
}

#[tokio::test]
async fn numbers_may_be_passed_over() {
    let sandbox = Sandbox::builder().drop_numbers([BOB]).start().unwrap();
    let (status, answer) = post(&sandbox, "/bulk", bulk(&[ADA, BOB])).await;
    assert_eq!((status, answer["contacts"].as_array().unwrap().len()), (201, 1));
    assert_eq!(sandbox.contact(BOB), None);
    assert_eq!(post(&sandbox, "", json!({ "number": BOB })).await.0, 200);
}

#[test]
fn settings_that_are_wrong_are_named() {
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
async fn list_defaults_and_caps() {
    let sandbox = Sandbox::builder().synthetic_contacts(11_500).start().unwrap();
    let numbers = async |query: &str| {
        let (status, page) = get(&sandbox, query).await;
        assert_eq!(status, 200);
        let number = |contact: &Value| contact["phone"].as_str().unwrap().to_owned();
        page.as_array().unwrap().iter().map(number).collect::<Vec<_>>()
    };
    let newest = numbers("").await;
    assert_eq!(newest.len(), 100);
    assert_eq!(newest, numbers("?order_by=created_at&order_direction=desc&limit=100&offset=0").await);
    assert_ne!(newest, numbers("?order_direction=asc").await);
    assert_eq!(newest[10], numbers("?limit=1&offset=10").await[0]);
    assert_eq!(numbers("?limit=5000").await.len(), 1000);
    assert_eq!(numbers("?offset=10000").await, numbers("?offset=11000").await);
    assert_eq!(numbers("?unknown=1").await, newest);
}

#[tokio::test]
async fn an_offset_above_the_cap_may_be_refused() {
    let sandbox = Sandbox::builder().over_offset(OverOffset::Refuse).start().unwrap();
    assert_eq!(get(&sandbox, "?offset=10000").await, (200, json!([])));
    assert_eq!(get(&sandbox, "?offset=10001").await, (400, failure("`offset` must be 10000 or less")));
}

#[tokio::test]
async fn list_orders_and_filters() {
    let contact = |line: u8, first: &str, last: &str, created_at: &str| json!({ "phone": format!("+141555501{line:02}"), "first_name": first, "last_name": last, "created_at": created_at });
    let contacts = [
        contact(3, "Ada", "Lovelace", "2026-05-09T00:00:00.002Z"),
        contact(1, "Grace", "Hopper", "2026-05-09T02:00:00.0019+02:00"),
        contact(2, "Ada", "Byron", "2026-05-09T00:00:00Z"),
        json!({ "phone": "+14155550104" }),
    ];
    let sandbox = Sandbox::builder().contacts(contacts.clone()).start().unwrap();
    assert_eq!(lines(&sandbox, "").await, [3, 1, 2, 4]);
    assert_eq!(lines(&sandbox, "?order_direction=asc").await, [2, 1, 3, 4]);
    assert_eq!(lines(&sandbox, "?order_by=phone&order_direction=asc").await, [1, 2, 3, 4]);
    assert_eq!(lines(&sandbox, "?order_by=firstName&order_direction=asc").await, [3, 2, 1, 4]);
    assert_eq!(lines(&sandbox, "?order_by=lastName").await, [3, 1, 2, 4]);
    assert_eq!(lines(&sandbox, "?created_at_gte=2026-05-09T00:00:00.001Z").await, [3, 1]);
    assert_eq!(lines(&sandbox, "?created_at_gte=2026-05-09T02%3A00%3A00.002%2B02:00").await, [3]);
    assert_eq!(lines(&sandbox, "?created_at_gte=2026-05-09&order_by=phone").await, [3, 2, 1]);
    assert_eq!(lines(&sandbox, "?phone_number=%2B14155550102").await, [2]);
    assert_eq!(lines(&sandbox, "?phone_number=%2B14155550109").await, [] as [u64; 0]);

    let (_, page) = get(&sandbox, "?phone_number=%2B14155550101").await;
    let id = page[0]["contact_id"].as_str().expect("an identity in lists");
    assert_eq!(page[0]["created_at"], "2026-05-09T00:00:00.001Z");
    assert_eq!(lines(&sandbox, &format!("?cid={id}")).await, [1]);
    assert_eq!(lines(&sandbox, &format!("?cid={id}&phone_number=%2B14155550102")).await, [] as [u64; 0]);
    assert_eq!(lines(&sandbox, "?cid=nobody").await, [] as [u64; 0]);

    let first = Sandbox::builder().contacts(contacts).undated(Undated::First).start().unwrap();
    assert_eq!(lines(&first, "").await, [4, 3, 1, 2]);
    assert_eq!(lines(&first, "?order_direction=asc").await, [4, 2, 1, 3]);
}

#[tokio::test]
async fn the_rate_limit_answers_429() {
    let sandbox = Sandbox::builder().rate_limit(2, Duration::from_secs(3600)).start().unwrap();
    sandbox.fail_next(Fault::status(500));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = request(&sandbox, Method::GET, "/count").send().await.unwrap();
        assert!(!response.headers().contains_key("retry-after"));
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [500, 200, 200, 429]);
}

#[tokio::test]
async fn answers_are_held_back_side_by_side() {
    const LATENCY: Duration = Duration::from_millis(400);
    let sandbox = Sandbox::builder().latency(LATENCY).start().unwrap();
    let start = Instant::now();
    let requests = (0..10).map(|line| {
        let request = request(&sandbox, Method::POST, "").json(&json!({ "number": format!("+141555501{line:02}") }));
        tokio::spawn(async move { send(request).await.0 })
    });
    for answer in requests.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), 200);
    }
    // One after the other, they would take ten times as long.
    let taken = start.elapsed();
    assert!(LATENCY <= taken && taken < 10 * LATENCY, "{taken:?}");
}

#[tokio::test]
async fn a_request_is_carried_out_and_remembered_before_its_answer_waits() {
    let sandbox = Sandbox::builder().latency(Duration::from_secs(3600)).start().unwrap();
    let answer = tokio::spawn(request(&sandbox, Method::POST, "").json(&json!({ "number": ADA })).send());
    let remembered = async {
        while sandbox.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), remembered).await.expect("a request");
    assert_eq!((sandbox.len(), sandbox.requests()[0].status()), (1, 200));
    assert!(!answer.is_finished());
}

#[tokio::test]
async fn faults_are_answered_as_queued() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::status(503));
    sandbox.fail_next(
        Fault::status(429)
            .header("retry-after", "2")
            .body("slow down")
            .operation("contacts.verify")
            .times(2)
            .applied(true),
    );
    sandbox.fail_next(Fault::status(502).operation("contacts.delete"));
    assert_eq!(get(&sandbox, "/count").await, (503, Value::Null));
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 1 })));
    for sent in 1..=2 {
        let request = request(&sandbox, Method::POST, "/verify").json(&json!({ "number": ADA }));
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"2".parse().unwrap()));
        assert_eq!(response.text().await.unwrap(), "slow down");
        assert_eq!(sandbox.verifications().len(), sent);
    }
    assert_eq!(post(&sandbox, "/verify", json!({ "number": ADA })).await.0, 200);
    assert_eq!(delete(&sandbox, "/+14155550100").await.0, 502);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn a_fault_may_leave_a_bulk_request_half_done() {
    let sandbox = Sandbox::builder().reject_numbers(["+14155550199"], 400).start().unwrap();
    sandbox.fail_next(Fault::status(500).applied_to(2));
    assert_eq!(post(&sandbox, "/bulk", bulk(&[ADA, BOB, DEE])).await.0, 500);
    assert_eq!([ADA, BOB, DEE].map(|number| sandbox.contact(number).is_some()), [true, true, false]);
    sandbox.fail_next(Fault::status(500).applied_to(1));
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, BOB] }));
    assert_eq!(send(request).await.0, 500);
    assert_eq!([ADA, BOB].map(|number| sandbox.contact(number).is_some()), [false, true]);

    sandbox.fail_next(Fault::status(500).applied_to(1));
    assert_eq!(post(&sandbox, "/bulk", bulk(&[DEE, "+14155550199"])).await.0, 500);
    sandbox.fail_next(Fault::status(500).applied_to(0));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert_eq!(sandbox.contact(DEE), None);
    sandbox.fail_next(Fault::status(500).applied_to(1));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert!(sandbox.contact(DEE).is_some());
}

/// Everything that comes back to a request of the number of contacts, until the connection is closed.
fn raw_count(sandbox: &Sandbox) -> String {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(b"GET /api/v2/contacts/count HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an end");
    answer
}

#[tokio::test]
async fn a_fault_may_close_the_connection() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::no_answer());
    assert_eq!(raw_count(&sandbox), "");
    for (bytes, sent) in [(0, ""), (4, "0123"), (9, "012345678")] {
        sandbox.fail_next(Fault::status(201).body("0123456789").cut_after(bytes));
        let answer = raw_count(&sandbox);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 201") && head.contains("content-length: 10"), "{head}");
        assert_eq!(body, sent);
    }
    sandbox.fail_next(Fault::status(200).body("0123456789").cut_after(10));
    let whole = request(&sandbox, Method::GET, "/count").send().await.unwrap();
    assert_eq!(whole.text().await.unwrap(), "0123456789");
    sandbox.fail_next(Fault::no_answer());
    assert_eq!(request(&sandbox, Method::HEAD, "/count").send().await.unwrap().status(), 500);

    sandbox.fail_next(Fault::no_answer().applied(true));
    let delete = request(&sandbox, Method::DELETE, "/+14155550100").send().await;
    assert!(delete.unwrap_err().is_request());
    assert!(sandbox.is_empty());
    let statuses: Vec<_> = sandbox.requests().iter().map(|request| request.status()).collect();
    assert_eq!(statuses, [0, 201, 201, 201, 200, 0, 0]);
}

#[tokio::test]
async fn a_fault_may_take_its_time() {
    const HALF: Duration = Duration::from_millis(150);
    let sandbox = Sandbox::builder().latency(HALF).start().unwrap();
    sandbox.fail_next(Fault::status(503).delay(HALF));
    let start = Instant::now();
    assert_eq!(get(&sandbox, "/count").await.0, 503);
    assert!(start.elapsed() >= 2 * HALF);
}

#[tokio::test]
async fn requests_are_remembered_as_they_came() {
    let sandbox = Sandbox::start().unwrap();
    post(&sandbox, "?a=%20b", json!({ "number": ADA })).await;
    get(&sandbox, "/%2b14155550100").await;
    sandbox.fail_next(Fault::status(503));
    get(&sandbox, "/a/b").await;
    let requests = sandbox.requests();
    let seen: Vec<_> = requests.iter().map(|r| (r.method(), r.path(), r.query(), r.operation(), r.status())).collect();
    assert_eq!(
        seen,
        [
            ("POST", "/api/v2/contacts", Some("a=%20b"), Some("contacts.create"), 200),
            ("GET", "/api/v2/contacts/%2b14155550100", None, Some("contacts.retrieve"), 200),
            ("GET", "/api/v2/contacts/a/b", None, None, 503),
        ]
    );
    assert_eq!(requests[0].headers()["sb-api-key-id"], "sandbox-key");
    assert_eq!(requests[0].body(), br#"{"number":"+14155550100"}"#);
    sandbox.clear_requests();
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn each_request_is_told_of_before_its_answer() {
    let (tell, told) = mpsc::channel();
    let sandbox = Sandbox::builder()
        .on_request(move |request| tell.send((request.operation(), request.status())).unwrap())
        .start()
        .unwrap();
    for (path, expected) in [("/count", (Some("contacts.count"), 200)), ("/a/b", (None, 404))] {
        get(&sandbox, path).await;
        assert_eq!(told.try_recv(), Ok(expected));
    }
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let request = request(&sandbox, Method::POST, "").body(vec![b' '; MAX_BODY + 1]);
    assert_eq!(send(request).await, (413, json!({ "error": "Payload Too Large" })));
    assert!(sandbox.requests()[0].body().is_empty());
}

#[test]
fn seeds_that_are_wrong_are_named_without_their_value() {
    for (contacts, message) in [
        (
            vec![json!({ "phone": ADA }), json!({ "phone": "secret" })],
            "contact 1: `phone` must be a number in E.164 format",
        ),
        (vec![json!({ "first_name": "Ada" })], "contact 0: `phone` must be a number in E.164 format"),
        (vec![json!({ "phone": ADA, "verified": "secret" })], "contact 0: `verified` must be a boolean"),
        (vec![json!({ "phone": ADA, "created_at": "secret" })], "contact 0: `created_at` must be a date-time"),
        (vec![json!({ "phone": ADA, "nickname": "secret" })], "contact 0: `nickname` is no property of a contact"),
        (vec![json!({ "phone": ADA }), json!({ "phone": ADA })], "contact 1: `phone` is taken by another contact"),
        (vec![json!("secret")], "contact 0: must be a JSON object"),
    ] {
        let error = Sandbox::builder().contacts(contacts).start().unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::InvalidInput, message.into()));
    }
}

#[test]
fn seeds_are_taken_as_they_are() {
    let contact = json!({
        "phone": ADA, "first_name": "Ada", "last_name": "Lovelace", "company_name": "A Ltd", "opt_out": true,
        "assigned_to_email": "a@example.com", "sendblue_number": "+15550000000", "tags": ["vip"], "verified": true,
        "custom_variables": { "Plan": "pro" }, "created_at": "2026-05-09T00:00:00.000Z",
    });
    let sandbox =
        Sandbox::builder().contacts([contact.clone(), json!({ "phone": BOB, "tags": null })]).start().unwrap();
    assert_eq!(sandbox.contact(ADA), Some(contact));
    assert_eq!(sandbox.contact(BOB), Some(json!({ "phone": BOB })));
}

#[tokio::test]
async fn the_account_may_change_while_it_runs() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.insert(json!({ "phone": BOB, "first_name": "Bob", "opt_out": true })).unwrap();
    assert_eq!(sandbox.contact(BOB), Some(json!({ "phone": BOB, "first_name": "Bob", "opt_out": true })));
    assert_eq!(lines(&sandbox, "").await, [1, 0]);
    for (contact, message) in [
        (json!({ "phone": BOB, "opt_out": false }), "the contact: `phone` is taken by another contact"),
        (json!({ "phone": "secret" }), "the contact: `phone` must be a number in E.164 format"),
        (json!("secret"), "the contact: must be a JSON object"),
    ] {
        let error = sandbox.insert(contact).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::InvalidInput, message.into()));
    }
    assert_eq!(sandbox.contact(BOB).unwrap()["opt_out"], true);
    assert!(sandbox.remove(ADA));
    assert!(!sandbox.remove(ADA));
    assert_eq!(lines(&sandbox, "").await, [1]);
    assert_eq!(sandbox.requests().len(), 2);
}

#[test]
fn a_port_in_use_is_an_error() {
    let sandbox = Sandbox::start().unwrap();
    let port = sandbox.url().rsplit_once(':').unwrap().1.parse().unwrap();
    assert_eq!(Sandbox::builder().port(port).start().unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn no_property_comes_twice() {
    let sandbox = Sandbox::start().unwrap();
    let body = json!({ "number": ADA, "first_name": "Ada", "tags": [] });
    let answer = request(&sandbox, Method::POST, "").json(&body).send().await.unwrap().text().await.unwrap();
    for property in ["phone", "first_name", "firstName", "tags", "verified"] {
        assert_eq!(answer.matches(&format!("\"{property}\":")).count(), 1, "{answer}");
    }
}

#[test]
fn it_may_be_shared_among_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Sandbox>();
    shared::<SandboxBuilder>();
}

/// Sends a request by hand and leaves the connection open.
fn keep_alive(sandbox: &Sandbox) -> TcpStream {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    connection.write_all(b"GET /nowhere HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut start = [0; 12];
    connection.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 404");
    connection
}

#[tokio::test]
async fn dropping_it_closes_the_port_and_every_connection() {
    let sandbox = Sandbox::start().unwrap();
    let mut connection = keep_alive(&sandbox);
    let port = sandbox.url().rsplit_once(':').unwrap().1.parse().unwrap();
    drop(sandbox);
    // The time-out is there for the failure: a connection that stays open has no end to be read.
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let end = connection.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert!(!matches!(end, Err(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)), "{end:?}");
    assert_eq!(TcpStream::connect(("127.0.0.1", port)).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn debug_shows_nothing_secret() {
    let builder = Sandbox::builder()
        .credentials("the-key", "the-secret")
        .bearer_token("the-token")
        .contacts([json!({ "phone": ADA, "first_name": "Ada" })]);
    let mut shown = format!("{builder:?}");
    let sandbox = builder.start().unwrap();
    let fault = Fault::status(503).body("the-body").header("x-a", "the-header");
    sandbox.fail_next(fault.clone());
    get(&sandbox, "/+14155550100").await;
    shown += &format!("{sandbox:?} {fault:?} {:?}", sandbox.requests());
    for secret in ["the-", "sandbox-", "4155550100", "Ada"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("503"), "{shown}");
}
