//! The error of a transport.

use std::{error::Error as StdError, fmt};

use super::BoxError;

/// The error of a request to which no response head arrived.
///
/// Each constructor states whether the request may have been sent, which decides whether the client retries.
///
/// The `source` becomes the source of the [`Error`](crate::Error). It should print no URL and no header of the request.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: BoxError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransportErrorKind {
    Connect,
    ConnectTimeout,
    Tls,
    ConnectionLost,
    Protocol,
}

impl TransportError {
    /// Creates the error of a failed connection: nothing was sent. The client retries every operation.
    pub fn connect(source: impl Into<BoxError>) -> Self {
        Self::new(TransportErrorKind::Connect, source)
    }

    /// Creates the error of a connection that timed out: nothing was sent. The client retries every operation.
    pub fn connect_timeout(source: impl Into<BoxError>) -> Self {
        Self::new(TransportErrorKind::ConnectTimeout, source)
    }

    /// Creates the error of a failed TLS handshake: nothing was sent. The client does not retry.
    pub fn tls(source: impl Into<BoxError>) -> Self {
        Self::new(TransportErrorKind::Tls, source)
    }

    /// Creates the error of a lost connection: the request may have been sent.
    ///
    /// The client retries only operations that are safe to repeat.
    pub fn connection_lost(source: impl Into<BoxError>) -> Self {
        Self::new(TransportErrorKind::ConnectionLost, source)
    }

    /// Creates the error of a response head that cannot be read: the request may have been sent.
    ///
    /// For example, the response is not valid HTTP, or its headers are too large. The client retries only operations
    /// that are safe to repeat.
    pub fn protocol(source: impl Into<BoxError>) -> Self {
        Self::new(TransportErrorKind::Protocol, source)
    }

    fn new(kind: TransportErrorKind, source: impl Into<BoxError>) -> Self {
        Self { kind, source: source.into() }
    }

    pub(crate) fn into_parts(self) -> (TransportErrorKind, BoxError) {
        (self.kind, self.source)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "could not connect",
            TransportErrorKind::ConnectTimeout => "could not connect in time",
            TransportErrorKind::Tls => "the TLS handshake failed",
            TransportErrorKind::ConnectionLost => "the connection broke",
            TransportErrorKind::Protocol => "the response is not valid HTTP, or its headers are too large",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
