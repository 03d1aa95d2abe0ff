//! Tracing: a span for each call, and an event for each attempt.
//!
//! Spans and events contain no key, phone number, URL or body.

use std::{collections::BTreeSet, time::Duration};

use http::StatusCode;
use tracing::{Span, debug, field::Empty, info_span, warn};

use crate::{error::Error, route::Route};

/// Creates the span of a call.
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

/// Records the result of a call in its span.
pub(crate) fn ended(span: &Span, attempts: u32, status: Option<StatusCode>, error: Option<&Error>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if attempts > 1 {
        span.record("http.request.resend_count", attempts - 1);
    }
    if let Some(error) = error {
        span.record("error.type", error.telemetry_type());
        span.record("outcome", tracing::field::debug(error.outcome()));
    }
}

/// Logs an attempt that succeeded.
pub(super) fn succeeded(attempt: u32, status: StatusCode) {
    debug!(attempt, http.response.status_code = status.as_u16(), "attempt succeeded");
}

/// Logs a failed attempt after which the call ends.
pub(super) fn failed(error: &Error) {
    debug!(
        attempt = error.attempts(),
        http.response.status_code = error.status().map(|status| status.as_u16()),
        error.type = error.telemetry_type(),
        outcome = ?error.outcome(),
        "attempt failed"
    );
}

/// Logs a failed attempt that the client will retry.
pub(super) fn will_retry(error: &Error, delay: Duration) {
    warn!(
        attempt = error.attempts(),
        http.response.status_code = error.status().map(|status| status.as_u16()),
        error.type = error.telemetry_type(),
        outcome = ?error.outcome(),
        delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        "attempt failed, will retry"
    );
}

/// Logs the names of the properties of a response that could not be read, if there are any.
pub(crate) fn unreadable(names: &BTreeSet<&'static str>) {
    if !names.is_empty() {
        let properties = names.iter().copied().collect::<Vec<_>>().join(", ");
        warn!(properties, "the response has properties that could not be read");
    }
}
