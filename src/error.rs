//! What can go wrong, and how much of it is known.

use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{
    response::Received,
    retry::{Failure, Repeat},
};

mod body;
mod decode;
mod display;
mod kind;
mod retry_after;

pub(crate) use body::{MAX_ERROR_BODY, is_error, reports_error};
pub(crate) use decode::DecodeFailure;
pub(crate) use kind::{Incomplete, InvalidInput, JournalFailure, Kind, Timeout};

/// A failed call.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// use sendblue_contacts::Outcome;
///
/// match contacts.create("+14155550100").send().await {
///     Ok(contact) => println!("created {:?}", contact.created_at),
///     Err(error) if error.is_conflict() => println!("there already"),
///     Err(error) if error.outcome() == Outcome::Unknown => println!("look it up before creating it again: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
///
/// | predicate | when | what to do |
/// |---|---|---|
/// | [`is_input`](Self::is_input) | an argument or a setting is not valid; nothing was sent | mend the field that the error names |
/// | [`is_token`](Self::is_token) | the provider of bearer tokens failed; nothing was sent | see the [`source`](StdError::source) |
/// | [`is_throttled`](Self::is_throttled) | the client's own rate limit has no place in time; nothing was sent | allow more time, or send less |
/// | [`is_connect`](Self::is_connect) | no connection could be made (address, TLS, proxy); nothing was sent | try again later; check the network |
/// | [`is_tls`](Self::is_tls) | it was TLS that failed: a certificate, or none; nothing was sent | check the base URL and the certificates |
/// | [`is_timeout`](Self::is_timeout) | no complete answer in time | as [`outcome`](Self::outcome) says |
/// | [`is_connection_lost`](Self::is_connection_lost) | the connection broke before the answer | as [`outcome`](Self::outcome) says |
/// | [`is_protocol`](Self::is_protocol) | the answer was not HTTP, or its head too large | as [`outcome`](Self::outcome) says |
/// | [`is_redirect`](Self::is_redirect) | a 3xx, which is never followed: it would hand the keys to another host | check the base URL |
/// | [`is_unauthorized`](Self::is_unauthorized) | 401 or 403 | check the credentials |
/// | [`is_not_found`](Self::is_not_found) | 404: there is no contact with that number | create it, or leave it |
/// | [`is_conflict`](Self::is_conflict) | 409: the contact exists already | update it, or create with `update_if_exists(true)` |
/// | [`is_rate_limited`](Self::is_rate_limited) | 429; of `verify` and of [endpoints](crate::Client::request) that are not idempotent, whether it was done all the same is unknown | wait, [`retry_after`](Self::retry_after) if it says so; before verifying again, ask yourself whether a second message does harm |
/// | [`is_server_error`](Self::is_server_error) | a 5xx | as [`outcome`](Self::outcome) says |
/// | [`is_reported`](Self::is_reported) | a 2xx whose body says `status: "ERROR"` | read [`message`](Self::message) |
/// | [`is_body`](Self::is_body) | the body of the answer broke off, or is larger than the limit | as [`outcome`](Self::outcome) says |
/// | [`is_decode`](Self::is_decode) | a 2xx whose body is not what the API reference describes | look at [`body`](Self::body); what was asked for was done |
/// | [`is_element`](Self::is_element) | a single contact on a page of a [stream](crate::contacts::ContactStream) is not what the API reference describes | look at [`body`](Self::body); the stream goes on |
/// | [`is_incomplete`](Self::is_incomplete) | a [stream](crate::contacts::ContactStream) cannot be shown to have had all contacts, the input of a [job](crate::contacts::Job) broke off, or it has lost items, because something of yours that it calls has panicked | see its text, and the [`source`](StdError::source) |
/// | [`is_journal`](Self::is_journal) | the journal of a job cannot be used | mend what the error names; see the [`source`](StdError::source) |
///
/// A connect time-out and a TLS failure are [`is_connect`](Self::is_connect) too. None of them are: any other status, which
/// [`status`](Self::status) has, and an HTTP client that could not be set up.
///
/// `Display` is one line for a log. It names the operation and what happened; it never shows a key, a phone number, a URL, or
/// words of the service, which are in [`message`](Self::message) and [`body`](Self::body).
///
/// A clone is the same error: it has the same cause and the same answer.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    outcome: Outcome,
    operation: Option<&'static str>,
    attempts: u32,
    response: Option<Received>,
    said: body::Said,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What is known of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It never left; whatever was wrong, the call can be made again.
    NotSent,
    /// The service refused it; nothing was done.
    Rejected,
    /// It may have been sent, and nothing proves whether it was carried out: look before making the call again, above all
    /// one that creates a contact or sends a message.
    Unknown,
    /// It was carried out, by the status that the service answered; only the answer is of no use. Do not make the call again.
    Applied,
}

impl From<InvalidInput> for Error {
    fn from(input: InvalidInput) -> Self {
        Self::new(Kind::Input(input), Outcome::NotSent)
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            operation: None,
            attempts: 0,
            response: None,
            said: body::Said::default(),
            source: None,
        }))
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Keeps the answer, and reads what the service said in it.
    pub(crate) fn with_response(mut self, response: Received) -> Self {
        self.0.said = body::Said::read(&response.bytes);
        self.0.attempts = response.attempts;
        self.0.response = Some(response);
        self
    }

    /// A failure of a part of the answer that this one is about.
    pub(crate) fn part(&self, kind: Kind, bytes: &[u8]) -> Self {
        let mut part = Self::new(kind, self.0.outcome);
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

    /// What is known of a call, after what was known of it before the last attempt.
    pub(crate) fn after(mut self, earlier: Option<Outcome>) -> Self {
        self.0.outcome = match (earlier, self.0.outcome) {
            // An earlier attempt may have been carried out.
            (Some(Outcome::Unknown), Outcome::NotSent | Outcome::Rejected) => Outcome::Unknown,
            // An earlier attempt was sent.
            (Some(earlier), Outcome::NotSent) => earlier,
            (_, outcome) => outcome,
        };
        self
    }

    /// What a failed attempt proves.
    pub(crate) fn failure(&self) -> Failure {
        match (&self.0.kind, self.0.outcome) {
            (Kind::Connect | Kind::Timeout(Timeout::Connect(_)), _) => Failure::NotSent,
            // A certificate that is wrong stays so.
            (Kind::Tls, _) => Failure::Final,
            (Kind::Status, _) if self.is_rate_limited() => Failure::RateLimited,
            (Kind::Timeout(_), Outcome::Unknown) => Failure::TimedOut,
            (Kind::Timeout(_) | Kind::BodyTruncated, Outcome::Applied) => Failure::Interrupted,
            (Kind::Status, _) => match self.status().map(outcome_of) {
                Some(Outcome::Unknown) => Failure::Ambiguous,
                _ => Failure::Final,
            },
            (_, Outcome::Unknown) => Failure::Ambiguous,
            _ => Failure::Final,
        }
    }

    /// The kind of failure in a word, or the status: what OpenTelemetry calls `error.type`.
    pub(crate) fn type_name(&self) -> &str {
        match &self.0.kind {
            Kind::Input(_) => "input",
            Kind::Setup => "setup",
            Kind::Token => "token",
            Kind::Throttled => "throttled",
            Kind::Connect => "connect",
            Kind::Tls => "tls",
            Kind::Timeout(_) => "timeout",
            Kind::ConnectionLost => "connection_lost",
            Kind::Protocol => "protocol",
            Kind::BodyTruncated => "body_truncated",
            Kind::BodyTooLarge { .. } => "body_too_large",
            Kind::Status => self.0.response.as_ref().map_or("status", |response| response.status.as_str()),
            Kind::Reported => "reported",
            Kind::Decode(_) | Kind::Element { .. } => "decode",
            Kind::Journal(_) => "journal",
            Kind::Incomplete(_) => "incomplete",
        }
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// A status that is no success.
    pub(crate) fn from_status(response: Received, repeat: Repeat) -> Self {
        let outcome = match response.status {
            // That a request is refused before its message is sent is not known of the service.
            StatusCode::TOO_MANY_REQUESTS if repeat == Repeat::Message => Outcome::Unknown,
            status => outcome_of(status),
        };
        Self::new(Kind::Status, outcome).with_response(response)
    }

    /// The operation that failed, such as `contacts.create`; `None` for an error of settings.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// How many requests were sent, or started to be sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What is known of the request: whether it was sent, refused or carried out.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The status of the answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// The headers of the answer, if one came.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// The body of the answer, if one came; of one that is no success, its first 64 KiB. Empty if it broke off or was too
    /// large. Of a [single contact](Self::is_element), the JSON of that one.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref().map(|response| &response.bytes)
    }

    /// What the service says went wrong, in whichever shape it does (`message`, `error_message`, `error`, `error.message`).
    ///
    /// May contain people's data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.said.message.as_deref()
    }

    /// The service's code for what went wrong (`error_code`, `error.code`); a number is given as its digits.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.said.code.as_deref()
    }

    /// How long the service asks to wait: by the header `retry-after-ms`, else by `Retry-After` in either form (RFC 9110,
    /// section 10.2.3).
    ///
    /// A date in the past is zero. The service has not been seen to send either. It is counted from when this is called.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.headers()?, SystemTime::now())
    }

    /// What support can find the request by: the header `x-request-id`, else `cf-ray`, where the answer has one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let headers = self.headers()?;
        ["x-request-id", "cf-ray"].iter().find_map(|name| headers.get(*name)?.to_str().ok())
    }

    /// Whether an argument or a setting is not valid.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(self.0.kind, Kind::Input(_))
    }

    /// Whether the provider of bearer tokens failed; its error is the [`source`](StdError::source).
    #[must_use]
    pub fn is_token(&self) -> bool {
        matches!(self.0.kind, Kind::Token)
    }

    /// Whether the client's own [rate limit](crate::ClientBuilder::rate_limit) has no place in the time of the call.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.0.kind, Kind::Throttled)
    }

    /// Whether no connection could be made, within its time-out or at all, TLS included.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.kind, Kind::Connect | Kind::Tls | Kind::Timeout(Timeout::Connect(_)))
    }

    /// Whether TLS failed: a certificate that is not trusted, has expired or is for another host, or no TLS at all.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.0.kind, Kind::Tls)
    }

    /// Whether a time-out was reached: of the connection, of the attempt, or of the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout(_))
    }

    /// Whether the connection broke before an answer came.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        matches!(self.0.kind, Kind::ConnectionLost)
    }

    /// Whether what came is not an answer of HTTP, or one with more than 100 headers or about 400 KiB of them.
    #[must_use]
    pub fn is_protocol(&self) -> bool {
        matches!(self.0.kind, Kind::Protocol)
    }

    /// Whether the body of the answer broke off, or is larger than the limit.
    #[must_use]
    pub fn is_body(&self) -> bool {
        matches!(self.0.kind, Kind::BodyTruncated | Kind::BodyTooLarge { .. })
    }

    /// Whether the body of a 2xx is not what the API reference describes.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode(_) | Kind::Element { .. })
    }

    /// Whether it is of a single contact on a page of a [stream](crate::contacts::ContactStream), which goes on after it.
    #[must_use]
    pub fn is_element(&self) -> bool {
        matches!(self.0.kind, Kind::Element { .. })
    }

    /// The place on its page, from 0, of the [single contact](Self::is_element) that could not be decoded.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match self.0.kind {
            Kind::Element { index, .. } => Some(index),
            _ => None,
        }
    }

    /// Whether a [stream](crate::contacts::ContactStream) cannot be shown to have had all contacts, the input of a
    /// [job](crate::contacts::Job) broke off, or it has lost items.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.0.kind, Kind::Incomplete(_))
    }

    /// Whether the [journal](crate::contacts::Job::journal) of a job cannot be used: the file is not its own or not to be
    /// written, or the input is not what it was.
    #[must_use]
    pub fn is_journal(&self) -> bool {
        matches!(self.0.kind, Kind::Journal(_))
    }

    /// Whether the service answered a 2xx whose body says `status: "ERROR"`.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        matches!(self.0.kind, Kind::Reported)
    }

    /// Whether the service answered a redirect (3xx).
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.has_status(StatusCode::is_redirection)
    }

    /// Whether the service refused the credentials (401 or 403).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(|status| matches!(*status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
    }

    /// Whether there is no contact with that number (404).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(|status| *status == StatusCode::NOT_FOUND)
    }

    /// Whether the contact exists already (409).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.has_status(|status| *status == StatusCode::CONFLICT)
    }

    /// Whether the account has sent too many requests (429).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(|status| *status == StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the service, or a proxy before it, failed (5xx).
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.has_status(StatusCode::is_server_error)
    }

    fn has_status(&self, is: impl Fn(&StatusCode) -> bool) -> bool {
        matches!(self.0.kind, Kind::Status) && self.status().as_ref().is_some_and(is)
    }
}

/// What a status that is no success proves of the request.
fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        // The service gave up waiting for the request, or sends on to its result: it may have begun.
        StatusCode::REQUEST_TIMEOUT | StatusCode::SEE_OTHER => Outcome::Unknown,
        // The method, or the version of HTTP, is not supported at all.
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => Outcome::Rejected,
        status if status.is_redirection() || status.is_client_error() => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("operation", &self.0.operation)
            .field("attempts", &self.0.attempts)
            .field("status", &self.status())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{
        DecodeFailure, Duration, Error, Failure, HeaderMap, Incomplete, InvalidInput, JournalFailure, Kind, Outcome,
        Received, Repeat, StatusCode, Timeout,
    };

    #[test]
    fn a_failure_proves_what_its_kind_and_its_outcome_say() {
        use Outcome::{Applied, NotSent, Rejected, Unknown};

        let time = Duration::from_secs(1);
        for (kind, outcome, failure) in [
            (Kind::Connect, NotSent, Failure::NotSent),
            (Kind::Timeout(Timeout::Connect(time)), NotSent, Failure::NotSent),
            // After an earlier attempt that may have been carried out, too.
            (Kind::Connect, Unknown, Failure::NotSent),
            (Kind::Tls, NotSent, Failure::Final),
            (Kind::Tls, Unknown, Failure::Final),
            (Kind::Timeout(Timeout::Attempt(time)), Unknown, Failure::TimedOut),
            (Kind::Timeout(Timeout::Total(time)), Unknown, Failure::TimedOut),
            (Kind::Timeout(Timeout::Attempt(time)), Applied, Failure::Interrupted),
            (Kind::BodyTruncated, Applied, Failure::Interrupted),
            (Kind::BodyTooLarge { limit: 1 }, Applied, Failure::Final),
            (Kind::ConnectionLost, Unknown, Failure::Ambiguous),
            (Kind::Protocol, Unknown, Failure::Ambiguous),
            (Kind::Input(InvalidInput::new("x", "y")), NotSent, Failure::Final),
            (Kind::Setup, NotSent, Failure::Final),
            (Kind::Token, NotSent, Failure::Final),
            (Kind::Throttled, NotSent, Failure::Final),
            (Kind::Reported, Rejected, Failure::Final),
            (Kind::Decode(DecodeFailure::Empty), Applied, Failure::Final),
        ] {
            let error = Error::new(kind, outcome);
            assert_eq!(error.failure(), failure, "{error:?}");
        }
    }

    fn answered(status: StatusCode, repeat: Repeat) -> Error {
        let received = Received { status, headers: HeaderMap::new(), bytes: Bytes::new(), attempts: 1, earlier: None };
        Error::from_status(received, repeat)
    }

    #[test]
    fn a_status_proves_the_same_to_retries_and_to_callers() {
        for status in (100..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
            for repeat in [Repeat::Read, Repeat::Safe, Repeat::Unsafe, Repeat::Message] {
                let error = answered(status, repeat);
                let failure = match (status.as_u16(), error.outcome()) {
                    (429, _) => Failure::RateLimited,
                    (_, Outcome::Unknown) => Failure::Ambiguous,
                    _ => Failure::Final,
                };
                assert_eq!(error.failure(), failure, "{error:?}");
                // What was known before does not change whether another attempt may help.
                assert_eq!(error.after(Some(Outcome::Unknown)).failure(), failure, "{status}");
            }
        }
    }

    #[test]
    fn earlier_attempts_count() {
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
            let error = Error::new(Kind::ConnectionLost, last).after(earlier);
            assert_eq!(error.outcome(), known, "{earlier:?} {last:?}");
        }
    }

    #[test]
    fn each_kind_has_a_word_for_telemetry() {
        let time = Duration::from_secs(1);
        for (kind, word) in [
            (Kind::Input(InvalidInput::new("x", "y")), "input"),
            (Kind::Setup, "setup"),
            (Kind::Token, "token"),
            (Kind::Throttled, "throttled"),
            (Kind::Connect, "connect"),
            (Kind::Tls, "tls"),
            (Kind::Timeout(Timeout::Total(time)), "timeout"),
            (Kind::ConnectionLost, "connection_lost"),
            (Kind::Protocol, "protocol"),
            (Kind::BodyTruncated, "body_truncated"),
            (Kind::BodyTooLarge { limit: 1 }, "body_too_large"),
            (Kind::Reported, "reported"),
            (Kind::Decode(DecodeFailure::Empty), "decode"),
            (Kind::Journal(JournalFailure::InUse), "journal"),
            (Kind::Incomplete(Incomplete::Job("x")), "incomplete"),
        ] {
            assert_eq!(Error::new(kind, Outcome::Unknown).type_name(), word);
        }
        assert_eq!(answered(StatusCode::BAD_GATEWAY, Repeat::Read).type_name(), "502");
    }

    #[test]
    fn the_text_says_how_long_and_how_often() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "90".parse().expect("a value"));
        let received = Received {
            status: StatusCode::SERVICE_UNAVAILABLE,
            headers,
            bytes: Bytes::new(),
            attempts: 1,
            earlier: None,
        };
        let error = Error::from_status(received, Repeat::Read).with_operation("contacts.count").with_attempts(3);
        assert_eq!(
            error.to_string(),
            "contacts.count: the service answered 503 Service Unavailable, and asks to wait 90s, at attempt 3; \
             whether the request was carried out is unknown"
        );
        assert!(answered(StatusCode::FOUND, Repeat::Read).to_string().contains("redirects are not followed"));
        let error = Error::new(Kind::Tls, Outcome::NotSent).with_attempts(1);
        assert!(error.is_tls() && error.is_connect());
        assert_eq!(error.to_string(), "could not make a TLS connection to the service; nothing was sent");
    }
}
