//! Creates the errors of a journal.

use std::io;

use crate::{
    error::{Cause, Error, JournalFailure},
    outcome::Outcome,
};

pub(in crate::jobs) fn journal_error(failure: JournalFailure) -> Error {
    Error::new(Cause::Journal(failure), Outcome::NotSent)
}

pub(super) fn io_error(action: &'static str, error: io::Error) -> Error {
    journal_error(JournalFailure::Io(action)).with_source(error)
}
