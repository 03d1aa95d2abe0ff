//! The handle and the builder: recorded requests, seed contacts, changes at run time and shutdown.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::mpsc,
    time::Duration,
};

use sendblue_contacts::sandbox::{Fault, Sandbox, SandboxBuilder};
use serde_json::json;

use super::{ADA, BOB, get, last_digits, post};

#[tokio::test]
async fn requests_are_recorded_unchanged() {
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
async fn on_request_runs_before_the_response_is_sent() {
    let (sender, receiver) = mpsc::channel();
    let sandbox = Sandbox::builder()
        .on_request(move |request| sender.send((request.operation(), request.status())).unwrap())
        .start()
        .unwrap();
    for (path, expected) in [("/count", (Some("contacts.count"), 200)), ("/a/b", (None, 404))] {
        get(&sandbox, path).await;
        assert_eq!(receiver.try_recv(), Ok(expected));
    }
    assert!(receiver.try_recv().is_err());
}

#[test]
fn start_names_an_invalid_seed_contact_without_its_value() {
    for (contacts, message) in [
        (
            vec![json!({ "phone": ADA }), json!({ "phone": "secret" })],
            "contact 1: `phone` must be a number in E.164 format",
        ),
        (vec![json!({ "first_name": "Ada" })], "contact 0: `phone` must be a number in E.164 format"),
        (vec![json!({ "phone": ADA, "verified": "secret" })], "contact 0: `verified` must be a boolean"),
        (vec![json!({ "phone": ADA, "created_at": "secret" })], "contact 0: `created_at` must be a date-time"),
        (vec![json!({ "phone": ADA, "nickname": "secret" })], "contact 0: `nickname` is not a property of a contact"),
        (vec![json!({ "phone": ADA }), json!({ "phone": ADA })], "contact 1: `phone` is taken by another contact"),
        (vec![json!("secret")], "contact 0: must be a JSON object"),
    ] {
        let error = Sandbox::builder().contacts(contacts).start().unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::InvalidInput, message.into()));
    }
}

#[test]
fn seed_contacts_get_no_defaults() {
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
async fn insert_and_remove_change_a_running_sandbox() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.insert(json!({ "phone": BOB, "first_name": "Bob", "opt_out": true })).unwrap();
    assert_eq!(sandbox.contact(BOB), Some(json!({ "phone": BOB, "first_name": "Bob", "opt_out": true })));
    assert_eq!(last_digits(&sandbox, "").await, [1, 0]);
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
    assert_eq!(last_digits(&sandbox, "").await, [1]);
    assert_eq!(sandbox.requests().len(), 2);
}

#[test]
fn start_fails_if_the_port_is_in_use() {
    let sandbox = Sandbox::start().unwrap();
    let port = sandbox.url().rsplit_once(':').unwrap().1.parse().unwrap();
    assert_eq!(Sandbox::builder().port(port).start().unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn sandbox_and_builder_are_send_and_sync() {
    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<Sandbox>();
    assert_send_sync::<SandboxBuilder>();
}

/// Sends a request and returns its open connection.
fn idle_connection(sandbox: &Sandbox) -> TcpStream {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    connection.write_all(b"GET /nowhere HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut status_line = [0; 12];
    connection.read_exact(&mut status_line).unwrap();
    assert_eq!(&status_line, b"HTTP/1.1 404");
    connection
}

#[tokio::test]
async fn drop_closes_the_port_and_every_connection() {
    let sandbox = Sandbox::start().unwrap();
    let mut connection = idle_connection(&sandbox);
    let port = sandbox.url().rsplit_once(':').unwrap().1.parse().unwrap();
    drop(sandbox);
    // Without the timeout, the test would hang if the connection stayed open.
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let end = connection.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert!(!matches!(end, Err(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)), "{end:?}");
    assert_eq!(TcpStream::connect(("127.0.0.1", port)).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn debug_prints_no_credentials_contacts_or_bodies() {
    let builder = Sandbox::builder()
        .credentials("the-key", "the-secret")
        .bearer_token("the-token")
        .contacts([json!({ "phone": ADA, "first_name": "Ada" })]);
    let mut debug = format!("{builder:?}");
    let sandbox = builder.start().unwrap();
    let fault = Fault::status(503).body("the-body").header("x-a", "the-header");
    sandbox.fail_next(fault.clone());
    get(&sandbox, "/+14155550100").await;
    debug += &format!("{sandbox:?} {fault:?} {:?}", sandbox.requests());
    for secret in ["the-", "sandbox-", "4155550100", "Ada"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    assert!(debug.contains("503"), "{debug}");
}
