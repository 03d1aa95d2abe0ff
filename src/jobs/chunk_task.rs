//! The task of a chunk: sends its requests, and records its start and its end in the journal.

use std::sync::Arc;

use super::{
    ChunkReport, JobKind, Reason,
    chunk::{Chunk, PendingItem, RunChunk},
    counts::ClassCounts,
    journal::{FinishedRecord, Journal},
};
use crate::Error;

/// A chunk to run.
pub(super) struct ChunkTask<J: JobKind> {
    pub(super) kind: J,
    pub(super) run_chunk: RunChunk<J>,
    pub(super) chunk: Chunk<J>,
    pub(super) pending: Vec<PendingItem<J>>,
    pub(super) journal: Option<Arc<Journal>>,
    /// The number of the chunk in the input.
    pub(super) number: u64,
    /// The index of the chunk's first item in the input.
    pub(super) first_index: u64,
    pub(super) item_count: u64,
    /// The digest of the items, if there is a journal.
    pub(super) digest: Option<String>,
    /// Whether an earlier run began the chunk.
    pub(super) is_reopened: bool,
}

/// A chunk whose items all have a class.
pub(super) struct FinishedChunk<J: JobKind> {
    pub(super) report: ChunkReport<J>,
    pub(super) counts: ClassCounts,
    /// The error that stops the job.
    pub(super) error: Option<Error>,
}

impl<J: JobKind> ChunkTask<J> {
    pub(super) async fn run(self) -> FinishedChunk<J> {
        let Self { kind, run_chunk, mut chunk, pending, journal, number, first_index, item_count, digest, is_reopened } =
            self;
        let begun = match (&journal, digest) {
            (Some(journal), Some(digest)) if !is_reopened => {
                journal.begin_chunk(number, item_count, digest, chunk.begun_at).await
            }
            _ => Ok(()),
        };
        let mut result = match begun.map_err(Arc::new) {
            Ok(()) if pending.is_empty() => Ok(()),
            Ok(()) => run_chunk(&kind, &mut chunk, pending, is_reopened).await,
            Err(error) => {
                chunk.classify_rejected(pending, &Reason::job_stopped(&error, kind.name()));
                Err(error)
            }
        };
        let Chunk { mut classified, counts, .. } = chunk;
        // After an error, the journal gets no `end` line, so the next run continues with this chunk.
        if let (Some(journal), Ok(())) = (journal, &result) {
            let mut finished = FinishedRecord { counts, ..FinishedRecord::default() };
            for item in &classified {
                if let Some((class, reason)) = J::failure(&item.class) {
                    let number = u32::try_from(item.index - first_index).unwrap_or(u32::MAX);
                    finished.add_failure(class, reason.operation(), &reason.to_string(), number);
                }
            }
            result = journal.end_chunk(number, finished).await.map_err(Arc::new);
        }
        classified.sort_unstable_by_key(|item| item.index);
        let error = result.err().map(Arc::unwrap_or_clone);
        FinishedChunk { report: ChunkReport { chunk: number, items: classified, is_resumed: false }, counts, error }
    }
}
