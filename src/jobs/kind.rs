//! The differences between an import and a removal.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Reason, class::CommonClass, counts::ClassCounts, journal::RecordedClass};
use crate::{ParsePhoneNumberError, PhoneNumber};

/// A kind of job: [`Import`](super::Import) or [`Remove`](super::Remove).
///
/// This trait is sealed: other types cannot implement it.
pub trait JobKind: Clone + fmt::Debug + Send + Sync + 'static {
    /// The caller's key of an item; `()` if the items have no keys.
    type Key: Send + Sync + 'static;
    /// An item of the input, without its key.
    type Item: Send + Sync + 'static;
    /// The class that a job gives to an item.
    type Class: fmt::Display + fmt::Debug + Serialize + Send + Sync + 'static;

    /// Returns the name of the kind in a journal.
    #[doc(hidden)]
    fn name(&self) -> &'static str;

    /// Returns the phone number of an item.
    #[doc(hidden)]
    fn phone(item: &Self::Item) -> Result<&PhoneNumber, ParsePhoneNumberError>;

    /// Returns the item as JSON. Equal items give equal JSON; an invalid item gives `null`.
    #[doc(hidden)]
    fn canonical_json(item: &Self::Item) -> Value;

    /// Converts a class that both kinds of job have.
    #[doc(hidden)]
    fn class(class: CommonClass) -> Self::Class;

    /// Returns the class and the reason of a rejected or unknown item, for the journal.
    #[doc(hidden)]
    fn failure(class: &Self::Class) -> Option<(RecordedClass, &Reason)>;

    /// Returns the counter of a class.
    #[doc(hidden)]
    fn counter<'a>(class: &Self::Class, counts: &'a mut ClassCounts) -> &'a mut u64;
}
