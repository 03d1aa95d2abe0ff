//! Bodies of 2xx responses that are incomplete, too large or malformed.

use sendblue_contacts::Outcome::Applied;

use super::{APPLIED, BODY, BODY_INTERRUPTED, DECODE, REJECTED, UNKNOWN, ok, row, status, text, truncated_success};
use crate::{
    faults::{
        CANARY, NUMBER,
        row::{Cell, ExpectedError, Row},
    },
    server::Action,
};

pub(super) fn rows() -> Vec<Row> {
    let chunked =
        |chunks: &str| Action::send_and_close(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"));
    let endless = |status: &str, more: &[u8]| {
        Action::SendEndlessly(text(format!("HTTP/1.1 {status}\r\n\r\n")), more.repeat(8 * 1024))
    };
    let deep = "[".repeat(200) + &"]".repeat(200);
    vec![
        row(
            "body-short",
            "a body shorter than its Content-Length",
            Action::SendAndClose(truncated_success()),
            BODY,
            BODY_INTERRUPTED,
        ),
        row(
            "body-short-404",
            "a 404 body shorter than its Content-Length",
            Action::send_and_close(format!("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{CANARY}")),
            status(404),
            REJECTED,
        ),
        row(
            "chunk-size",
            "a chunk size that is not a number",
            chunked(&format!("{CANARY}\r\n")),
            BODY,
            BODY_INTERRUPTED,
        ),
        row("chunk-huge", "a chunk size above 2⁶⁴", chunked("fffffffffffffffff\r\n"), BODY, BODY_INTERRUPTED),
        row("chunk-short", "closes in a chunk", chunked(&format!("ff\r\n{CANARY}")), BODY, BODY_INTERRUPTED),
        row(
            "chunks-short",
            "closes before the last chunk",
            chunked(&format!("b\r\n{CANARY}\r\n")),
            BODY,
            BODY_INTERRUPTED,
        ),
        row("body-endless", "an endless body", endless("200 OK", b"[1,2,3]"), BODY, APPLIED),
        row(
            "chunks-endless",
            "endless chunks",
            endless("200 OK\r\ntransfer-encoding: chunked", format!("100\r\n{}\r\n", " ".repeat(256)).as_bytes()),
            BODY,
            APPLIED,
        ),
        row("body-large", "a body larger than the limit", ok(" ".repeat(64 * 1024 + 1)), BODY, APPLIED),
        row("error-body-endless", "a 500 with an endless body", endless("500 Oops", b"canary "), status(500), UNKNOWN),
        row("html", "a 200 with HTML", ok(format!("<html>{CANARY}</html>")), DECODE, APPLIED),
        Row {
            succeeds_without_body: true,
            ..row(
                "empty",
                "a 200 without a body; `opt_out`, `delete`, `bulk.delete` and `verify` succeed",
                ok(""),
                DECODE,
                [Cell::delivered(Applied, 1), Cell::delivered(Applied, 1), Cell::delivered(Applied, 1), Cell::SUCCESS],
            )
        },
        row("null", "a 200 with `null`", ok("null"), DECODE, APPLIED),
        row("not-utf8", "a 200 with invalid UTF-8", ok(b"{\"status\": \"canary \xff\"}"), DECODE, APPLIED),
        row("deep", "a 200 with JSON nested 200 levels deep", ok(&deep), DECODE, APPLIED),
        row(
            "types",
            "a 200 with text in place of an object or a list",
            ok(format!("\"{CANARY} {NUMBER}\"")),
            DECODE,
            APPLIED,
        ),
        row("json-short", "a 200 with truncated JSON", ok(format!("{{\"status\": \"{CANARY}")), DECODE, APPLIED),
        row(
            "reported",
            "a 200 whose body says `status: \"ERROR\"`",
            ok(format!(r#"{{"status": "ERROR", "message": "{CANARY}"}}"#)),
            ExpectedError::of_kind(&["is_reported"]).with_status(200).with_message(CANARY, None),
            REJECTED,
        ),
    ]
}
