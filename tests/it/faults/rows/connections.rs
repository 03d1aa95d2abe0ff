//! Connections that cannot be made or that break.

use super::{
    BODY, BODY_INTERRUPTED, CONNECT, LOST, NOT_SENT, UNKNOWN, UNKNOWN_UNREAD, no_response, row, status, text,
    truncated_success,
};
use crate::{
    faults::{
        CANARY,
        row::{Row, Source},
    },
    server::Action,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("refused", "nothing listens on the port", no_response(), CONNECT, NOT_SENT).with_source(Source::Refused),
        row("name-unknown", "the host name does not resolve", no_response(), CONNECT, NOT_SENT)
            .with_source(Source::Unresolved),
        row("closed-at-once", "closes each connection when it is made", Action::CloseUnread, LOST, UNKNOWN_UNREAD),
        row(
            "closed-early",
            "closes after the first bytes of the request",
            Action::SendEarly(Vec::new()),
            LOST,
            UNKNOWN_UNREAD,
        ),
        row("closed-unanswered", "closes after reading the whole request", no_response(), LOST, UNKNOWN),
        row(
            "reset-unanswered",
            "resets after reading the whole request",
            Action::SendAndReset(Vec::new()),
            LOST,
            UNKNOWN,
        ),
        row("closed-in-head", "closes in the status line", Action::send_and_close("HTTP/1.1 2"), LOST, UNKNOWN),
        row(
            "closed-in-headers",
            "closes in the headers",
            Action::send_and_close(format!("HTTP/1.1 200 OK\r\nx: {CANARY}")),
            LOST,
            UNKNOWN,
        ),
        row("reset-in-head", "resets in the status line", Action::SendAndReset(text("HTTP/1.1 2")), LOST, UNKNOWN),
        row(
            "reset-in-body",
            "resets in the body of a 200",
            Action::SendAndReset(truncated_success()),
            BODY,
            BODY_INTERRUPTED,
        ),
        row(
            "reset-in-error-body",
            "resets in the body of a 500",
            Action::SendAndReset(text(format!("HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{CANARY}"))),
            status(500),
            UNKNOWN,
        ),
    ]
}
