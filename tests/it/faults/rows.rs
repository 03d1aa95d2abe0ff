//! The table: what is wrong, and what has to come of it.

use std::{fmt, time::Duration};

use sendblue_contacts::{Error, Outcome};

#[cfg(feature = "rustls")]
use super::tls::Certificate;
use super::{CANARY, NUMBER};
use crate::server::{Answer, with_length};

/// One fault, and what a call of each class has to make of it.
pub(super) struct Row {
    pub(super) id: &'static str,
    /// For people.
    pub(super) fault: &'static str,
    pub(super) source: Source,
    pub(super) limits: Limits,
    pub(super) error: Expected,
    /// In the order of [`Class`].
    pub(super) cells: [Cell; 4],
    /// Whether it is a success to those who need nothing of the body, which not all operations of a class do.
    pub(super) is_enough: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [read, safe, create, verify] = self.cells;
        let Self { id, fault, error, .. } = self;
        write!(f, "| `{id}` | {fault} | {error} | {read} | {safe} | {create} | {verify} |")
    }
}

/// What an operation does when it is carried out twice, as the documentation has it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Read,
    Safe,
    Create,
    Verify,
}

/// Where the fault is.
#[derive(Clone)]
pub(super) enum Source {
    /// In the answers of a server, one for each attempt, the last for all that follow.
    Answers(Vec<Answer>),
    /// In a server that answers with what this makes of its own URL and that of another host.
    Elsewhere(fn(own: &str, other: &str) -> Vec<u8>),
    /// There is no server.
    Refused,
    /// There is no such name.
    Unresolved,
    /// In the provider of tokens.
    Token(Token),
    /// In the TLS of a server.
    #[cfg(feature = "rustls")]
    Tls(Certificate, Answer),
    /// As [`Elsewhere`](Self::Elsewhere), over TLS; the other host is without.
    #[cfg(feature = "rustls")]
    TlsElsewhere(fn(other: &str) -> Vec<u8>),
    /// There is no TLS, where the client is to use it.
    #[cfg(feature = "rustls")]
    NoTls(Answer),
}

#[derive(Clone, Copy)]
pub(super) enum Token {
    Fails,
    NeverComes,
    DoesNotFit,
}

#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) attempt: Duration,
    pub(super) call: Duration,
    pub(super) body: usize,
}

impl Limits {
    /// More time than a fault takes that is no time-out, on a machine that is busy.
    const AMPLE: Self = Self {
        connect: Duration::from_secs(20),
        attempt: Duration::from_secs(20),
        call: Duration::from_secs(60),
        body: 64 * 1024,
    };
    /// Time for three attempts that time out.
    const ATTEMPT: Self = Self { attempt: Duration::from_millis(400), ..Self::AMPLE };
    /// Time for less than one attempt.
    const CALL: Self = Self { call: Duration::from_millis(400), ..Self::AMPLE };
    #[cfg(feature = "rustls")]
    const CONNECT: Self = Self { connect: Duration::from_millis(400), ..Self::AMPLE };

    pub(super) fn is_ample(self) -> bool {
        [self.connect, self.attempt, self.call].iter().all(|limit| *limit >= Duration::from_secs(5))
    }

    /// Each short limit ten times as long.
    pub(super) fn extended(self) -> Self {
        let extended = |limit: Duration, ample: Duration| ample.min(limit * 10);
        Self {
            connect: extended(self.connect, Self::AMPLE.connect),
            attempt: extended(self.attempt, Self::AMPLE.attempt),
            call: extended(self.call, Self::AMPLE.call),
            ..self
        }
    }
}

type Predicate = fn(&Error) -> bool;

/// All that says what kind an error is of.
pub(super) const PREDICATES: [(&str, Predicate); 17] = [
    ("is_input", Error::is_input),
    ("is_token", Error::is_token),
    ("is_throttled", Error::is_throttled),
    ("is_connect", Error::is_connect),
    ("is_tls", Error::is_tls),
    ("is_timeout", Error::is_timeout),
    ("is_connection_lost", Error::is_connection_lost),
    ("is_protocol", Error::is_protocol),
    ("is_redirect", Error::is_redirect),
    ("is_unauthorized", Error::is_unauthorized),
    ("is_not_found", Error::is_not_found),
    ("is_conflict", Error::is_conflict),
    ("is_rate_limited", Error::is_rate_limited),
    ("is_server_error", Error::is_server_error),
    ("is_reported", Error::is_reported),
    ("is_body", Error::is_body),
    ("is_decode", Error::is_decode),
];

/// What an error has to say, whichever operation it is of.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected {
    /// The predicates that hold; no others do.
    pub(super) predicates: &'static [&'static str],
    pub(super) status: Option<u16>,
    pub(super) message: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) retry_after: Wait,
}

/// How long the answer asks to wait.
#[derive(Clone, Copy, Default)]
pub(super) enum Wait {
    #[default]
    NotAsked,
    Seconds(u64),
    Millis(u64),
    /// By a date, which is counted from now.
    MoreThanAYear,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map(|status| status.to_string());
        let parts = self.predicates.iter().map(|name| format!("`{name}`")).chain(status);
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// What has to come of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// `None` is a success.
    pub(super) outcome: Option<Outcome>,
    /// Requests that arrive whole.
    pub(super) requests: usize,
    /// Requests that are begun.
    pub(super) attempts: u32,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Some(outcome) => write!(f, "{outcome:?}")?,
            None => f.write_str("success")?,
        }
        write!(f, ", {}", self.requests)?;
        if self.requests != self.attempts as usize { write!(f, " of {}", self.attempts) } else { Ok(()) }
    }
}

/// An outcome after so many attempts, all of which arrive.
const fn sent(outcome: Outcome, attempts: u32) -> Cell {
    Cell { outcome: Some(outcome), requests: attempts as usize, attempts }
}

/// An outcome after so many attempts, none of which arrives.
const fn unsent(outcome: Outcome, attempts: u32) -> Cell {
    Cell { outcome: Some(outcome), requests: 0, attempts }
}

const SUCCESS: Cell = Cell { outcome: None, requests: 1, attempts: 1 };

const NOT_SENT: [Cell; 4] = [unsent(Outcome::NotSent, 3); 4];
#[cfg(feature = "rustls")]
const NOT_SENT_FOR_GOOD: [Cell; 4] = [unsent(Outcome::NotSent, 1); 4];
const NOT_BEGUN: [Cell; 4] = [unsent(Outcome::NotSent, 0); 4];
const UNKNOWN: [Cell; 4] =
    [sent(Outcome::Unknown, 3), sent(Outcome::Unknown, 3), sent(Outcome::Unknown, 1), sent(Outcome::Unknown, 1)];
const UNKNOWN_ONCE: [Cell; 4] = [sent(Outcome::Unknown, 1); 4];
/// As [`UNKNOWN`], where the server takes no notice of the requests.
const UNKNOWN_UNREAD: [Cell; 4] = [
    unsent(Outcome::Unknown, 3),
    unsent(Outcome::Unknown, 3),
    unsent(Outcome::Unknown, 1),
    unsent(Outcome::Unknown, 1),
];
const REJECTED: [Cell; 4] = [sent(Outcome::Rejected, 1); 4];
/// A 429 that is not waited for. Whether a verification is refused before its message is sent is not known.
const LIMITED: [Cell; 4] =
    [sent(Outcome::Rejected, 1), sent(Outcome::Rejected, 1), sent(Outcome::Rejected, 1), sent(Outcome::Unknown, 1)];
/// A 429 that is.
const LIMITED_FOR_NOW: [Cell; 4] =
    [sent(Outcome::Rejected, 3), sent(Outcome::Rejected, 3), sent(Outcome::Rejected, 3), sent(Outcome::Unknown, 1)];
const APPLIED: [Cell; 4] = [sent(Outcome::Applied, 1); 4];
/// The answer broke off: it can be read again, and only read.
const INTERRUPTED: [Cell; 4] =
    [sent(Outcome::Applied, 3), sent(Outcome::Applied, 1), sent(Outcome::Applied, 1), sent(Outcome::Applied, 1)];

const CONNECT: Expected = is(&["is_connect"]);
const TIMEOUT: Expected = is(&["is_timeout"]);
const LOST: Expected = is(&["is_connection_lost"]);
const PROTOCOL: Expected = is(&["is_protocol"]);
const TOKEN: Expected = is(&["is_token"]);
const BODY: Expected = is(&["is_body"]).with_status(200);
const DECODE: Expected = is(&["is_decode"]).with_status(200);

const fn is(predicates: &'static [&'static str]) -> Expected {
    Expected { predicates, status: None, message: None, code: None, retry_after: Wait::NotAsked }
}

impl Expected {
    const fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    const fn saying(self, message: &'static str, code: Option<&'static str>) -> Self {
        Self { message: Some(message), code, ..self }
    }

    const fn asking(self, retry_after: Wait) -> Self {
        Self { retry_after, ..self }
    }
}

/// A status that is no success.
const fn status(status: u16) -> Expected {
    let predicates: &[&str] = match status {
        300..=399 => &["is_redirect"],
        401 | 403 => &["is_unauthorized"],
        404 => &["is_not_found"],
        409 => &["is_conflict"],
        429 => &["is_rate_limited"],
        500..=599 => &["is_server_error"],
        _ => &[],
    };
    is(predicates).with_status(status)
}

fn row(id: &'static str, fault: &'static str, answer: Answer, error: Expected, cells: [Cell; 4]) -> Row {
    Row { id, fault, source: Source::Answers(vec![answer]), limits: Limits::AMPLE, error, cells, is_enough: false }
}

/// The operations that need nothing of the body of a success.
const WITHOUT_BODY: [&str; 4] = ["opt_out", "delete", "bulk.delete", "verify"];

impl Row {
    /// What has to come of an operation.
    pub(super) fn cell(&self, operation: &str, class: Class) -> Cell {
        if self.is_enough && WITHOUT_BODY.contains(&operation) {
            return SUCCESS;
        }
        let [read, safe, create, verify] = self.cells;
        match class {
            Class::Read => read,
            Class::Safe => safe,
            Class::Create => create,
            Class::Verify => verify,
        }
    }

    fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn of(self, source: Source) -> Self {
        Self { source, ..self }
    }
}

/// An answer of a status with headers and no body.
fn head(status: &str, headers: &str) -> Answer {
    Answer::bytes(format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n"))
}

/// A success with this body.
fn ok(body: impl AsRef<[u8]>) -> Answer {
    Answer::Bytes(with_length("200 OK", body))
}

fn text(text: impl Into<String>) -> Vec<u8> {
    text.into().into_bytes()
}

/// The beginning of a success with a body of a 100 bytes.
fn begun() -> Vec<u8> {
    text(format!("HTTP/1.1 200 OK\r\nx-{CANARY}: {CANARY}\r\ncontent-length: 100\r\n\r\n{{\"{CANARY}"))
}

fn nothing() -> Answer {
    Answer::Bytes(Vec::new())
}

const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn rows() -> Vec<Row> {
    let mut rows = connections();
    rows.extend(time_outs());
    rows.extend(protocol());
    rows.extend(bodies());
    rows.extend(statuses());
    rows.extend(redirects());
    rows.extend(waits());
    rows.extend(tokens());
    #[cfg(feature = "rustls")]
    rows.extend(tls());
    rows
}

fn connections() -> Vec<Row> {
    vec![
        row("refused", "nothing listens on the port", nothing(), CONNECT, NOT_SENT).of(Source::Refused),
        row("name-unknown", "the name of the host does not resolve", nothing(), CONNECT, NOT_SENT)
            .of(Source::Unresolved),
        row("closed-at-once", "closes each connection when it is made", Answer::CloseUnread, LOST, UNKNOWN_UNREAD),
        row(
            "closed-early",
            "closes after the first bytes of the request",
            Answer::Early(Vec::new()),
            LOST,
            UNKNOWN_UNREAD,
        ),
        row("closed-unanswered", "closes after reading the whole request", nothing(), LOST, UNKNOWN),
        row("reset-unanswered", "resets after reading the whole request", Answer::ThenReset(Vec::new()), LOST, UNKNOWN),
        row("closed-in-head", "closes in the status line", Answer::bytes("HTTP/1.1 2"), LOST, UNKNOWN),
        row(
            "closed-in-headers",
            "closes in the headers",
            Answer::bytes(format!("HTTP/1.1 200 OK\r\nx: {CANARY}")),
            LOST,
            UNKNOWN,
        ),
        row("reset-in-head", "resets in the status line", Answer::ThenReset(text("HTTP/1.1 2")), LOST, UNKNOWN),
        row("reset-in-body", "resets in the body of a 200", Answer::ThenReset(begun()), BODY, INTERRUPTED),
        row(
            "reset-in-error-body",
            "resets in the body of a 500",
            Answer::ThenReset(text(format!("HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{CANARY}"))),
            status(500),
            UNKNOWN,
        ),
    ]
}

fn time_outs() -> Vec<Row> {
    let timeout_after_200 = TIMEOUT.with_status(200);
    let drip = |head: &str, more: &str| Answer::Drip(text(head), text(more), PAUSE);
    vec![
        row("silent", "reads the request and never answers", Answer::ThenSilence(Vec::new()), TIMEOUT, UNKNOWN)
            .within(Limits::ATTEMPT),
        row("silent-unread", "accepts, and never reads", Answer::SilenceUnread, TIMEOUT, UNKNOWN_UNREAD)
            .within(Limits::ATTEMPT),
        row(
            "silent-in-head",
            "silence in the status line",
            Answer::ThenSilence(text("HTTP/1.1 200")),
            TIMEOUT,
            UNKNOWN,
        )
        .within(Limits::ATTEMPT),
        row(
            "silent-in-body",
            "silence in the body of a 200",
            Answer::ThenSilence(begun()),
            timeout_after_200,
            INTERRUPTED,
        )
        .within(Limits::ATTEMPT),
        row(
            "silent-after-500",
            "the head of a 500, then silence",
            Answer::ThenSilence(text("HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\n")),
            status(500),
            UNKNOWN,
        )
        .within(Limits::ATTEMPT),
        row(
            "silent-after-404",
            "the head of a 404, then silence",
            Answer::ThenSilence(text("HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n")),
            status(404),
            REJECTED,
        )
        .within(Limits::ATTEMPT),
        row(
            "slow-head",
            "a header, a byte at a time, without end",
            drip("HTTP/1.1 200 OK\r\nx: ", "x"),
            TIMEOUT,
            UNKNOWN,
        )
        .within(Limits::ATTEMPT),
        row(
            "slow-body",
            "a body, a byte at a time",
            drip("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", " "),
            timeout_after_200,
            INTERRUPTED,
        )
        .within(Limits::ATTEMPT),
        row(
            "slow-chunks",
            "a chunked body, a byte at a time",
            drip("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\n \r\n"),
            timeout_after_200,
            INTERRUPTED,
        )
        .within(Limits::ATTEMPT),
        row(
            "continue-for-ever",
            "100 Continue, again and again",
            drip("", "HTTP/1.1 100 Continue\r\n\r\n"),
            TIMEOUT,
            UNKNOWN,
        )
        .within(Limits::ATTEMPT),
        row(
            "deadline-silent",
            "never answers, and the time of the call ends before that of the attempt",
            Answer::ThenSilence(Vec::new()),
            TIMEOUT,
            UNKNOWN_ONCE,
        )
        .within(Limits::CALL),
        row(
            "deadline-slow-body",
            "a body, a byte at a time, and the time of the call ends before that of the attempt",
            drip("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", " "),
            timeout_after_200,
            APPLIED,
        )
        .within(Limits::CALL),
    ]
}

fn protocol() -> Vec<Row> {
    let is_garbage = |id, fault, bytes: String| row(id, fault, Answer::Bytes(bytes.into_bytes()), PROTOCOL, UNKNOWN);
    let with_headers = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{\"{CANARY}\":1}}");
    vec![
        is_garbage("garbage", "garbage for a status line", format!("{CANARY}\r\n\r\n")),
        is_garbage("no-head", "HTML without a head", format!("<html>{CANARY}</html>\r\n\r\n")),
        is_garbage("version", "a version of HTTP that does not exist", format!("HTTP/7.7 200 {CANARY}\r\n\r\n")),
        is_garbage("status-of-two-digits", "a status of two digits", format!("HTTP/1.1 20 {CANARY}\r\n\r\n")),
        is_garbage("tls-alert", "an alert of TLS, on a port without", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}".to_owned()),
        is_garbage("two-lengths", "two Content-Lengths", with_headers("content-length: 2\r\ncontent-length: 3\r\n")),
        is_garbage("negative-length", "a Content-Length below zero", with_headers("content-length: -2\r\n")),
        is_garbage("control-in-header", "a control character in a header", with_headers(&format!("x: {CANARY}\0\r\n"))),
        is_garbage("many-headers", "101 headers", with_headers(&format!("x: {CANARY}\r\n").repeat(101))),
        is_garbage("huge-header", "a header of 1 MiB", with_headers(&format!("x: {}\r\n", "x".repeat(1 << 20)))),
        row(
            "endless-header",
            "a header without end",
            Answer::Endless(text("HTTP/1.1 200 OK\r\nx: "), vec![b'x'; 64 * 1024]),
            PROTOCOL,
            UNKNOWN,
        ),
    ]
}

fn bodies() -> Vec<Row> {
    let chunked =
        |chunks: &str| Answer::bytes(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"));
    let endless =
        |status: &str, more: &[u8]| Answer::Endless(text(format!("HTTP/1.1 {status}\r\n\r\n")), more.repeat(8 * 1024));
    let deep = "[".repeat(200) + &"]".repeat(200);
    vec![
        row("body-short", "a body shorter than its Content-Length", Answer::Bytes(begun()), BODY, INTERRUPTED),
        row(
            "body-short-404",
            "as `body-short`, of a 404",
            Answer::bytes(format!("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{CANARY}")),
            status(404),
            REJECTED,
        ),
        row("chunk-size", "a chunk whose size is no number", chunked(&format!("{CANARY}\r\n")), BODY, INTERRUPTED),
        row("chunk-huge", "a chunk whose size is above 2⁶⁴", chunked("fffffffffffffffff\r\n"), BODY, INTERRUPTED),
        row("chunk-short", "closes in a chunk", chunked(&format!("ff\r\n{CANARY}")), BODY, INTERRUPTED),
        row("chunks-short", "closes before the last chunk", chunked(&format!("b\r\n{CANARY}\r\n")), BODY, INTERRUPTED),
        row("body-endless", "a body without end", endless("200 OK", b"[1,2,3]"), BODY, APPLIED),
        row(
            "chunks-endless",
            "chunks without end",
            endless("200 OK\r\ntransfer-encoding: chunked", b"2\r\n[]\r\n"),
            BODY,
            APPLIED,
        ),
        row("body-large", "a body over the limit of its size", ok(" ".repeat(64 * 1024 + 1)), BODY, APPLIED),
        row("error-body-endless", "as `body-endless`, of a 500", endless("500 Oops", b"canary "), status(500), UNKNOWN),
        row("html", "a 200 with HTML", ok(format!("<html>{CANARY}</html>")), DECODE, APPLIED),
        Row {
            is_enough: true,
            ..row(
                "empty",
                "a 200 without a body: a success of `opt_out`, `delete`, `bulk.delete` and `verify`, which need none",
                ok(""),
                DECODE,
                [sent(Outcome::Applied, 1), sent(Outcome::Applied, 1), sent(Outcome::Applied, 1), SUCCESS],
            )
        },
        row("null", "a 200 with `null`", ok("null"), DECODE, APPLIED),
        row("not-utf8", "a 200 with invalid UTF-8", ok(b"{\"status\": \"canary \xff\"}"), DECODE, APPLIED),
        row("deep", "a 200 with JSON that is 200 deep", ok(format!("{{\"status\": {deep}}}")), DECODE, APPLIED),
        row(
            "types",
            "a 200 with values of the wrong type",
            ok(format!(
                r#"{{"contact": "{CANARY}", "contacts": "{NUMBER}", "count": "{CANARY}", "status": ["{NUMBER}"]}}"#
            )),
            DECODE,
            APPLIED,
        ),
        row(
            "keys-twice",
            "a 200 with each key twice",
            ok(format!(
                r#"{{"contact": {{}}, "contact": {{}}, "status": "OK", "status": "{CANARY}", "count": 1, "count": 2}}"#
            )),
            DECODE,
            APPLIED,
        ),
        row(
            "json-short",
            "a 200 with JSON that ends too early",
            ok(format!("{{\"status\": \"{CANARY}")),
            DECODE,
            APPLIED,
        ),
        row(
            "reported",
            "a 200 whose body says `status: \"ERROR\"`",
            ok(format!(r#"{{"status": "ERROR", "message": "{CANARY}"}}"#)),
            is(&["is_reported"]).with_status(200).saying(CANARY, None),
            REJECTED,
        ),
    ]
}

fn statuses() -> Vec<Row> {
    let of = |id, fault, line: &str, body: String, error, cells| {
        row(id, fault, Answer::Bytes(with_length(line, body)), error, cells)
    };
    let none = String::new;
    vec![
        of(
            "html-502",
            "a proxy's 502, with HTML",
            "502 Bad Gateway",
            format!("<h1>{CANARY}</h1>"),
            status(502),
            UNKNOWN,
        ),
        of("empty-500", "a 500 with nothing", "500 Oops", none(), status(500), UNKNOWN),
        of(
            "nested-500",
            "a 500 with `error.message` and `error.code`",
            "500 Oops",
            format!(r#"{{"error": {{"message": "{CANARY}", "code": "INTERNAL"}}}}"#),
            status(500).saying(CANARY, Some("INTERNAL")),
            UNKNOWN,
        ),
        of(
            "bare-401",
            "a 401 with `error` and no `status`",
            "401 Unauthorized",
            format!(r#"{{"error": "{CANARY}"}}"#),
            status(401).saying(CANARY, None),
            REJECTED,
        ),
        of(
            "bare-403",
            "a 403 with `message` and no `status`",
            "403 Forbidden",
            format!(r#"{{"message": "{CANARY}"}}"#),
            status(403).saying(CANARY, None),
            REJECTED,
        ),
        of(
            "coded-400",
            "a 400 with `error_message` and `error_code`",
            "400 Bad Request",
            format!(r#"{{"status": "ERROR", "error_message": "{CANARY}", "error_code": 21211, "error_reason": "x"}}"#),
            status(400).saying(CANARY, Some("21211")),
            REJECTED,
        ),
        of(
            "message-404",
            "a 404 with `message`",
            "404 Not Found",
            format!(r#"{{"status": "ERROR", "message": "{CANARY}"}}"#),
            status(404).saying(CANARY, None),
            REJECTED,
        ),
        of(
            "conflict",
            "a 409",
            "409 Conflict",
            format!("{{\"message\": \"{CANARY}\"}}"),
            status(409).saying(CANARY, None),
            REJECTED,
        ),
        of("too-large", "a 413", "413 Content Too Large", none(), status(413), REJECTED),
        of("request-timeout", "a 408", "408 Request Timeout", none(), status(408), UNKNOWN),
        of("too-early", "a 425", "425 Too Early", none(), status(425), REJECTED),
        of("not-implemented", "a 501", "501 Not Implemented", none(), status(501), REJECTED),
        of("no-such-version", "a 505", "505 HTTP Version Not Supported", none(), status(505), REJECTED),
        of("gateway-timeout", "a 504", "504 Gateway Timeout", none(), status(504), UNKNOWN),
        of("unassigned", "a status that is not assigned: 799", "799 What", none(), status(799), UNKNOWN),
        row(
            "switching",
            "a 101 that nobody asked for",
            Answer::bytes("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            status(101),
            UNKNOWN,
        ),
    ]
}

fn redirects() -> Vec<Row> {
    fn to(status: &str, location: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\nlocation: {location}/{CANARY}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    }
    let redirect =
        |id, fault, code, cells, answer| row(id, fault, nothing(), status(code), cells).of(Source::Elsewhere(answer));
    vec![
        redirect("redirect-301", "a 301 to another host", 301, REJECTED, |_, other| to("301 Moved", other)),
        redirect("redirect-302", "a 302 to another host", 302, REJECTED, |_, other| to("302 Found", other)),
        redirect("redirect-303", "a 303 to another host: it may have been carried out", 303, UNKNOWN, |_, other| {
            to("303 See Other", other)
        }),
        redirect("redirect-307", "a 307 to another host", 307, REJECTED, |_, other| to("307 Temporary", other)),
        redirect("redirect-308", "a 308 to another host", 308, REJECTED, |_, other| to("308 Permanent", other)),
        redirect("redirect-to-itself", "a 307 to the same host", 307, REJECTED, |own, _| to("307 Temporary", own)),
        redirect("redirect-without-scheme", "a 308 to another host, by the same scheme", 308, REJECTED, |_, other| {
            to("308 Permanent", other.trim_start_matches("http:"))
        }),
        redirect("redirect-nowhere", "a 302 without a Location", 302, REJECTED, |_, _| with_length("302 Found", "")),
    ]
}

fn waits() -> Vec<Row> {
    let limited = |id, fault, header: &str, wait, cells| {
        row(id, fault, head("429 Too Many", header), status(429).asking(wait), cells)
    };
    let unavailable = |id, fault, header: &str, wait, cells| {
        row(id, fault, head("503 Unavailable", header), status(503).asking(wait), cells)
    };
    let (future, past) = ("Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT");
    let header = |value: &str| format!("retry-after: {value}\r\n");
    vec![
        limited("limited", "a 429", "", Wait::NotAsked, LIMITED_FOR_NOW),
        limited("limited-seconds", "a 429: wait a second", &header("1"), Wait::Seconds(1), LIMITED_FOR_NOW),
        limited("limited-millis", "a 429: wait 5 ms", "retry-after-ms: 5\r\n", Wait::Millis(5), LIMITED_FOR_NOW),
        limited(
            "limited-past",
            "a 429: wait until a date of the past",
            &header(past),
            Wait::Seconds(0),
            LIMITED_FOR_NOW,
        ),
        limited("limited-date", "a 429: wait until a date far off", &header(future), Wait::MoreThanAYear, LIMITED),
        limited("limited-malformed", "a 429: wait until \"soon\"", &header("soon"), Wait::NotAsked, LIMITED_FOR_NOW),
        limited("limited-negative", "a 429: wait -1 second", &header("-1"), Wait::NotAsked, LIMITED_FOR_NOW),
        limited("limited-huge", "a 429: wait 10³⁰ seconds", &header(&"9".repeat(30)), Wait::Seconds(u64::MAX), LIMITED),
        limited("limited-long", "a 429: wait longer than a minute", &header("61"), Wait::Seconds(61), LIMITED)
            .within(Limits { call: Duration::from_secs(3600), ..Limits::AMPLE }),
        limited("limited-late", "a 429: wait longer than the call has time", &header("9"), Wait::Seconds(9), LIMITED)
            .within(Limits { call: Duration::from_secs(9), ..Limits::AMPLE }),
        unavailable("unavailable", "a 503", "", Wait::NotAsked, UNKNOWN),
        unavailable("unavailable-seconds", "a 503: wait a second", &header("1"), Wait::Seconds(1), UNKNOWN),
        unavailable(
            "unavailable-past",
            "a 503: wait until a date of the past",
            &header(past),
            Wait::Seconds(0),
            UNKNOWN,
        ),
        unavailable(
            "unavailable-date",
            "a 503: wait until a date far off",
            &header(future),
            Wait::MoreThanAYear,
            UNKNOWN_ONCE,
        ),
        unavailable("unavailable-malformed", "a 503: wait until \"soon\"", &header("soon"), Wait::NotAsked, UNKNOWN),
        unavailable("unavailable-negative", "a 503: wait -1 second", &header("-1"), Wait::NotAsked, UNKNOWN),
        unavailable(
            "unavailable-huge",
            "a 503: wait 10³⁰ seconds",
            &header(&"9".repeat(30)),
            Wait::Seconds(u64::MAX),
            UNKNOWN_ONCE,
        ),
        unavailable(
            "unavailable-late",
            "a 503: wait longer than the call has time",
            &header("9"),
            Wait::Seconds(9),
            UNKNOWN_ONCE,
        )
        .within(Limits { call: Duration::from_secs(9), ..Limits::AMPLE }),
    ]
}

fn tokens() -> Vec<Row> {
    let of = |id, fault, token, error| row(id, fault, ok("{}"), error, NOT_BEGUN).of(Source::Token(token));
    vec![
        of("token-fails", "the provider of tokens fails", Token::Fails, TOKEN),
        of("token-does-not-fit", "the provider gives what no header can carry", Token::DoesNotFit, TOKEN),
        of("token-never-comes", "the provider of tokens never ends", Token::NeverComes, TIMEOUT).within(Limits::CALL),
    ]
}

#[cfg(feature = "rustls")]
fn tls() -> Vec<Row> {
    const TLS: Expected = is(&["is_connect", "is_tls"]);
    let of = |id, fault, certificate, answer, error, cells| {
        row(id, fault, nothing(), error, cells).of(Source::Tls(certificate, answer))
    };
    let wrong = |id, fault, certificate| of(id, fault, certificate, ok("{}"), TLS, NOT_SENT_FOR_GOOD);
    let bad_request = Answer::Early(with_length("400 Bad Request", CANARY));
    vec![
        wrong("tls-self-signed", "a certificate that nobody vouches for", Certificate::SelfSigned),
        wrong("tls-expired", "a certificate that has expired", Certificate::Expired),
        wrong("tls-not-yet-valid", "a certificate that is not valid yet", Certificate::NotYetValid),
        wrong("tls-other-host", "a certificate of another host", Certificate::OtherHost),
        row("tls-plain", "plain HTTP on the port", nothing(), TLS, NOT_SENT_FOR_GOOD).of(Source::NoTls(bad_request)),
        row("tls-closed", "closes in the handshake of TLS", nothing(), CONNECT, NOT_SENT)
            .of(Source::NoTls(Answer::Early(Vec::new()))),
        row("tls-silent", "silence in the handshake of TLS", nothing(), is(&["is_connect", "is_timeout"]), NOT_SENT)
            .of(Source::NoTls(Answer::SilenceUnread))
            .within(Limits::CONNECT),
        of(
            "tls-asks",
            "asks for a certificate of the client, and refuses its requests without",
            Certificate::ValidAndAsking,
            ok("{}"),
            LOST,
            UNKNOWN_UNREAD,
        ),
        row("tls-redirect", "a 307 to another host, without TLS", nothing(), status(307), REJECTED).of(
            Source::TlsElsewhere(|other| {
                text(format!("HTTP/1.1 307 Temporary\r\nlocation: {other}/{CANARY}\r\ncontent-length: 0\r\n\r\n"))
            }),
        ),
        of("tls-closed-unanswered", "as `closed-unanswered`, over TLS", Certificate::Valid, nothing(), LOST, UNKNOWN),
        of(
            "tls-cut",
            "a body without a length, and the connection cut without the alert that ends it",
            Certificate::Valid,
            Answer::ThenDrop(text(format!("HTTP/1.1 200 OK\r\n\r\n{{\"{CANARY}\": 1}}"))),
            BODY,
            INTERRUPTED,
        ),
    ]
}
