//! What the sandbox was asked.

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, request::Parts};

/// How many requests a sandbox remembers: when there are more, the oldest are forgotten.
pub const REQUESTS_KEPT: usize = 100_000;

/// A request that the sandbox received; listed by [`Sandbox::requests`](super::Sandbox::requests).
///
/// Cheap to clone. Its `Debug` shows neither path, headers nor body.
#[derive(Clone)]
pub struct ReceivedRequest(Arc<Received>);

struct Received {
    head: Parts,
    body: Bytes,
    operation: Option<&'static str>,
    status: u16,
}

impl ReceivedRequest {
    pub(super) fn new(head: Parts, body: Bytes, operation: Option<&'static str>, status: u16) -> Self {
        Self(Arc::new(Received { head, body, operation, status }))
    }

    /// The HTTP method, such as `GET`.
    pub fn method(&self) -> &str {
        self.0.head.method.as_str()
    }

    /// The path as it came, without query: still percent-encoded.
    pub fn path(&self) -> &str {
        self.0.head.uri.path()
    }

    /// The query as it came, without the question mark.
    pub fn query(&self) -> Option<&str> {
        self.0.head.uri.query()
    }

    /// The headers, credentials included.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.head.headers
    }

    /// The body; empty when it was larger than [`MAX_BODY`](super::MAX_BODY).
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The operation it asked for, such as `contacts.bulk.create`; none when path or method belong to no operation.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status it was answered with; 0 for a [fault without an answer](super::Fault::no_answer).
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

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log(VecDeque<ReceivedRequest>);

impl Log {
    pub(super) fn push(&mut self, request: ReceivedRequest) {
        if self.0.len() == REQUESTS_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
