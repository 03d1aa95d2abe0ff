//! Compressed responses.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use sendblue_contacts::{ErrorKind, Outcome};

use crate::server::{Action, Server};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("in memory");
    encoder.finish().expect("in memory")
}

fn gzip_response(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn requests_gzip_and_decompresses_the_response() {
    let response = gzip_response("200 OK", &gzip(br#"[{"first_name": "Ada"}]"#));
    let server = Server::start(Action::SendAndKeepAlive(response)).await;
    let contacts = server.client().build().expect("valid").contacts();
    let page = contacts.list().send_raw().await.expect("a page");
    assert_eq!(page.body(), &br#"[{"first_name": "Ada"}]"#[..]);
    assert_eq!(page.value()[0].first_name.as_deref(), Some("Ada"));
    let request = String::from_utf8(server.received()).expect("UTF-8").to_ascii_lowercase();
    assert!(request.contains("\r\naccept-encoding: gzip\r\n"), "{request}");
}

#[tokio::test]
async fn the_body_limit_counts_decompressed_bytes() {
    let body = gzip(&vec![b' '; 64 << 20]);
    assert!(body.len() < 100_000, "{}", body.len());
    let server = Server::start(Action::SendAndKeepAlive(gzip_response("200 OK", &body))).await;
    let contacts = server.client().max_body(1 << 20).build().expect("valid").contacts();
    let error = contacts.list().send().await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{error}");
    assert_eq!(error.outcome(), Outcome::Applied);
    assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");

    let server = Server::start(Action::SendAndKeepAlive(gzip_response("404 Not Found", &body))).await;
    let error = server.client().build().expect("valid").contacts().list().send().await.expect_err("a 404");
    assert!(error.is_not_found());
    assert_eq!(error.body().expect("a body").len(), 64 << 10);
}

#[tokio::test]
async fn a_truncated_gzip_body_is_an_error() {
    let whole = gzip(br#"[{"first_name": "Ada"}, {"first_name": "Grace"}]"#);
    let server = Server::start(Action::SendAndKeepAlive(gzip_response("200 OK", &whole[..whole.len() - 12]))).await;
    let contacts = server.client().max_retries(0).build().expect("valid").contacts();
    let error = contacts.list().send().await.expect_err("a truncated body");
    assert_eq!(error.kind(), ErrorKind::BodyTruncated, "{error}");
    assert_eq!(error.outcome(), Outcome::Applied);
}
