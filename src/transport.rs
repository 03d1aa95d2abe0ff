//! The one seam between the generated client and the wire.
//!
//! The generated client builds a request, and is stopped there: its hook `pre` takes the request away, into [`Built`]. For it can
//! tell of a failure by nothing but reqwest's own error, and drops status and headers of an answer. A [`Call`] completes the
//! request, guards its path, and sends it, again where that is safe, within the limits of time and size.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use reqwest::{Request, Url};
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

mod built;
mod causes;
mod path;
pub(crate) mod trace;
#[cfg(test)]
pub(crate) mod wire;

pub(crate) use built::Built;
pub(crate) use path::ExpectedPath;

/// A body that comes in one piece, and is as large as this, in bytes, is not copied. A smaller one is, lest an answer that is
/// kept keeps the connection's buffer, which may be many times as large.
const MIN_UNCOPIED: usize = 64 * 1024;

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
        self.path.check(&self.settings.base_url, request.url().path())?;
        self.add_to_query(request)?;
        self.add_to_body(request)?;
        self.guard_bulk_delete(request)?;
        let headers = request.headers_mut();
        for (name, value) in self.settings.default_headers.iter().chain(&self.options.headers) {
            headers.insert(name, value.clone());
        }
        Ok(())
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
        let mut body = Vec::new();
        let mut whole = None;
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) if is_success && chunk.len() == length && length >= MIN_UNCOPIED => {
                    whole = Some(chunk);
                    continue;
                }
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(whole.unwrap_or_else(|| body.into())),
                // The status of a failure says more than that its body broke off.
                Err(_) if !is_success => return Ok(body.into()),
                Err(error) => {
                    return Err(Error::new(Kind::BodyTruncated, Outcome::Unknown).with_source(error.without_url()));
                }
            };
            let room = limit.saturating_sub(body.len());
            if chunk.len() <= room {
                if body.is_empty() {
                    body.reserve_exact(length.min(limit));
                }
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
