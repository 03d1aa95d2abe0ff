//! 429 and 503, with each form of `Retry-After`.

use std::time::Duration;

use super::{RATE_LIMITED, RATE_LIMITED_NO_RETRY, UNKNOWN, UNKNOWN_NO_RETRY, bodyless, row, status};
use crate::faults::row::{Limits, RetryAfter, Row};

pub(super) fn rows() -> Vec<Row> {
    let limited = |id, fault, header: &str, wait, cells| {
        row(id, fault, bodyless("429 Too Many", header), status(429).with_retry_after(wait), cells)
    };
    let unavailable = |id, fault, header: &str, wait, cells| {
        row(id, fault, bodyless("503 Unavailable", header), status(503).with_retry_after(wait), cells)
    };
    let (future, past) = ("Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT");
    let header = |value: &str| format!("retry-after: {value}\r\n");
    // Shorter than the wait after a 429 without `Retry-After`, so the retries follow at once.
    let short_call = Limits { call: Duration::from_secs(4), ..Limits::AMPLE };
    vec![
        limited("limited", "a 429", "", RetryAfter::Absent, RATE_LIMITED).with_limits(short_call),
        limited("limited-seconds", "a 429: wait a second", &header("1"), RetryAfter::Seconds(1), RATE_LIMITED),
        limited("limited-fraction", "a 429: wait 0.5 seconds", &header("0.5"), RetryAfter::Seconds(1), RATE_LIMITED),
        limited("limited-millis", "a 429: wait 5 ms", "retry-after-ms: 5\r\n", RetryAfter::Millis(5), RATE_LIMITED),
        limited("limited-past", "a 429: wait until a past date", &header(past), RetryAfter::Seconds(0), RATE_LIMITED),
        limited(
            "limited-date",
            "a 429: wait until a date in the far future",
            &header(future),
            RetryAfter::MoreThanAYear,
            RATE_LIMITED_NO_RETRY,
        ),
        limited("limited-malformed", "a 429: wait until \"soon\"", &header("soon"), RetryAfter::Absent, RATE_LIMITED)
            .with_limits(short_call),
        limited("limited-negative", "a 429: wait -1 second", &header("-1"), RetryAfter::Absent, RATE_LIMITED)
            .with_limits(short_call),
        limited(
            "limited-huge",
            "a 429: wait 10³⁰ seconds",
            &header(&"9".repeat(30)),
            RetryAfter::Seconds(u64::MAX),
            RATE_LIMITED_NO_RETRY,
        ),
        limited(
            "limited-long",
            "a 429: wait longer than a minute",
            &header("61"),
            RetryAfter::Seconds(61),
            RATE_LIMITED_NO_RETRY,
        )
        .with_limits(Limits { call: Duration::from_secs(3600), ..Limits::AMPLE }),
        limited(
            "limited-late",
            "a 429: wait longer than the total timeout",
            &header("9"),
            RetryAfter::Seconds(9),
            RATE_LIMITED_NO_RETRY,
        )
        .with_limits(Limits { call: Duration::from_secs(9), ..Limits::AMPLE }),
        unavailable("unavailable", "a 503", "", RetryAfter::Absent, UNKNOWN),
        unavailable("unavailable-seconds", "a 503: wait a second", &header("1"), RetryAfter::Seconds(1), UNKNOWN),
        unavailable(
            "unavailable-past",
            "a 503: wait until a past date",
            &header(past),
            RetryAfter::Seconds(0),
            UNKNOWN,
        ),
        unavailable(
            "unavailable-date",
            "a 503: wait until a date in the far future",
            &header(future),
            RetryAfter::MoreThanAYear,
            UNKNOWN_NO_RETRY,
        ),
        unavailable(
            "unavailable-malformed",
            "a 503: wait until \"soon\"",
            &header("soon"),
            RetryAfter::Absent,
            UNKNOWN,
        ),
        unavailable("unavailable-negative", "a 503: wait -1 second", &header("-1"), RetryAfter::Absent, UNKNOWN),
        unavailable(
            "unavailable-huge",
            "a 503: wait 10³⁰ seconds",
            &header(&"9".repeat(30)),
            RetryAfter::Seconds(u64::MAX),
            UNKNOWN_NO_RETRY,
        ),
        unavailable(
            "unavailable-late",
            "a 503: wait longer than the total timeout",
            &header("9"),
            RetryAfter::Seconds(9),
            UNKNOWN_NO_RETRY,
        )
        .with_limits(Limits { call: Duration::from_secs(9), ..Limits::AMPLE }),
    ]
}
