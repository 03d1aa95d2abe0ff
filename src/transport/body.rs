//! The streamed body of a response.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::TryStreamExt as _;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};

/// The error of a body that breaks off.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The body of a response: a stream of [`Bytes`].
///
/// `Debug` prints no content.
pub struct Body(Inner);

enum Inner {
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
    /// The body of the default transport, which is boxed already.
    Reqwest(reqwest::Body),
}

impl Body {
    pub(crate) fn from_reqwest(body: reqwest::Body) -> Self {
        Self(Inner::Reqwest(body))
    }

    /// Creates a body from any type that implements [`http_body::Body`](HttpBody).
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self(Inner::Boxed(body.map_err(Into::into).boxed_unsync()))
    }

    /// Creates a body from a stream of its parts.
    ///
    /// If an item is an error, the client treats the body as broken off.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::new(StreamBody::new(stream.map_ok(Frame::data)))
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::new(Full::new(bytes.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Inner::Boxed(body) => Pin::new(body).poll_frame(cx),
            Inner::Reqwest(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Boxed(body) => body.is_end_stream(),
            Inner::Reqwest(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Boxed(body) => body.size_hint(),
            Inner::Reqwest(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
