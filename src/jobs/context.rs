//! The state that all chunks of a job share.

use std::{sync::OnceLock, time::Duration};

use tokio::time::Instant;

use super::{
    clock::{ServiceClock, now},
    request_options::RequestOptions,
    size_limit::ObservedSizeLimit,
};
use crate::{Contacts, Error, Operation, Request, Response, rate_limit_pause::send_with_pauses};

/// The settings of a job and its observations of the service. All chunks share them.
pub(super) struct JobContext {
    pub(super) contacts: Contacts,
    pub(super) settle_delay: Duration,
    pub(super) resend_unknown: bool,
    pub(super) request_options: RequestOptions,
    pub(super) service_clock: ServiceClock,
    pub(super) size_limit: ObservedSizeLimit,
    /// The time at which this run opened its journal.
    pub(super) journal_opened: OnceLock<Instant>,
}

impl JobContext {
    /// Sends a request with the options of the job. Records the `Date` of the response.
    ///
    /// After a 429, pauses and resends the request.
    pub(super) async fn send<P: Operation>(&self, request: Request<P>) -> Result<P::Output, Error> {
        let sent = now();
        let result = send_with_pauses(self.request_options.apply_to(request)).await;
        if let Some(headers) = result.as_ref().map_or_else(Error::headers, |response| Some(response.headers())) {
            self.service_clock.record_response(headers, sent);
        }
        result.map(Response::into_value)
    }
}
