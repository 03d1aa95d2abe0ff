//! Responses that stall or never come.

use std::time::Duration;

use super::{
    APPLIED, BODY_INTERRUPTED, REJECTED, TIMEOUT, UNKNOWN, UNKNOWN_NO_RETRY, UNKNOWN_UNREAD, row, status, text,
    truncated_success,
};
use crate::{
    faults::row::{Limits, Row},
    server::Action,
};

/// The pause between two writes.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn rows() -> Vec<Row> {
    let timeout_after_200 = TIMEOUT.with_status(200);
    let drip = |head: &str, more: &str| Action::SendSlowly(text(head), text(more), PAUSE);
    vec![
        row("silent", "reads the request and never answers", Action::SendAndHang(Vec::new()), TIMEOUT, UNKNOWN)
            .with_limits(Limits::SHORT_ATTEMPT),
        row("silent-unread", "accepts the connection and never reads", Action::HangUnread, TIMEOUT, UNKNOWN_UNREAD)
            .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "silent-in-head",
            "silence in the status line",
            Action::SendAndHang(text("HTTP/1.1 200")),
            TIMEOUT,
            UNKNOWN,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "silent-in-body",
            "silence in the body of a 200",
            Action::SendAndHang(truncated_success()),
            timeout_after_200,
            BODY_INTERRUPTED,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "silent-after-500",
            "the head of a 500, then silence",
            Action::SendAndHang(text("HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\n")),
            status(500),
            UNKNOWN,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "silent-after-404",
            "the head of a 404, then silence",
            Action::SendAndHang(text("HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n")),
            status(404),
            REJECTED,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row("slow-head", "an endless header, sent byte by byte", drip("HTTP/1.1 200 OK\r\nx: ", "x"), TIMEOUT, UNKNOWN)
            .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "slow-body",
            "a body, sent byte by byte",
            drip("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", " "),
            timeout_after_200,
            BODY_INTERRUPTED,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "slow-chunks",
            "a chunked body, sent byte by byte",
            drip("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\n \r\n"),
            timeout_after_200,
            BODY_INTERRUPTED,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "continue-for-ever",
            "repeated `100 Continue` responses",
            drip("", "HTTP/1.1 100 Continue\r\n\r\n"),
            TIMEOUT,
            UNKNOWN,
        )
        .with_limits(Limits::SHORT_ATTEMPT),
        row(
            "deadline-silent",
            "never answers; the total timeout is shorter than the attempt timeout",
            Action::SendAndHang(Vec::new()),
            TIMEOUT,
            UNKNOWN_NO_RETRY,
        )
        .with_limits(Limits::SHORT_CALL),
        row(
            "deadline-slow-body",
            "a body, sent byte by byte; the total timeout is shorter than the attempt timeout",
            drip("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", " "),
            timeout_after_200,
            APPLIED,
        )
        .with_limits(Limits::SHORT_CALL),
    ]
}
