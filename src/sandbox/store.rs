//! The contacts of the account, with an index for each list order. This module does not use HTTP.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    contact::{Contact, ContactId, Details, SeqNo},
    contact_view::{ContactView, Shape},
    settings::Undated,
};

mod index;
#[cfg(test)]
mod tests;

use self::index::{Index, SeqNos, in_direction};

/// The contacts, the opt-outs and the sent verification messages of an account.
///
/// Every list order has an index, so the cost of a page depends on its offset and length. A list with `created_at_gte`
/// and a sort key other than `created_at` also scans the contacts that the filter excludes.
#[derive(Debug, Default)]
pub(super) struct Store {
    next_seq_no: SeqNo,
    /// The contacts, boxed so that empty slots of the hash table stay small.
    contacts: HashMap<SeqNo, Box<Contact>>,
    by_phone: BTreeMap<Arc<str>, SeqNo>,
    by_created_at: Index<i64>,
    by_first_name: Index<Arc<str>>,
    by_last_name: Index<Arc<str>>,
    undated: Undated,
    /// The opt-outs by phone number. An opt-out can exist before its contact, and remains when the contact is deleted.
    opt_outs: HashMap<Arc<str>, bool>,
    verifications: Vec<Arc<str>>,
}

/// The filters, order and bounds of a list request.
#[derive(Clone, Debug, Default)]
pub(super) struct ListQuery {
    pub(super) sort_key: SortKey,
    pub(super) ascending: bool,
    pub(super) created_at_gte: Option<i64>,
    pub(super) contact_id: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum SortKey {
    #[default]
    CreatedAt,
    FirstName,
    LastName,
    Phone,
}

impl Store {
    pub(super) fn new(undated: Undated) -> Self {
        Self { undated, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.contacts.len()
    }

    pub(super) fn contains(&self, phone: &str) -> bool {
        self.by_phone.contains_key(phone)
    }

    /// Returns the contact with this number, in the given shape.
    pub(super) fn view(&self, phone: &str, shape: Shape) -> Option<ContactView<'_>> {
        let contact = self.contacts.get(self.by_phone.get(phone)?)?;
        Some(self.view_of(contact, shape))
    }

    fn view_of<'a>(&'a self, contact: &'a Contact, shape: Shape) -> ContactView<'a> {
        ContactView { contact, opt_out: self.opt_outs.get(&contact.phone).copied(), shape, camel_case: false }
    }

    /// Adds a contact without defaults. Returns false if its number already has a contact.
    pub(super) fn insert(&mut self, contact: Contact) -> bool {
        if self.contains(&contact.phone) {
            return false;
        }
        let seq_no = self.next_seq_no;
        self.next_seq_no += 1;
        self.by_phone.insert(contact.phone.clone(), seq_no);
        self.by_created_at.insert(contact.created_at, seq_no);
        self.by_first_name.insert(contact.details.first_name.clone(), seq_no);
        self.by_last_name.insert(contact.details.last_name.clone(), seq_no);
        self.contacts.insert(seq_no, Box::new(contact));
        true
    }

    /// Adds an unverified contact. Returns false if its number already has a contact.
    ///
    /// The contact is opted in, unless its number is already opted out.
    pub(super) fn create(&mut self, phone: &str, details: Details, created_at: i64) -> bool {
        let phone: Arc<str> = phone.into();
        let contact = Contact { phone: phone.clone(), created_at: Some(created_at), verified: Some(false), details };
        let new = self.insert(contact);
        if new {
            self.opt_outs.entry(phone).or_insert(false);
        }
        new
    }

    /// Updates a contact. Returns false if the number has no contact.
    pub(super) fn update(&mut self, phone: &str, change: Details) -> bool {
        let Some(&seq_no) = self.by_phone.get(phone) else { return false };
        let Some(contact) = self.contacts.get_mut(&seq_no) else { return false };
        let details = &mut contact.details;
        self.by_first_name.remove(details.first_name.clone(), seq_no);
        self.by_last_name.remove(details.last_name.clone(), seq_no);
        details.apply(change);
        self.by_first_name.insert(details.first_name.clone(), seq_no);
        self.by_last_name.insert(details.last_name.clone(), seq_no);
        true
    }

    /// Deletes a contact. Returns false if the number has no contact.
    pub(super) fn remove(&mut self, phone: &str) -> bool {
        let Some(seq_no) = self.by_phone.remove(phone) else { return false };
        let Some(contact) = self.contacts.remove(&seq_no) else { return false };
        let Contact { created_at, details, .. } = *contact;
        self.by_created_at.remove(created_at, seq_no);
        self.by_first_name.remove(details.first_name, seq_no);
        self.by_last_name.remove(details.last_name, seq_no);
        true
    }

    /// Records whether a number is opted out, with or without a contact.
    pub(super) fn opt_out(&mut self, phone: &str, opted_out: bool) {
        self.opt_outs.insert(phone.into(), opted_out);
    }

    /// Records a verification message, and marks the contact as verified. Returns false if the number has no contact.
    pub(super) fn verify(&mut self, phone: &str) -> bool {
        let Some(contact) = self.by_phone.get(phone).and_then(|seq_no| self.contacts.get_mut(seq_no)) else {
            return false;
        };
        contact.verified = Some(true);
        self.verifications.push(contact.phone.clone());
        true
    }

    /// Returns the phone number of each verification message, oldest first.
    pub(super) fn verifications(&self) -> impl Iterator<Item = &str> {
        self.verifications.iter().map(|phone| &**phone)
    }

    /// Returns a page of contacts.
    pub(super) fn list(&self, query: &ListQuery) -> impl Iterator<Item = ContactView<'_>> {
        let ListQuery { created_at_gte, ref contact_id, ref phone, offset, limit, .. } = *query;
        // `Some(None)` is an invalid id, which matches no contact.
        let contact_id = contact_id.as_deref().map(ContactId::parse);
        let candidates: SeqNos<'_> = match (phone, contact_id) {
            (Some(phone), _) => Box::new(self.by_phone.get(phone.as_str()).copied().into_iter()),
            (None, Some(id)) => Box::new(id.map(|ContactId(seq_no)| seq_no).into_iter()),
            (None, None) => self.sorted(query),
        };
        candidates
            .filter_map(|seq_no| Some((seq_no, self.contacts.get(&seq_no)?)))
            .filter(move |(seq_no, contact)| {
                contact_id.is_none_or(|id| id.is_some_and(|ContactId(id)| id == *seq_no))
                    && created_at_gte.is_none_or(|min| contact.created_at.is_some_and(|time| time >= min))
            })
            .skip(offset)
            .take(limit)
            .map(|(seq_no, contact)| self.view_of(contact, Shape::Listed(ContactId(seq_no))))
    }

    fn sorted(&self, query: &ListQuery) -> SeqNos<'_> {
        let ascending = query.ascending;
        match (query.sort_key, query.created_at_gte) {
            (SortKey::CreatedAt, None) => self.by_created_at.iter(ascending, self.undated),
            (SortKey::CreatedAt, Some(min)) => self.by_created_at.from(min, ascending),
            (SortKey::FirstName, _) => self.by_first_name.iter(ascending, Undated::Last),
            (SortKey::LastName, _) => self.by_last_name.iter(ascending, Undated::Last),
            (SortKey::Phone, _) => in_direction(self.by_phone.values().copied(), ascending),
        }
    }
}
