//! The rows of the fault matrix, one module per kind of fault.

use sendblue_contacts::Outcome::{Applied, NotSent, Rejected, Unknown};

use super::{
    CANARY,
    row::{Cell, ExpectedError, Limits, Row, Source},
};
use crate::server::{Action, http_response};

mod bodies;
mod connections;
mod protocol;
mod redirects;
mod retry_after;
mod statuses;
mod timeouts;
#[cfg(feature = "rustls")]
mod tls;
mod tokens;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = connections::rows();
    rows.extend(timeouts::rows());
    rows.extend(protocol::rows());
    rows.extend(bodies::rows());
    rows.extend(statuses::rows());
    rows.extend(redirects::rows());
    rows.extend(retry_after::rows());
    rows.extend(tokens::rows());
    #[cfg(feature = "rustls")]
    rows.extend(tls::rows());
    rows
}

// The results of the four classes: read, safe write, create, verify.

const NOT_SENT: [Cell; 4] = [Cell::undelivered(NotSent, 3); 4];
#[cfg(feature = "rustls")]
const NOT_SENT_NO_RETRY: [Cell; 4] = [Cell::undelivered(NotSent, 1); 4];
const NOT_ATTEMPTED: [Cell; 4] = [Cell::undelivered(NotSent, 0); 4];
const UNKNOWN: [Cell; 4] = [
    Cell::delivered(Unknown, 3),
    Cell::delivered(Unknown, 3),
    Cell::delivered(Unknown, 1),
    Cell::delivered(Unknown, 1),
];
const UNKNOWN_NO_RETRY: [Cell; 4] = [Cell::delivered(Unknown, 1); 4];
/// Like [`UNKNOWN`], but the server reads no complete request.
const UNKNOWN_UNREAD: [Cell; 4] = [
    Cell::undelivered(Unknown, 3),
    Cell::undelivered(Unknown, 3),
    Cell::undelivered(Unknown, 1),
    Cell::undelivered(Unknown, 1),
];
const REJECTED: [Cell; 4] = [Cell::delivered(Rejected, 1); 4];
/// A 429 that is not retried. The service may have sent a verification message before it answered.
const RATE_LIMITED_NO_RETRY: [Cell; 4] = [
    Cell::delivered(Rejected, 1),
    Cell::delivered(Rejected, 1),
    Cell::delivered(Rejected, 1),
    Cell::delivered(Unknown, 1),
];
/// A 429 that is retried, except to a verification.
const RATE_LIMITED: [Cell; 4] = [
    Cell::delivered(Rejected, 3),
    Cell::delivered(Rejected, 3),
    Cell::delivered(Rejected, 3),
    Cell::delivered(Unknown, 1),
];
const APPLIED: [Cell; 4] = [Cell::delivered(Applied, 1); 4];
/// The body of a 2xx ends early. Only a read is retried.
const BODY_INTERRUPTED: [Cell; 4] = [
    Cell::delivered(Applied, 3),
    Cell::delivered(Applied, 1),
    Cell::delivered(Applied, 1),
    Cell::delivered(Applied, 1),
];

const CONNECT: ExpectedError = ExpectedError::of_kind(&["is_connect"]);
const TIMEOUT: ExpectedError = ExpectedError::of_kind(&["is_timeout"]);
const LOST: ExpectedError = ExpectedError::of_kind(&["is_connection_lost"]);
const PROTOCOL: ExpectedError = ExpectedError::of_kind(&["is_protocol"]);
const TOKEN: ExpectedError = ExpectedError::of_kind(&["is_token"]);
const BODY: ExpectedError = ExpectedError::of_kind(&["is_body"]).with_status(200);
const DECODE: ExpectedError = ExpectedError::of_kind(&["is_decode"]).with_status(200);

/// An error with a status other than 2xx.
const fn status(status: u16) -> ExpectedError {
    let predicates: &[&str] = match status {
        300..=399 => &["is_redirect"],
        401 | 403 => &["is_unauthorized"],
        404 => &["is_not_found"],
        409 => &["is_conflict"],
        429 => &["is_rate_limited"],
        500..=599 => &["is_server_error"],
        _ => &[],
    };
    ExpectedError::of_kind(predicates).with_status(status)
}

fn row(id: &'static str, fault: &'static str, response: Action, error: ExpectedError, cells: [Cell; 4]) -> Row {
    Row {
        id,
        fault,
        source: Source::Responses(vec![response]),
        limits: Limits::AMPLE,
        error,
        cells,
        succeeds_without_body: false,
    }
}

/// A response without a body.
fn bodyless(status: &str, headers: &str) -> Action {
    Action::send_and_close(format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n"))
}

/// A 200 with this body.
fn ok(body: impl AsRef<[u8]>) -> Action {
    Action::SendAndClose(http_response("200 OK", body))
}

fn text(text: impl Into<String>) -> Vec<u8> {
    text.into().into_bytes()
}

/// The beginning of a 200 whose body should have 100 bytes.
fn truncated_success() -> Vec<u8> {
    text(format!("HTTP/1.1 200 OK\r\nx-{CANARY}: {CANARY}\r\ncontent-length: 100\r\n\r\n{{\"{CANARY}"))
}

fn no_response() -> Action {
    Action::SendAndClose(Vec::new())
}
