//! The number of items in each class.

use serde::{Deserialize, Serialize};

/// The number of items in each class. The field names are keys of the journal's `end` line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// The number of `Created` or `Gone` items.
    pub(super) done: u64,
    pub(super) existing: u64,
    pub(super) rejected: u64,
    pub(super) invalid: u64,
    pub(super) duplicate: u64,
    pub(super) unknown: u64,
    /// The sum of `amount` in the responses to bulk deletes.
    pub(super) reported_deletions: Option<u64>,
}

impl ClassCounts {
    /// Returns the number of items in all classes, or `None` on overflow.
    pub(super) fn items(&self) -> Option<u64> {
        let Self { done, existing, rejected, invalid, duplicate, unknown, reported_deletions: _ } = self;
        [existing, rejected, invalid, duplicate, unknown]
            .into_iter()
            .try_fold(*done, |sum, next| sum.checked_add(*next))
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { done, existing, rejected, invalid, duplicate, unknown, reported_deletions } = other;
        self.done = self.done.saturating_add(done);
        self.existing = self.existing.saturating_add(existing);
        self.rejected = self.rejected.saturating_add(rejected);
        self.invalid = self.invalid.saturating_add(invalid);
        self.duplicate = self.duplicate.saturating_add(duplicate);
        self.unknown = self.unknown.saturating_add(unknown);
        self.add_reported_deletions(reported_deletions);
    }

    pub(super) fn add_reported_deletions(&mut self, reported: Option<u64>) {
        self.reported_deletions = match (self.reported_deletions, reported) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            (sum, more) => sum.or(more),
        };
    }
}
