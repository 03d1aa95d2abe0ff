//! The journal: records the chunks that a job began and finished. It contains digests and reasons, but no contact data.

mod error;
mod file;
mod format;
mod read;

pub(super) use error::journal_error;
pub(super) use file::{Journal, Opening};
pub(super) use format::{ChunkRecord, FailureRecord, FinishedRecord, RecordedClass, Records, digest};

#[cfg(test)]
mod tests;
