//! A call: attempts until one attempt succeeds, no retry is allowed, or the deadline passes.
//!
//! [`Call::execute`] runs the loop. [`retry`](crate::retry) decides about retries, and a [`Transport`] sends each
//! request.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    error::{Cause, Error, Timeout},
    outcome::Outcome,
    received::Received,
    retry::{Next, Retry, RetryClass},
    transport::{Attempt, Phase, Transport, TransportError, TransportErrorKind, TransportFuture},
};

mod add_options;
mod bulk_delete;
mod path;
mod response_body;
mod settings;
pub(crate) mod trace;

pub(crate) use path::ExpectedPath;
pub(crate) use settings::{CallOptions, Settings, check_timeout};

/// Builds the request of one attempt, still without options, default headers and credentials.
pub(crate) type BuildRequest<'a> = dyn Fn() -> Result<reqwest::Request, Error> + Send + Sync + 'a;

/// One call of an operation.
pub(crate) struct Call {
    path: ExpectedPath,
    retry_class: RetryClass,
    settings: Arc<Settings>,
    options: CallOptions,
    deadline: Option<Instant>,
}

impl Call {
    pub(crate) fn new(
        path: ExpectedPath,
        retry_class: RetryClass,
        settings: Arc<Settings>,
        options: CallOptions,
    ) -> Self {
        // If the deadline overflows the clock, the call has no deadline.
        let deadline = Instant::now().checked_add(options.timeout);
        Self { path, retry_class, settings, options, deadline }
    }

    /// Makes attempts until an attempt succeeds or no retry is allowed.
    ///
    /// Returns the first response with a success status, else the error of the last attempt.
    pub(crate) async fn execute(&self, transport: &dyn Transport, build: &BuildRequest<'_>) -> Result<Received, Error> {
        let mut retry = Retry::new(self.options.retry, self.retry_class, &self.settings.retry_budget);
        let mut attempts = 0;
        let mut last_error: Option<Error> = None;
        loop {
            // Each attempt builds a new request. A copy for retries would slow down every call.
            let request = match self.prepare(build).await {
                Ok(request) => request,
                // The error of the previous attempt states the outcome of the requests that were sent.
                Err(error) => return Err(last_error.unwrap_or(error)),
            };
            attempts += 1;
            let earlier_outcome = last_error.as_ref().map(Error::outcome);
            let error = match self.attempt(transport, request).await {
                Ok(received) => {
                    retry.succeeded();
                    trace::succeeded(attempts, received.status);
                    return Ok(Received { attempts, earlier_outcome, ..received });
                }
                Err(error) => error.with_earlier_outcome(earlier_outcome).with_attempts(attempts),
            };
            match retry.next_after(error.failure(), error.retry_after(), self.time_left(), fastrand::f64()) {
                Next::Stop => {
                    trace::failed(&error);
                    return Err(error);
                }
                Next::RetryAfter(delay) => {
                    trace::will_retry(&error, delay);
                    sleep(delay).await;
                    last_error = Some(error);
                }
            }
        }
    }

    fn time_left(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Builds the request of an attempt, adds the credentials, and waits for the rate limit.
    ///
    /// The rate limit comes last: a slow token provider would move requests closer together after their slots.
    async fn prepare(&self, build: &BuildRequest<'_>) -> Result<http::Request<Bytes>, Error> {
        let mut request = self.add_options(build()?)?;
        let out_of_time = || Error::new(Cause::Timeout(Timeout::Total(self.options.timeout)), Outcome::NotSent);
        let left = self.time_left();
        if left.is_zero() {
            return Err(out_of_time());
        }
        let prepare = async {
            self.settings.credentials.apply(request.headers_mut()).await?;
            if let Some(limit) = &self.settings.rate_limit {
                let admitted = limit.acquire(self.time_left()).await;
                admitted.map_err(|exceeded| Error::new(Cause::Throttled, Outcome::NotSent).with_source(exceeded))?;
            }
            Ok(())
        };
        timeout(left, prepare).await.unwrap_or_else(|_| Err(out_of_time()))?;
        Ok(request)
    }

    /// Makes one attempt within the attempt timeout and the deadline of the call.
    async fn attempt(&self, transport: &dyn Transport, request: http::Request<Bytes>) -> Result<Received, Error> {
        let own = self.options.attempt_timeout;
        let left = self.time_left();
        let (limit, timeout) =
            if left <= own { (left, Timeout::Total(self.options.timeout)) } else { (own, Timeout::Attempt(own)) };
        // Adding `Duration::MAX` would overflow the clock and panic, so the limit is capped at about 31 years.
        let deadline = Instant::now() + limit.min(Duration::from_secs(1_000_000_000));
        let attempt = Attempt::new(deadline, !self.options.retry.survives_lost_connection(self.retry_class));
        let mut head = None;
        let response = transport.send(request, &attempt);
        let body = timeout_at(deadline, self.receive(response, &mut head))
            .await
            .unwrap_or_else(|_| Err(timeout_error(&attempt, timeout, limit)));
        // The status alone determines the outcome, even if the body is lost.
        match (body, head) {
            (Ok(bytes), Some(head)) if head.status.is_success() => Ok(Received { bytes, ..head }),
            (Ok(bytes), Some(head)) => Err(Error::from_status(Received { bytes, ..head }, self.retry_class)),
            (Err(error), Some(head)) if head.status.is_success() => {
                Err(error.with_outcome(Outcome::Applied).with_response(head))
            }
            (Err(_), Some(head)) => Err(Error::from_status(head, self.retry_class)),
            (Err(error), None) => Err(error),
            // Unreachable: `receive` stores the head before it reads the body.
            (Ok(_), None) => Err(Error::new(Cause::Setup, Outcome::Unknown)),
        }
    }

    /// Receives a response and returns its body.
    ///
    /// Stores the response head in `head` as soon as it arrives, so that a timeout does not lose it.
    async fn receive(&self, response: TransportFuture<'_>, head: &mut Option<Received>) -> Result<Bytes, Error> {
        let (parts, body) = response.await.map_err(|error| self.transport_failure(error))?.into_parts();
        *head = Some(Received::new(parts.status, parts.headers));
        response_body::read(body, parts.status, self.settings.max_body).await
    }

    fn transport_failure(&self, error: TransportError) -> Error {
        let (kind, source) = error.into_parts();
        let (kind, outcome) = match kind {
            TransportErrorKind::Connect => (Cause::Connect, Outcome::NotSent),
            TransportErrorKind::ConnectTimeout => {
                (Cause::Timeout(Timeout::Connect(self.settings.connect_timeout)), Outcome::NotSent)
            }
            TransportErrorKind::Tls => (Cause::Tls, Outcome::NotSent),
            TransportErrorKind::ConnectionLost => (Cause::ConnectionLost, Outcome::Unknown),
            TransportErrorKind::Protocol => (Cause::Protocol, Outcome::Unknown),
        };
        Error::new(kind, outcome).with_source(source)
    }
}

/// Returns the error of an attempt that timed out. If the attempt was still connecting, nothing was sent.
fn timeout_error(attempt: &Attempt, timeout: Timeout, limit: Duration) -> Error {
    if attempt.phase() == Some(Phase::Connecting) {
        Error::new(Cause::Timeout(Timeout::Connect(limit)), Outcome::NotSent)
    } else {
        Error::new(Cause::Timeout(timeout), Outcome::Unknown)
    }
}
