//! The position of a walk: which contacts of the list it has passed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{digest::Digest, passed::Passed};

/// The two properties of a contact that a walk needs: its place in the list and its identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ContactKey {
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) identity: Digest,
}

/// The contacts that a walk has passed, in ascending order of `created_at`.
///
/// Every contact with a `created_at` before `last_created_at` counts as passed. So the position stores identities only
/// for contacts with exactly that `created_at` and for contacts without `created_at`. Offsets reach at most
/// 11,000 contacts of each kind.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The latest `created_at` of a passed contact.
    #[serde(rename = "at", skip_serializing_if = "Option::is_none")]
    last_created_at: Option<DateTime<Utc>>,
    /// The passed contacts whose `created_at` equals `last_created_at`.
    #[serde(rename = "seen", default, skip_serializing_if = "Passed::is_empty")]
    tied: Passed,
    /// The passed contacts without `created_at`.
    #[serde(default, skip_serializing_if = "Passed::is_empty")]
    undated: Passed,
    /// The number of passed contacts.
    #[serde(rename = "passed")]
    passed_count: u64,
}

impl Position {
    /// Returns the latest `created_at` of a passed contact.
    pub(super) fn last_created_at(&self) -> Option<DateTime<Utc>> {
        self.last_created_at
    }

    /// Returns the number of passed contacts.
    pub(super) fn passed_count(&self) -> u64 {
        self.passed_count
    }

    /// Returns the number of passed contacts whose `created_at` equals `last_created_at`.
    pub(super) fn tied_count(&self) -> usize {
        self.tied.len()
    }

    /// Returns the number of passed contacts without `created_at`.
    pub(super) fn undated_count(&self) -> usize {
        self.undated.len()
    }

    /// Returns the last passed contact with a `created_at`, or else the last one without.
    pub(super) fn last(&self) -> Option<ContactKey> {
        let key = |created_at| move |identity| ContactKey { created_at, identity };
        self.tied.last().map(key(self.last_created_at)).or_else(|| self.undated.last().map(key(None)))
    }

    /// Returns whether a contact is passed.
    pub(super) fn has_passed(&self, key: &ContactKey) -> bool {
        match key.created_at {
            None => self.undated.contains(key.identity),
            time if time == self.last_created_at => self.tied.contains(key.identity),
            time => time < self.last_created_at,
        }
    }

    /// Returns whether a contact is the last passed contact, of those with a `created_at` or of those without one.
    pub(super) fn is_last(&self, key: &ContactKey) -> bool {
        let passed = match key.created_at {
            None => &self.undated,
            time if time == self.last_created_at => &self.tied,
            Some(_) => return false,
        };
        passed.last() == Some(key.identity)
    }

    /// Marks a contact as passed and returns whether it was new.
    pub(super) fn mark_passed(&mut self, key: &ContactKey) -> bool {
        if self.has_passed(key) {
            return false;
        }
        match key.created_at {
            None => self.undated.insert(key.identity),
            time => {
                if time != self.last_created_at {
                    self.last_created_at = time;
                    self.tied = Passed::default();
                }
                self.tied.insert(key.identity);
            }
        }
        self.passed_count += 1;
        true
    }
}
