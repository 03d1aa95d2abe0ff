//! What a call tells `tracing`: a span for the call, an event for each attempt. Never a key, a number, a URL or a body.

use std::time::Duration;

use http::StatusCode;
use tracing::{Span, debug, field::Empty, info_span, warn};

use super::Route;
use crate::error::Error;

/// The span of a call.
pub(crate) fn span(route: Route) -> Span {
    let Route { id, method, path } = route;
    info_span!(
        "sendblue_contacts",
        otel.kind = "client",
        operation = id,
        http.request.method = (!method.is_empty()).then_some(method),
        url.template = (!path.is_empty()).then_some(path),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
        outcome = Empty,
    )
}

/// The call has ended; its span says how.
pub(crate) fn ended(span: &Span, attempts: u32, status: Option<StatusCode>, error: Option<&Error>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if attempts > 1 {
        span.record("http.request.resend_count", attempts - 1);
    }
    if let Some(error) = error {
        span.record("error.type", error.type_name());
        span.record("outcome", tracing::field::debug(error.outcome()));
    }
}

/// An attempt succeeded.
pub(super) fn answered(attempt: u32, status: StatusCode) {
    debug!(attempt, http.response.status_code = status.as_u16(), "answered");
}

/// An attempt failed, and with it the call.
pub(super) fn failed(error: &Error) {
    debug!(
        attempt = error.attempts(),
        http.response.status_code = error.status().map(|status| status.as_u16()),
        error.type = error.type_name(),
        outcome = ?error.outcome(),
        "failed"
    );
}

/// An attempt failed, and there will be another.
pub(super) fn failed_for_now(error: &Error, delay: Duration) {
    warn!(
        attempt = error.attempts(),
        http.response.status_code = error.status().map(|status| status.as_u16()),
        error.type = error.type_name(),
        outcome = ?error.outcome(),
        delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        "failed, to be sent again"
    );
}
