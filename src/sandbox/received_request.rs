//! A request that the sandbox received.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, request::Parts};

/// A request that the sandbox received, from [`Sandbox::requests`](super::Sandbox::requests).
///
/// Clones are cheap. `Debug` prints the method, operation, status and body length, but no path, headers or body.
#[derive(Clone)]
pub struct ReceivedRequest(Arc<Inner>);

struct Inner {
    head: Parts,
    body: Bytes,
    operation: Option<&'static str>,
    status: u16,
}

impl ReceivedRequest {
    /// Creates a record with copies of the headers and the URI.
    ///
    /// The originals would keep hyper's whole read buffer alive.
    pub(super) fn new(mut head: Parts, body: Bytes, operation: Option<&'static str>, status: u16) -> Self {
        for value in head.headers.values_mut() {
            if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
                *value = copy;
            }
        }
        if let Ok(copy) = head.uri.to_string().parse() {
            head.uri = copy;
        }
        Self(Arc::new(Inner { head, body, operation, status }))
    }

    /// Returns the HTTP method, for example `GET`.
    pub fn method(&self) -> &str {
        self.0.head.method.as_str()
    }

    /// Returns the path without the query, still percent-encoded.
    pub fn path(&self) -> &str {
        self.0.head.uri.path()
    }

    /// Returns the query without the question mark, still percent-encoded.
    pub fn query(&self) -> Option<&str> {
        self.0.head.uri.query()
    }

    /// Returns the headers, including the credentials.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.head.headers
    }

    /// Returns the body, which is empty if it was larger than [`MAX_BODY`](super::MAX_BODY).
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns the operation, for example `contacts.bulk.create`.
    ///
    /// Returns `None` if no operation has this method and path.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the HTTP status of the response, or 0 for a [fault without a response](super::Fault::no_response).
    pub fn status(&self) -> u16 {
        self.0.status
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method())
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("body_len", &self.body().len())
            .finish_non_exhaustive()
    }
}
