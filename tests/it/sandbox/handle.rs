//! What a test sets up, sees and changes without HTTP.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::mpsc,
    time::Duration,
};

use sendblue_contacts::sandbox::{Fault, Sandbox, SandboxBuilder};
use serde_json::json;

use super::{ADA, BOB, get, lines, post};

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
