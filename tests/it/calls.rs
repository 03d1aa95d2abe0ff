//! What a caller adds to one call, what comes with an answer, and calls outside the document.

use std::{collections::BTreeMap, time::Duration};

use httpmock::MockServer;
use sendblue_contacts::{Client, Credentials, Error, NewContact, Outcome, http::Method, sandbox::Sandbox};
use serde::Deserialize;
use serde_json::{Value, json};

fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = sandbox.client().expect("a client");
    (sandbox, client)
}

/// The text of an input error, of which nothing may have been sent.
fn input(error: Error, sandbox: &Sandbox) -> String {
    assert!(error.is_input(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty(), "something was sent");
    error.to_string()
}

#[tokio::test]
async fn bad_arguments_are_named_before_anything_is_sent() {
    let (sandbox, client) = sandbox();
    let contacts = client.contacts();
    let bulk = contacts.bulk();
    let delete = || client.request::<Value>(Method::DELETE, ["api", "v2", "contacts"]);
    for (error, says) in [
        (contacts.create("415").send().await.err(), "contacts.create: number: does not start with `+`"),
        (contacts.verify("+1x").send().await.err(), "contacts.verify: number: has something other than"),
        (contacts.retrieve("..").send().await.err(), "contacts.retrieve: phone_number: does not start"),
        (contacts.update("").first_name("x").send().await.err(), "contacts.update: phone_number: is empty"),
        (contacts.delete("+0155").send().await.err(), "contacts.delete: phone_number: has a 0"),
        (contacts.opt_out("+1").send().await.err(), "contacts.opt_out: number: has fewer than 2"),
        (contacts.list().phone_number("x").send().await.err(), "contacts.list: phone_number: does not start"),
        (contacts.list().limit(0).send().await.err(), "contacts.list: limit: is 0"),
        (contacts.list().limit(1001).send().await.err(), "contacts.list: limit: is above 1000"),
        (contacts.list().offset(10_001).send().await.err(), "contacts.list: offset: is above 10000"),
        (bulk.create([]).send().await.err(), "contacts.bulk.create: contacts: is empty"),
        (
            bulk.create([NewContact::new("+14155550100"), NewContact::new("1").tags(["x"])]).send().await.err(),
            "contacts.bulk.create: contacts[1].phone: does not start",
        ),
        (bulk.delete([""; 0]).send().await.err(), "contacts.bulk.delete: contact_ids: is empty"),
        (bulk.delete([""; 0]).body_field("contact_ids", ["x"]).send().await.err(), "contact_ids: is empty"),
        (bulk.delete(["+14155550100", "x"]).send().await.err(), "contacts.bulk.delete: contact_ids[1]: does not start"),
        (contacts.count().header("Authorization", "x").send().await.err(), "header `authorization`: carries"),
        (contacts.count().header("sb-api-key-id", "x").send().await.err(), "header `sb-api-key-id`: carries"),
        (contacts.count().header("Content-Length", "1").send().await.err(), "header `content-length`: is set by"),
        (contacts.list().limit(5).query("limit", "6").send().await.err(), "query `limit`: is set by the request"),
        (contacts.count().body_field("x", 1).send().await.err(), "body field `x`: cannot be added"),
        (
            contacts.create("+14155550100").body_field("number", "+1").send().await.err(),
            "body field `number`: is set by the request",
        ),
        (
            contacts.create("+14155550100").body_field("x", Unrepresentable).send().await.err(),
            "body field `x`: is not representable",
        ),
        (
            contacts.verify("+14155550100").timeout(Duration::ZERO).send().await.err(),
            "contacts.verify: timeout: is zero",
        ),
        (contacts.count().attempt_timeout(Duration::ZERO).send().await.err(), "attempt_timeout: is zero"),
        (contacts.list().cid("x".repeat(70_000)).send().await.err(), "contacts.list: request: has an address"),
        (client.request::<Value>(Method::CONNECT, ["x"]).send().await.err(), "request: method: is CONNECT"),
        (client.request::<Value>(Method::TRACE, ["x"]).send().await.err(), "request: method: is CONNECT or TRACE"),
        (delete().send().await.err(), "request: contact_ids: is missing or empty"),
        (delete().json(json!({})).body_field("contact_ids", json!([])).send().await.err(), "request: contact_ids: is"),
        (delete().json(json!({"contact_ids": []})).send().await.err(), "request: contact_ids: is missing or empty"),
        (client.request::<Value>(Method::GET, [""; 0]).send().await.err(), "request: path: has no segments"),
        (client.request::<Value>(Method::GET, ["api", ".."]).send().await.err(), "request: path: has a segment"),
        (client.request::<Value>(Method::GET, ["api", ""]).send().await.err(), "request: path: has a segment"),
        (client.request::<Value>(Method::GET, ["\t..\n"]).send().await.err(), "request: path: has a segment"),
        (client.request::<Value>(Method::GET, ["x"]).json(Unrepresentable).send().await.err(), "body: is not"),
    ] {
        let message = input(error.expect(says), &sandbox);
        assert!(message.contains(says), "{message}");
    }
}

/// JSON has no maps whose keys are lists.
struct Unrepresentable;

impl serde::Serialize for Unrepresentable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([([1], 1)])
    }
}

#[tokio::test]
async fn the_first_of_several_bad_arguments_is_named() {
    let (sandbox, client) = sandbox();
    let error = client.contacts().list().limit(0).offset(10_001).header("host", "x").send().await.expect_err("bad");
    assert!(input(error, &sandbox).contains("limit: is 0"));
}

#[tokio::test]
async fn a_request_is_sent_as_often_as_it_is_cloned() {
    let (sandbox, client) = sandbox();
    let create = client.contacts().create("+14155550100").first_name("Ada").update_if_exists(true);
    let again = create.clone();
    assert!(sandbox.requests().is_empty(), "nothing is sent before `send`");
    create.send().await.expect("created");
    tokio::spawn(again.send()).await.expect("no panic").expect("updated");
    assert_eq!(sandbox.requests().len(), 2);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn fields_and_parameters_can_be_added() {
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
        .expect("answered");
    mock.assert_async().await;
}

fn client(server: &MockServer) -> Client {
    let credentials = Credentials::key_pair("key", "secret").expect("valid");
    Client::builder().credentials(credentials).base_url(server.url("/gateway/")).max_retries(0).build().expect("valid")
}

#[tokio::test]
async fn an_answer_comes_with_all_of_it() {
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
    let response = client(&server).contacts().retrieve("+14155550100").send_raw().await.expect("answered");
    assert_eq!(response.status(), 203);
    assert_eq!(response.headers()["x-request-id"], "abc");
    assert_eq!(response.bytes(), body);
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
async fn an_endpoint_outside_the_document_can_be_called() {
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
    let request = client.request::<Tag>(Method::PATCH, ["api", "v2", "tags", "a/b %?#"]).json(json!({"name": "vip"}));
    let tag = request.clone().query("limit", "1").header("x-trace", "1").body_field("more", true).send().await;
    assert_eq!(tag.expect("answered"), Tag { id: 7 });
    mock.assert_async().await;

    let error = request.send().await.expect_err("no such mock");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!(error.operation(), Some("request"));
}

#[tokio::test]
async fn an_endpoint_fails_as_an_operation_does() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    for (status, body, is) in [
        (200, r#"{"status": "Error", "message": "No"}"#, Error::is_reported as fn(&Error) -> bool),
        (200, r#"{"canary": "x"}"#, Error::is_decode),
        (409, "", Error::is_conflict),
        (500, "", Error::is_server_error),
    ] {
        let mock = server
            .mock_async(|when, then| {
                when.any_request();
                then.status(status).body(body);
            })
            .await;
        let error = client.request::<BTreeMap<String, u32>>(Method::POST, ["x"]).send().await.expect_err(body);
        assert!(is(&error), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        mock.delete_async().await;
    }
    server
        .mock_async(|when, then| {
            when.any_request();
            then.status(204);
        })
        .await;
    assert_eq!(client.request::<Value>(Method::POST, ["x"]).send().await.expect("empty"), json!({}));
    client.request::<()>(Method::POST, ["x"]).send().await.expect("empty");
    assert_eq!(client.request::<Option<u32>>(Method::POST, ["x"]).send().await.expect("empty"), None);
    let error = client.request::<u32>(Method::POST, ["x"]).send().await.expect_err("no number");
    assert!(
        error.to_string().contains("describes: it is empty; by the status, the request was carried out"),
        "{error}"
    );
}
