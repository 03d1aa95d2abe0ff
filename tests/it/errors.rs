//! What an error says of the request.

use std::{error::Error as _, time::Duration};

use sendblue_contacts::{
    Client, Contacts, Credentials, Error, Outcome, chrono,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};

use crate::server::{Answer, Server};

/// A sandbox, and the contacts of a client that does not send again.
fn sandbox() -> (Sandbox, Contacts) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let client = Client::builder().credentials(credentials).base_url(sandbox.url()).max_retries(0).build();
    (sandbox, client.expect("valid").contacts())
}

/// Every status that is no success: which predicate is true of it, and what it proves.
#[tokio::test]
async fn a_status_says_what_became_of_the_request() {
    use Outcome::{Rejected, Unknown};

    type Predicate = fn(&Error) -> bool;
    const PREDICATES: [Predicate; 17] = [
        Error::is_unauthorized,
        Error::is_not_found,
        Error::is_conflict,
        Error::is_rate_limited,
        Error::is_server_error,
        Error::is_redirect,
        Error::is_input,
        Error::is_connect,
        Error::is_timeout,
        Error::is_connection_lost,
        Error::is_body,
        Error::is_decode,
        Error::is_reported,
        Error::is_protocol,
        Error::is_tls,
        Error::is_throttled,
        Error::is_token,
    ];
    let (sandbox, contacts) = sandbox();
    for (status, index, outcome) in [
        (300, Some(5), Rejected),
        (301, Some(5), Rejected),
        (302, Some(5), Rejected),
        (303, Some(5), Unknown),
        (304, Some(5), Rejected),
        (307, Some(5), Rejected),
        (308, Some(5), Rejected),
        (400, None, Rejected),
        (401, Some(0), Rejected),
        (403, Some(0), Rejected),
        (404, Some(1), Rejected),
        (408, None, Unknown),
        (409, Some(2), Rejected),
        (413, None, Rejected),
        (422, None, Rejected),
        (425, None, Rejected),
        (429, Some(3), Rejected),
        (500, Some(4), Unknown),
        (501, Some(4), Rejected),
        (502, Some(4), Unknown),
        (503, Some(4), Unknown),
        (504, Some(4), Unknown),
        (505, Some(4), Rejected),
        (599, Some(4), Unknown),
    ] {
        sandbox.fail_next(Fault::status(status));
        let error = contacts.create("+14155550100").send().await.expect_err("a failure");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.outcome(), outcome, "{status}");
        let holding: Vec<_> = (0..PREDICATES.len()).filter(|index| PREDICATES[*index](&error)).collect();
        assert_eq!(holding, Vec::from_iter(index), "{status}");
        assert!(error.to_string().starts_with(&format!("contacts.create: the service answered {status}")), "{error}");
    }
    assert!(sandbox.is_empty());
}

#[tokio::test]
async fn a_failure_with_a_status_of_success_is_one() {
    let (_sandbox, contacts) = sandbox();
    let error = contacts.verify("+14155550100").send().await.expect_err("unknown number");
    assert!(error.is_reported() && !error.is_not_found(), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert_eq!(error.message(), Some("No contact found for this number"));
    assert_eq!(error.code(), None);
}

#[tokio::test]
async fn an_html_502_keeps_its_status_and_body() {
    let (sandbox, contacts) = sandbox();
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
async fn retry_after_is_read_in_both_forms() {
    let (sandbox, contacts) = sandbox();
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
    let in_an_hour = httpdate(Duration::from_secs(3600));
    sandbox.fail_next(Fault::status(503).header("retry-after", in_an_hour));
    let wait = contacts.count().send().await.expect_err("a failure").retry_after().expect("a date").as_secs();
    assert!((3000..=3600).contains(&wait), "{wait}");
}

fn httpdate(from_now: Duration) -> String {
    let time = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now() + from_now);
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_sent_nothing() {
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
    assert!(error.source().is_some(), "the cause is kept");
    assert_eq!(error.to_string(), "contacts.create: could not connect to the service, at attempt 3; nothing was sent");
}

#[tokio::test]
async fn a_connection_that_breaks_proves_nothing() {
    for (answer, is) in [
        ("", Error::is_connection_lost as fn(&Error) -> bool),
        ("HTTP/1.1 2", Error::is_connection_lost),
        ("garbage\r\n\r\n", Error::is_protocol),
    ] {
        let server = Server::bytes(answer).await;
        let contacts = server.client().build().expect("valid").contacts();
        let error = contacts.create("+14155550100").send().await.expect_err("broken");
        assert!(is(&error), "{error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.source().is_some(), "the cause is kept");
        assert_eq!(server.requests(), 1, "a request was sent more than once");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_was_still_the_body_of_an_answer() {
    let server = Server::bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"canary").await;
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.create("+14155550100").send().await.expect_err("broken");
    assert!(error.is_body(), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Applied);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));

    let server = Server::bytes("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{}").await;
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.retrieve("+14155550100").send().await.expect_err("broken");
    assert!(error.is_not_found(), "the status says more: {error:?}");
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let head = |status: &str| format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n").into_bytes();
    let server = Server::start(Answer::Endless(head("200 OK"), vec![b'['; 64 * 1024])).await;
    let client = server.client().max_body(1024 * 1024).build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("endless");
    assert!(error.is_body(), "{error:?}");
    assert!(error.to_string().contains("larger than 1048576 bytes; the request was carried out"), "{error}");

    let server = Server::start(Answer::Endless(head("500 Oops"), vec![b'x'; 64 * 1024])).await;
    let client = server.client().build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("endless");
    assert!(error.is_server_error(), "{error:?}");
    assert_eq!(error.body().map(|body| body.len()), Some(64 * 1024));

    let exact = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"count\": 3}";
    let server = Server::bytes(exact).await;
    let count = server.client().max_body(12).build().expect("valid").contacts().count().send().await;
    assert_eq!(count.expect("fits"), 3);
    let error = server.client().max_body(11).build().expect("valid").contacts().count().send().await;
    assert!(error.expect_err("too large").is_body());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {}/api/v2/contacts/verify\r\n", elsewhere.url());
        let server = Server::bytes(format!("HTTP/1.1 {status}\r\n{location}content-length: 0\r\n\r\n")).await;
        let contacts = server.client().build().expect("valid").contacts();
        let error = contacts.verify("+14155550100").send().await.expect_err(status);
        assert!(error.is_redirect(), "{error:?}");
        assert_eq!(server.requests(), 1);
    }
    assert_eq!(elsewhere.requests(), 0);
}
