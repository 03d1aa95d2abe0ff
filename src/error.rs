//! The error type: its kind, the outcome of the request, and the service's message.

use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    outcome::Outcome,
    received::Received,
    retry::{AttemptFailure, RetryClass},
};

mod cause;
mod constructors;
mod decode;
mod display;
mod input;
mod kind;
mod retry_after;
mod service_message;

pub(crate) use cause::{Cause, Incomplete, JournalFailure, Timeout};
pub(crate) use decode::DecodeFailure;
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
    cause: Cause,
    outcome: Outcome,
    operation: Option<&'static str>,
    attempts: u32,
    response: Option<Received>,
    service_message: service_message::ServiceMessage,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl From<InvalidInput> for Error {
    fn from(input: InvalidInput) -> Self {
        Self::new(Cause::Input(input), Outcome::NotSent)
    }
}

impl Error {
    pub(crate) fn new(cause: Cause, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            cause,
            outcome,
            operation: None,
            attempts: 0,
            response: None,
            service_message: service_message::ServiceMessage::default(),
            source: None,
        }))
    }

    /// Creates the error of a response whose status is not a success.
    pub(crate) fn from_status(response: Received, class: RetryClass) -> Self {
        let outcome = match response.status {
            // The service may have sent the message before it responded with 429.
            StatusCode::TOO_MANY_REQUESTS if class == RetryClass::Message => Outcome::Unknown,
            status => outcome_of(status),
        };
        Self::new(Cause::Status, outcome).with_response(response)
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

    /// Creates the error of one element of a page. `bytes` is the JSON of the element.
    pub(crate) fn element_error(&self, cause: Cause, bytes: &[u8]) -> Self {
        let mut part = Self::new(cause, self.0.outcome);
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
    pub(crate) fn with_earlier_outcome(mut self, earlier: Option<Outcome>) -> Self {
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
    pub(crate) fn failure(&self) -> AttemptFailure {
        match (&self.0.cause, self.0.outcome) {
            (Cause::Connect | Cause::Timeout(Timeout::Connect(_)), _) => AttemptFailure::NotSent,
            // The next handshake would probably fail for the same reason, such as an invalid certificate.
            (Cause::Tls, _) => AttemptFailure::NotRetryable,
            (Cause::Status, _) if self.is_rate_limited() => AttemptFailure::RateLimited,
            (Cause::Timeout(_), Outcome::Unknown) => AttemptFailure::TimedOut,
            (Cause::Timeout(_) | Cause::BodyTruncated, Outcome::Applied) => AttemptFailure::Interrupted,
            (Cause::Status, _) => match self.status().map(outcome_of) {
                Some(Outcome::Unknown) => AttemptFailure::Ambiguous,
                _ => AttemptFailure::NotRetryable,
            },
            (_, Outcome::Unknown) => AttemptFailure::Ambiguous,
            _ => AttemptFailure::NotRetryable,
        }
    }

    /// Returns OpenTelemetry's `error.type` attribute: the status, or the label of the kind.
    pub(crate) fn telemetry_type(&self) -> &str {
        match (&self.0.cause, &self.0.response) {
            (Cause::Status, Some(response)) => response.status.as_str(),
            _ => self.kind().label(),
        }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Input(_) => ErrorKind::Input,
            Cause::Setup => ErrorKind::Setup,
            Cause::TokenProvider => ErrorKind::TokenProvider,
            Cause::Throttled => ErrorKind::Throttled,
            Cause::Connect => ErrorKind::Connect,
            Cause::Tls => ErrorKind::Tls,
            Cause::Timeout(_) => ErrorKind::Timeout,
            Cause::ConnectionLost => ErrorKind::ConnectionLost,
            Cause::Protocol => ErrorKind::Protocol,
            Cause::BodyTruncated => ErrorKind::BodyTruncated,
            Cause::BodyTooLarge { .. } => ErrorKind::BodyTooLarge,
            Cause::Status => self.0.response.as_ref().map_or(ErrorKind::Status, kind_of),
            Cause::Reported => ErrorKind::Reported,
            Cause::Decode(_) => ErrorKind::Decode,
            Cause::Element { .. } => ErrorKind::Element,
            Cause::Incomplete(_) => ErrorKind::Incomplete,
            Cause::Panic | Cause::Shutdown => ErrorKind::Task,
            Cause::Journal(_) => ErrorKind::Journal,
            Cause::OtherAccount(_) => ErrorKind::OtherAccount,
        }
    }

    /// Returns the outcome of the request: not sent, rejected, unknown or applied.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns whether the same call is safe to repeat, and may succeed later.
    ///
    /// If the outcome is `NotSent` or `Rejected`, these kinds are retryable: [`Connect`](ErrorKind::Connect),
    /// [`Throttled`](ErrorKind::Throttled), [`TokenProvider`](ErrorKind::TokenProvider),
    /// [`Timeout`](ErrorKind::Timeout) and [`RateLimited`](ErrorKind::RateLimited).
    ///
    /// If the outcome is `Unknown`, look the contact up first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let is_temporary = matches!(
            self.kind(),
            ErrorKind::Connect
                | ErrorKind::Throttled
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::TokenProvider
        );
        is_temporary && matches!(self.0.outcome, Outcome::NotSent | Outcome::Rejected)
    }

    /// Returns the name of the invalid argument or setting, such as `phone_number` or `contacts[3].phone`.
    ///
    /// Only an error of the kind [`Input`](ErrorKind::Input) has a field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Input(input) => Some(input.field()),
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

    /// Returns the number of attempts of the call.
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
    /// If the status is not a success, the error keeps only the first 64 KiB. If the body did not arrive in time, the
    /// returned body is empty. If a success body broke off or was too large, the returned body is empty too. For
    /// [`ErrorKind::Element`], the returned body is the JSON of the element.
    ///
    /// The body may contain people's data.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref().map(|response| &response.bytes)
    }

    /// Returns the service's error message.
    ///
    /// The message is the first non-empty text or number in these properties of the body: `message`, `error_message`,
    /// `error.message`, `error`, `error_reason`, `detail` and `title`, then the first element of `errors`.
    ///
    /// The message may contain people's data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.service_message.message.as_deref()
    }

    /// Returns the service's error code: the property `error_code` of the body, else `error.code`.
    ///
    /// If the code is a number, this method returns its digits.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.service_message.code.as_deref()
    }

    /// Returns the wait that the service asks for.
    ///
    /// Reads the header `retry-after-ms` (milliseconds), else `Retry-After` (seconds or a date; RFC 9110, section
    /// 10.2.3), and rounds fractions up. For a date, the wait is the time until that date, or zero if the date is past.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.headers()?, SystemTime::now())
    }

    /// Returns the request id: the header `x-request-id`, else `cf-ray`.
    ///
    /// Pass the id to Sendblue's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let headers = self.headers()?;
        ["x-request-id", "cf-ray"].iter().find_map(|name| headers.get(*name)?.to_str().ok())
    }

    /// Returns the index of the contact that failed to decode, counted from 0 on its page.
    ///
    /// Only an error of the kind [`Element`](ErrorKind::Element) has an index.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match self.0.cause {
            Cause::Element { index, .. } => Some(index),
            _ => None,
        }
    }

    /// Returns whether an argument or a setting is invalid. In that case, nothing was sent.
    #[must_use]
    pub fn is_input(&self) -> bool {
        self.kind() == ErrorKind::Input
    }

    /// Returns whether connecting failed or timed out, or the TLS handshake failed.
    ///
    /// The last attempt sent nothing. The [outcome](Self::outcome) covers earlier attempts too.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.cause, Cause::Connect | Cause::Tls | Cause::Timeout(Timeout::Connect(_)))
    }

    /// Returns whether a timeout elapsed: of connecting, of the attempt or of the whole call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns whether the service refused the credentials (401 or 403, unless the response is a web page).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Returns whether no contact has the number, or the endpoint does not exist (404).
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

    /// Returns whether a success body, or one element of a page, does not match the API reference.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.kind(), ErrorKind::Decode | ErrorKind::Element)
    }

    /// Returns whether a stream or a job may be incomplete.
    ///
    /// In this case, a [stream](crate::stream) cannot prove that it listed every contact, or a [job](crate::jobs) lost
    /// its input or items.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.kind() == ErrorKind::Incomplete
    }
}

/// Returns the outcome that an unsuccessful status proves.
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

fn kind_of(response: &Received) -> ErrorKind {
    match response.status {
        // A web page presumably comes from a firewall, so it proves nothing about the credentials.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_web_page(response) => ErrorKind::Status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Unauthorized,
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        StatusCode::CONFLICT => ErrorKind::Conflict,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
        status if status.is_redirection() => ErrorKind::Redirect,
        status if status.is_server_error() => ErrorKind::Server,
        _ => ErrorKind::Status,
    }
}

/// Returns whether a response is a web page, such as the browser check of a proxy.
fn is_web_page(response: &Received) -> bool {
    let is_html = |content_type: &HeaderValue| content_type.as_bytes().starts_with(b"text/html");
    let declares_html = response.headers.get(header::CONTENT_TYPE).is_some_and(is_html);
    declares_html || response.bytes.trim_ascii_start().starts_with(b"<")
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AttemptFailure, Cause, DecodeFailure, Duration, Error, ErrorKind, HeaderMap, Incomplete, InvalidInput,
        JournalFailure, Outcome, Received, RetryClass, StatusCode, Timeout,
    };

    #[test]
    fn cause_and_outcome_decide_the_attempt_failure() {
        use Outcome::{Applied, NotSent, Rejected, Unknown};

        let time = Duration::from_secs(1);
        for (cause, outcome, failure) in [
            (Cause::Connect, NotSent, AttemptFailure::NotSent),
            (Cause::Timeout(Timeout::Connect(time)), NotSent, AttemptFailure::NotSent),
            // The outcome `Unknown` comes from an earlier attempt. The last attempt sent nothing.
            (Cause::Connect, Unknown, AttemptFailure::NotSent),
            (Cause::Tls, NotSent, AttemptFailure::NotRetryable),
            (Cause::Tls, Unknown, AttemptFailure::NotRetryable),
            (Cause::Timeout(Timeout::Attempt(time)), Unknown, AttemptFailure::TimedOut),
            (Cause::Timeout(Timeout::Total(time)), Unknown, AttemptFailure::TimedOut),
            (Cause::Timeout(Timeout::Attempt(time)), Applied, AttemptFailure::Interrupted),
            (Cause::BodyTruncated, Applied, AttemptFailure::Interrupted),
            (Cause::BodyTooLarge { limit: 1 }, Applied, AttemptFailure::NotRetryable),
            (Cause::ConnectionLost, Unknown, AttemptFailure::Ambiguous),
            (Cause::Protocol, Unknown, AttemptFailure::Ambiguous),
            (Cause::Input(InvalidInput::new("x", "y")), NotSent, AttemptFailure::NotRetryable),
            (Cause::Setup, NotSent, AttemptFailure::NotRetryable),
            (Cause::TokenProvider, NotSent, AttemptFailure::NotRetryable),
            (Cause::Throttled, NotSent, AttemptFailure::NotRetryable),
            (Cause::Reported, Rejected, AttemptFailure::NotRetryable),
            (Cause::Decode(DecodeFailure::Empty), Applied, AttemptFailure::NotRetryable),
        ] {
            let error = Error::new(cause, outcome);
            assert_eq!(error.failure(), failure, "{error:?}");
        }
    }

    #[test]
    fn a_web_page_with_a_401_or_403_is_not_unauthorized() {
        for (body, kind) in [
            ("<!DOCTYPE html><title>Just a moment…</title>", ErrorKind::Status),
            (" \n<html>403</html>", ErrorKind::Status),
            (r#"{"message":"Forbidden"}"#, ErrorKind::Unauthorized),
            ("", ErrorKind::Unauthorized),
        ] {
            for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
                let received = Received { bytes: body.into(), ..Received::new(status, HeaderMap::new()) };
                let error = Error::from_status(received, RetryClass::Read);
                assert_eq!(error.kind(), kind, "{body}");
                assert_eq!(error.to_string().contains("credentials"), kind == ErrorKind::Unauthorized, "{error}");
            }
        }
    }

    fn status_error(status: StatusCode, class: RetryClass) -> Error {
        Error::from_status(Received::new(status, HeaderMap::new()), class)
    }

    #[test]
    fn retry_classification_agrees_with_the_outcome_of_every_status() {
        for status in (100..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
            for class in
                [RetryClass::Read, RetryClass::IdempotentWrite, RetryClass::NonIdempotentWrite, RetryClass::Message]
            {
                let error = status_error(status, class);
                let failure = match (status.as_u16(), error.outcome()) {
                    (429, _) => AttemptFailure::RateLimited,
                    (_, Outcome::Unknown) => AttemptFailure::Ambiguous,
                    _ => AttemptFailure::NotRetryable,
                };
                assert_eq!(error.failure(), failure, "{error:?}");
                // The outcome of earlier attempts does not change the classification.
                assert_eq!(error.with_earlier_outcome(Some(Outcome::Unknown)).failure(), failure, "{status}");
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
            let error = Error::new(Cause::ConnectionLost, last).with_earlier_outcome(earlier);
            assert_eq!(error.outcome(), known, "{earlier:?} {last:?}");
        }
    }

    #[test]
    fn telemetry_type_is_the_label_or_the_status() {
        let time = Duration::from_secs(1);
        for (cause, label) in [
            (Cause::Input(InvalidInput::new("x", "y")), "input"),
            (Cause::Setup, "setup"),
            (Cause::TokenProvider, "token_provider"),
            (Cause::Throttled, "throttled"),
            (Cause::Connect, "connect"),
            (Cause::Tls, "tls"),
            (Cause::Timeout(Timeout::Total(time)), "timeout"),
            (Cause::ConnectionLost, "connection_lost"),
            (Cause::Protocol, "protocol"),
            (Cause::BodyTruncated, "body_truncated"),
            (Cause::BodyTooLarge { limit: 1 }, "body_too_large"),
            (Cause::Reported, "reported"),
            (Cause::Decode(DecodeFailure::Empty), "decode"),
            (Cause::Journal(JournalFailure::InUse), "journal"),
            (Cause::OtherAccount("cursor"), "other_account"),
            (Cause::Incomplete(Incomplete::Job("x")), "incomplete"),
            (Cause::Panic, "task"),
            (Cause::Shutdown, "task"),
        ] {
            assert_eq!(Error::new(cause, Outcome::Unknown).telemetry_type(), label);
        }
        assert_eq!(status_error(StatusCode::BAD_GATEWAY, RetryClass::Read).telemetry_type(), "502");
    }

    #[test]
    fn display_prints_wait_attempts_and_outcome() {
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
        let error = Error::new(Cause::Tls, Outcome::NotSent).with_attempts(1);
        assert!(error.kind() == ErrorKind::Tls && error.is_connect());
        assert_eq!(error.to_string(), "the TLS handshake failed; nothing was sent");
    }
}
