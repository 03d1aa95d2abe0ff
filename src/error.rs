//! The error type: its kind, the outcome of the request, and the service's message.

use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{
    outcome::Outcome,
    received::Received,
    retry::{Failure, RetryClass},
};

mod constructors;
mod decode;
mod detail;
mod display;
mod input;
mod kind;
mod retry_after;
mod service_message;

pub(crate) use decode::DecodeFailure;
pub(crate) use detail::{Detail, Incomplete, JournalFailure, Timeout};
pub(crate) use input::InvalidInput;
pub use kind::ErrorKind;
pub(crate) use service_message::{MAX_ERROR_BODY, is_error_status, reports_error};

/// A failed call, job or stream, or an invalid setting.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// use sendblue_contacts::Outcome;
///
/// match contacts.create("+14155550100").send().await {
///     Ok(contact) => println!("created {:?}", contact.created_at),
///     Err(error) if error.is_conflict() => println!("exists already"),
///     Err(error) if error.outcome() == Outcome::Unknown => println!("look it up first: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
///
/// Three questions matter to a caller:
///
/// - What went wrong? See [`kind`](Self::kind), and predicates such as [`is_conflict`](Self::is_conflict).
/// - Was the request carried out? See [`outcome`](Self::outcome).
/// - May a later call succeed? See [`is_retryable`](Self::is_retryable) and [`retry_after`](Self::retry_after).
///
/// `Display` prints one line for a log, and `Debug` begins with the same line. Neither prints a key, a phone number, a
/// URL or the service's message. [`message`](Self::message) and [`body`](Self::body) return text from the service.
///
/// Clones share the source and the response body. Tests can build errors without a server: see
/// [`from_response`](Self::from_response), [`from_kind`](Self::from_kind) and [`input`](Self::input).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    detail: Detail,
    outcome: Outcome,
    operation: Option<&'static str>,
    attempts: u32,
    response: Option<Received>,
    service_message: service_message::ServiceMessage,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl From<InvalidInput> for Error {
    fn from(input: InvalidInput) -> Self {
        Self::new(Detail::Input(input), Outcome::NotSent)
    }
}

impl Error {
    pub(crate) fn new(detail: Detail, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            detail,
            outcome,
            operation: None,
            attempts: 0,
            response: None,
            service_message: service_message::ServiceMessage::default(),
            source: None,
        }))
    }

    /// Creates the error of a response without a success status.
    pub(crate) fn from_status(response: Received, class: RetryClass) -> Self {
        let outcome = match response.status {
            // The service may send the message before it refuses the request.
            StatusCode::TOO_MANY_REQUESTS if class == RetryClass::Message => Outcome::Unknown,
            status => outcome_of(status),
        };
        Self::new(Detail::Status, outcome).with_response(response)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Stores the response, and reads the service's message from its body.
    pub(crate) fn with_response(mut self, response: Received) -> Self {
        self.0.service_message = service_message::ServiceMessage::read(&response.bytes);
        self.0.attempts = response.attempts;
        self.0.response = Some(response);
        self
    }

    /// Creates the error of one element of the response. `bytes` is the JSON of the element.
    pub(crate) fn part(&self, detail: Detail, bytes: &[u8]) -> Self {
        let mut part = Self::new(detail, self.0.outcome);
        part.0.operation = self.0.operation;
        part.0.attempts = self.0.attempts;
        part.0.response = self.0.response.clone();
        if let Some(response) = &mut part.0.response {
            response.bytes = Bytes::copy_from_slice(bytes);
        }
        part
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Combines the outcome of this attempt with the outcome of the earlier attempts.
    pub(crate) fn after(mut self, earlier: Option<Outcome>) -> Self {
        self.0.outcome = match (earlier, self.0.outcome) {
            // An earlier attempt may have been carried out.
            (Some(Outcome::Unknown), Outcome::NotSent | Outcome::Rejected) => Outcome::Unknown,
            // The last attempt sent nothing, so the earlier outcome still holds.
            (Some(earlier), Outcome::NotSent) => earlier,
            (_, outcome) => outcome,
        };
        self
    }

    /// Classifies the last attempt, for the decision about a retry.
    pub(crate) fn failure(&self) -> Failure {
        match (&self.0.detail, self.0.outcome) {
            (Detail::Connect | Detail::Timeout(Timeout::Connect(_)), _) => Failure::NotSent,
            // The next handshake would probably fail for the same reason, such as an invalid certificate.
            (Detail::Tls, _) => Failure::Final,
            (Detail::Status, _) if self.is_rate_limited() => Failure::RateLimited,
            (Detail::Timeout(_), Outcome::Unknown) => Failure::TimedOut,
            (Detail::Timeout(_) | Detail::BodyTruncated, Outcome::Applied) => Failure::Interrupted,
            (Detail::Status, _) => match self.status().map(outcome_of) {
                Some(Outcome::Unknown) => Failure::Ambiguous,
                _ => Failure::Final,
            },
            (_, Outcome::Unknown) => Failure::Ambiguous,
            _ => Failure::Final,
        }
    }

    /// Returns OpenTelemetry's `error.type` attribute: the status, or the label of the kind.
    pub(crate) fn telemetry_type(&self) -> &str {
        match (&self.0.detail, &self.0.response) {
            (Detail::Status, Some(response)) => response.status.as_str(),
            _ => self.kind().label(),
        }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.detail {
            Detail::Input(_) => ErrorKind::Input,
            Detail::Setup => ErrorKind::Setup,
            Detail::TokenProvider => ErrorKind::TokenProvider,
            Detail::Throttled => ErrorKind::Throttled,
            Detail::Connect => ErrorKind::Connect,
            Detail::Tls => ErrorKind::Tls,
            Detail::Timeout(_) => ErrorKind::Timeout,
            Detail::ConnectionLost => ErrorKind::ConnectionLost,
            Detail::Protocol => ErrorKind::Protocol,
            Detail::BodyTruncated => ErrorKind::BodyTruncated,
            Detail::BodyTooLarge { .. } => ErrorKind::BodyTooLarge,
            Detail::Status => self.status().map_or(ErrorKind::Status, kind_of),
            Detail::Reported => ErrorKind::Reported,
            Detail::Decode(_) => ErrorKind::Decode,
            Detail::Element { .. } => ErrorKind::Element,
            Detail::Incomplete(_) => ErrorKind::Incomplete,
            Detail::Journal(_) => ErrorKind::Journal,
        }
    }

    /// Returns the outcome of the request: not sent, rejected, unknown or applied.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns whether the same call is safe to repeat and may succeed later.
    ///
    /// This is true for the kinds [`Connect`](ErrorKind::Connect), [`Throttled`](ErrorKind::Throttled),
    /// [`TokenProvider`](ErrorKind::TokenProvider), [`Timeout`](ErrorKind::Timeout) and
    /// [`RateLimited`](ErrorKind::RateLimited), if the outcome is `NotSent` or `Rejected`. If the outcome is `Unknown`,
    /// look the contact up first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let passes = matches!(
            self.kind(),
            ErrorKind::Connect
                | ErrorKind::Throttled
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::TokenProvider
        );
        passes && matches!(self.0.outcome, Outcome::NotSent | Outcome::Rejected)
    }

    /// Returns the invalid argument or setting, such as `phone_number` or `contacts[3].phone`.
    ///
    /// Only an [input error](ErrorKind::Input) has a field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.0.detail {
            Detail::Input(input) => Some(input.field()),
            _ => None,
        }
    }

    /// Returns the operation that failed, such as `contacts.create`.
    ///
    /// An error without a call, such as an invalid setting, has no operation.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the number of attempts.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the status of the response, if a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// Returns the headers of the response, if a response arrived.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// Returns the body of the response, if a response arrived.
    ///
    /// If the status is not a success, only the first 64 KiB are kept. If a success body broke off or was too large,
    /// the body is empty. For [`ErrorKind::Element`], the body is the JSON of that contact.
    ///
    /// The body may contain people's data.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref().map(|response| &response.bytes)
    }

    /// Returns the service's error message.
    ///
    /// This is the first of the properties `message`, `error_message`, `error.message`, `error` and `error_reason` that
    /// is not empty. The message may contain people's data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.service_message.message.as_deref()
    }

    /// Returns the service's error code: the property `error_code`, else `error.code`.
    ///
    /// If the code is a number, its digits are returned.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.service_message.code.as_deref()
    }

    /// Returns the wait that the service asks for, counted from now.
    ///
    /// The value is that of the header `retry-after-ms`, else of `Retry-After` (RFC 9110, section 10.2.3), in seconds
    /// or as a date. If the date is in the past, the wait is zero.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.headers()?, SystemTime::now())
    }

    /// Returns the request id, for the service's support: the header `x-request-id`, else `cf-ray`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let headers = self.headers()?;
        ["x-request-id", "cf-ray"].iter().find_map(|name| headers.get(*name)?.to_str().ok())
    }

    /// Returns the index on its page, from 0, of a contact that failed to decode ([`ErrorKind::Element`]).
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match self.0.detail {
            Detail::Element { index, .. } => Some(index),
            _ => None,
        }
    }

    /// Returns whether an argument or a setting is invalid. In that case, nothing was sent.
    #[must_use]
    pub fn is_input(&self) -> bool {
        self.kind() == ErrorKind::Input
    }

    /// Returns whether the connection failed: it was refused, TLS failed, or it timed out.
    ///
    /// The last attempt sent nothing. The [outcome](Self::outcome) also covers earlier attempts.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.detail, Detail::Connect | Detail::Tls | Detail::Timeout(Timeout::Connect(_)))
    }

    /// Returns whether the timeout of the connection, the attempt or the call elapsed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns whether the service refused the credentials (401 or 403).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Returns whether no contact has the number (404).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns whether the contact exists already (409).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Returns whether the account has sent too many requests (429).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns whether the service, or a proxy in front of it, failed (5xx).
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.kind() == ErrorKind::Server
    }

    /// Returns whether a success body, or one contact of a page, does not match the API reference.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.kind(), ErrorKind::Decode | ErrorKind::Element)
    }

    /// Returns whether a stream or a job may be incomplete.
    ///
    /// A [stream](crate::stream) cannot prove that it listed every contact, or a [job](crate::jobs) lost its input or
    /// items.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.kind() == ErrorKind::Incomplete
    }
}

/// Returns the outcome that a status without success proves.
fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        // 408: the service stopped waiting for the request. 303: the result has another URL. In both cases, the service
        // may have carried the request out.
        StatusCode::REQUEST_TIMEOUT | StatusCode::SEE_OTHER => Outcome::Unknown,
        // The service does not support the method or the HTTP version.
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => Outcome::Rejected,
        status if status.is_redirection() || status.is_client_error() => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}

fn kind_of(status: StatusCode) -> ErrorKind {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Unauthorized,
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        StatusCode::CONFLICT => ErrorKind::Conflict,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
        status if status.is_redirection() => ErrorKind::Redirect,
        status if status.is_server_error() => ErrorKind::Server,
        _ => ErrorKind::Status,
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        DecodeFailure, Detail, Duration, Error, ErrorKind, Failure, HeaderMap, Incomplete, InvalidInput,
        JournalFailure, Outcome, Received, RetryClass, StatusCode, Timeout,
    };

    #[test]
    fn detail_and_outcome_decide_what_an_attempt_proves() {
        use Outcome::{Applied, NotSent, Rejected, Unknown};

        let time = Duration::from_secs(1);
        for (detail, outcome, failure) in [
            (Detail::Connect, NotSent, Failure::NotSent),
            (Detail::Timeout(Timeout::Connect(time)), NotSent, Failure::NotSent),
            // The outcome includes earlier attempts, and does not affect the classification.
            (Detail::Connect, Unknown, Failure::NotSent),
            (Detail::Tls, NotSent, Failure::Final),
            (Detail::Tls, Unknown, Failure::Final),
            (Detail::Timeout(Timeout::Attempt(time)), Unknown, Failure::TimedOut),
            (Detail::Timeout(Timeout::Total(time)), Unknown, Failure::TimedOut),
            (Detail::Timeout(Timeout::Attempt(time)), Applied, Failure::Interrupted),
            (Detail::BodyTruncated, Applied, Failure::Interrupted),
            (Detail::BodyTooLarge { limit: 1 }, Applied, Failure::Final),
            (Detail::ConnectionLost, Unknown, Failure::Ambiguous),
            (Detail::Protocol, Unknown, Failure::Ambiguous),
            (Detail::Input(InvalidInput::new("x", "y")), NotSent, Failure::Final),
            (Detail::Setup, NotSent, Failure::Final),
            (Detail::TokenProvider, NotSent, Failure::Final),
            (Detail::Throttled, NotSent, Failure::Final),
            (Detail::Reported, Rejected, Failure::Final),
            (Detail::Decode(DecodeFailure::Empty), Applied, Failure::Final),
        ] {
            let error = Error::new(detail, outcome);
            assert_eq!(error.failure(), failure, "{error:?}");
        }
    }

    fn status_error(status: StatusCode, class: RetryClass) -> Error {
        Error::from_status(Received::new(status, HeaderMap::new()), class)
    }

    #[test]
    fn a_status_proves_the_same_for_retries_and_for_callers() {
        for status in (100..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
            for class in
                [RetryClass::Read, RetryClass::IdempotentWrite, RetryClass::NonIdempotentWrite, RetryClass::Message]
            {
                let error = status_error(status, class);
                let failure = match (status.as_u16(), error.outcome()) {
                    (429, _) => Failure::RateLimited,
                    (_, Outcome::Unknown) => Failure::Ambiguous,
                    _ => Failure::Final,
                };
                assert_eq!(error.failure(), failure, "{error:?}");
                // The outcome of earlier attempts does not change the classification.
                assert_eq!(error.after(Some(Outcome::Unknown)).failure(), failure, "{status}");
            }
        }
    }

    #[test]
    fn outcome_includes_earlier_attempts() {
        use Outcome::{Applied, NotSent, Rejected, Unknown};

        for (earlier, last, known) in [
            (None, NotSent, NotSent),
            (None, Rejected, Rejected),
            (Some(NotSent), NotSent, NotSent),
            (Some(NotSent), Rejected, Rejected),
            (Some(Rejected), NotSent, Rejected),
            (Some(Rejected), Unknown, Unknown),
            (Some(Unknown), NotSent, Unknown),
            (Some(Unknown), Rejected, Unknown),
            (Some(Unknown), Unknown, Unknown),
            (Some(Unknown), Applied, Applied),
            (Some(Applied), NotSent, Applied),
            (Some(Applied), Unknown, Unknown),
        ] {
            let error = Error::new(Detail::ConnectionLost, last).after(earlier);
            assert_eq!(error.outcome(), known, "{earlier:?} {last:?}");
        }
    }

    #[test]
    fn telemetry_type_is_the_label_or_the_status() {
        let time = Duration::from_secs(1);
        for (detail, label) in [
            (Detail::Input(InvalidInput::new("x", "y")), "input"),
            (Detail::Setup, "setup"),
            (Detail::TokenProvider, "token_provider"),
            (Detail::Throttled, "throttled"),
            (Detail::Connect, "connect"),
            (Detail::Tls, "tls"),
            (Detail::Timeout(Timeout::Total(time)), "timeout"),
            (Detail::ConnectionLost, "connection_lost"),
            (Detail::Protocol, "protocol"),
            (Detail::BodyTruncated, "body_truncated"),
            (Detail::BodyTooLarge { limit: 1 }, "body_too_large"),
            (Detail::Reported, "reported"),
            (Detail::Decode(DecodeFailure::Empty), "decode"),
            (Detail::Journal(JournalFailure::InUse), "journal"),
            (Detail::Incomplete(Incomplete::Job("x")), "incomplete"),
        ] {
            assert_eq!(Error::new(detail, Outcome::Unknown).telemetry_type(), label);
        }
        assert_eq!(status_error(StatusCode::BAD_GATEWAY, RetryClass::Read).telemetry_type(), "502");
    }

    #[test]
    fn display_names_wait_attempts_and_outcome() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "90".parse().expect("a value"));
        let received = Received::new(StatusCode::SERVICE_UNAVAILABLE, headers);
        let error = Error::from_status(received, RetryClass::Read).with_operation("contacts.count").with_attempts(3);
        assert_eq!(
            error.to_string(),
            "contacts.count: status 503 Service Unavailable, retry after 90s, 3 attempts; \
             the request may have been carried out"
        );
        assert!(status_error(StatusCode::FOUND, RetryClass::Read).to_string().contains("redirects are not followed"));
        let error = Error::new(Detail::Tls, Outcome::NotSent).with_attempts(1);
        assert!(error.kind() == ErrorKind::Tls && error.is_connect());
        assert_eq!(error.to_string(), "the TLS handshake failed; nothing was sent");
    }
}
