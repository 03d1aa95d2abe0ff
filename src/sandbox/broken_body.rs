//! A response body that fails, so that hyper closes the connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// A body that fails after some bytes, or before hyper writes the response head.
pub(super) struct BrokenBody {
    /// The bytes to send before the error. Empty bytes make the next poll pending. `None` makes it fail.
    before_error: Option<Bytes>,
    content_length: Option<u64>,
}

impl BrokenBody {
    /// Returns a body that announces `content_length` bytes and fails after `sent`.
    pub(super) fn after(sent: Bytes, content_length: u64) -> Self {
        Self { before_error: Some(sent), content_length: Some(content_length) }
    }

    /// Returns a body that fails before hyper writes the response head.
    pub(super) fn before_head() -> Self {
        Self { before_error: None, content_length: None }
    }
}

impl HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.before_error.take() {
            Some(bytes) if !bytes.is_empty() => {
                self.before_error = Some(Bytes::new());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            // hyper flushes its write buffer while the body is pending. An immediate error would discard the buffer.
            Some(_) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(Some(Err(io::Error::other("a fault closes the connection")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.content_length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
