//! A stored contact.

use std::{collections::BTreeMap, fmt, sync::Arc};

/// The position of a contact in insertion order. It breaks ties in lists and forms the `contact_id`.
pub(super) type SeqNo = u64;

/// A contact in the store.
///
/// It has no opt-out, because an opt-out belongs to the number. The strings are reference-counted, because the indexes
/// share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    pub(super) phone: Arc<str>,
    /// Unix time in milliseconds.
    pub(super) created_at: Option<i64>,
    pub(super) verified: Option<bool>,
    pub(super) details: Details,
}

/// The properties that a request can set. In a request, `None` leaves the property unchanged.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) first_name: Option<Arc<str>>,
    pub(super) last_name: Option<Arc<str>>,
    pub(super) company_name: Option<Arc<str>>,
    pub(super) assigned_to_email: Option<Arc<str>>,
    pub(super) sendblue_number: Option<Arc<str>>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) custom_variables: Option<BTreeMap<String, String>>,
}

impl Details {
    /// Merges `custom_variables` and replaces every other property that `change` sets.
    pub(super) fn apply(&mut self, change: Self) {
        fn replace<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        replace(&mut self.first_name, change.first_name);
        replace(&mut self.last_name, change.last_name);
        replace(&mut self.company_name, change.company_name);
        replace(&mut self.assigned_to_email, change.assigned_to_email);
        replace(&mut self.sendblue_number, change.sendblue_number);
        replace(&mut self.tags, change.tags);
        if let Some(variables) = change.custom_variables {
            self.custom_variables.get_or_insert_default().extend(variables);
        }
    }
}

/// The immutable `contact_id` in list responses.
#[derive(Clone, Copy)]
pub(super) struct ContactId(pub(super) SeqNo);

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00000000-0000-4000-8000-{:012x}", self.0)
    }
}

impl ContactId {
    /// Parses the exact text that `Display` writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, digits) = text.rsplit_once('-')?;
        Some(Self(SeqNo::from_str_radix(digits, 16).ok()?)).filter(|id| id.to_string() == text)
    }
}
