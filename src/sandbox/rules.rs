//! The configurable rules of a sandbox.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use http::StatusCode;

use super::{
    phone::is_e164,
    refusal::Refusal,
    settings::{BulkExisting, OffsetAboveCap},
};

#[derive(Clone, Default)]
pub(super) struct Rules {
    /// Whether `list` and `retrieve` respond in camelCase.
    pub(super) camel_case: bool,
    pub(super) offset_above_cap: OffsetAboveCap,
    pub(super) bulk_existing: BulkExisting,
    /// The maximum number of items in a bulk request.
    pub(super) bulk_limit: Option<usize>,
    /// The numbers that the sandbox refuses, each with the status of the response.
    pub(super) rejected_numbers: HashMap<String, u16>,
    /// The numbers that bulk create skips.
    pub(super) dropped_numbers: HashSet<String>,
}

impl Rules {
    /// Checks the settings before the sandbox starts.
    pub(super) fn check(&self) -> io::Result<()> {
        let invalid = |problem| Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        if !self.rejected_numbers.keys().all(|number| is_e164(number)) {
            return invalid("reject_numbers: a number must be in E.164 format");
        }
        if !self.rejected_numbers.values().all(|status| (200..=999).contains(status)) {
            return invalid("reject_numbers: the status must be from 200 to 999");
        }
        if !self.dropped_numbers.iter().all(|number| is_e164(number)) {
            return invalid("drop_numbers: a number must be in E.164 format");
        }
        Ok(())
    }

    /// Refuses a request that contains a rejected number.
    pub(super) fn check_numbers<'a>(&self, numbers: impl IntoIterator<Item = &'a String>) -> Result<(), Refusal> {
        let status = numbers.into_iter().find_map(|number| self.rejected_numbers.get(number));
        match status.and_then(|&status| StatusCode::from_u16(status).ok()) {
            Some(status) => Err(Refusal::RejectedNumber(status)),
            None => Ok(()),
        }
    }

    /// Refuses a bulk request that has too many items or contains a rejected number.
    pub(super) fn check_bulk<'a>(&self, numbers: impl ExactSizeIterator<Item = &'a String>) -> Result<(), Refusal> {
        if self.bulk_limit.is_some_and(|limit| numbers.len() > limit) {
            Err(Refusal::TooLarge)
        } else {
            self.check_numbers(numbers)
        }
    }
}
