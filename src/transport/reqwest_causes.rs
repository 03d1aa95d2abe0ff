//! Finds causes of a `reqwest` error that the methods of `reqwest::Error` do not distinguish.

use std::{error::Error, io, iter};

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| source_of(*error))
}

fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        // `io::Error::source` skips the wrapped error, and returns that error's source.
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// Returns whether hyper could not parse the response head, or its headers were too large.
pub(super) fn is_protocol(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

/// Returns whether the TLS handshake failed.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| {
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        if cause.is::<rustls::Error>() {
            return true;
        }
        #[cfg(feature = "native-tls")]
        if cause.is::<native_tls::Error>() {
            return true;
        }
        let _ = cause;
        false
    })
}
