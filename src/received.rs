//! A received response, before it is decoded.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::outcome::Outcome;

/// A received response, with the number of attempts of its call.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The number of attempts so far.
    pub(crate) attempts: u32,
    /// The outcome of the earlier attempts, if there were any.
    pub(crate) earlier_outcome: Option<Outcome>,
}

impl Received {
    /// Creates the head of a response, with an empty body.
    pub(crate) fn new(status: StatusCode, headers: HeaderMap) -> Self {
        Self { status, headers, bytes: Bytes::new(), attempts: 0, earlier_outcome: None }
    }
}

/// Returns a body without its byte order mark. RFC 8259 allows a JSON parser to ignore the mark.
pub(crate) fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}
