//! The kind of job that imports contacts.

use std::{fmt, marker::PhantomData};

use serde_json::Value;

use super::{
    JobKind, Reason,
    class::{CommonClass, ImportClass},
    counts::ClassCounts,
    journal::RecordedClass,
};
use crate::{NewContact, ParsePhoneNumberError, PhoneNumber};

/// The [kind of job](JobKind) that [`Contacts::import`](crate::Contacts::import) returns.
///
/// `Key` is the type of the caller's keys; see [`ImportItem`](super::ImportItem).
pub struct Import<Key = ()> {
    pub(super) upsert: bool,
    key: PhantomData<fn() -> Key>,
}

impl<Key> Import<Key> {
    pub(super) fn new() -> Self {
        Self { upsert: false, key: PhantomData }
    }
}

impl<Key: Send + Sync + 'static> JobKind for Import<Key> {
    type Key = Key;
    type Item = Result<NewContact, ParsePhoneNumberError>;
    type Class = ImportClass;

    fn name(&self) -> &'static str {
        if self.upsert { "upsert" } else { "import" }
    }

    fn phone(item: &Self::Item) -> Result<&PhoneNumber, ParsePhoneNumberError> {
        item.as_ref().map(|contact| &contact.phone).map_err(|error| *error)
    }

    fn canonical_json(item: &Self::Item) -> Value {
        serde_json::to_value(item.as_ref().ok()).unwrap_or_default()
    }

    fn class(class: CommonClass) -> ImportClass {
        class.into()
    }

    fn failure(class: &ImportClass) -> Option<(RecordedClass, &Reason)> {
        match class {
            ImportClass::Rejected(reason) => Some((RecordedClass::Rejected, reason)),
            ImportClass::Unknown(reason) => Some((RecordedClass::Unknown, reason)),
            _ => None,
        }
    }

    fn counter<'a>(class: &ImportClass, counts: &'a mut ClassCounts) -> &'a mut u64 {
        match class {
            ImportClass::Created => &mut counts.done,
            ImportClass::Existing => &mut counts.existing,
            ImportClass::Rejected(_) => &mut counts.rejected,
            ImportClass::Invalid(_) => &mut counts.invalid,
            ImportClass::Duplicate { .. } => &mut counts.duplicate,
            ImportClass::Unknown(_) => &mut counts.unknown,
        }
    }
}

// `derive` would require `Key: Clone` and `Key: Debug`.
impl<Key> Clone for Import<Key> {
    fn clone(&self) -> Self {
        Self { upsert: self.upsert, key: PhantomData }
    }
}

impl<Key> fmt::Debug for Import<Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").field("upsert", &self.upsert).finish_non_exhaustive()
    }
}
