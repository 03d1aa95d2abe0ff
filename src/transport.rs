//! The one seam between the generated client and the wire.
//!
//! Every request of the generated client passes through [`ClientHooks`]: `pre` completes it and guards its path, `exec`
//! sends it, again where that is safe, within the limits of time and size. `exec` can return nothing but reqwest's own error, and the generated
//! decoder drops status and headers; so what happened is kept beside it, in the [`Call`], and the generated code gets
//! either a body to decode or a placeholder that it cannot mistake for a success.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{ResponseBuilderExt as _, Url};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::{
    credentials::Credentials,
    error::{Error, InvalidInput, Kind, MAX_ERROR_BODY, Outcome, Timeout},
    generated,
    rate_limit::RateLimit,
    response::Received,
    retry::{Bucket, Next, Policy, Repeat, Retry},
};

mod causes;
pub(crate) mod trace;
#[cfg(test)]
pub(crate) mod wire;

/// An operation of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// `operationId`.
    pub id: &'static str,
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
}

/// What is the same for all calls of a client.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) base_url: Url,
    pub(crate) credentials: Credentials,
    pub(crate) default_headers: HeaderMap,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) retry: Policy,
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) rate_limit: Option<Arc<dyn RateLimit>>,
}

/// What a caller adds to one call.
#[derive(Clone)]
pub(crate) struct CallOptions {
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: Policy,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Map<String, Value>,
}

/// What the path of a request has to look like, after that of the base URL.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedPath {
    /// As in the document, with a segment in place of each parameter in braces.
    Template(&'static str),
    /// So many segments.
    Segments(usize),
}

impl ExpectedPath {
    fn matches(self, path: &str) -> bool {
        // Without the slash, the last segment of the base URL is another one that only begins like it.
        let Some(path) = path.strip_prefix('/') else { return false };
        let mut segments = path.split('/');
        match self {
            Self::Segments(count) => segments.clone().count() == count && segments.all(|segment| !segment.is_empty()),
            Self::Template(template) => {
                let each_matches = template.split('/').skip(1).all(|expected| {
                    segments.next().is_some_and(|segment| match expected.starts_with('{') {
                        true => !segment.is_empty(),
                        false => segment == expected,
                    })
                });
                each_matches && segments.next().is_none()
            }
        }
    }
}

/// One call: what it was asked to do, and what came of it.
pub struct Call {
    path: ExpectedPath,
    repeat: Repeat,
    settings: Arc<Settings>,
    options: CallOptions,
    result: OnceLock<Result<Received, Error>>,
}

impl Call {
    pub(crate) fn new(path: ExpectedPath, repeat: Repeat, settings: Arc<Settings>, options: CallOptions) -> Self {
        Self { path, repeat, settings, options, result: OnceLock::new() }
    }

    pub(crate) fn base_url(&self) -> &Url {
        &self.settings.base_url
    }

    /// Whether it may not go over a connection that was idle: one that the server is just closing would make the outcome
    /// unknown, and the person who waits for the message would get none, or a second one.
    pub(crate) fn needs_own_connection(&self) -> bool {
        self.repeat == Repeat::Message
    }

    /// What came of it; `None` if the request could not even be built.
    pub(crate) fn into_result(self) -> Option<Result<Received, Error>> {
        self.result.into_inner()
    }

    /// Completes a request, after which nothing about it changes.
    fn prepare(&self, request: &mut reqwest::Request) -> Result<(), InvalidInput> {
        self.guard_path(request.url().path())?;

        let added = |name: &str| self.options.query.iter().any(|(added, _)| added == name);
        if let Some((name, _)) = request.url().query_pairs().find(|(name, _)| added(name)) {
            return Err(InvalidInput::new(format!("query `{name}`"), "is set by the request already; use its setter"));
        }
        if !self.options.query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(&self.options.query);
        }

        self.add_to_body(request)?;
        self.guard_bulk_delete(request)?;

        let headers = request.headers_mut();
        // progenitor sends the document's version with every request; the service knows no such header.
        headers.remove("api-version");
        for (name, value) in self.settings.default_headers.iter().chain(&self.options.headers) {
            headers.insert(name, value.clone());
        }
        Ok(())
    }

    /// Holds the path against the template: `encode_path` leaves `.`, `..`, `\` and nothing at all as they are, and URL
    /// parsers take them for steps in the path, so that a wrong argument could reach another operation.
    fn guard_path(&self, path: &str) -> Result<(), InvalidInput> {
        let prefix = self.settings.base_url.path().trim_end_matches('/');
        if path.strip_prefix(prefix).is_some_and(|path| self.path.matches(path)) {
            return Ok(());
        }
        Err(InvalidInput::new(
            "path",
            "is not that of the operation; an argument changes which one the request would reach",
        ))
    }

    /// What a bulk delete without numbers would do is not known; one may fear that it deletes all contacts. So it is not
    /// sent, whoever put it together.
    fn guard_bulk_delete(&self, request: &reqwest::Request) -> Result<(), InvalidInput> {
        const ROUTE: Route = generated::routes::CONTACTS_BULK_DELETE;

        let is_bulk_delete = request.method() == ROUTE.method && request.url().path().ends_with(ROUTE.path);
        let body = || request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let has_numbers = || {
            let body: Value = serde_json::from_slice(body()).unwrap_or_default();
            body.get("contact_ids").and_then(Value::as_array).is_some_and(|numbers| !numbers.is_empty())
        };
        if is_bulk_delete && !has_numbers() {
            return Err(InvalidInput::new("contact_ids", "is missing or empty; give at least one"));
        }
        Ok(())
    }

    fn add_to_body(&self, request: &mut reqwest::Request) -> Result<(), InvalidInput> {
        let Some(name) = self.options.body.keys().next() else { return Ok(()) };
        let body = request.body().and_then(reqwest::Body::as_bytes).and_then(|body| serde_json::from_slice(body).ok());
        let Some(Value::Object(mut body)) = body else {
            return Err(InvalidInput::new(
                format!("body field `{name}`"),
                "cannot be added: the request has no JSON object as its body",
            ));
        };
        for (name, value) in &self.options.body {
            if body.insert(name.clone(), value.clone()).is_some() {
                return Err(InvalidInput::new(
                    format!("body field `{name}`"),
                    "is set by the request already; use its setter",
                ));
            }
        }
        *request.body_mut() = Some(Value::Object(body).to_string().into());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(())
    }

    /// Sends a request, and again if that is safe; receives its answer, which is a success, or says why there is none.
    async fn execute(&self, http: &reqwest::Client, request: reqwest::Request) -> Result<Received, Error> {
        let started = Instant::now();
        let left = || self.options.timeout.saturating_sub(started.elapsed());
        let mut retry = Retry::new(self.options.retry, self.repeat, &self.settings.bucket);
        let mut request = Some(request);
        let mut attempts = 0;
        let mut failed: Option<Error> = None;
        loop {
            // The last attempt needs no copy. The body of a request is always in memory, so that it can be copied.
            let copy =
                if retry.is_last() { request.take() } else { request.as_ref().and_then(reqwest::Request::try_clone) };
            let Some(mut copy) = copy else {
                return Err(failed.unwrap_or_else(|| Error::new(Kind::Setup, Outcome::NotSent)));
            };
            if let Err(error) = self.admit(&mut copy, left()).await {
                // Nothing more is sent: what is known is what the attempts before came to.
                return Err(failed.unwrap_or(error));
            }
            attempts += 1;
            let earlier = failed.as_ref().map(Error::outcome);
            let error = match self.attempt(http, copy, left()).await {
                Ok(received) => {
                    retry.succeeded();
                    trace::answered(attempts, received.status);
                    return Ok(Received { attempts, earlier, ..received });
                }
                // Nothing of it was sent, nor would be.
                Err(error) if error.is_input() => return Err(failed.unwrap_or(error)),
                Err(error) => error.after(earlier).with_attempts(attempts),
            };
            match retry.failed(error.failure(), error.retry_after(), left(), fastrand::f64()) {
                Next::Stop => {
                    trace::failed(&error);
                    return Err(error);
                }
                Next::Again(delay) => {
                    trace::failed_for_now(&error, delay);
                    tokio::time::sleep(delay).await;
                    failed = Some(error);
                }
            }
        }
    }

    /// Waits until a request may be sent, and signs it.
    async fn admit(&self, request: &mut reqwest::Request, left: Duration) -> Result<(), Error> {
        let out_of_time = || Error::new(Kind::Timeout(Timeout::Total(self.options.timeout)), Outcome::NotSent);
        if left.is_zero() {
            return Err(out_of_time());
        }
        let admit = async {
            if let Some(limit) = &self.settings.rate_limit {
                let place = limit.acquire(left).await;
                place.map_err(|exceeded| Error::new(Kind::Throttled, Outcome::NotSent).with_source(exceeded))?;
            }
            self.settings.credentials.apply(request.headers_mut()).await
        };
        tokio::time::timeout(left, admit).await.unwrap_or_else(|_| Err(out_of_time()))
    }

    /// One attempt, within its own limit and that of the call.
    async fn attempt(
        &self,
        http: &reqwest::Client,
        request: reqwest::Request,
        left: Duration,
    ) -> Result<Received, Error> {
        let own = self.options.attempt_timeout;
        let (limit, timeout) =
            if left <= own { (left, Timeout::Total(self.options.timeout)) } else { (own, Timeout::Attempt(own)) };
        let mut head = None;
        let received = tokio::time::timeout(limit, self.exchange(http, request, &mut head))
            .await
            .unwrap_or_else(|_| Err(Error::new(Kind::Timeout(timeout), Outcome::Unknown)));
        match (received, head) {
            (Ok(received), _) if received.status.is_success() => Ok(received),
            (Ok(received), _) => Err(Error::from_status(received, self.repeat)),
            (Err(error), None) => Err(error),
            // The head of an answer says what became of the request, whatever happened to the body.
            (Err(error), Some(head)) if head.status.is_success() => {
                Err(error.with_outcome(Outcome::Applied).with_response(head))
            }
            (Err(_), Some(head)) => Err(Error::from_status(head, self.repeat)),
        }
    }

    /// Sends a request and reads the answer. `head` is the part of it that comes before the body, as soon as it has come.
    async fn exchange(
        &self,
        http: &reqwest::Client,
        request: reqwest::Request,
        head: &mut Option<Received>,
    ) -> Result<Received, Error> {
        #[cfg(test)]
        let sent = wire::send(http, request);
        #[cfg(not(test))]
        let sent = http.execute(request);
        let mut response = sent.await.map_err(|error| self.no_answer(error))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        *head = Some(Received { status, headers: headers.clone(), bytes: Bytes::new(), attempts: 0, earlier: None });
        let bytes = self.body(&mut response).await?;
        Ok(Received { status, headers, bytes, attempts: 0, earlier: None })
    }

    /// Reads a body, never more of it than its limit.
    async fn body(&self, response: &mut reqwest::Response) -> Result<Bytes, Error> {
        let is_success = response.status().is_success();
        let limit = if is_success { self.settings.max_body } else { MAX_ERROR_BODY };
        let too_large = || Error::new(Kind::BodyTooLarge { limit }, Outcome::Unknown);
        if is_success && response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(body.into()),
                // The status of a failure says more than that its body broke off.
                Err(_) if !is_success => return Ok(body.into()),
                Err(error) => {
                    return Err(Error::new(Kind::BodyTruncated, Outcome::Unknown).with_source(error.without_url()));
                }
            };
            let room = limit.saturating_sub(body.len());
            if chunk.len() <= room {
                grow(&mut body, chunk.len(), limit);
                body.extend_from_slice(&chunk);
            } else if is_success {
                return Err(too_large());
            } else {
                body.extend_from_slice(chunk.get(..room).unwrap_or_default());
                return Ok(body.into());
            }
        }
    }

    /// No answer came: what reqwest knows of the reason, without the URL, which may have a phone number in it.
    fn no_answer(&self, error: reqwest::Error) -> Error {
        let (kind, outcome) = if error.is_connect() && error.is_timeout() {
            (Kind::Timeout(Timeout::Connect(self.settings.connect_timeout)), Outcome::NotSent)
        } else if error.is_connect() {
            (if causes::is_tls(&error) { Kind::Tls } else { Kind::Connect }, Outcome::NotSent)
        } else if error.is_builder() {
            let reason = "has an address that HTTP cannot carry; use shorter arguments";
            (Kind::Input(InvalidInput::new("request", reason)), Outcome::NotSent)
        } else if causes::is_protocol(&error) {
            (Kind::Protocol, Outcome::Unknown)
        } else {
            (Kind::ConnectionLost, Outcome::Unknown)
        };
        Error::new(kind, outcome).with_source(error.without_url())
    }
}

/// Makes room in a body, doubling it as it grows, but never beyond its limit.
fn grow(body: &mut Vec<u8>, by: usize, limit: usize) {
    let needed = body.len().saturating_add(by);
    if needed > body.capacity() {
        let room = needed.max(body.capacity().saturating_mul(2)).min(limit.max(needed));
        body.reserve_exact(room.saturating_sub(body.len()));
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ClientHooks<Arc<Call>> for generated::Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), generated::Error<E>> {
        self.inner.prepare(request).map_err(|input| {
            // `pre` and `exec` run once each, and `exec` not after an error of `pre`: the slot is empty.
            let _ = self.inner.result.set(Err(input.into()));
            generated::Error::Custom(String::new())
        })
    }

    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let url = request.url().clone();
        let result = self.inner.execute(&self.client, request).await;
        let (status, body) = match &result {
            // An empty body decodes as an object without anything in it, which is enough where nothing is needed of it.
            Ok(received) if received.bytes.trim_ascii().is_empty() => (received.status, Bytes::from_static(b"{}")),
            Ok(received) => (received.status, received.bytes.clone()),
            // A status that no answer is decoded for.
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()),
        };
        let _ = self.inner.result.set(result);

        let mut response = http::Response::builder().url(url).body(body).unwrap_or_default();
        *response.status_mut() = status;
        Ok(response.into())
    }
}

#[cfg(test)]
mod tests {
    use progenitor_client::encode_path;
    use reqwest::Url;

    use super::{Call, ExpectedPath};
    use crate::{Client, Credentials, contacts::RetrieveContact, request::Operation, retry::Repeat};

    /// Whether the guard lets a path through, for a client with this base URL.
    fn passes(base_url: &str, expected: ExpectedPath, path: &str) -> bool {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        let client = Client::builder().credentials(credentials).base_url(base_url).build().expect("valid");
        Call::new(expected, Repeat::Read, client.settings(), client.call_options()).guard_path(path).is_ok()
    }

    #[test]
    fn the_guard_holds_a_path_against_the_template() {
        // The argument is whatever a parser of numbers might let through.
        let template = ExpectedPath::Template(RetrieveContact::ROUTE.path);
        for (path, expected) in [
            ("/api/v2/contacts/+14155550100", true),
            ("/api/v2/contacts/%2E%2E%2Fcount", true),
            ("/api/v2/contacts", false),
            ("/api/v2/contacts/", false),
            ("/api/v2/contacts//", false),
            ("/api/v2/contacts//x", false),
            ("/api/v2/contacts/x/", false),
            ("/api/v2/contacts/a/b", false),
            ("/api/v2/contacts/a/b/c", false),
            ("/api/v2/", false),
            ("/api/v2/x", false),
            ("/api/v2/count", false),
            ("/api/v2/Contacts/x", false),
            ("/api/v2/contactsx", false),
            ("/api/v3/contacts/x", false),
            ("//api/v2/contacts/x", false),
            ("/x/api/v2/contacts/x", false),
            ("api/v2/contacts/x", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(passes("http://127.0.0.1:9", template, path), expected, "{path}");
            assert_eq!(
                passes("http://127.0.0.1:9/gate/way/", template, &format!("/gate/way{path}")),
                expected,
                "{path}"
            );
            assert!(!passes("http://127.0.0.1:9/gate/way", template, path), "{path}");
            assert!(!passes("http://127.0.0.1:9/gate/way", template, &format!("/gate{path}")), "{path}");
            assert!(!passes("http://127.0.0.1:9/gate/way", template, &format!("/gate/ways{path}")), "{path}");
        }
    }

    /// What is left of the safety if the parser of numbers lets everything through.
    #[test]
    fn the_guard_refuses_arguments_that_change_the_path() {
        let passes = |argument: &str| {
            // As the generated code does.
            let url = format!("http://127.0.0.1:9/api/v2/contacts/{}", encode_path(argument));
            let url: Url = url.parse().expect(argument);
            passes("http://127.0.0.1:9", ExpectedPath::Template(RetrieveContact::ROUTE.path), url.path())
        };
        for argument in ["", ".", "..", r"..\..", r"a\b", r"\", r".\", r"..\count", r"..\..\v1\contacts"] {
            assert!(!passes(argument), "{argument:?}");
        }
        // One segment each, once encoded.
        for argument in ["a/b", "+1?x=1", "+1#f", "%2e%2e", "\t..\n", "..\n", "+1\u{0}2", "+１２", "+٤١"] {
            assert!(passes(argument), "{argument:?}");
        }
        // They have the form of the template: only the parser keeps them from another operation.
        for argument in ["count", "bulk", "opt-out"] {
            assert!(passes(argument), "{argument:?}");
        }
    }

    #[test]
    fn the_guard_counts_the_segments_of_an_endpoint() {
        for (path, count, expected) in [
            ("/a", 1, true),
            ("/a/b%2Fc", 2, true),
            ("/a/b", 1, false),
            ("/a", 2, false),
            ("/a/", 2, false),
            ("//a", 2, false),
            ("/", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(passes("http://127.0.0.1:9", ExpectedPath::Segments(count), path), expected, "{path}");
        }
    }

    #[test]
    fn a_body_grows_by_doubling_and_not_beyond_its_limit() {
        let mut body = Vec::new();
        for (by, capacity) in [(10, 10), (0, 10), (1, 20), (9, 20), (1, 40), (39, 80), (40, 100)] {
            super::grow(&mut body, by, 100);
            assert_eq!(body.capacity(), capacity, "{by}");
            body.resize(body.len() + by, 0);
        }
        assert_eq!(body.len(), 100);
    }

    #[test]
    fn verifications_alone_have_a_connection_of_their_own() {
        let client = Client::builder().credentials(Credentials::key_pair("key", "secret").expect("valid"));
        let client = client.base_url("http://127.0.0.1:9").build().expect("valid");
        for repeat in [Repeat::Read, Repeat::Safe, Repeat::Unsafe, Repeat::Message] {
            let call = Call::new(ExpectedPath::Segments(1), repeat, client.settings(), client.call_options());
            assert_eq!(call.needs_own_connection(), repeat == Repeat::Message, "{repeat:?}");
        }
    }
}
