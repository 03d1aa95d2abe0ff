//! Answers that are compressed.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use sendblue_contacts::Outcome;

use crate::server::{Answer, Server};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("in memory");
    encoder.finish().expect("in memory")
}

fn compressed(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn is_asked_for_and_read() {
    let answer = compressed("200 OK", &gzip(br#"[{"first_name": "Ada"}]"#));
    let server = Server::start(Answer::KeepAlive(answer)).await;
    let contacts = server.client().build().expect("valid").contacts();
    let page = contacts.list().send_raw().await.expect("a page");
    assert_eq!(page.bytes(), &br#"[{"first_name": "Ada"}]"#[..]);
    assert_eq!(page.value()[0].first_name.as_deref(), Some("Ada"));
    let request = String::from_utf8(server.received()).expect("UTF-8").to_ascii_lowercase();
    assert!(request.contains("\r\naccept-encoding: gzip\r\n"), "{request}");
}

#[tokio::test]
async fn the_limit_of_a_body_counts_what_comes_out() {
    let body = gzip(&vec![b' '; 64 << 20]);
    assert!(body.len() < 100_000, "{}", body.len());
    let server = Server::start(Answer::KeepAlive(compressed("200 OK", &body))).await;
    let contacts = server.client().max_body(1 << 20).build().expect("valid").contacts();
    let error = contacts.list().send().await.expect_err("too large");
    assert!(error.is_body(), "{error}");
    assert_eq!(error.outcome(), Outcome::Applied);
    assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");

    let server = Server::start(Answer::KeepAlive(compressed("404 Not Found", &body))).await;
    let error = server.client().build().expect("valid").contacts().list().send().await.expect_err("a 404");
    assert!(error.is_not_found());
    assert_eq!(error.body().expect("a body").len(), 64 << 10);
}

#[tokio::test]
async fn one_that_breaks_off_is_no_whole_answer() {
    let whole = gzip(br#"[{"first_name": "Ada"}, {"first_name": "Grace"}]"#);
    let server = Server::start(Answer::KeepAlive(compressed("200 OK", &whole[..whole.len() - 12]))).await;
    let contacts = server.client().max_retries(0).build().expect("valid").contacts();
    let error = contacts.list().send().await.expect_err("half of it");
    assert!(error.is_body(), "{error}");
    assert_eq!(error.outcome(), Outcome::Applied);
}
