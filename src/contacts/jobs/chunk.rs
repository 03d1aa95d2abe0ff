//! One chunk: every item of it gets its class, whatever happens to the requests.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use http::StatusCode;
use tokio::time::sleep;

use super::{
    ItemReport, JobKind, Reason, Tally,
    clock::ServiceClock,
    lookup::{Evidence, Found, LookedUp, has_status},
};
use crate::{Contacts, Error, Outcome, ParsePhoneNumberError, PhoneNumber};

/// What all chunks of a job share.
pub(super) struct Shared {
    pub(super) contacts: Contacts,
    pub(super) settle_delay: Duration,
    pub(super) resend_unknown: bool,
    pub(super) clock: ServiceClock,
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

/// Entries that are sent together.
struct Group<K: JobKind> {
    entries: Vec<Entry<K>>,
    /// All of the chunk that are to be sent, not a part of them.
    is_whole: bool,
    /// They were sent before, with unknown outcome.
    is_again: bool,
}

/// What a failed request means for what it carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Refused because of something that it carried.
    Refused,
    /// It may have been carried out.
    Doubtful,
    /// Nothing was done, and the same would happen to any other.
    Stop,
}

impl Verdict {
    pub(super) fn of(error: &Error) -> Self {
        const REFUSALS: [StatusCode; 4] = [
            StatusCode::BAD_REQUEST,
            StatusCode::CONFLICT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        match error.outcome() {
            Outcome::Unknown | Outcome::Applied => Self::Doubtful,
            Outcome::Rejected if error.is_reported() => Self::Refused,
            Outcome::Rejected if has_status(error, &REFUSALS) => Self::Refused,
            Outcome::Rejected | Outcome::NotSent => Self::Stop,
        }
    }
}

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

    pub(super) fn reject(&mut self, entries: Vec<Entry<K>>, error: &Arc<Error>, operation: &'static str) {
        for entry in entries {
            self.class(entry, K::class(Fate::Rejected(Reason::new(Arc::clone(error), operation))));
        }
    }

    pub(super) fn doubt(&mut self, entries: Vec<Entry<K>>, error: &Arc<Error>, operation: &'static str) {
        for entry in entries {
            self.class(entry, K::class(Fate::Unknown(Reason::new(Arc::clone(error), operation))));
        }
    }

    /// Waits until what is under way has probably arrived.
    pub(super) async fn settle(&self) {
        sleep(self.shared.settle_delay).await;
    }
}

impl<K: Bulk> Chunk<K> {
    /// Sends entries and gives each its class. `is_open`: an earlier run has begun the chunk, and may have sent them.
    ///
    /// An error is one that ends the job; the entries have their classes all the same.
    pub(super) async fn bulk(&mut self, mut entries: Vec<Entry<K>>, is_open: bool) -> Result<(), Arc<Error>> {
        if is_open {
            let looked_up = self.look_up_twice(entries, Evidence::Doubt).await;
            entries = self.or_doubt(looked_up, None)?;
        }
        let mut groups = vec![Group { entries, is_whole: true, is_again: is_open }];
        while let Some(group) = groups.pop() {
            if group.entries.is_empty() {
                continue;
            }
            if let Err(error) = self.group(group, &mut groups).await {
                // They were refused as part of a larger group, and not sent since.
                for Group { entries, is_again, .. } in groups {
                    self.give_up(entries, is_again, &error);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sends a group. What has no class after that is in new groups.
    async fn group(&mut self, group: Group<K>, groups: &mut Vec<Group<K>>) -> Result<(), Arc<Error>> {
        let Group { mut entries, is_whole, is_again } = group;
        let count = entries.len();
        let error = match K::send(self, &entries).await {
            Ok(sent) => return self.acknowledge(entries, &sent).await,
            Err(error) => Arc::new(error),
        };
        match Verdict::of(&error) {
            Verdict::Stop => {
                self.give_up(entries, is_again, &error);
                return Err(error);
            }
            Verdict::Refused => {
                let looked_up = self.look_up(entries, Evidence::Answer).await;
                entries = self.or_doubt(looked_up, Some(&error))?;
                if count == 1 {
                    self.reject(entries, &error, K::OPERATION);
                } else if is_whole && entries.len() < count {
                    // Those that are settled may well have been the reason.
                    groups.push(Group { entries, is_whole: false, is_again });
                } else {
                    let second = entries.split_off(entries.len().div_ceil(2));
                    groups.push(Group { entries: second, is_whole: false, is_again });
                    groups.push(Group { entries, is_whole: false, is_again });
                }
            }
            Verdict::Doubtful => {
                let looked_up = self.look_up_twice(entries, Evidence::Doubt).await;
                entries = self.or_doubt(looked_up, Some(&error))?;
                if self.shared.resend_unknown && !is_again {
                    groups.push(Group { entries, is_whole, is_again: true });
                } else {
                    self.doubt(entries, &error, K::OPERATION);
                }
            }
        }
        Ok(())
    }

    /// Nothing was done for these; but if they were sent before, that may still have its effect.
    fn give_up(&mut self, entries: Vec<Entry<K>>, is_again: bool, error: &Arc<Error>) {
        if is_again {
            self.doubt(entries, error, K::OPERATION);
        } else {
            self.reject(entries, error, K::OPERATION);
        }
    }

    /// Gives those that a success speaks of their class; the others are looked up.
    async fn acknowledge(&mut self, entries: Vec<Entry<K>>, sent: &Sent) -> Result<(), Arc<Error>> {
        let mut silent = Vec::new();
        for entry in entries {
            match K::acknowledged(self, &entry, sent) {
                Some(class) => self.class(entry, class),
                None => silent.push(entry),
            }
        }
        for is_last in [false, true] {
            let looked_up = self.look_up(silent, Evidence::Answer).await;
            silent = self.or_doubt(looked_up, None)?;
            if silent.is_empty() {
                break;
            }
            if !is_last {
                self.settle().await;
            }
        }
        for entry in silent {
            self.class(entry, K::class(Fate::Rejected(Reason::left_out(K::OPERATION))));
        }
        Ok(())
    }

    /// Looks entries up, after a delay and then another; gives those that are not settled.
    async fn look_up_twice(&mut self, mut entries: Vec<Entry<K>>, evidence: Evidence) -> LookedUp<K> {
        for _ in 0..2 {
            if !entries.is_empty() {
                self.settle().await;
                entries = self.look_up(entries, evidence).await?;
            }
        }
        Ok(entries)
    }

    /// What is left after a look-up. If that failed, the entries stay unknown because of `error`, or else of the failure.
    fn or_doubt(&mut self, looked_up: LookedUp<K>, error: Option<&Arc<Error>>) -> Result<Vec<Entry<K>>, Arc<Error>> {
        looked_up.map_err(|(entries, failure)| {
            let failure = Arc::new(failure);
            self.doubt(entries, error.unwrap_or(&failure), K::OPERATION);
            failure
        })
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
