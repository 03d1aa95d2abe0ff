//! The lines of a journal, as JSON.
//!
//! ```text
//! {"journal":"sendblue-contacts","version":1,"job":"import","chunk_size":100,"account":"5c0a…-9f86…"}
//! {"begin":0,"items":100,"digest":"9f86d08…","at":"2026-05-09T00:00:00.000Z"}
//! {"end":0,"done":97,"existing":1,"rejected":1,…,"failures":[{"class":"rejected","operation":"contacts.bulk.create",
//!     "reason":"contacts.bulk.create: status 400 Bad Request; nothing was changed","items":[17]}]}
//! {"account":"77b1…-03ac…"}
//! ```
//!
//! If the caller accepts another account, the job adds an `account` line. The line replaces the account of the header.
//! In a failure, `items` are the positions of the failed items in the chunk, from 0.

use std::collections::{HashMap, hash_map};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{account::AccountDigest, error::JournalFailure, jobs::counts::ClassCounts};

/// The maximum length of a line in bytes.
///
/// It limits how much the job reads of a file that is not a journal. The longest line is the `end` line of a chunk with
/// 1000 items, if every item failed for a different reason.
pub(super) const MAX_LINE: u64 = 1 << 20;
/// The maximum length of the reason of a failure in characters.
const MAX_REASON: usize = 400;

/// The first line: the job that wrote the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::jobs) struct Header {
    journal: String,
    version: u32,
    job: String,
    chunk_size: usize,
    account: AccountDigest,
}

impl Header {
    pub(in crate::jobs) fn new(job: &str, chunk_size: usize, account: AccountDigest) -> Self {
        Self { journal: "sendblue-contacts".into(), version: 1, job: job.into(), chunk_size, account }
    }

    /// Compares the first line of a file with this header, except for the account, and returns the account.
    ///
    /// Returns `Err(None)` if the line is not a header of this version.
    pub(super) fn check_line(&self, line: &[u8]) -> Result<AccountDigest, Option<JournalFailure>> {
        let found: Self = serde_json::from_slice(line).map_err(|_| None)?;
        if (&found.journal, found.version) != (&self.journal, self.version) {
            return Err(None);
        }
        if found.job != self.job {
            return Err(Some(JournalFailure::OtherJob));
        }
        if found.chunk_size != self.chunk_size {
            return Err(Some(JournalFailure::OtherChunkSize(found.chunk_size)));
        }
        Ok(found.account)
    }

    /// Returns whether the text is the start of a header that equals this header, except for the account.
    pub(super) fn starts_like(&self, text: &[u8]) -> bool {
        let json = serde_json::to_string(self).unwrap_or_default();
        let account = self.account.to_string();
        let (start, end) = json.split_once(&account).unwrap_or_default();
        let Some((found_start, rest)) = text.split_at_checked(start.len()) else {
            return start.as_bytes().starts_with(text);
        };
        let (found_account, found_end) = rest.split_at(account.len().min(rest.len()));
        found_start == start.as_bytes()
            && found_account.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
            && end.as_bytes().starts_with(found_end)
    }
}

/// The line that the job writes before it sends a chunk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    pub(super) begin: u64,
    pub(super) items: u64,
    pub(super) digest: String,
    pub(super) at: DateTime<Utc>,
}

/// The line that the job writes after all items of a chunk have a class.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) end: u64,
    #[serde(flatten)]
    pub(super) finished: FinishedRecord,
}

/// The line that the job writes if the caller accepts another account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLine {
    pub(super) account: AccountDigest,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Begin(Begin),
    End(End),
    Account(AccountLine),
}

/// The counts and the failed items of a finished chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct FinishedRecord {
    #[serde(flatten)]
    pub(in crate::jobs) counts: ClassCounts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::jobs) failures: Vec<FailureRecord>,
}

/// The rejected or unknown items of a chunk that have the same class, operation and reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct FailureRecord {
    pub(in crate::jobs) class: RecordedClass,
    pub(in crate::jobs) operation: String,
    pub(in crate::jobs) reason: String,
    /// The positions of the items in the chunk, from 0.
    pub(in crate::jobs) items: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedClass {
    Rejected,
    Unknown,
}

impl FinishedRecord {
    /// Adds a rejected or unknown item.
    pub(in crate::jobs) fn add_failure(&mut self, class: RecordedClass, operation: &str, reason: &str, item: u32) {
        let reason: String = reason.chars().take(MAX_REASON).collect();
        let is_same = |failure: &&mut FailureRecord| {
            failure.class == class && failure.operation == operation && failure.reason == reason
        };
        match self.failures.iter_mut().find(is_same) {
            Some(failure) => failure.items.push(item),
            None => {
                let operation = operation.to_owned();
                self.failures.push(FailureRecord { class, operation, reason, items: vec![item] });
            }
        }
    }

    /// Returns whether the counts and the failures fit a chunk with this number of items.
    fn is_consistent(&self, items: u64) -> bool {
        let count = |class| {
            let of_class = self.failures.iter().filter(|failure| failure.class == class);
            of_class.map(|failure| failure.items.len() as u64).sum::<u64>()
        };
        let mut numbers: Vec<u32> = self.failures.iter().flat_map(|failure| &failure.items).copied().collect();
        numbers.sort_unstable();
        self.counts.items() == Some(items)
            && count(RecordedClass::Rejected) == self.counts.rejected
            && count(RecordedClass::Unknown) == self.counts.unknown
            && numbers.is_sorted_by(|a, b| a < b)
            && numbers.last().is_none_or(|last| u64::from(*last) < items)
    }
}

/// A chunk that an earlier run began.
#[derive(Debug, PartialEq)]
pub(in crate::jobs) struct ChunkRecord {
    pub(in crate::jobs) items: u64,
    pub(in crate::jobs) digest: String,
    pub(in crate::jobs) begun_at: DateTime<Utc>,
    /// The counts and failures, if the chunk is finished.
    pub(in crate::jobs) finished: Option<FinishedRecord>,
}

/// The chunks that earlier runs began, by chunk number.
pub(in crate::jobs) type Records = HashMap<u64, ChunkRecord>;

/// Adds a line to the records and returns its account, if it has one.
///
/// Returns `None` if the line is invalid or contradicts the records.
pub(super) fn add_line(records: &mut Records, line: &[u8]) -> Option<Option<AccountDigest>> {
    match serde_json::from_slice(line).ok()? {
        Line::Account(AccountLine { account }) => return Some(Some(account)),
        Line::Begin(Begin { begin, items, digest, at }) => match records.entry(begin) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(ChunkRecord { items, digest, begun_at: at, finished: None });
            }
            hash_map::Entry::Occupied(_) => return None,
        },
        Line::End(End { end, finished }) => {
            let record = records.get_mut(&end)?;
            if record.finished.is_some() || !finished.is_consistent(record.items) {
                return None;
            }
            record.finished = Some(finished);
        }
    }
    Some(None)
}

/// Returns the SHA-256 digest of the items of a chunk, given as canonical JSON.
pub(in crate::jobs) fn digest(items: impl Iterator<Item = Value>) -> String {
    let mut hash = Sha256::new();
    for item in items {
        hash.update(item.to_string());
        hash.update(b"\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_items_have_different_digests() {
        let of = |items: &[Value]| digest(items.iter().cloned());
        let digests = [of(&[]), of(&["ab".into()]), of(&["a".into(), "b".into()]), of(&["b".into(), "a".into()])];
        assert_eq!(digests.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert!(digests.iter().all(|digest| digest.len() == 64));
    }
}
