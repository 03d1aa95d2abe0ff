//! The state that all chunks of a job share.

use std::{sync::OnceLock, time::Duration};

use tokio::{sync::OnceCell, time::Instant};

use super::{
    clock::{ServiceClock, now},
    refusal_streak::RefusalStreak,
    request_options::RequestOptions,
    size_limit::ObservedSizeLimit,
};
use crate::{
    Contacts, Error, Operation, Request, Response, contacts::DeleteContacts, rate_limit_pause::send_with_pauses,
};

/// The settings of a job and its observations of the service. All chunks share them.
pub(super) struct JobContext {
    pub(super) contacts: Contacts,
    pub(super) settle_delay: Duration,
    pub(super) resend_unknown: bool,
    pub(super) request_options: RequestOptions,
    pub(super) service_clock: ServiceClock,
    pub(super) size_limit: ObservedSizeLimit,
    pub(super) refusals: RefusalStreak,
    /// Set after the service has returned a value that only the contacts API returns.
    base_url_is_right: OnceCell<()>,
    /// The time at which this run opened its journal.
    pub(super) journal_opened: OnceLock<Instant>,
}

impl JobContext {
    pub(super) fn new(
        contacts: Contacts,
        settle_delay: Duration,
        resend_unknown: bool,
        request_options: RequestOptions,
    ) -> Self {
        Self {
            contacts,
            settle_delay,
            resend_unknown,
            request_options,
            service_clock: ServiceClock::default(),
            size_limit: ObservedSizeLimit::default(),
            refusals: RefusalStreak::default(),
            base_url_is_right: OnceCell::new(),
            journal_opened: OnceLock::new(),
        }
    }

    /// Checks that the base URL is the service's, with one `count` request unless an earlier response has shown it.
    ///
    /// A gateway or a wrong path responds with a 404 to every look-up, which would make every contact absent.
    pub(super) async fn check_base_url(&self) -> Result<(), Error> {
        let count = || async { self.send_and_observe(self.contacts.count()).await.map(drop) };
        self.base_url_is_right.get_or_try_init(count).await.map(drop)
    }

    /// Sends a request with the options of the job. Records the `Date` of the response.
    ///
    /// After a 429, pauses and resends the request.
    pub(super) async fn send<P: Operation>(&self, request: Request<P>) -> Result<P::Output, Error> {
        let value = self.send_and_observe(request).await?;
        // A bulk delete also accepts an empty body, which any server may return.
        if P::ROUTE.id != DeleteContacts::ROUTE.id {
            let _ = self.base_url_is_right.set(());
        }
        if P::ROUTE.method != "GET" {
            self.refusals.record_success();
        }
        Ok(value)
    }

    async fn send_and_observe<P: Operation>(&self, request: Request<P>) -> Result<P::Output, Error> {
        let sent = now();
        let result = send_with_pauses(self.request_options.apply_to(request)).await;
        if let Some(headers) = result.as_ref().map_or_else(Error::headers, |response| Some(response.headers())) {
            self.service_clock.record_response(headers, sent);
        }
        result.map(Response::into_value)
    }
}
