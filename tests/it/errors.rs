//! Errors: their kind, their outcome, and the response that they keep.

use std::{error::Error as _, time::Duration};

use sendblue_contacts::{
    Client, Contacts, Credentials, Error, ErrorKind, Outcome, chrono,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};

use crate::server::{Action, Server};

/// Starts a sandbox, and builds a client without retries.
fn sandbox_without_retries() -> (Sandbox, Contacts) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let client = Client::builder().credentials(credentials).base_url(sandbox.url()).max_retries(0).build();
    (sandbox, client.expect("valid").contacts())
}

#[tokio::test]
async fn the_status_of_a_failure_determines_its_kind_and_outcome() {
    use ErrorKind::{Conflict, NotFound, RateLimited, Redirect, Server, Status, Unauthorized};
    use Outcome::{Rejected, Unknown};

    type Predicate = fn(&Error) -> bool;
    const PREDICATES: [(ErrorKind, Predicate); 5] = [
        (Unauthorized, Error::is_unauthorized),
        (NotFound, Error::is_not_found),
        (Conflict, Error::is_conflict),
        (RateLimited, Error::is_rate_limited),
        (Server, Error::is_server_error),
    ];
    let (sandbox, contacts) = sandbox_without_retries();
    for (status, kind, outcome) in [
        (300, Redirect, Rejected),
        (301, Redirect, Rejected),
        (302, Redirect, Rejected),
        (303, Redirect, Unknown),
        (304, Redirect, Rejected),
        (307, Redirect, Rejected),
        (308, Redirect, Rejected),
        (400, Status, Rejected),
        (401, Unauthorized, Rejected),
        (403, Unauthorized, Rejected),
        (404, NotFound, Rejected),
        (408, Status, Unknown),
        (409, Conflict, Rejected),
        (413, Status, Rejected),
        (422, Status, Rejected),
        (425, Status, Rejected),
        (429, RateLimited, Rejected),
        (500, Server, Unknown),
        (501, Server, Rejected),
        (502, Server, Unknown),
        (503, Server, Unknown),
        (504, Server, Unknown),
        (505, Server, Rejected),
        (599, Server, Unknown),
    ] {
        sandbox.fail_next(Fault::status(status));
        let error = contacts.create("+14155550100").send().await.expect_err("a failure");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.outcome(), outcome, "{status}");
        assert_eq!(error.kind(), kind, "{status}");
        for (of, predicate) in PREDICATES {
            assert_eq!(predicate(&error), of == kind, "{status}: {of:?}");
        }
        assert!(error.to_string().starts_with(&format!("contacts.create: status {status}")), "{error}");
    }
    assert!(sandbox.is_empty());

    // The service may have sent the message before it answered 429.
    sandbox.fail_next(Fault::status(429).apply_request(true));
    let error = contacts.verify("+14155550100").send().await.expect_err("a failure");
    assert!(error.is_rate_limited(), "{error:?}");
    assert_eq!(error.outcome(), Unknown);
}

#[tokio::test]
async fn a_2xx_with_status_error_is_a_reported_error() {
    let (_sandbox, contacts) = sandbox_without_retries();
    let error = contacts.verify("+14155550100").send().await.expect_err("unknown number");
    assert!(error.kind() == ErrorKind::Reported && !error.is_not_found(), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert_eq!(error.message(), Some("No contact found for this number"));
    assert_eq!(error.code(), None);
}

#[tokio::test]
async fn an_html_502_keeps_its_status_headers_and_body() {
    let (sandbox, contacts) = sandbox_without_retries();
    let html = "<html><body>502 Bad Gateway</body></html>";
    sandbox.fail_next(
        Fault::status(502)
            .header("content-type", "text/html")
            .header("x-request-id", "abc")
            .header("cf-ray", "def")
            .body(html),
    );
    let error = contacts.count().send().await.expect_err("a failure");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(error.headers().expect("headers")["content-type"], "text/html");
    assert_eq!(error.body().map(|body| &body[..]), Some(html.as_bytes()));
    assert_eq!((error.message(), error.code()), (None, None));
    assert_eq!(error.request_id(), Some("abc"));
    sandbox.fail_next(Fault::status(502).header("cf-ray", "def"));
    assert_eq!(contacts.count().send().await.expect_err("a failure").request_id(), Some("def"));
}

#[tokio::test]
async fn retry_after_is_parsed_as_seconds_or_as_a_date() {
    let (sandbox, contacts) = sandbox_without_retries();
    for (value, expected) in [
        (Some("2"), Some(2)),
        (Some(" 120 "), Some(120)),
        (Some("0"), Some(0)),
        (Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0)),
        (Some("-1"), None),
        (Some("soon"), None),
        (Some(""), None),
        (Some("99999999999999999999"), Some(u64::MAX)),
        (None, None),
    ] {
        let fault = Fault::status(429);
        sandbox.fail_next(match value {
            Some(value) => fault.header("retry-after", value),
            None => fault,
        });
        let error = contacts.count().send().await.expect_err("a failure");
        assert_eq!(error.retry_after(), expected.map(Duration::from_secs), "{value:?}");
    }
    let in_an_hour = http_date(Duration::from_secs(3600));
    sandbox.fail_next(Fault::status(503).header("retry-after", in_an_hour));
    let wait = contacts.count().send().await.expect_err("a failure").retry_after().expect("a date").as_secs();
    assert!((3000..=3600).contains(&wait), "{wait}");
}

fn http_date(from_now: Duration) -> String {
    let time = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now() + from_now);
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn a_refused_connection_leaves_the_request_unsent() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound").port()
    };
    let client = Client::builder()
        .credentials(Credentials::key_pair("key", "secret").expect("valid"))
        .base_url(format!("http://127.0.0.1:{port}"))
        .build()
        .expect("valid");
    let error = client.contacts().create("+14155550100").send().await.expect_err("refused");
    assert!(error.is_connect() && !error.is_timeout(), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!((error.status(), error.body(), error.retry_after(), error.request_id()), (None, None, None, None));
    assert!(error.source().is_some(), "the source is missing");
    assert_eq!(error.to_string(), "contacts.create: could not connect to the service, 3 attempts; nothing was sent");
}

#[tokio::test]
async fn a_connection_lost_before_the_response_leaves_the_outcome_unknown() {
    for (response, kind) in [
        ("", ErrorKind::ConnectionLost),
        ("HTTP/1.1 2", ErrorKind::ConnectionLost),
        ("garbage\r\n\r\n", ErrorKind::Protocol),
    ] {
        let server = Server::send_and_close(response).await;
        let contacts = server.client().build().expect("valid").contacts();
        let error = contacts.create("+14155550100").send().await.expect_err("broken");
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.source().is_some(), "the source is missing");
        assert_eq!(server.requests(), 1, "the request was retried");
    }
}

#[tokio::test]
async fn a_truncated_body_keeps_the_outcome_of_its_status() {
    let server = Server::send_and_close("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"canary").await;
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.create("+14155550100").send().await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::BodyTruncated, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Applied);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));

    let server = Server::send_and_close("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{}").await;
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.retrieve("+14155550100").send().await.expect_err("broken");
    assert!(error.is_not_found(), "a truncated body hides the 404: {error:?}");
    assert_eq!(error.body().map(|body| &body[..]), Some(&b"{}"[..]), "the received part of the body is lost");
}

#[tokio::test]
async fn a_timeout_in_an_error_body_keeps_the_status_and_retry_after() {
    let head = b"HTTP/1.1 429 Slow Down\r\nretry-after: 7\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let server = Server::start(Action::SendAndHang(head)).await;
    let contacts = server.client().timeout(Duration::from_millis(200)).build().expect("valid").contacts();
    let error = contacts.create("+14155550100").send().await.expect_err("a timeout");
    assert!(error.is_rate_limited(), "{error:?}");
    assert_eq!((error.outcome(), error.retry_after()), (Outcome::Rejected, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit() {
    let head = |status: &str| format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n").into_bytes();
    let server = Server::start(Action::SendEndlessly(head("200 OK"), vec![b'['; 64 * 1024])).await;
    let client = server.client().max_body(1024 * 1024).build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("endless");
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{error:?}");
    assert!(error.to_string().contains("larger than 1048576 bytes; the request was carried out"), "{error}");

    let server = Server::start(Action::SendEndlessly(head("500 Oops"), vec![b'x'; 64 * 1024])).await;
    let client = server.client().build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("endless");
    assert!(error.is_server_error(), "{error:?}");
    assert_eq!(error.body().map(|body| body.len()), Some(64 * 1024));

    let twelve_bytes = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"count\": 3}";
    let server = Server::send_and_close(twelve_bytes).await;
    let count = server.client().max_body(12).build().expect("valid").contacts().count().send().await;
    assert_eq!(count.expect("12 bytes fit"), 3);
    let error = server.client().max_body(11).build().expect("valid").contacts().count().send().await;
    assert_eq!(error.expect_err("too large").kind(), ErrorKind::BodyTooLarge);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Server::send_and_close("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {}/api/v2/contacts/verify\r\n", target.url());
        let server = Server::send_and_close(format!("HTTP/1.1 {status}\r\n{location}content-length: 0\r\n\r\n")).await;
        let contacts = server.client().build().expect("valid").contacts();
        let error = contacts.verify("+14155550100").send().await.expect_err(status);
        assert!(error.kind() == ErrorKind::Redirect, "{error:?}");
        assert_eq!(server.requests(), 1);
    }
    assert_eq!(target.requests(), 0);
}
