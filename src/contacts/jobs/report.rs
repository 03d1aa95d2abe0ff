//! What became of the items of a job.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Job;
use super::{Import, JobKind, Remove};
use crate::{Error, PhoneNumber};

/// What became of one chunk: of [`Job::chunk_size`] items of the input, invalid ones and duplicates among them.
///
/// `Debug` shows how many items of which class there are, none of the items.
#[non_exhaustive]
pub struct ChunkReport<K: JobKind> {
    /// Which chunk, counted from 0 in the order of the input. Reports come in the order in which chunks end.
    pub chunk: u64,
    /// Its items, in the order of the input, each with its class.
    pub items: Vec<ItemReport<K>>,
}

/// What became of one item.
///
/// `Debug` shows index and class, not the item.
#[non_exhaustive]
pub struct ItemReport<K: JobKind> {
    /// The place of the item in the input, counted from 0.
    pub index: u64,
    /// The item, as it was read.
    pub item: K::Item,
    /// What became of it.
    pub class: K::Class,
}

impl<K: JobKind> ItemReport<K> {
    /// The number of the item, unless it is invalid.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        K::phone(&self.item).ok()
    }
}

/// Why an item was rejected, or is of unknown outcome.
///
/// ```
/// use sendblue_contacts::{NewContact, contacts::Imported, sandbox::{Fault, Sandbox}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// sandbox.fail_next(Fault::status(401));
/// let mut job = sandbox.client()?.contacts().import([NewContact::new("+14155550100")]).start();
/// let report = job.next().await.unwrap()?;
/// let Imported::Rejected(reason) = &report.items[0].class else { panic!() };
/// assert!(reason.is_stop());   // whatever the contact had been
/// assert!(reason.error().unwrap().is_unauthorized());
/// # Ok(())
/// # }
/// ```
///
/// `Display` and `Debug` show no words of the service; [`message`](Self::message) has them.
#[derive(Clone, Debug)]
pub struct Reason {
    operation: &'static str,
    error: Option<Arc<Error>>,
    is_stop: bool,
}

impl Reason {
    pub(super) fn new(error: &Arc<Error>, operation: &'static str) -> Self {
        Self { operation, error: Some(Arc::clone(error)), is_stop: false }
    }

    /// The job has to stop.
    pub(super) fn stop(error: &Arc<Error>, operation: &'static str) -> Self {
        Self { is_stop: true, ..Self::new(error, operation) }
    }

    /// The service answered with success, and left the item out.
    pub(super) fn left_out(operation: &'static str) -> Self {
        Self { operation, error: None, is_stop: false }
    }

    /// The operation that failed, or that the item did not come to, such as `contacts.bulk.create`. Of an upsert it says
    /// which of the two: `contacts.create`, or the `contacts.update` that has to follow for a `company_name`. If it was the
    /// journal that failed, it is a word for the job.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether it is not about this item: the job had to stop before the item could be sent, or looked up.
    ///
    /// A run with the same [journal](Job::journal) goes on with such items.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        self.is_stop
    }

    /// The error; `None` if the service answered with success, but left the item out and has no contact of that number.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_deref()
    }

    /// What the service says, if it says anything; may contain people's data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.error()?.message()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stop {
            f.write_str("the job had to stop: ")?;
        }
        match &self.error {
            Some(error) => write!(f, "{error}"),
            None => write!(f, "{}: the service answered with success, but left it out", self.operation),
        }
    }
}

/// How many items are of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Created, or gone.
    pub(super) done: u64,
    pub(super) existing: u64,
    pub(super) rejected: u64,
    pub(super) invalid: u64,
    pub(super) duplicate: u64,
    pub(super) unknown: u64,
    /// The sum of what the service said to have deleted.
    pub(super) amount: Option<u64>,
}

impl Tally {
    /// How many there are; none if there are more than can be counted.
    pub(super) fn items(&self) -> Option<u64> {
        let Self { done, existing, rejected, invalid, duplicate, unknown, amount: _ } = self;
        [existing, rejected, invalid, duplicate, unknown]
            .into_iter()
            .try_fold(*done, |sum, next| sum.checked_add(*next))
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { done, existing, rejected, invalid, duplicate, unknown, amount } = other;
        self.done = self.done.saturating_add(done);
        self.existing = self.existing.saturating_add(existing);
        self.rejected = self.rejected.saturating_add(rejected);
        self.invalid = self.invalid.saturating_add(invalid);
        self.duplicate = self.duplicate.saturating_add(duplicate);
        self.unknown = self.unknown.saturating_add(unknown);
        self.add_amount(amount);
    }

    pub(super) fn add_amount(&mut self, amount: Option<u64>) {
        self.amount = match (self.amount, amount) {
            (Some(before), Some(more)) => Some(before.saturating_add(more)),
            (before, more) => before.or(more),
        };
    }
}

/// The sums of a job: how many items are of each class.
///
/// Each item that was read has exactly one class, so that the sums add up to [`items`](Self::items): the job makes sure.
pub struct Summary<K> {
    tally: Tally,
    resumed: u64,
    is_stopped: bool,
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K> Summary<K> {
    pub(super) fn new(tally: Tally, resumed: u64, is_stopped: bool) -> Self {
        Self { tally, resumed, is_stopped, kind: std::marker::PhantomData }
    }

    /// How many items have a class: the first so many of the input.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.tally.items().unwrap_or(u64::MAX)
    }

    /// How many were refused by the service, or not sent because the job had to stop.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.tally.rejected
    }

    /// How many were never sent, because they have no valid number.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.tally.invalid
    }

    /// How many were never sent, because an item before has the same number.
    #[must_use]
    pub fn duplicate(&self) -> u64 {
        self.tally.duplicate
    }

    /// Of how many it is not known what became.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.tally.unknown
    }

    /// Of how many the class comes from the journal of an earlier run.
    #[must_use]
    pub fn resumed(&self) -> u64 {
        self.resumed
    }

    /// Whether the job ended before its input did, as far as the input tells: one that knows how many items it has left, or has
    /// been read to its end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    fn rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { rejected, invalid, duplicate, unknown, .. } = self.tally;
        write!(f, "{rejected} rejected, {invalid} invalid, {duplicate} duplicate, {unknown} unknown")?;
        if self.resumed > 0 {
            write!(f, "; {} of them by an earlier run", self.resumed)?;
        }
        f.write_str(if self.is_stopped { "; stopped before the end of the input" } else { "" })
    }
}

impl Summary<Import> {
    /// How many were created.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.tally.done
    }

    /// How many existed before.
    #[must_use]
    pub fn existing(&self) -> u64 {
        self.tally.existing
    }
}

impl Summary<Remove> {
    /// How many are gone: there is no contact of that number any more, or there was none before.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.tally.done
    }

    /// How many contacts the service says to have deleted, as far as it says so. It may be less than [`gone`](Self::gone):
    /// numbers that had no contact do not count, nor do those whose answer was lost. Of which items it is is not known.
    #[must_use]
    pub fn amount(&self) -> Option<u64> {
        self.tally.amount
    }
}

impl fmt::Display for Summary<Import> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items: {} created, {} existing, ", self.items(), self.created(), self.existing())?;
        self.rest(f)
    }
}

impl fmt::Display for Summary<Remove> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items: {} gone", self.items(), self.gone())?;
        if let Some(amount) = self.amount() {
            write!(f, " (the service counts {amount})")?;
        }
        f.write_str(", ")?;
        self.rest(f)
    }
}

impl<K> Clone for Summary<K> {
    fn clone(&self) -> Self {
        Self::new(self.tally, self.resumed, self.is_stopped)
    }
}

impl<K> fmt::Debug for Summary<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary")
            .field("tally", &self.tally)
            .field("resumed", &self.resumed)
            .field("is_stopped", &self.is_stopped)
            .finish()
    }
}

impl<K: JobKind> fmt::Debug for ChunkReport<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkReport").field("chunk", &self.chunk).field("items", &self.items).finish()
    }
}

impl<K: JobKind> fmt::Debug for ItemReport<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemReport").field("index", &self.index).field("class", &self.class).finish_non_exhaustive()
    }
}
