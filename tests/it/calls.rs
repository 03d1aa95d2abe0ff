//! Options of one call, raw responses, and endpoints that `openapi.yaml` lacks.

use std::{collections::BTreeMap, time::Duration};

use httpmock::MockServer;
use sendblue_contacts::{Client, Credentials, Error, ErrorKind, Outcome, http::Method, sandbox::Sandbox};
use serde::Deserialize;
use serde_json::{Value, json};

fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = sandbox.client().expect("a client");
    (sandbox, client)
}

/// Returns the text of an input error, after checking that no request was sent.
fn unsent_input_error(error: Error, sandbox: &Sandbox) -> String {
    assert!(error.is_input(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty(), "the service received a request");
    error.to_string()
}

#[tokio::test]
async fn invalid_arguments_fail_before_a_request_is_sent() {
    let (sandbox, client) = sandbox();
    let contacts = client.contacts();
    let bulk = contacts.bulk();
    let delete = || client.request::<Value>(Method::DELETE, "/api/v2/contacts");
    for (error, expected) in [
        (contacts.create("415").send().await.err(), "contacts.create: number: does not start with `+`"),
        (contacts.verify("+1x").send().await.err(), "contacts.verify: number: has a character other than"),
        (contacts.retrieve("..").send().await.err(), "contacts.retrieve: phone_number: does not start"),
        (contacts.update("").first_name("x").send().await.err(), "contacts.update: phone_number: is empty"),
        (contacts.delete("+0155").send().await.err(), "contacts.delete: phone_number: has a 0"),
        (contacts.opt_out("+1").send().await.err(), "contacts.opt_out: number: has too few digits"),
        (contacts.list().phone_number("x").send().await.err(), "contacts.list: phone_number: does not start"),
        (contacts.list().limit(0).send().await.err(), "contacts.list: limit: zero"),
        (contacts.list().limit(1001).send().await.err(), "contacts.list: limit: above 1000"),
        (contacts.list().offset(10_001).send().await.err(), "contacts.list: offset: above 10000"),
        (bulk.create([]).send().await.err(), "contacts.bulk.create: contacts: empty"),
        (bulk.delete([""; 0]).send().await.err(), "contacts.bulk.delete: contact_ids: empty"),
        (bulk.delete([""; 0]).body_field("contact_ids", ["x"]).send().await.err(), "contact_ids: empty"),
        (bulk.delete(["+14155550100", "x"]).send().await.err(), "contacts.bulk.delete: contact_ids[1]: does not start"),
        (contacts.count().header("Authorization", "x").send().await.err(), "header `authorization`: carries"),
        (contacts.count().header("sb-api-key-id", "x").send().await.err(), "header `sb-api-key-id`: carries"),
        (contacts.count().header("Content-Length", "1").send().await.err(), "header `content-length`: set by"),
        (contacts.list().limit(5).query("limit", "6").send().await.err(), "query `limit`: already set"),
        (contacts.count().body_field("x", 1).send().await.err(), "body field `x`: cannot be added"),
        (
            contacts.create("+14155550100").body_field("number", "+1").send().await.err(),
            "body field `number`: already set",
        ),
        (
            contacts.create("+14155550100").body_field("x", Unrepresentable).send().await.err(),
            "body field `x`: cannot be represented",
        ),
        (contacts.verify("+14155550100").timeout(Duration::ZERO).send().await.err(), "contacts.verify: timeout: zero"),
        (contacts.count().attempt_timeout(Duration::ZERO).send().await.err(), "attempt_timeout: zero"),
        (contacts.list().cid("x".repeat(70_000)).send().await.err(), "contacts.list: request: URL is too long"),
        (client.request::<Value>(Method::CONNECT, "/x").send().await.err(), "request: method: CONNECT"),
        (client.request::<Value>(Method::TRACE, "/x").send().await.err(), "request: method: CONNECT and TRACE"),
        (delete().send().await.err(), "request: contact_ids: missing or empty"),
        (
            delete().json(json!({})).body_field("contact_ids", json!([])).send().await.err(),
            "request: contact_ids: missing",
        ),
        (delete().json(json!({"contact_ids": []})).send().await.err(), "request: contact_ids: missing or empty"),
        (client.request::<Value>(Method::GET, "api").send().await.err(), "request: path: does not start with `/`"),
        (client.request::<Value>(Method::GET, "/api/..").send().await.err(), "request: path: a segment is"),
        (client.request::<Value>(Method::GET, "/api/").send().await.err(), "request: path: a segment is"),
        (client.request::<Value>(Method::GET, "/\t..\n").send().await.err(), "request: path: a segment is"),
        (client.request::<Value>(Method::GET, "/x?y=1").send().await.err(), "request: path: contains `?`"),
        (client.request::<Value>(Method::GET, "/x/{id}").send().await.err(), "path parameter `id`: has no value"),
        (
            client.request::<Value>(Method::GET, "/x/{id}").path_param("id", "..").send().await.err(),
            "path parameter `id`: a segment is",
        ),
        (
            client.request::<Value>(Method::GET, "/x").path_param("id", "7").send().await.err(),
            "path parameter `id`: not in the path",
        ),
        (client.request::<Value>(Method::GET, "/x").json(Unrepresentable).send().await.err(), "body: cannot be"),
    ] {
        let message = unsent_input_error(error.expect(expected), &sandbox);
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn a_bulk_delete_without_numbers_is_refused_in_any_spelling() {
    let (sandbox, client) = sandbox();
    for method in ["DELETE", "delete", "dElEtE"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        for path in [
            "/api/v2/contacts",
            "/API/v2/CONTACTS",
            "/api/v2/contacts/",
            "//api/v2//contacts",
            "/api/v2/%63ontacts",
            "/api/v2/%43ONTACTS",
            "/api/v2/%2563ontacts",
            "/api%2Fv2/contacts",
            "/api\\v2\\contacts",
            "/api/v2/contacts/%2E",
            "/api/v2/contacts;x",
            "/api/v2/contacts/ ",
        ] {
            for body in [None, Some(json!({})), Some(json!({"contact_ids": []})), Some(json!({"contact_ids": [""]}))] {
                let request = client.request::<Value>(method.clone(), path).idempotent(true);
                let request = match body {
                    Some(body) => request.json(body),
                    None => request,
                };
                let error = request.send().await.expect_err(path);
                unsent_input_error(error, &sandbox);
            }
        }
        let request = client.request::<Value>(method.clone(), "/{a}").path_param("a", "api/v2/contacts");
        unsent_input_error(request.send().await.expect_err("encoded slashes"), &sandbox);
    }
    let override_method = client.contacts().bulk().delete(["+14155550100"]).header("X-HTTP-Method-Override", "GET");
    unsent_input_error(override_method.send().await.expect_err("another method"), &sandbox);
}

/// Serializes as a map whose keys are lists, which JSON cannot represent.
struct Unrepresentable;

impl serde::Serialize for Unrepresentable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([([1], 1)])
    }
}

#[tokio::test]
async fn the_error_names_the_first_of_several_invalid_arguments() {
    let (sandbox, client) = sandbox();
    let error = client.contacts().list().limit(0).offset(10_001).header("host", "x").send().await.expect_err("bad");
    assert!(unsent_input_error(error, &sandbox).contains("limit: zero"));
}

#[tokio::test]
async fn a_cloned_request_is_sent_separately() {
    let (sandbox, client) = sandbox();
    let create = client.contacts().create("+14155550100").first_name("Ada").update_if_exists(true);
    let clone = create.clone();
    assert!(sandbox.requests().is_empty(), "a request was sent before `send`");
    create.send().await.expect("created");
    tokio::spawn(clone.send()).await.expect("no panic").expect("updated");
    assert_eq!(sandbox.requests().len(), 2);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn sends_added_headers_query_parameters_and_body_fields() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method("POST")
                .path("/gateway/api/v2/contacts")
                .query_param("dry_run", "yes & no")
                .header("x-trace", "1")
                .header("content-type", "application/json")
                .json_body(json!({"number": "+14155550100", "tags": ["vip"], "source": {"form": 7}}));
            then.status(200).body(r#"{"contact": {}}"#);
        })
        .await;
    client(&server)
        .contacts()
        .create("+14155550100")
        .tags(["vip"])
        .header("x-trace", "1")
        .query("dry_run", "yes & no")
        .body_field("source", json!({"form": 7}))
        .send()
        .await
        .expect("a 2xx");
    mock.assert_async().await;
}

fn client(server: &MockServer) -> Client {
    let credentials = Credentials::key_pair("key", "secret").expect("valid");
    Client::builder().credentials(credentials).base_url(server.url("/gateway/")).max_retries(0).build().expect("valid")
}

#[tokio::test]
async fn send_raw_returns_status_headers_and_body_with_the_value() {
    #[derive(Deserialize)]
    struct Undocumented<'a> {
        account: &'a str,
    }

    let server = MockServer::start_async().await;
    let body = r#"{"status":"OK","account":"main","contact":{"phone":"+14155550100"}}"#;
    server
        .mock_async(|when, then| {
            when.path("/gateway/api/v2/contacts/+14155550100");
            then.status(203).header("x-request-id", "abc").body(body);
        })
        .await;
    let response = client(&server).contacts().retrieve("+14155550100").send_raw().await.expect("a 2xx");
    assert_eq!(response.status(), 203);
    assert_eq!(response.headers()["x-request-id"], "abc");
    assert_eq!(response.body(), body);
    assert_eq!(response.value().phone.as_deref(), Some("+14155550100"));
    assert_eq!(response.json::<Undocumented<'_>>().expect("decoded").account, "main");

    let error = response.json::<Vec<Value>>().expect_err("an object");
    assert!(error.is_decode(), "{error:?}");
    assert_eq!(
        (error.outcome(), error.operation(), error.attempts()),
        (Outcome::Applied, Some("contacts.retrieve"), 1)
    );
    assert_eq!(response.into_value().phone.as_deref(), Some("+14155550100"));
}

#[tokio::test]
async fn calls_an_endpoint_that_the_document_lacks() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Tag {
        id: u32,
    }

    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method("PATCH")
                .is_true(|request| {
                    request
                        .uri()
                        .path_and_query()
                        .is_some_and(|sent| sent == "/gateway/api/v2/tags/a%2Fb%20%25%3F%23?limit=1")
                })
                .header("sb-api-key-id", "key")
                .header("sb-api-secret-key", "secret")
                .header("accept", "application/json")
                .header("x-trace", "1")
                .json_body(json!({"name": "vip", "more": true}));
            then.status(201).body(r#"{"id": 7}"#);
        })
        .await;
    let client = client(&server);
    let request = client
        .request::<Tag>(Method::PATCH, "/api/v2/tags/{name}")
        .path_param("name", "a/b %?#")
        .json(json!({"name": "vip"}));
    let tag = request.clone().query("limit", "1").header("x-trace", "1").body_field("more", true).send().await;
    assert_eq!(tag.expect("a 2xx"), Tag { id: 7 });
    mock.assert_async().await;

    let error = request.send().await.expect_err("no such mock");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!(error.operation(), Some("request"));
}

#[tokio::test]
async fn an_undocumented_endpoint_fails_like_an_operation() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    for (status, body, kind) in
        [(200, r#"{"canary": "x"}"#, ErrorKind::Decode), (409, "", ErrorKind::Conflict), (500, "", ErrorKind::Server)]
    {
        let mock = server
            .mock_async(|when, then| {
                when.any_request();
                then.status(status).body(body);
            })
            .await;
        let error = client.request::<BTreeMap<String, u32>>(Method::POST, "/x").send().await.expect_err(body);
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        mock.delete_async().await;
    }
    server
        .mock_async(|when, then| {
            when.any_request();
            then.status(204);
        })
        .await;
    assert_eq!(client.request::<Value>(Method::POST, "/x").send().await.expect("empty"), json!({}));
    client.request::<()>(Method::POST, "/x").send().await.expect("empty");
    assert_eq!(client.request::<Option<u32>>(Method::POST, "/x").send().await.expect("empty"), None);
    let error = client.request::<u32>(Method::POST, "/x").send().await.expect_err("no number");
    assert!(error.to_string().contains("API reference: empty body; the request was carried out"), "{error}");
}

/// The property may describe the endpoint's subject, such as a line that is down.
#[tokio::test]
async fn an_undocumented_endpoint_may_return_the_status_of_its_subject() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.any_request();
            then.status(200).body(r#"{"status": "ERROR"}"#);
        })
        .await;
    let request = client(&server).request::<BTreeMap<String, String>>(Method::GET, "/api/status");
    assert_eq!(request.clone().send().await.expect("a success")["status"], "ERROR");
    request.ignore_body().send().await.expect("a success");
}
