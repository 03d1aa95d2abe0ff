//! Importing: contacts that are to be there.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::{
    Job, JobKind, Reason, Tally,
    chunk::{Bulk, Chunk, Entry, Fate, Sent},
    evidence::{Evidence, Found},
};
use crate::{Error, NewContact, ParsePhoneNumberError, PhoneNumber};

/// The [kind of job](JobKind) that [`Contacts::import`](crate::Contacts::import) makes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Import {
    upsert: bool,
}

/// What became of a contact that was to be imported.
#[derive(Clone, Debug)]
pub enum Imported {
    /// It was created.
    Created,
    /// There was a contact of that number before. It is as it was; after an [upsert](Job::upsert), it has been updated.
    Existing,
    /// The service refused it, or [the job had to stop](Reason::is_stop) before it could be done; nothing was done. (If it
    /// was an upsert, and the [operation](Reason::operation) is `contacts.update`, the contact is there, but for its
    /// `company_name`.)
    Rejected(Reason),
    /// It has no valid number, and was not sent.
    Invalid(ParsePhoneNumberError),
    /// An item before has the same number, so it was not sent, whatever became of that one.
    Duplicate {
        /// The index of the first item with the number.
        of: u64,
    },
    /// Whether it was created (or updated) is not known: look it up with [`retrieve`](crate::Contacts::retrieve) after a
    /// while.
    Unknown(Reason),
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Existing => f.write_str("existing"),
            Self::Rejected(reason) => write!(f, "rejected: {reason}"),
            Self::Invalid(error) => write!(f, "invalid: phone: {error}"),
            Self::Duplicate { of } => write!(f, "duplicate of item {of}"),
            Self::Unknown(reason) => write!(f, "unknown, retrieve it after a while to find out: {reason}"),
        }
    }
}

impl JobKind for Import {
    type Item = NewContact;
    type Class = Imported;

    fn name(&self) -> &'static str {
        if self.upsert { "upsert" } else { "import" }
    }

    fn phone(item: &NewContact) -> Result<&PhoneNumber, ParsePhoneNumberError> {
        item.params().map(|params| &params.phone)
    }

    fn canonical(item: &NewContact) -> Value {
        serde_json::to_value(item.params().ok()).unwrap_or_default()
    }

    fn class(fate: Fate) -> Imported {
        match fate {
            Fate::Rejected(reason) => Imported::Rejected(reason),
            Fate::Invalid(error) => Imported::Invalid(error),
            Fate::Duplicate { of } => Imported::Duplicate { of },
            Fate::Unknown(reason) => Imported::Unknown(reason),
        }
    }

    fn count<'a>(class: &Imported, tally: &'a mut Tally) -> &'a mut u64 {
        match class {
            Imported::Created => &mut tally.done,
            Imported::Existing => &mut tally.existing,
            Imported::Rejected(_) => &mut tally.rejected,
            Imported::Invalid(_) => &mut tally.invalid,
            Imported::Duplicate { .. } => &mut tally.duplicate,
            Imported::Unknown(_) => &mut tally.unknown,
        }
    }

    async fn work(&self, chunk: &mut Chunk<Self>, entries: Vec<Entry<Self>>, is_open: bool) -> Result<(), Arc<Error>> {
        if self.upsert { chunk.upsert(entries, is_open).await } else { chunk.bulk(entries, is_open).await }
    }
}

impl Bulk for Import {
    const OPERATION: &'static str = "contacts.bulk.create";
    const FINDING_SETTLES: bool = true;

    async fn send(chunk: &mut Chunk<Self>, entries: &[Entry<Self>]) -> Result<Sent, Error> {
        let contacts = entries.iter().map(|entry| entry.item.clone());
        // Whatever the client does otherwise: a job looks up first.
        let request = chunk.shared.contacts.bulk().create(contacts).retry_ambiguous(false);
        let listed = chunk.shared.send(request).await?;
        Ok(listed.iter().filter_map(|contact| Some((contact.phone.clone()?, contact.into()))).collect())
    }

    fn acknowledged(chunk: &Chunk<Self>, entry: &Entry<Self>, sent: &Sent) -> Option<Imported> {
        let found = sent.get(entry.phone.as_str())?;
        Some(chunk.found(entry, found, Evidence::Listed))
    }

    fn settled(
        chunk: &Chunk<Self>,
        entry: &Entry<Self>,
        found: Option<&Found>,
        evidence: Evidence,
    ) -> Option<Imported> {
        found.map(|found| chunk.found(entry, found, evidence))
    }
}

impl Chunk<Import> {
    /// The class of a contact that is there.
    pub(super) fn found(&self, entry: &Entry<Import>, found: &Found, evidence: Evidence) -> Imported {
        if self.has_created(entry, found, evidence) { Imported::Created } else { Imported::Existing }
    }
}

/// Settings of an import.
impl Job<Import> {
    /// Whether contacts that exist are updated: false by default.
    ///
    /// Each item is then a request of its own, `create` with `update_if_exists`, and one with a `company_name`, which
    /// `create` does not have, is followed by an `update`. The items of a chunk are sent one after the other, so that
    /// [`concurrency`](Job::concurrency) is how many are under way at once. A refused item does not stop its chunk; after an
    /// unknown outcome, the contact is looked up twice, and the item is done if the contact is as it is to be. An item has at
    /// most 2 requests, 4 with [`resend_unknown`](Job::resend_unknown), and 2 look-ups for each, and in a chunk that an earlier
    /// run has begun 2 look-ups before them.
    pub fn upsert(mut self, upsert: bool) -> Self {
        self.kind.upsert = upsert;
        self
    }
}
