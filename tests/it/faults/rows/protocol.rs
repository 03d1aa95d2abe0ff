//! Responses that are not HTTP.

use super::{PROTOCOL, UNKNOWN, row, text};
use crate::{
    faults::{CANARY, row::Row},
    server::Action,
};

pub(super) fn rows() -> Vec<Row> {
    let garbage =
        |id, fault, bytes: String| row(id, fault, Action::SendAndClose(bytes.into_bytes()), PROTOCOL, UNKNOWN);
    let with_headers = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{\"{CANARY}\":1}}");
    vec![
        garbage("garbage", "garbage for a status line", format!("{CANARY}\r\n\r\n")),
        garbage("no-head", "HTML without a head", format!("<html>{CANARY}</html>\r\n\r\n")),
        garbage("version", "an HTTP version that does not exist", format!("HTTP/7.7 200 {CANARY}\r\n\r\n")),
        garbage("status-of-two-digits", "a status of two digits", format!("HTTP/1.1 20 {CANARY}\r\n\r\n")),
        garbage("tls-alert", "a TLS alert on a plain-http port", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}".to_owned()),
        garbage("two-lengths", "two Content-Lengths", with_headers("content-length: 2\r\ncontent-length: 3\r\n")),
        garbage("negative-length", "a negative Content-Length", with_headers("content-length: -2\r\n")),
        garbage("control-in-header", "a control character in a header", with_headers(&format!("x: {CANARY}\0\r\n"))),
        garbage("many-headers", "101 headers", with_headers(&format!("x: {CANARY}\r\n").repeat(101))),
        garbage("huge-header", "a header of 1 MiB", with_headers(&format!("x: {}\r\n", "x".repeat(1 << 20)))),
        row(
            "endless-header",
            "an endless header",
            Action::SendEndlessly(text("HTTP/1.1 200 OK\r\nx: "), vec![b'x'; 64 * 1024]),
            PROTOCOL,
            UNKNOWN,
        ),
    ]
}
