//! Credentials, routes, schema violations and the size limit.

use reqwest::Method;
use sendblue_contacts::sandbox::{MAX_BODY, Sandbox};
use serde_json::json;

use super::{anonymous, delete, error_body, get, put, request, send};

#[tokio::test]
async fn one_valid_credential_is_enough() {
    let sandbox = Sandbox::builder().credentials("k", "s").bearer_token("t").start().unwrap();
    let missing = (403, json!({ "message": "Did not get inputs for authorization" }));
    let wrong = (401, error_body("Invalid Credentials"));
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
async fn a_schema_violation_is_a_400_that_names_the_field() {
    let sandbox = Sandbox::start().unwrap();
    for (method, path, body, message) in [
        (Method::POST, "", r#"{}"#, "Missing fields"),
        (Method::POST, "", r#"{"number":null}"#, "`number` must be a string"),
        (Method::POST, "", r#"{"number":"+14155550100","tags":null}"#, "`tags` must be an array"),
        (Method::POST, "/opt-out", r#"{"number":"+14155550100","opted_out":null}"#, "`opted_out` must be a boolean"),
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
            "`custom_variables` must be an object of strings",
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
        (Method::GET, "?order_direction=up", "", "`order_direction` must be asc or desc"),
        (Method::GET, "?created_at_gte=soon", "", "`created_at_gte` must be an ISO 8601 date or time"),
        (Method::GET, "?phone_number=+14155550100", "", "Invalid phone number"),
    ] {
        let request = request(&sandbox, method, path).header("content-type", "application/json").body(body);
        assert_eq!(send(request).await, (400, error_body(message)), "{path} {body}");
    }
    let untyped = request(&sandbox, Method::POST, "").body(r#"{"number":"+14155550100"}"#);
    assert_eq!(send(untyped).await, (400, error_body("Content-Type must be application/json")));
    assert!(sandbox.is_empty());
}

#[tokio::test]
async fn an_unknown_number_or_route_is_a_404_and_a_wrong_method_a_405() {
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
async fn a_body_above_max_body_is_a_413() {
    let sandbox = Sandbox::start().unwrap();
    let request = request(&sandbox, Method::POST, "").body(vec![b' '; MAX_BODY + 1]);
    assert_eq!(send(request).await, (413, json!({ "error": "Payload Too Large" })));
    assert!(sandbox.requests()[0].body().is_empty());
}
