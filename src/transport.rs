//! The one seam between the generated client and the wire.
//!
//! The generated client builds a request, and is stopped there: its hook `pre` takes the request away, into [`Built`]. For it can
//! tell of a failure by nothing but reqwest's own error, and drops status and headers of an answer. A [`Call`] completes the
//! request, guards its path, and sends it, again where that is safe, within the limits of time and size.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{Request, Url};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Position;

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
        match self {
            Self::Template(template) => matches(template, path),
            Self::Segments(count) => {
                // Without the slash, the last segment of the base URL is another one that only begins like it.
                let Some(path) = path.strip_prefix('/') else { return false };
                let mut segments = path.split('/');
                segments.clone().count() == count && segments.all(|segment| !segment.is_empty())
            }
        }
    }
}

/// Whether a path has what the template has before, between and after its braces, and a segment in place of each.
fn matches(template: &str, path: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return path == template };
    let (Some(path), Some((_, template))) = (path.strip_prefix(before), rest.split_once('}')) else { return false };
    let end = path.find('/').unwrap_or(path.len());
    end > 0 && path.get(end..).is_some_and(|path| matches(template, path))
}

/// What the generated client has for a call: where the service is, and the request that it has built.
pub struct Built {
    settings: Arc<Settings>,
    request: OnceLock<Request>,
}

impl Built {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, request: OnceLock::new() }
    }

    pub(crate) fn into_request(self) -> Option<Request> {
        self.request.into_inner()
    }

    /// `url` as a URL: the base URL with a path behind it, so that the base URL need not be parsed again.
    pub(crate) fn url(&self, url: &str) -> Url {
        let mut parsed = self.settings.base_url.clone();
        let origin = parsed[..Position::BeforePath].len();
        parsed.set_path(url.get(origin..).unwrap_or_default());
        parsed
    }
}

/// The generated client derives it; nobody needs a second one.
impl Clone for Built {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.settings))
    }
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Built").finish_non_exhaustive()
    }
}

impl ClientHooks<Built> for generated::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), generated::Error<E>> {
        let nothing = Request::new(Method::GET, self.inner.settings.base_url.clone());
        let _ = self.inner.request.set(std::mem::replace(request, nothing));
        Err(generated::Error::Custom(String::new()))
    }
}

/// Builds the request of an attempt.
pub(crate) type Build<'a> = dyn Fn() -> Result<Request, Error> + Send + Sync + 'a;

/// One call: what it is asked to do.
pub(crate) struct Call {
    path: ExpectedPath,
    repeat: Repeat,
    settings: Arc<Settings>,
    options: CallOptions,
}

impl Call {
    pub(crate) fn new(path: ExpectedPath, repeat: Repeat, settings: Arc<Settings>, options: CallOptions) -> Self {
        Self { path, repeat, settings, options }
    }

    /// Completes a request, after which nothing about it changes.
    fn prepare(&self, request: &mut Request) -> Result<(), InvalidInput> {
        self.guard_path(request.url().path())?;
        self.add_to_query(request)?;
        self.add_to_body(request)?;
        self.guard_bulk_delete(request)?;
        let headers = request.headers_mut();
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
    fn guard_bulk_delete(&self, request: &Request) -> Result<(), InvalidInput> {
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

    fn add_to_query(&self, request: &mut Request) -> Result<(), InvalidInput> {
        if self.options.query.is_empty() {
            return Ok(());
        }
        let added = |name: &str| self.options.query.iter().any(|(added, _)| added == name);
        if let Some((name, _)) = request.url().query_pairs().find(|(name, _)| added(name)) {
            return Err(InvalidInput::new(format!("query `{name}`"), "is set by the request already; use its setter"));
        }
        request.url_mut().query_pairs_mut().extend_pairs(&self.options.query);
        Ok(())
    }

    fn add_to_body(&self, request: &mut Request) -> Result<(), InvalidInput> {
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

    /// Sends what `build` builds, and again if that is safe; receives the answer, which is a success, or says why there is none.
    pub(crate) async fn execute(&self, http: &reqwest::Client, build: &Build<'_>) -> Result<Received, Error> {
        let started = Instant::now();
        let left = || self.options.timeout.saturating_sub(started.elapsed());
        let mut retry = Retry::new(self.options.retry, self.repeat, &self.settings.bucket);
        let mut attempts = 0;
        let mut failed: Option<Error> = None;
        loop {
            // Built anew for each attempt: few calls need a second one, and all of them would pay for a copy.
            let request = match self.admit(build, left()).await {
                Ok(request) => request,
                // Nothing more is sent: what is known is what the attempts before came to.
                Err(error) => return Err(failed.unwrap_or(error)),
            };
            attempts += 1;
            let earlier = failed.as_ref().map(Error::outcome);
            #[cfg(test)]
            let sent = wire::send(http, request);
            #[cfg(not(test))]
            let sent = http.execute(request);
            let error = match self.attempt(sent, left()).await {
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

    /// Builds a request, waits until it may be sent, and signs it.
    async fn admit(&self, build: &Build<'_>, left: Duration) -> Result<Request, Error> {
        let mut request = build()?;
        self.prepare(&mut request)?;
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
        tokio::time::timeout(left, admit).await.unwrap_or_else(|_| Err(out_of_time()))?;
        Ok(request)
    }

    /// One attempt, within its own limit and that of the call.
    async fn attempt(
        &self,
        sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
        left: Duration,
    ) -> Result<Received, Error> {
        let own = self.options.attempt_timeout;
        let (limit, timeout) =
            if left <= own { (left, Timeout::Total(self.options.timeout)) } else { (own, Timeout::Attempt(own)) };
        let mut head = None;
        let body = tokio::time::timeout(limit, self.exchange(sent, &mut head))
            .await
            .unwrap_or_else(|_| Err(Error::new(Kind::Timeout(timeout), Outcome::Unknown)));
        // The head of an answer says what became of the request, whatever happened to the body.
        match (body, head) {
            (Ok(bytes), Some(head)) if head.status.is_success() => Ok(Received { bytes, ..head }),
            (Ok(bytes), Some(head)) => Err(Error::from_status(Received { bytes, ..head }, self.repeat)),
            (Err(error), Some(head)) if head.status.is_success() => {
                Err(error.with_outcome(Outcome::Applied).with_response(head))
            }
            (Err(_), Some(head)) => Err(Error::from_status(head, self.repeat)),
            (Err(error), None) => Err(error),
            // There is no body without a head.
            (Ok(_), None) => Err(Error::new(Kind::Setup, Outcome::Unknown)),
        }
    }

    /// Receives an answer, and gives its body. `head` is what comes before it, as soon as it has come.
    async fn exchange(
        &self,
        sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
        head: &mut Option<Received>,
    ) -> Result<Bytes, Error> {
        let mut response = sent.await.map_err(|error| self.no_answer(error))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        *head = Some(Received { status, headers, bytes: Bytes::new(), attempts: 0, earlier: None });
        self.body(&mut response).await
    }

    /// Reads a body, never more of it than its limit.
    async fn body(&self, response: &mut reqwest::Response) -> Result<Bytes, Error> {
        let is_success = response.status().is_success();
        let limit = if is_success { self.settings.max_body } else { MAX_ERROR_BODY };
        let too_large = || Error::new(Kind::BodyTooLarge { limit }, Outcome::Unknown);
        let length = response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if is_success && length > limit {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(length.min(limit));
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
}
