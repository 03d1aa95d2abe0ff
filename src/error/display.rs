//! The text of an error: one line for a log, without keys or people's data.

use std::fmt;

use http::StatusCode;

use super::{Cause, Error, Timeout, is_web_page};
use crate::outcome::Outcome;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        match &self.0.cause {
            // These texts are complete without the `Retry-After` wait, the attempts and the outcome.
            Cause::Input(input) => return write!(f, "{input}"),
            Cause::Incomplete(incomplete) => return write!(f, "{incomplete}"),
            Cause::Element { index, failure } => {
                return write!(f, "contact {index} of the page does not match the API reference: {failure}");
            }
            Cause::Journal(failure) => return write!(f, "{failure}"),
            Cause::OtherAccount(subject) => {
                return write!(
                    f,
                    "{subject}: belongs to another account or base URL; use the original credentials and base URL, \
                     or call `accept_account()` if it is the same account with a new key or host name"
                );
            }
            Cause::Setup => return f.write_str("the HTTP client could not be set up"),
            Cause::TokenProvider => f.write_str("the token provider failed")?,
            Cause::Throttled => f.write_str("the client's rate limit allows no request before the deadline")?,
            Cause::Connect => f.write_str("could not connect to the service")?,
            Cause::Tls => f.write_str("the TLS handshake failed")?,
            Cause::Timeout(Timeout::Connect(limit)) => write!(f, "no connection within {limit:?}")?,
            Cause::Timeout(Timeout::Attempt(limit)) => write!(f, "no complete response within {limit:?}")?,
            Cause::Timeout(Timeout::Total(limit)) => {
                write!(f, "no complete response within {limit:?}, the timeout of the call")?
            }
            Cause::ConnectionLost => f.write_str("the connection broke before a response arrived")?,
            Cause::Panic => f.write_str("the caller's token provider, rate limit or transport panicked")?,
            Cause::Shutdown => f.write_str("the runtime shut down before a response arrived")?,
            Cause::Protocol => f.write_str("the response is not valid HTTP, or its headers are too large")?,
            Cause::BodyTruncated => f.write_str("the response body broke off")?,
            Cause::BodyTooLarge { limit } => write!(f, "the response body is larger than {limit} bytes")?,
            Cause::Status => {
                let status = self.status().unwrap_or_default();
                let is_page = self.0.response.as_ref().is_some_and(is_web_page);
                write!(f, "status {}", Status { status, is_page })?;
            }
            Cause::Reported => f.write_str("the service reported an error in a response with a success status")?,
            Cause::Decode(failure) => write!(f, "the response does not match the API reference: {failure}")?,
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

/// Begins with the line of `Display`, because Rust prints `Debug` if `main` returns the error.
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
struct Status {
    status: StatusCode,
    /// Whether the response is a web page.
    is_page: bool,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.is_page => {
                "a web page, not a response of the service; check proxies and firewalls"
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "the credentials were refused",
            StatusCode::NOT_FOUND => "no such contact, or no such endpoint",
            StatusCode::CONFLICT => "the contact exists already",
            StatusCode::TOO_MANY_REQUESTS => "too many requests",
            status if status.is_redirection() => "redirects are not followed; check the base URL",
            status => return write!(f, "{status}"),
        };
        write!(f, "{} ({meaning})", self.status)
    }
}
