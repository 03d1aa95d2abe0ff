//! The error of a whole job.

use std::{error::Error as StdError, fmt};

use super::Summary;
use crate::Error;

/// The error of [`Job::run`](super::Job::run), with the summary until then.
///
/// `?` converts it into an [`Error`] and drops the summary.
pub struct RunError<J> {
    error: Error,
    summary: Summary<J>,
}

impl<J> RunError<J> {
    pub(super) fn new(error: Error, summary: Summary<J>) -> Self {
        Self { error, summary }
    }

    /// Returns the error that stopped the job.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the summary until the job stopped.
    #[must_use]
    pub fn summary(&self) -> &Summary<J> {
        &self.summary
    }

    /// Returns the error that stopped the job, and drops the summary.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl<J> From<RunError<J>> for Error {
    fn from(error: RunError<J>) -> Self {
        error.into_error()
    }
}

impl<J> fmt::Display for RunError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the job failed after {} items", self.summary.items())
    }
}

impl<J> fmt::Debug for RunError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunError").field("error", &self.error).field("summary", &self.summary).finish()
    }
}

impl<J> StdError for RunError<J> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}
