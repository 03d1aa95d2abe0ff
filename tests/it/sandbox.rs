//! The sandbox, talked to by plain HTTP.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::DateTime;
use reqwest::{Client, Method, RequestBuilder};
use sendblue_contacts::sandbox::{MAX_BODY, Sandbox, SandboxBuilder, Undated};
use serde_json::{Value, json};

mod faults;
mod handle;
mod rules;

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
async fn a_body_that_is_too_large_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let request = request(&sandbox, Method::POST, "").body(vec![b' '; MAX_BODY + 1]);
    assert_eq!(send(request).await, (413, json!({ "error": "Payload Too Large" })));
    assert!(sandbox.requests()[0].body().is_empty());
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
