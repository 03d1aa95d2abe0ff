//! The text of an error: one line for a log, without keys or people's data.

use std::fmt;

use http::StatusCode;

use super::{Detail, Error, Timeout};
use crate::outcome::Outcome;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        match &self.0.detail {
            // These texts are complete without retries, attempts and outcome.
            Detail::Input(input) => return write!(f, "{input}"),
            Detail::Incomplete(incomplete) => return write!(f, "{incomplete}"),
            Detail::Element { index, failure } => {
                return write!(f, "contact {index} of the page does not match the API reference: {failure}");
            }
            Detail::Journal(failure) => return write!(f, "{failure}"),
            Detail::Setup => return f.write_str("the HTTP client could not be set up"),
            Detail::TokenProvider => f.write_str("the token provider failed")?,
            Detail::Throttled => f.write_str("the client's own rate limit has no room before the deadline")?,
            Detail::Connect => f.write_str("could not connect to the service")?,
            Detail::Tls => f.write_str("the TLS handshake failed")?,
            Detail::Timeout(Timeout::Connect(limit)) => write!(f, "no connection within {limit:?}")?,
            Detail::Timeout(Timeout::Attempt(limit)) => write!(f, "no complete response within {limit:?}")?,
            Detail::Timeout(Timeout::Total(limit)) => {
                write!(f, "no complete response within {limit:?}, the timeout of the call")?
            }
            Detail::ConnectionLost => f.write_str("the connection broke before a response arrived")?,
            Detail::Protocol => f.write_str("the response is not HTTP")?,
            Detail::BodyTruncated => f.write_str("the response body broke off")?,
            Detail::BodyTooLarge { limit } => write!(f, "the response body is larger than {limit} bytes")?,
            Detail::Status => write!(f, "status {}", Status(self.status().unwrap_or_default()))?,
            Detail::Reported => f.write_str("the service reported an error in a response with a success status")?,
            Detail::Decode(failure) => write!(f, "the response does not match the API reference: {failure}")?,
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", retry after {}s", wait.as_secs())?;
        }
        if self.0.attempts > 1 {
            write!(f, ", {} attempts", self.0.attempts)?;
        }
        f.write_str(match self.0.outcome {
            Outcome::NotSent => "; nothing was sent",
            Outcome::Rejected => "; nothing was changed",
            Outcome::Unknown => "; the request may have been carried out",
            Outcome::Applied => "; the request was carried out",
        })
    }
}

/// Begins with the line of `Display`, because a program whose `main` returns the error prints `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} (kind: {:?}, outcome: {:?}", self.kind(), self.0.outcome)?;
        write!(f, ", attempts: {}", self.0.attempts)?;
        if let Some(status) = self.status() {
            write!(f, ", status: {}", status.as_u16())?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ", source: {source:?}")?;
        }
        f.write_str(")")
    }
}

/// A status, displayed with its meaning for this API.
struct Status(StatusCode);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.0 {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "the credentials were refused",
            StatusCode::NOT_FOUND => "no such contact, or no such endpoint",
            StatusCode::CONFLICT => "the contact exists already",
            StatusCode::TOO_MANY_REQUESTS => "too many requests",
            status if status.is_redirection() => "redirects are not followed; check the base URL",
            status => return write!(f, "{status}"),
        };
        write!(f, "{} ({meaning})", self.0)
    }
}
