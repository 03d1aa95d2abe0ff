//! The journal: records the chunks that a job began and finished. It contains digests, but no contact data.

mod file;
mod format;

pub(super) use file::{Journal, journal_error};
pub(super) use format::{Header, Records, digest};
