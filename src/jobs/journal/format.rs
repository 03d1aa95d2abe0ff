//! The lines of a journal, as JSON.
//!
//! ```text
//! {"journal":"sendblue-contacts","version":1,"job":"import","chunk_size":100}
//! {"begin":0,"items":100,"digest":"9f86d08…","at":"2026-05-09T00:00:00.000Z"}
//! {"end":0,"done":98,"existing":1,"rejected":0,"invalid":1,"duplicate":0,"unknown":0,"reported_deletions":null}
//! ```

use std::collections::{HashMap, hash_map};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{error::JournalFailure, jobs::counts::ClassCounts};

/// The maximum length of a line in bytes.
///
/// It limits how much the job reads of a file that is not a journal.
pub(super) const MAX_LINE: u64 = 1024;

/// The first line: the job that wrote the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::jobs) struct Header {
    journal: String,
    version: u32,
    job: String,
    chunk_size: usize,
}

impl Header {
    pub(in crate::jobs) fn new(job: &str, chunk_size: usize) -> Self {
        Self { journal: "sendblue-contacts".into(), version: 1, job: job.into(), chunk_size }
    }

    /// Compares the first line of a file with this header. `Err(None)`: the line is not a header of this version.
    pub(super) fn check_line(&self, line: &[u8]) -> Result<(), Option<JournalFailure>> {
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
        Ok(())
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
    pub(super) counts: ClassCounts,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Begin(Begin),
    End(End),
}

/// A chunk that an earlier run began.
#[derive(Debug, PartialEq)]
pub(in crate::jobs) struct ChunkRecord {
    pub(in crate::jobs) items: u64,
    pub(in crate::jobs) digest: String,
    pub(in crate::jobs) begun_at: DateTime<Utc>,
    /// The counts, if the chunk is finished.
    pub(in crate::jobs) finished: Option<ClassCounts>,
}

/// The chunks that earlier runs began, by chunk number.
pub(in crate::jobs) type Records = HashMap<u64, ChunkRecord>;

/// Adds a line to the records. Returns `None` if the line is invalid or contradicts the records.
pub(super) fn add_line(records: &mut Records, line: &[u8]) -> Option<()> {
    match serde_json::from_slice(line).ok()? {
        Line::Begin(Begin { begin, items, digest, at }) => match records.entry(begin) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(ChunkRecord { items, digest, begun_at: at, finished: None });
            }
            hash_map::Entry::Occupied(_) => return None,
        },
        Line::End(End { end, counts }) => {
            let record = records.get_mut(&end)?;
            if record.finished.is_some() || counts.items() != Some(record.items) {
                return None;
            }
            record.finished = Some(counts);
        }
    }
    Some(())
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
