//! The kind of job that removes contacts.

use std::{fmt, marker::PhantomData};

use serde_json::Value;

use super::{
    JobKind, Reason,
    class::{CommonClass, RemoveClass},
    counts::ClassCounts,
    journal::RecordedClass,
};
use crate::{ParsePhoneNumberError, PhoneNumber};

/// The [kind of job](JobKind) that [`Contacts::remove`](crate::Contacts::remove) returns.
///
/// `Key` is the type of the caller's keys; see [`RemoveItem`](super::RemoveItem).
pub struct Remove<Key = ()> {
    key: PhantomData<fn() -> Key>,
}

impl<Key> Remove<Key> {
    pub(super) fn new() -> Self {
        Self { key: PhantomData }
    }
}

impl<Key: Send + Sync + 'static> JobKind for Remove<Key> {
    type Key = Key;
    type Item = Result<PhoneNumber, ParsePhoneNumberError>;
    type Class = RemoveClass;

    fn name(&self) -> &'static str {
        "remove"
    }

    fn phone(item: &Self::Item) -> Result<&PhoneNumber, ParsePhoneNumberError> {
        item.as_ref().map_err(|error| *error)
    }

    fn canonical_json(item: &Self::Item) -> Value {
        serde_json::to_value(item.as_ref().ok()).unwrap_or_default()
    }

    fn class(class: CommonClass) -> RemoveClass {
        class.into()
    }

    fn failure(class: &RemoveClass) -> Option<(RecordedClass, &Reason)> {
        match class {
            RemoveClass::Rejected(reason) => Some((RecordedClass::Rejected, reason)),
            RemoveClass::Unknown(reason) => Some((RecordedClass::Unknown, reason)),
            _ => None,
        }
    }

    fn counter<'a>(class: &RemoveClass, counts: &'a mut ClassCounts) -> &'a mut u64 {
        match class {
            RemoveClass::Gone => &mut counts.done,
            RemoveClass::Rejected(_) => &mut counts.rejected,
            RemoveClass::Invalid(_) => &mut counts.invalid,
            RemoveClass::Duplicate { .. } => &mut counts.duplicate,
            RemoveClass::Unknown(_) => &mut counts.unknown,
        }
    }
}

// `derive` would require `Key: Clone` and `Key: Debug`.
impl<Key> Clone for Remove<Key> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<Key> fmt::Debug for Remove<Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remove").finish_non_exhaustive()
    }
}
