//! Statuses other than 2xx.

use super::{REJECTED, UNKNOWN, row, status};
use crate::{
    faults::{CANARY, row::Row},
    server::{Action, http_response},
};

pub(super) fn rows() -> Vec<Row> {
    let status_row = |id, fault, line: &str, body: String, error, cells| {
        row(id, fault, Action::SendAndClose(http_response(line, body)), error, cells)
    };
    let empty = String::new;
    vec![
        status_row(
            "html-502",
            "a proxy's 502, with HTML",
            "502 Bad Gateway",
            format!("<h1>{CANARY}</h1>"),
            status(502),
            UNKNOWN,
        ),
        status_row("empty-500", "a 500 without a body", "500 Oops", empty(), status(500), UNKNOWN),
        status_row(
            "nested-500",
            "a 500 with `error.message` and `error.code`",
            "500 Oops",
            format!(r#"{{"error": {{"message": "{CANARY}", "code": "INTERNAL"}}}}"#),
            status(500).with_message(CANARY, Some("INTERNAL")),
            UNKNOWN,
        ),
        status_row(
            "bare-401",
            "a 401 with `error` and no `status`",
            "401 Unauthorized",
            format!(r#"{{"error": "{CANARY}"}}"#),
            status(401).with_message(CANARY, None),
            REJECTED,
        ),
        status_row(
            "bare-403",
            "a 403 with `message` and no `status`",
            "403 Forbidden",
            format!(r#"{{"message": "{CANARY}"}}"#),
            status(403).with_message(CANARY, None),
            REJECTED,
        ),
        status_row(
            "coded-400",
            "a 400 with `error_message` and `error_code`",
            "400 Bad Request",
            format!(r#"{{"status": "ERROR", "error_message": "{CANARY}", "error_code": 21211, "error_reason": "x"}}"#),
            status(400).with_message(CANARY, Some("21211")),
            REJECTED,
        ),
        status_row(
            "message-404",
            "a 404 with `message`",
            "404 Not Found",
            format!(r#"{{"status": "ERROR", "message": "{CANARY}"}}"#),
            status(404).with_message(CANARY, None),
            REJECTED,
        ),
        status_row(
            "conflict",
            "a 409",
            "409 Conflict",
            format!("{{\"message\": \"{CANARY}\"}}"),
            status(409).with_message(CANARY, None),
            REJECTED,
        ),
        status_row("too-large", "a 413", "413 Content Too Large", empty(), status(413), REJECTED),
        status_row("request-timeout", "a 408", "408 Request Timeout", empty(), status(408), UNKNOWN),
        status_row("too-early", "a 425", "425 Too Early", empty(), status(425), REJECTED),
        status_row("not-implemented", "a 501", "501 Not Implemented", empty(), status(501), REJECTED),
        status_row("no-such-version", "a 505", "505 HTTP Version Not Supported", empty(), status(505), REJECTED),
        status_row("gateway-timeout", "a 504", "504 Gateway Timeout", empty(), status(504), UNKNOWN),
        status_row("unassigned", "an unassigned status: 799", "799 What", empty(), status(799), UNKNOWN),
        row(
            "switching",
            "an unrequested 101",
            Action::send_and_close("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            status(101),
            UNKNOWN,
        ),
    ]
}
