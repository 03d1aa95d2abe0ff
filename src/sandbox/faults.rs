//! Answers that go wrong on purpose: queued faults and the rate limit.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use http::{StatusCode, header};
use hyper::body::{Frame, SizeHint};

/// An answer that the sandbox gives in place of its own; queued by [`Sandbox::fail_next`](super::Sandbox::fail_next).
///
/// ```
/// use sendblue_contacts::sandbox::Fault;
///
/// // Twice, and to verify alone: 429, and the message was sent nevertheless.
/// let fault = Fault::status(429).header("retry-after", "2").operation("contacts.verify").times(2).applied(true);
/// ```
///
/// Without a body and without headers unless they are set; meant for any operation, for one request, and in place of
/// the operation unless said otherwise.
#[derive(Clone)]
#[must_use = "a fault does nothing until it is given to `Sandbox::fail_next`"]
pub struct Fault {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    operation: Option<String>,
    times: usize,
    /// How many items are carried out.
    pub(super) applied: usize,
    pub(super) delay: Duration,
    ending: Ending,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Whole,
    CutAfter(usize),
    BeforeItBegins,
}

impl Fault {
    /// A fault with this HTTP status.
    ///
    /// What HTTP cannot carry (a status outside of 200 to 999, a forbidden header) is answered as a 500 that says so.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            operation: None,
            times: 1,
            applied: 0,
            delay: Duration::ZERO,
            ending: Ending::Whole,
        }
    }

    /// A fault without any answer: the connection is closed once the request has been read.
    ///
    /// ```
    /// use sendblue_contacts::{Outcome, sandbox::{Fault, Sandbox}};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::start()?;
    /// sandbox.fail_next(Fault::no_answer().applied(true));
    /// let error = sandbox.client()?.contacts().create("+14155550100").send().await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    /// assert_eq!(sandbox.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Only a HEAD request gets an answer all the same: a 500.
    pub fn no_answer() -> Self {
        Self { ending: Ending::BeforeItBegins, ..Self::status(500) }
    }

    /// Adds a header, `content-type` included; the body's length and framing are the server's own business.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body: empty by default, as from a proxy.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Only requests of this operation get it, for example `contacts.verify` or `contacts.bulk.delete`; others pass.
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// How many requests get it: 1 by default.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Whether the operation is carried out all the same, so that its outcome differs from the answer: false by default.
    pub fn applied(self, applied: bool) -> Self {
        self.applied_to(if applied { usize::MAX } else { 0 })
    }

    /// Carries out only the first so many items of a bulk request, as a service does that fails half-way.
    ///
    /// Any other request counts as one item. The request is checked as a whole: of one that is refused, nothing is carried
    /// out.
    pub fn applied_to(mut self, items: usize) -> Self {
        self.applied = items;
        self
    }

    /// How long the answer is held back, besides the [latency](super::SandboxBuilder::latency): not at all by default.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes the connection after the head of the answer and so many bytes of the body, though more were announced.
    ///
    /// An answer whose body is no longer than that is whole, as by default.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::CutAfter(bytes);
        self
    }

    /// The answer; none when the connection is to be closed without one.
    pub(super) fn into_response(self) -> Option<Response> {
        if let Ending::BeforeItBegins = self.ending {
            return None;
        }
        Some(self.try_into_response().unwrap_or_else(|| {
            let mut response = Response::new(Body::from(r#"{"error":"this fault is no valid HTTP response"}"#));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }))
    }

    fn try_into_response(self) -> Option<Response> {
        let status = StatusCode::from_u16(self.status).ok().filter(|status| !status.is_informational())?;
        let mut response = Response::builder().status(status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let length = self.body.len();
        let response = response.body(match self.ending {
            Ending::CutAfter(sent) if sent < length => {
                Body::new(Broken { rest: Some(self.body.slice(..sent)), announced: Some(length as u64) })
            }
            _ => Body::from(self.body),
        });
        let response = response.ok()?;
        let framed = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
            .iter()
            .any(|name| response.headers().contains_key(name));
        (!framed).then_some(response)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("status", &self.status)
            .field("operation", &self.operation)
            .field("times", &self.times)
            .field("applied", &self.applied)
            .field("delay", &self.delay)
            .field("ending", &self.ending)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What makes the server close the connection without an answer.
pub(super) fn no_answer() -> Response {
    let mut response = Response::new(Body::new(Broken { rest: None, announced: None }));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// A body that ends with an error, whereupon the server closes the connection.
struct Broken {
    /// What is sent before, then nothing more while that is written. None to begin with: not even the head is written.
    rest: Option<Bytes>,
    announced: Option<u64>,
}

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.rest.take() {
            Some(sent) if !sent.is_empty() => {
                self.rest = Some(Bytes::new());
                Poll::Ready(Some(Ok(Frame::data(sent))))
            }
            // The server writes what it has while it waits for more.
            Some(_) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(Some(Err(io::Error::other("a fault closes the connection")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// The faults still to be given, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push_back(fault);
        }
    }

    /// The oldest fault meant for a request of this operation.
    pub(super) fn take(&mut self, operation: Option<&str>) -> Option<Fault> {
        let meant = |fault: &Fault| fault.operation.is_none() || fault.operation.as_deref() == operation;
        let place = self.0.iter().position(meant)?;
        let fault = self.0.get_mut(place)?;
        fault.times -= 1;
        if fault.times == 0 { self.0.remove(place) } else { Some(fault.clone()) }
    }
}

/// At most so many requests in any stretch of time; those refused do not count.
#[derive(Debug)]
pub(super) struct RateLimit {
    requests: usize,
    per: Duration,
    admitted: VecDeque<Instant>,
}

impl RateLimit {
    pub(super) fn new(requests: usize, per: Duration) -> Self {
        Self { requests, per, admitted: VecDeque::new() }
    }

    pub(super) fn admit(&mut self, now: Instant) -> bool {
        while self.admitted.front().is_some_and(|&first| now.saturating_duration_since(first) >= self.per) {
            self.admitted.pop_front();
        }
        let admitted = self.admitted.len() < self.requests;
        if admitted {
            self.admitted.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_go_to_the_operation_they_are_meant_for() {
        let mut faults = Faults::default();
        faults.push(Fault::status(503).operation("contacts.verify").times(2));
        faults.push(Fault::status(500));
        faults.push(Fault::status(502).times(0));
        let mut status = |operation| faults.take(operation).map(|fault| fault.status);
        assert_eq!(status(Some("contacts.list")), Some(500));
        assert_eq!(status(Some("contacts.list")), None);
        assert_eq!(status(None), None);
        assert_eq!(status(Some("contacts.verify")), Some(503));
        assert_eq!(status(Some("contacts.verify")), Some(503));
        assert_eq!(status(Some("contacts.verify")), None);
    }

    #[test]
    fn faults_beyond_http_are_answered_as_such() {
        for fault in [
            Fault::status(100),
            Fault::status(1000),
            Fault::status(503).header("a b", ""),
            Fault::status(503).header("a", "\n"),
            Fault::status(503).header("Content-Length", "7"),
        ] {
            assert_eq!(fault.into_response().expect("an answer").status(), 500);
        }
    }

    #[test]
    fn the_limit_slides() {
        let mut limit = RateLimit::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let mut admit = |seconds| limit.admit(start + Duration::from_secs(seconds));
        assert_eq!([0, 4, 9, 10, 11, 13, 14].map(&mut admit), [true, true, false, true, false, false, true]);
    }
}
