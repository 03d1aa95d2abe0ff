//! What is behind an error of reqwest, which does not tell in its own interface.

use std::{error::Error, io, iter};

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| next(*error))
}

fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        // Its `source` is that of what it wraps, which would be left out.
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// Whether what came is not HTTP.
pub(super) fn is_protocol(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

/// Whether it was TLS that failed.
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
