//! Constructors of errors, for tests of code that handles errors.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::{Cause, DecodeFailure, Error, ErrorKind, Incomplete, InvalidInput, JournalFailure, Timeout};
use crate::{outcome::Outcome, received::Received, retry::RetryClass};

/// Constructors for tests without a server.
impl Error {
    /// Creates the error of an invalid argument or setting.
    ///
    /// ```
    /// use sendblue_contacts::{Error, Outcome};
    ///
    /// let error = Error::input("phone", "missing country code; start with `+`");
    /// assert_eq!(error.field(), Some("phone"));
    /// assert_eq!(error.outcome(), Outcome::NotSent);
    /// ```
    #[must_use]
    pub fn input(field: impl Into<String>, problem: impl Into<String>) -> Self {
        InvalidInput::new(field.into(), problem.into()).into()
    }

    /// Creates the error that a read operation returns for a response.
    ///
    /// If the response has a success status, the kind is [`ErrorKind::Reported`].
    ///
    /// ```
    /// use sendblue_contacts::{Error, ErrorKind, http};
    ///
    /// let response = http::Response::builder()
    ///     .status(409)
    ///     .body(r#"{"status":"ERROR","message":"Contact already exists"}"#.into())?;
    /// let error = Error::from_response(response);
    /// assert_eq!(error.kind(), ErrorKind::Conflict);
    /// assert_eq!(error.message(), Some("Contact already exists"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn from_response(response: http::Response<Bytes>) -> Self {
        let (parts, bytes) = response.into_parts();
        let received = Received { bytes, attempts: 1, ..Received::new(parts.status, parts.headers) };
        if received.status.is_success() {
            Self::new(Cause::Reported, Outcome::Rejected).with_response(received)
        } else {
            Self::from_status(received, RetryClass::Read)
        }
    }

    /// Creates an error of any kind, with placeholder details.
    ///
    /// If the kind comes from a status, the error has an empty response with that status. Four kinds cover several
    /// statuses. For these kinds, the status is 302 ([`ErrorKind::Redirect`]), 401 ([`ErrorKind::Unauthorized`]),
    /// 500 ([`ErrorKind::Server`]) or 400 ([`ErrorKind::Status`]).
    ///
    /// ```
    /// use sendblue_contacts::{Error, ErrorKind, Outcome};
    ///
    /// let error = Error::from_kind(ErrorKind::ConnectionLost, Outcome::Unknown);
    /// assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    /// assert!(!error.is_retryable());
    /// ```
    #[must_use]
    pub fn from_kind(kind: ErrorKind, outcome: Outcome) -> Self {
        let status = |status| {
            let received = Received { attempts: 1, ..Received::new(status, Default::default()) };
            Self::new(Cause::Status, outcome).with_response(received)
        };
        let cause = match kind {
            ErrorKind::Redirect => return status(StatusCode::FOUND),
            ErrorKind::Unauthorized => return status(StatusCode::UNAUTHORIZED),
            ErrorKind::NotFound => return status(StatusCode::NOT_FOUND),
            ErrorKind::Conflict => return status(StatusCode::CONFLICT),
            ErrorKind::RateLimited => return status(StatusCode::TOO_MANY_REQUESTS),
            ErrorKind::Server => return status(StatusCode::INTERNAL_SERVER_ERROR),
            ErrorKind::Status => return status(StatusCode::BAD_REQUEST),
            ErrorKind::Input => Cause::Input(InvalidInput::new("field", "invalid")),
            ErrorKind::Setup => Cause::Setup,
            ErrorKind::TokenProvider => Cause::TokenProvider,
            ErrorKind::Throttled => Cause::Throttled,
            ErrorKind::Connect => Cause::Connect,
            ErrorKind::Tls => Cause::Tls,
            ErrorKind::Timeout => Cause::Timeout(Timeout::Attempt(Duration::from_secs(1))),
            ErrorKind::ConnectionLost => Cause::ConnectionLost,
            ErrorKind::Protocol => Cause::Protocol,
            ErrorKind::Reported => Cause::Reported,
            ErrorKind::BodyTruncated => Cause::BodyTruncated,
            ErrorKind::BodyTooLarge => Cause::BodyTooLarge { limit: 1 },
            ErrorKind::Decode => Cause::Decode(DecodeFailure::Empty),
            ErrorKind::Element => Cause::Element { index: 0, failure: DecodeFailure::Empty },
            ErrorKind::Journal => Cause::Journal(JournalFailure::InUse),
            ErrorKind::OtherAccount => Cause::OtherAccount("journal"),
            ErrorKind::Task => Cause::Panic,
            ErrorKind::Incomplete => Cause::Incomplete(Incomplete::OrderNotKept),
        };
        Self::new(cause, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_kind_returns_an_error_of_that_kind() {
        for kind in [
            ErrorKind::Input,
            ErrorKind::Setup,
            ErrorKind::TokenProvider,
            ErrorKind::Throttled,
            ErrorKind::Connect,
            ErrorKind::Tls,
            ErrorKind::Timeout,
            ErrorKind::ConnectionLost,
            ErrorKind::Protocol,
            ErrorKind::Redirect,
            ErrorKind::Unauthorized,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::RateLimited,
            ErrorKind::Server,
            ErrorKind::Status,
            ErrorKind::Reported,
            ErrorKind::BodyTruncated,
            ErrorKind::BodyTooLarge,
            ErrorKind::Decode,
            ErrorKind::Element,
            ErrorKind::Journal,
            ErrorKind::OtherAccount,
            ErrorKind::Task,
            ErrorKind::Incomplete,
        ] {
            let error = Error::from_kind(kind, Outcome::Unknown);
            assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown));
        }
    }
}
