//! What the sandbox was asked.

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, request::Parts};

/// How many requests a sandbox remembers: when there are more, the oldest are forgotten.
pub const REQUESTS_KEPT: usize = 100_000;

/// How many bytes of bodies a sandbox remembers, 256 MiB: when there are more, the oldest requests are forgotten.
pub const BODIES_KEPT: usize = 256 * 1024 * 1024;

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
    /// Keeps copies of what came: each piece of it would keep the whole buffer alive that it was read into.
    pub(super) fn new(mut head: Parts, body: Bytes, operation: Option<&'static str>, status: u16) -> Self {
        for value in head.headers.values_mut() {
            if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
                *value = copy;
            }
        }
        if let Ok(copy) = head.uri.to_string().parse() {
            head.uri = copy;
        }
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
pub(super) struct Log {
    requests: VecDeque<ReceivedRequest>,
    /// The length of all bodies.
    bytes: usize,
}

impl Log {
    pub(super) fn push(&mut self, request: ReceivedRequest) {
        self.bytes += request.body().len();
        self.requests.push_back(request);
        while self.requests.len() > REQUESTS_KEPT || self.bytes > BODIES_KEPT {
            let Some(oldest) = self.requests.pop_front() else { return };
            self.bytes -= oldest.body().len();
        }
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn request(status: u16, body: &Bytes) -> ReceivedRequest {
        ReceivedRequest::new(Request::new(()).into_parts().0, body.clone(), None, status)
    }

    fn kept(log: &Log) -> (usize, Option<u16>, Option<u16>) {
        let status = |request: Option<&ReceivedRequest>| request.map(ReceivedRequest::status);
        (log.requests.len(), status(log.requests.front()), status(log.requests.back()))
    }

    #[test]
    fn the_oldest_requests_are_forgotten() {
        let mut log = Log::default();
        for status in (200..=201).chain(std::iter::repeat_n(300, REQUESTS_KEPT - 1)) {
            log.push(request(status, &Bytes::new()));
        }
        assert_eq!(kept(&log), (REQUESTS_KEPT, Some(201), Some(300)));
    }

    #[test]
    fn large_bodies_are_forgotten_sooner() {
        let quarter = Bytes::from(vec![0; BODIES_KEPT / 4]);
        let mut log = Log::default();
        for status in 200..210 {
            log.push(request(status, &quarter));
        }
        assert_eq!(kept(&log), (4, Some(206), Some(209)));
        log.push(request(210, &Bytes::from_static(b"0")));
        assert_eq!(kept(&log), (4, Some(207), Some(210)));
        log.clear();
        assert_eq!((log.bytes, log.requests.len()), (0, 0));
    }
}
