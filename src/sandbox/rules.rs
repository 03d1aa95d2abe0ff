//! What nobody knows of the live service, as settings.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use http::StatusCode;

use super::{answers::Refusal, contact::is_e164};

/// Where a list puts contacts without `created_at`, in either direction.
///
/// Nobody knows what the live service does, so what reads a whole list should be tested with both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undated {
    /// Before all others.
    First,
    /// After all others: the default.
    #[default]
    Last,
}

/// What a list answers to an `offset` above 10000.
///
/// The official clients say that it is capped there, which may be either: what reads a whole list should be tested with
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverOffset {
    /// The page at 10000, again and again: the default.
    #[default]
    Clamp,
    /// A 400 that names `offset`.
    Refuse,
}

/// What a bulk create does with numbers that have a contact already. The contact itself stays as it is.
///
/// Nobody knows what the live service does, so what creates contacts in bulk should be tested with all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkExisting {
    /// They are missing from the answer: the default.
    #[default]
    LeftOut,
    /// They are in the answer, as if they had been created: one contact for each item.
    Included,
    /// One of them refuses the whole request, with a 409.
    Conflict,
}

/// The rules of one sandbox.
#[derive(Clone, Default)]
pub(super) struct Rules {
    pub(super) over_offset: OverOffset,
    pub(super) bulk_existing: BulkExisting,
    /// The most items in a bulk request.
    pub(super) bulk_limit: Option<usize>,
    /// The status that refuses a request which names the number.
    pub(super) rejected: HashMap<String, u16>,
    /// What bulk create passes over.
    pub(super) dropped: HashSet<String>,
}

impl Rules {
    /// Whether the settings make sense.
    pub(super) fn check(&self) -> io::Result<()> {
        let wrong = |problem| Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        if !self.rejected.keys().all(|number| is_e164(number)) {
            return wrong("reject_numbers: a number must be in E.164 format");
        }
        if !self.rejected.values().all(|status| (200..=999).contains(status)) {
            return wrong("reject_numbers: the status must be from 200 to 999");
        }
        if !self.dropped.iter().all(|number| is_e164(number)) {
            return wrong("drop_numbers: a number must be in E.164 format");
        }
        Ok(())
    }

    /// Whether a request may name these numbers.
    pub(super) fn admit<'a>(&self, numbers: impl IntoIterator<Item = &'a String>) -> Result<(), Refusal> {
        let status = numbers.into_iter().find_map(|number| self.rejected.get(number));
        match status.and_then(|&status| StatusCode::from_u16(status).ok()) {
            Some(status) => Err(Refusal::Rejected(status)),
            None => Ok(()),
        }
    }

    /// Whether a bulk request may have these items.
    pub(super) fn admit_all<'a>(&self, numbers: impl ExactSizeIterator<Item = &'a String>) -> Result<(), Refusal> {
        if self.bulk_limit.is_some_and(|limit| numbers.len() > limit) {
            Err(Refusal::TooLarge)
        } else {
            self.admit(numbers)
        }
    }
}
