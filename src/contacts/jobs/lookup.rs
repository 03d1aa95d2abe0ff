//! Looking up what there is at the service.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;

use super::{
    JobKind,
    chunk::{Bulk, Chunk, Entry, Shared},
    evidence::{Evidence, Found, has_status, is_no_contact},
};
use crate::{
    Contact, Error, OrderBy, OrderDirection, PhoneNumber,
    contacts::{MAX_LIMIT, MAX_OFFSET},
};

/// So many look-ups of one contact each are worth one page.
const PAGE_WORTH: usize = 10;
/// What the service may answer to a number that it takes for none.
const NO_NUMBER: [StatusCode; 2] = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
/// How much earlier than the chunk the pages begin: they only have to find.
const PAGE_MARGIN: TimeDelta = TimeDelta::seconds(60);
/// How much earlier than the chunk a contact may be created by the service's clock to be taken for one of the chunk, where
/// nothing speaks against it: `Date` is cut to the second, and `created_at` may be.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// The entries that a look-up did not settle; or all those without a class, and why the look-up failed.
pub(super) type LookedUp<K> = Result<Vec<Entry<K>>, (Vec<Entry<K>>, Error)>;

/// What the service answers when it is asked for the contact of a number.
pub(super) enum Retrieved {
    There(Box<Contact>),
    Absent,
    /// It takes the number for none. So there cannot be such a contact, or the service refuses whatever it is asked.
    Refused,
}

impl Shared {
    pub(super) async fn retrieve(&self, phone: &PhoneNumber) -> Result<Retrieved, Error> {
        match self.send(self.contacts.retrieve(phone)).await {
            Ok(contact) => Ok(Retrieved::There(Box::new(contact))),
            Err(error) if is_no_contact(&error) => Ok(Retrieved::Absent),
            Err(error) if has_status(&error, &NO_NUMBER) => Ok(Retrieved::Refused),
            Err(error) => Err(error),
        }
    }

    /// Contacts created since a time, by number: at most so many pages of them.
    async fn pages(&self, since: DateTime<Utc>, pages: usize) -> Result<HashMap<String, Found>, Error> {
        let mut found = HashMap::new();
        for offset in (0..=MAX_OFFSET).step_by(MAX_LIMIT as usize).take(pages) {
            let list = self.contacts.list().order_by(OrderBy::CREATED_AT).order_direction(OrderDirection::Asc);
            let page = self.send(list.created_at_gte(since).limit(MAX_LIMIT).offset(offset)).await?;
            let is_last = page.len() < MAX_LIMIT as usize;
            found.extend(page.iter().filter_map(|contact| Some((contact.phone.clone()?, contact.into()))));
            if is_last {
                break;
            }
        }
        Ok(found)
    }
}

impl<K: JobKind> Chunk<K> {
    /// Whether this chunk has created a contact, as far as can be judged.
    pub(super) fn has_created(&self, entry: &Entry<K>, found: &Found, evidence: Evidence) -> bool {
        let begun = self.shared.clock.at(self.begun);
        match (evidence, found.created_at) {
            _ if entry.was_absent => true,
            (Evidence::Listed, None) => true,
            (Evidence::Doubt | Evidence::Answer, None) => false,
            (Evidence::Listed | Evidence::Doubt, Some(created_at)) => created_at >= before(begun, SLACK),
            (Evidence::Answer, Some(created_at)) => created_at > begun,
        }
    }
}

impl<K: Bulk> Chunk<K> {
    /// Looks entries up once, and gives those that it settles their class.
    ///
    /// Pages only ever find. That there is no contact of a number is believed when it is asked for alone.
    pub(super) async fn look_up(&mut self, mut entries: Vec<Entry<K>>, evidence: Evidence) -> LookedUp<K> {
        let pages = entries.len() / PAGE_WORTH;
        if K::FINDING_SETTLES && evidence == Evidence::Doubt && pages > 0 {
            let since = before(self.shared.clock.at(self.begun), PAGE_MARGIN);
            let found = match self.shared.pages(since, pages).await {
                Ok(found) => found,
                Err(error) => return Err((entries, error)),
            };
            let mut rest = Vec::new();
            for entry in entries {
                match found.get(entry.phone.as_str()) {
                    Some(found) => rest.extend(self.judge(entry, Some(found), evidence)),
                    None => rest.push(entry),
                }
            }
            entries = rest;
        }
        let mut rest = Vec::new();
        let mut entries = entries.into_iter();
        while let Some(entry) = entries.next() {
            match self.shared.retrieve(&entry.phone).await {
                Ok(Retrieved::There(contact)) => {
                    rest.extend(self.judge(entry, Some(&Found::from(&*contact)), evidence));
                }
                // What would settle it has to be proved.
                Ok(Retrieved::Refused) if !K::FINDING_SETTLES => rest.push(entry),
                Ok(Retrieved::Absent | Retrieved::Refused) => rest.extend(self.judge(entry, None, evidence)),
                Err(error) => {
                    rest.push(entry);
                    rest.extend(entries);
                    return Err((rest, error));
                }
            }
        }
        Ok(rest)
    }

    /// Gives an entry its class, if what was found or not settles it; else gives it back.
    fn judge(&mut self, mut entry: Entry<K>, found: Option<&Found>, evidence: Evidence) -> Option<Entry<K>> {
        if let Some(class) = K::settled(self, &entry, found, evidence) {
            self.class(entry, class);
            return None;
        }
        entry.was_absent |= found.is_none();
        Some(entry)
    }
}

fn before(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_sub_signed(by).unwrap_or(time)
}
