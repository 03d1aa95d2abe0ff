//! The vocabulary of the fault matrix: a row, its fault, and the expected result of each class of operation.

use std::{fmt, time::Duration};

use sendblue_contacts::{Error, ErrorKind, Outcome};

#[cfg(feature = "rustls")]
use super::tls::Certificate;
use crate::server::Action;

/// One fault, and the expected result for each class of operation.
pub(super) struct Row {
    pub(super) id: &'static str,
    /// The description of the fault in `docs/FAULTS.md`.
    pub(super) fault: &'static str,
    pub(super) source: Source,
    pub(super) limits: Limits,
    pub(super) error: ExpectedError,
    /// The expected results, in the order of [`Class`].
    pub(super) cells: [Cell; 4],
    /// Whether operations that need no response body succeed.
    pub(super) succeeds_without_body: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [read, safe_write, create, verify] = self.cells;
        let Self { id, fault, error, .. } = self;
        write!(f, "| `{id}` | {fault} | {error} | {read} | {safe_write} | {create} | {verify} |")
    }
}

/// The operations that need no response body.
const OPERATIONS_WITHOUT_BODY: [&str; 4] = ["opt_out", "delete", "bulk.delete", "verify"];

impl Row {
    /// Returns the expected result of an operation.
    pub(super) fn cell(&self, operation: &str, class: Class) -> Cell {
        if self.succeeds_without_body && OPERATIONS_WITHOUT_BODY.contains(&operation) {
            return Cell::SUCCESS;
        }
        let [read, safe_write, create, verify] = self.cells;
        match class {
            Class::Read => read,
            Class::SafeWrite => safe_write,
            Class::Create => create,
            Class::Verify => verify,
        }
    }

    pub(super) fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub(super) fn with_source(self, source: Source) -> Self {
        Self { source, ..self }
    }
}

/// The class of an operation, by the effect of a second request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Read,
    SafeWrite,
    Create,
    Verify,
}

/// The place of a fault.
#[derive(Clone)]
pub(super) enum Source {
    /// A server sends these responses, one per attempt. The last one repeats.
    Responses(Vec<Action>),
    /// A server sends a redirect, built from its own URL and the URL of another host.
    Redirect(fn(own: &str, other: &str) -> Vec<u8>),
    /// Nothing listens on the port.
    Refused,
    /// The host name does not resolve.
    Unresolved,
    /// The token provider fails.
    Token(TokenFault),
    /// A server with this certificate sends this response over TLS.
    #[cfg(feature = "rustls")]
    Tls(Certificate, Action),
    /// A TLS server sends a redirect to the plain-http URL of another host.
    #[cfg(feature = "rustls")]
    TlsRedirect(fn(other: &str) -> Vec<u8>),
    /// A server without TLS listens on an https URL.
    #[cfg(feature = "rustls")]
    PlainServer(Action),
}

#[derive(Clone, Copy)]
pub(super) enum TokenFault {
    Fails,
    NeverReturns,
    /// The token has a line break, which no header can carry.
    Malformed,
}

#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) attempt: Duration,
    pub(super) call: Duration,
    pub(super) body: usize,
}

impl Limits {
    /// Long enough for every fault other than a timeout, even on a busy machine.
    pub(super) const AMPLE: Self = Self {
        connect: Duration::from_secs(20),
        attempt: Duration::from_secs(20),
        call: Duration::from_secs(60),
        body: 64 * 1024,
    };
    /// A short attempt timeout; the call has time for three attempts.
    pub(super) const SHORT_ATTEMPT: Self = Self { attempt: Duration::from_millis(400), ..Self::AMPLE };
    /// A short call timeout, which ends before that of the attempt.
    pub(super) const SHORT_CALL: Self = Self { call: Duration::from_millis(400), ..Self::AMPLE };
    #[cfg(feature = "rustls")]
    pub(super) const SHORT_CONNECT: Self = Self { connect: Duration::from_millis(400), ..Self::AMPLE };

    pub(super) fn is_ample(self) -> bool {
        [self.connect, self.attempt, self.call].iter().all(|limit| *limit >= Duration::from_secs(5))
    }

    /// Returns the limits with each short timeout ten times as long.
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

/// The properties that the rows name: the ten predicates, and kinds without a predicate.
pub(super) const PREDICATES: [(&str, Predicate); 17] = [
    ("is_input", Error::is_input),
    ("is_token", |error| error.kind() == ErrorKind::TokenProvider),
    ("is_throttled", |error| error.kind() == ErrorKind::Throttled),
    ("is_connect", Error::is_connect),
    ("is_tls", |error| error.kind() == ErrorKind::Tls),
    ("is_timeout", Error::is_timeout),
    ("is_connection_lost", |error| error.kind() == ErrorKind::ConnectionLost),
    ("is_protocol", |error| error.kind() == ErrorKind::Protocol),
    ("is_redirect", |error| error.kind() == ErrorKind::Redirect),
    ("is_unauthorized", Error::is_unauthorized),
    ("is_not_found", Error::is_not_found),
    ("is_conflict", Error::is_conflict),
    ("is_rate_limited", Error::is_rate_limited),
    ("is_server_error", Error::is_server_error),
    ("is_reported", |error| error.kind() == ErrorKind::Reported),
    ("is_body", |error| matches!(error.kind(), ErrorKind::BodyTruncated | ErrorKind::BodyTooLarge)),
    ("is_decode", Error::is_decode),
];

/// The expected properties of an error, the same for all operations.
#[derive(Clone, Copy, Default)]
pub(super) struct ExpectedError {
    /// The predicates that return `true`. All others return `false`.
    pub(super) predicates: &'static [&'static str],
    pub(super) status: Option<u16>,
    pub(super) message: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) retry_after: RetryAfter,
}

/// The expected wait that the response asks for.
#[derive(Clone, Copy, Default)]
pub(super) enum RetryAfter {
    #[default]
    Absent,
    Seconds(u64),
    Millis(u64),
    /// The header has a date far in the future; the wait counts from now.
    MoreThanAYear,
}

impl ExpectedError {
    pub(super) const fn of_kind(predicates: &'static [&'static str]) -> Self {
        Self { predicates, status: None, message: None, code: None, retry_after: RetryAfter::Absent }
    }

    pub(super) const fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(super) const fn with_message(self, message: &'static str, code: Option<&'static str>) -> Self {
        Self { message: Some(message), code, ..self }
    }

    pub(super) const fn with_retry_after(self, retry_after: RetryAfter) -> Self {
        Self { retry_after, ..self }
    }
}

impl fmt::Display for ExpectedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map(|status| status.to_string());
        let parts = self.predicates.iter().map(|name| format!("`{name}`")).chain(status);
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// The expected result of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// The outcome of the error; `None` for a success.
    pub(super) outcome: Option<Outcome>,
    /// The number of requests that arrive complete.
    pub(super) requests: usize,
    /// The number of attempts.
    pub(super) attempts: u32,
}

impl Cell {
    pub(super) const SUCCESS: Self = Self { outcome: None, requests: 1, attempts: 1 };

    /// An error after `attempts` attempts; the server received every request.
    pub(super) const fn delivered(outcome: Outcome, attempts: u32) -> Self {
        Self { outcome: Some(outcome), requests: attempts as usize, attempts }
    }

    /// An error after `attempts` attempts; the server received no complete request.
    pub(super) const fn undelivered(outcome: Outcome, attempts: u32) -> Self {
        Self { outcome: Some(outcome), requests: 0, attempts }
    }
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
