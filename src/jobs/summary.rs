//! The summary of a job.

use std::{fmt, marker::PhantomData};

use serde::{Serialize, Serializer};

use super::{Import, Remove, counts::ClassCounts};

/// The number of items in each class.
///
/// The job gives each item one class, so the counts of the classes add up to [`items`](Self::items).
/// A summary serializes as a map of its counts and [`is_stopped`](Self::is_stopped).
pub struct Summary<J> {
    counts: ClassCounts,
    resumed: u64,
    is_stopped: bool,
    kind: PhantomData<fn() -> J>,
}

impl<J> Summary<J> {
    pub(super) fn new(counts: ClassCounts, resumed: u64, is_stopped: bool) -> Self {
        Self { counts, resumed, is_stopped, kind: PhantomData }
    }

    /// Returns the number of classified items.
    ///
    /// After the job has ended, the classified items are the first items of the input, without gaps.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.counts.items().unwrap_or(u64::MAX)
    }

    /// Returns the number of rejected items.
    ///
    /// The service refused the item or omitted it from the response, or the job stopped before it sent the item.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.counts.rejected
    }

    /// Returns the number of items without a valid phone number.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.counts.invalid
    }

    /// Returns the number of items that repeat the phone number of an earlier item.
    #[must_use]
    pub fn duplicate(&self) -> u64 {
        self.counts.duplicate
    }

    /// Returns the number of items with an unknown outcome.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.counts.unknown
    }

    /// Returns the number of items in chunks that an earlier run finished, according to the journal.
    #[must_use]
    pub fn resumed(&self) -> u64 {
        self.resumed
    }

    /// Returns whether the job stopped early: after an error, or after [`stop`](super::RunningJob::stop).
    ///
    /// After `stop`, the result is false if the size hint of the input shows that no items are left.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    fn fmt_common_classes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClassCounts { rejected, invalid, duplicate, unknown, .. } = self.counts;
        write!(f, "{rejected} rejected, {invalid} invalid, {duplicate} duplicate, {unknown} unknown")?;
        if self.resumed > 0 {
            write!(f, "; {} of them from an earlier run", self.resumed)?;
        }
        f.write_str(if self.is_stopped { "; stopped early" } else { "" })
    }
}

impl<Key> Summary<Import<Key>> {
    /// Returns the number of contacts that the job created.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.counts.done
    }

    /// Returns the number of contacts that existed before.
    #[must_use]
    pub fn existing(&self) -> u64 {
        self.counts.existing
    }
}

impl<Key> Summary<Remove<Key>> {
    /// Returns the number of phone numbers that have no contact after the job.
    ///
    /// Either the job deleted the contact, or the number had no contact before.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.counts.done
    }

    /// Returns the number of deleted contacts that the service reports, or `None` if it reports no number.
    ///
    /// The result may be less than [`gone`](Self::gone). `gone` also counts numbers that had no contact before, and
    /// deletions whose response was lost. The service does not report which contacts it deleted.
    #[must_use]
    pub fn deleted(&self) -> Option<u64> {
        self.counts.reported_deletions
    }
}

impl<Key> fmt::Display for Summary<Import<Key>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items: {} created, {} existing, ", self.items(), self.created(), self.existing())?;
        self.fmt_common_classes(f)
    }
}

impl<Key> fmt::Display for Summary<Remove<Key>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items: {} gone", self.items(), self.gone())?;
        if let Some(deleted) = self.deleted() {
            write!(f, " (the service reports {deleted} deleted)")?;
        }
        f.write_str(", ")?;
        self.fmt_common_classes(f)
    }
}

#[derive(Serialize)]
struct SummaryMap {
    items: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    existing: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<u64>,
    rejected: u64,
    invalid: u64,
    duplicate: u64,
    unknown: u64,
    resumed: u64,
    is_stopped: bool,
}

impl<J> From<&Summary<J>> for SummaryMap {
    fn from(summary: &Summary<J>) -> Self {
        let ClassCounts { rejected, invalid, duplicate, unknown, .. } = summary.counts;
        Self {
            items: summary.items(),
            created: None,
            existing: None,
            gone: None,
            deleted: None,
            rejected,
            invalid,
            duplicate,
            unknown,
            resumed: summary.resumed,
            is_stopped: summary.is_stopped,
        }
    }
}

impl<Key> Serialize for Summary<Import<Key>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (created, existing) = (Some(self.created()), Some(self.existing()));
        SummaryMap { created, existing, ..self.into() }.serialize(serializer)
    }
}

impl<Key> Serialize for Summary<Remove<Key>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SummaryMap { gone: Some(self.gone()), deleted: self.deleted(), ..self.into() }.serialize(serializer)
    }
}

impl<J> Clone for Summary<J> {
    fn clone(&self) -> Self {
        Self::new(self.counts, self.resumed, self.is_stopped)
    }
}

impl<J> fmt::Debug for Summary<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary")
            .field("counts", &self.counts)
            .field("resumed", &self.resumed)
            .field("is_stopped", &self.is_stopped)
            .finish()
    }
}
