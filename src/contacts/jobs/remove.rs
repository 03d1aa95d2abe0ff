//! Removing: contacts that are not to be there any more.

use std::{fmt, sync::Arc};

use serde_json::Value;

#[cfg(doc)]
use super::Summary;
use super::{
    JobKind, Reason, Tally,
    chunk::{Bulk, Chunk, Entry, Fate, Sent},
    evidence::{Evidence, Found},
};
use crate::{Error, ParsePhoneNumberError, PhoneNumber};

/// The [kind of job](JobKind) that [`Contacts::remove`](crate::Contacts::remove) makes.
///
/// The items of its reports are the numbers, or why they are none.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Remove {}

/// What became of a contact that was to be removed.
#[derive(Clone, Debug)]
pub enum Removed {
    /// There is no contact of that number any more, or there was none before: the service does not say which.
    ///
    /// That is the service's word: it answered a bulk delete with success, which is not looked into though its
    /// [`amount`](Summary::amount) may be less, or it answered a look-up with 404.
    Gone,
    /// The service refused to delete it, or [the job had to stop](Reason::is_stop) before it could be done; nothing was
    /// done.
    Rejected(Reason),
    /// It is no valid number, and was not sent.
    Invalid(ParsePhoneNumberError),
    /// An item before is the same number, so it was not sent, whatever became of that one.
    Duplicate {
        /// The index of the first item with the number.
        of: u64,
    },
    /// The contact was still there when it was last looked up, but whether a request to delete it is under way is not
    /// known: look it up with [`retrieve`](crate::Contacts::retrieve) after a while.
    Unknown(Reason),
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("gone"),
            Self::Rejected(reason) => write!(f, "rejected: {reason}"),
            Self::Invalid(error) => write!(f, "invalid: number: {error}"),
            Self::Duplicate { of } => write!(f, "duplicate of item {of}"),
            Self::Unknown(reason) => write!(f, "unknown, retrieve it after a while to find out: {reason}"),
        }
    }
}

impl JobKind for Remove {
    type Item = Result<PhoneNumber, ParsePhoneNumberError>;
    type Class = Removed;

    fn name(&self) -> &'static str {
        "remove"
    }

    fn phone(item: &Self::Item) -> Result<&PhoneNumber, ParsePhoneNumberError> {
        item.as_ref().map_err(|error| *error)
    }

    fn canonical(item: &Self::Item) -> Value {
        serde_json::to_value(item.as_ref().ok()).unwrap_or_default()
    }

    fn class(fate: Fate) -> Removed {
        match fate {
            Fate::Rejected(reason) => Removed::Rejected(reason),
            Fate::Invalid(error) => Removed::Invalid(error),
            Fate::Duplicate { of } => Removed::Duplicate { of },
            Fate::Unknown(reason) => Removed::Unknown(reason),
        }
    }

    fn count<'a>(class: &Removed, tally: &'a mut Tally) -> &'a mut u64 {
        match class {
            Removed::Gone => &mut tally.done,
            Removed::Rejected(_) => &mut tally.rejected,
            Removed::Invalid(_) => &mut tally.invalid,
            Removed::Duplicate { .. } => &mut tally.duplicate,
            Removed::Unknown(_) => &mut tally.unknown,
        }
    }

    async fn work(&self, chunk: &mut Chunk<Self>, entries: Vec<Entry<Self>>, is_open: bool) -> Result<(), Arc<Error>> {
        chunk.bulk(entries, is_open).await
    }
}

impl Bulk for Remove {
    const OPERATION: &'static str = "contacts.bulk.delete";
    const FINDING_SETTLES: bool = false;

    async fn send(chunk: &mut Chunk<Self>, entries: &[Entry<Self>]) -> Result<Sent, Error> {
        let request = chunk.shared.contacts.bulk().delete(entries.iter().map(|entry| &entry.phone));
        let amount = chunk.shared.send(request).await?;
        chunk.tally.add_amount(amount);
        Ok(Sent::new())
    }

    fn acknowledged(_: &Chunk<Self>, _: &Entry<Self>, _: &Sent) -> Option<Removed> {
        Some(Removed::Gone)
    }

    fn settled(_: &Chunk<Self>, _: &Entry<Self>, found: Option<&Found>, _: Evidence) -> Option<Removed> {
        found.is_none().then_some(Removed::Gone)
    }
}
