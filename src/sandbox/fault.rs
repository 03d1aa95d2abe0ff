//! One fault: a response that a test injects.

use std::{fmt, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{StatusCode, header};

use super::broken_body::BrokenBody;

/// A response that replaces the sandbox's response, queued by [`Sandbox::fail_next`](super::Sandbox::fail_next).
///
/// ```
/// use sendblue_contacts::sandbox::Fault;
///
/// // The next two verify requests send their message, but the response is a 429.
/// let fault = Fault::status(429)
///     .header("retry-after", "2")
///     .operation("contacts.verify")
///     .times(2)
///     .apply_request(true);
/// ```
///
/// By default, a fault replaces the response to one request of any operation, and has no headers and no body.
/// `Debug` prints neither headers nor body.
#[derive(Clone)]
#[must_use = "a fault has no effect until `Sandbox::fail_next` queues it"]
pub struct Fault {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    pub(super) operation: Option<String>,
    pub(super) times: usize,
    /// The number of items that the sandbox applies before it sends the fault.
    pub(super) applied_items: usize,
    pub(super) delay: Duration,
    ending: Ending,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Complete,
    CutAfter(usize),
    NoResponse,
}

impl Fault {
    /// Returns a fault with this HTTP status.
    ///
    /// If the status is not from 200 to 999, or a [header](Self::header) is invalid, the response is a 500 with an
    /// explanation in its body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            operation: None,
            times: 1,
            applied_items: 0,
            delay: Duration::ZERO,
            ending: Ending::Complete,
        }
    }

    /// Returns a fault that closes the connection without a response, after the sandbox has read the request.
    ///
    /// ```
    /// use sendblue_contacts::{Outcome, sandbox::{Fault, Sandbox}};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::start()?;
    /// sandbox.fail_next(Fault::no_response().apply_request(true));
    /// let contacts = sandbox.client()?.contacts();
    /// let error = contacts.create("+14155550100").send().await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    /// assert_eq!(sandbox.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A HEAD request receives a 500 instead, because its response has no body that could fail.
    pub fn no_response() -> Self {
        Self { ending: Ending::NoResponse, ..Self::status(500) }
    }

    /// Adds a response header.
    ///
    /// `content-length` and `transfer-encoding` are invalid, because the server sets them.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the response body (default: empty).
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Restricts the fault to one operation, for example `contacts.verify` or `contacts.bulk.delete` (default: any).
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Sets how many requests receive the fault (default: 1).
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Sets whether the sandbox applies the request before it sends the fault (default: false).
    pub fn apply_request(self, applied: bool) -> Self {
        self.apply_items(if applied { usize::MAX } else { 0 })
    }

    /// Applies only the first `items` items of a bulk request (default: 0).
    ///
    /// This simulates a service that fails in the middle of a bulk request. Any other request counts as one item. If
    /// the sandbox refuses the request, it applies no item.
    pub fn apply_items(mut self, items: usize) -> Self {
        self.applied_items = items;
        self
    }

    /// Delays the response, in addition to the sandbox's [latency](super::SandboxBuilder::latency) (default: zero).
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes the connection after the response head and the first `bytes` bytes of the body.
    ///
    /// `content-length` announces the whole body. If the body has at most `bytes` bytes, the response is complete.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::CutAfter(bytes);
        self
    }

    /// Returns the response, or `None` if the connection closes without a response.
    pub(super) fn into_response(self) -> Option<Response> {
        if let Ending::NoResponse = self.ending {
            return None;
        }
        Some(self.try_into_response().unwrap_or_else(|| {
            let mut response = Response::new(Body::from(r#"{"error":"the fault is not a valid HTTP response"}"#));
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
            Ending::CutAfter(bytes) if bytes < length => {
                Body::new(BrokenBody::after(self.body.slice(..bytes), length as u64))
            }
            _ => Body::from(self.body),
        });
        let response = response.ok()?;
        let sets_framing = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
            .iter()
            .any(|name| response.headers().contains_key(name));
        (!sets_framing).then_some(response)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("status", &self.status)
            .field("operation", &self.operation)
            .field("times", &self.times)
            .field("applied_items", &self.applied_items)
            .field("delay", &self.delay)
            .field("ending", &self.ending)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Returns a response that makes hyper close the connection before it writes the response head.
pub(super) fn close_connection() -> Response {
    let mut response = Response::new(Body::new(BrokenBody::before_head()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_fault_becomes_a_500() {
        for fault in [
            Fault::status(100),
            Fault::status(1000),
            Fault::status(503).header("a b", ""),
            Fault::status(503).header("a", "\n"),
            Fault::status(503).header("Content-Length", "7"),
        ] {
            assert_eq!(fault.into_response().expect("a response").status(), 500);
        }
    }
}
