//! One chunk: items without a class, and those that have theirs.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::sleep;

use super::{
    ItemReport, JobKind, Reason, Tally,
    clock::{ServiceClock, now},
    evidence::{Evidence, Found},
    sizes::Sizes,
};
use crate::{
    Contacts, Error, Operation, ParsePhoneNumberError, PhoneNumber, Request, Response,
    contacts::patience::send_patiently,
};

/// What all chunks of a job share.
pub(super) struct Shared {
    pub(super) contacts: Contacts,
    pub(super) settle_delay: Duration,
    pub(super) resend_unknown: bool,
    pub(super) clock: ServiceClock,
    pub(super) sizes: Sizes,
}

impl Shared {
    /// Sends a request, with patience, and learns from the answer what time it is at the service.
    pub(super) async fn send<P: Operation>(&self, request: Request<P>) -> Result<P::Output, Error> {
        let sent = now();
        let answer = send_patiently(request).await;
        if let Some(headers) = answer.as_ref().map_or_else(Error::headers, |response| Some(response.headers())) {
            self.clock.answered(headers, sent);
        }
        answer.map(Response::into_value)
    }
}

/// A chunk under way. An item is an [`Entry`] until it has a class, and a report from then on: never both, never neither.
pub struct Chunk<K: JobKind> {
    pub(super) shared: Arc<Shared>,
    /// When it was first begun, by this machine's clock.
    pub(super) begun: DateTime<Utc>,
    pub(super) classed: Vec<ItemReport<K>>,
    /// Their sums.
    pub(super) tally: Tally,
}

/// An item without a class.
pub struct Entry<K: JobKind> {
    pub(super) index: u64,
    pub(super) item: K::Item,
    pub(super) phone: PhoneNumber,
    /// A look-up since the chunk was begun has found no contact of its number.
    pub(super) was_absent: bool,
}

/// What can become of an item of any job.
#[derive(Debug)]
pub enum Fate {
    Rejected(Reason),
    Invalid(ParsePhoneNumberError),
    Duplicate { of: u64 },
    Unknown(Reason),
}

/// A job that sends many items in one request.
pub trait Bulk: JobKind {
    /// The operation that it sends.
    const OPERATION: &'static str;
    /// Whether an item is settled if there is a contact, and not if there is none.
    const FINDING_SETTLES: bool;

    /// Sends one request with all of these.
    fn send(chunk: &mut Chunk<Self>, entries: &[Entry<Self>]) -> impl Future<Output = Result<Sent, Error>> + Send;

    /// The class of an item after a success; none if the answer does not speak of it.
    fn acknowledged(chunk: &Chunk<Self>, entry: &Entry<Self>, sent: &Sent) -> Option<Self::Class>;

    /// The class of an item that was looked up; none if the look-up does not settle it.
    fn settled(
        chunk: &Chunk<Self>,
        entry: &Entry<Self>,
        found: Option<&Found>,
        evidence: Evidence,
    ) -> Option<Self::Class>;
}

/// What a success says of the items: those that it lists, by number.
pub(super) type Sent = HashMap<String, Found>;

impl<K: JobKind> Chunk<K> {
    /// With the items that have their class already.
    pub(super) fn new(shared: Arc<Shared>, begun: DateTime<Utc>, classed: Vec<ItemReport<K>>) -> Self {
        let mut tally = Tally::default();
        for item in &classed {
            *K::count(&item.class, &mut tally) += 1;
        }
        Self { shared, begun, classed, tally }
    }

    pub(super) fn class(&mut self, entry: Entry<K>, class: K::Class) {
        *K::count(&class, &mut self.tally) += 1;
        self.classed.push(ItemReport { index: entry.index, item: entry.item, class });
    }

    pub(super) fn reject(&mut self, entries: impl IntoIterator<Item = Entry<K>>, reason: &Reason) {
        for entry in entries {
            self.class(entry, K::class(Fate::Rejected(reason.clone())));
        }
    }

    pub(super) fn doubt(&mut self, entries: impl IntoIterator<Item = Entry<K>>, reason: &Reason) {
        for entry in entries {
            self.class(entry, K::class(Fate::Unknown(reason.clone())));
        }
    }

    /// Whether what an earlier run has sent has had its time to arrive.
    pub(super) fn is_settled(&self) -> bool {
        (now() - self.begun).to_std().is_ok_and(|age| age > self.shared.settle_delay)
    }

    /// Waits until what is under way has probably arrived.
    pub(super) async fn settle(&self) {
        sleep(self.shared.settle_delay).await;
    }
}

impl<K: JobKind> fmt::Debug for Chunk<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("begun", &self.begun).field("tally", &self.tally).finish_non_exhaustive()
    }
}

impl<K: JobKind> fmt::Debug for Entry<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("index", &self.index).finish_non_exhaustive()
    }
}
