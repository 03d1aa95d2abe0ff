//! The contacts, in every order that a list may ask for. No HTTP in here.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    contact::{Contact, ContactId, Details, Seq, Shape, View},
    rules::Undated,
};

/// All contacts of the account, the opt-outs of recipients and the verification messages.
///
/// Every order is an index that is kept up to date, so a page costs its offset and its length, however many contacts
/// there are. Only `created_at_gte` in another order than its own walks past contacts that it drops.
#[derive(Debug, Default)]
pub(super) struct Store {
    next: Seq,
    /// Boxed because a hash table keeps room for as many again.
    contacts: HashMap<Seq, Box<Contact>>,
    by_phone: BTreeMap<Arc<str>, Seq>,
    by_created_at: Index<i64>,
    by_first_name: Index<Arc<str>>,
    by_last_name: Index<Arc<str>>,
    undated: Undated,
    /// By number, because an opt-out belongs to the recipient: it outlives the contact, and may come before it.
    opt_outs: HashMap<Arc<str>, bool>,
    verifications: Vec<Arc<str>>,
}

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) order_by: OrderBy,
    pub(super) ascending: bool,
    pub(super) created_at_gte: Option<i64>,
    pub(super) contact_id: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum OrderBy {
    #[default]
    CreatedAt,
    FirstName,
    LastName,
    Phone,
}

/// The contacts with a key in its order, and those without one; ties in the order of insertion.
#[derive(Debug)]
struct Index<K> {
    keyed: BTreeSet<(K, Seq)>,
    keyless: BTreeSet<Seq>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { keyed: BTreeSet::new(), keyless: BTreeSet::new() }
    }
}

impl<K: Ord> Index<K> {
    fn insert(&mut self, key: Option<K>, seq: Seq) {
        match key {
            Some(key) => self.keyed.insert((key, seq)),
            None => self.keyless.insert(seq),
        };
    }

    fn remove(&mut self, key: Option<K>, seq: Seq) {
        match key {
            Some(key) => self.keyed.remove(&(key, seq)),
            None => self.keyless.remove(&seq),
        };
    }

    /// The direction turns each part round; which part comes first is a matter of its own.
    fn iter(&self, ascending: bool, keyless: Undated) -> Sequence<'_> {
        let keyed = directed(self.keyed.iter().map(|(_, seq)| *seq), ascending);
        let without = directed(self.keyless.iter().copied(), ascending);
        match keyless {
            Undated::First => Box::new(without.chain(keyed)),
            Undated::Last => Box::new(keyed.chain(without)),
        }
    }
}

type Sequence<'a> = Box<dyn Iterator<Item = Seq> + 'a>;

fn directed<'a>(sequence: impl DoubleEndedIterator<Item = Seq> + 'a, ascending: bool) -> Sequence<'a> {
    if ascending { Box::new(sequence) } else { Box::new(sequence.rev()) }
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

    /// The contact of a number in the given shape, ready to be serialized.
    pub(super) fn view(&self, phone: &str, shape: Shape) -> Option<View<'_>> {
        let contact = self.contacts.get(self.by_phone.get(phone)?)?;
        Some(self.show(contact, shape))
    }

    fn show<'a>(&'a self, contact: &'a Contact, shape: Shape) -> View<'a> {
        View { contact, opt_out: self.opt_outs.get(&contact.phone).copied(), shape }
    }

    /// Adds a contact; false, and nothing changes, when its number has one.
    pub(super) fn insert(&mut self, contact: Contact) -> bool {
        if self.contains(&contact.phone) {
            return false;
        }
        let seq = self.next;
        self.next += 1;
        self.by_phone.insert(contact.phone.clone(), seq);
        self.by_created_at.insert(contact.created_at, seq);
        self.by_first_name.insert(contact.details.first_name.clone(), seq);
        self.by_last_name.insert(contact.details.last_name.clone(), seq);
        self.contacts.insert(seq, Box::new(contact));
        true
    }

    /// Adds a contact that the API creates: not verified, and opted in unless its recipient said otherwise before.
    pub(super) fn create(&mut self, phone: &str, details: Details, created_at: i64) -> bool {
        let phone: Arc<str> = phone.into();
        let contact = Contact { phone: phone.clone(), created_at: Some(created_at), verified: Some(false), details };
        let new = self.insert(contact);
        if new {
            self.opt_outs.entry(phone).or_insert(false);
        }
        new
    }

    /// Changes a contact; false when there is none.
    pub(super) fn update(&mut self, phone: &str, change: Details) -> bool {
        let Some(&seq) = self.by_phone.get(phone) else { return false };
        let Some(contact) = self.contacts.get_mut(&seq) else { return false };
        let details = &mut contact.details;
        self.by_first_name.remove(details.first_name.clone(), seq);
        self.by_last_name.remove(details.last_name.clone(), seq);
        details.apply(change);
        self.by_first_name.insert(details.first_name.clone(), seq);
        self.by_last_name.insert(details.last_name.clone(), seq);
        true
    }

    /// Deletes a contact; false when there is none.
    pub(super) fn remove(&mut self, phone: &str) -> bool {
        let Some(seq) = self.by_phone.remove(phone) else { return false };
        let Some(contact) = self.contacts.remove(&seq) else { return false };
        let Contact { created_at, details, .. } = *contact;
        self.by_created_at.remove(created_at, seq);
        self.by_first_name.remove(details.first_name, seq);
        self.by_last_name.remove(details.last_name, seq);
        true
    }

    /// Records whether a recipient has opted out, contact or not.
    pub(super) fn opt_out(&mut self, phone: &str, opted_out: bool) {
        self.opt_outs.insert(phone.into(), opted_out);
    }

    /// Sends a verification message, which the recipient confirms at once; false, and none is sent, without a contact.
    pub(super) fn verify(&mut self, phone: &str) -> bool {
        let Some(contact) = self.by_phone.get(phone).and_then(|seq| self.contacts.get_mut(seq)) else { return false };
        contact.verified = Some(true);
        self.verifications.push(contact.phone.clone());
        true
    }

    /// The number of each verification message sent.
    pub(super) fn verifications(&self) -> impl Iterator<Item = &str> {
        self.verifications.iter().map(|phone| &**phone)
    }

    /// A page of contacts.
    pub(super) fn list(&self, listing: &Listing) -> impl Iterator<Item = View<'_>> {
        let Listing { created_at_gte, ref contact_id, ref phone, offset, limit, .. } = *listing;
        let wanted = contact_id.as_deref().map(ContactId::parse);
        let candidates: Sequence<'_> = match (phone, wanted) {
            (Some(phone), _) => Box::new(self.by_phone.get(phone.as_str()).copied().into_iter()),
            (None, Some(id)) => Box::new(id.map(|ContactId(seq)| seq).into_iter()),
            (None, None) => self.ordered(listing),
        };
        candidates
            .filter_map(|seq| Some((seq, self.contacts.get(&seq)?)))
            .filter(move |(seq, contact)| {
                wanted.is_none_or(|id| id.is_some_and(|ContactId(wanted)| wanted == *seq))
                    && created_at_gte.is_none_or(|since| contact.created_at.is_some_and(|time| time >= since))
            })
            .skip(offset)
            .take(limit)
            .map(|(seq, contact)| self.show(contact, Shape::Listed(ContactId(seq))))
    }

    fn ordered(&self, listing: &Listing) -> Sequence<'_> {
        let ascending = listing.ascending;
        match (listing.order_by, listing.created_at_gte) {
            (OrderBy::CreatedAt, None) => self.by_created_at.iter(ascending, self.undated),
            (OrderBy::CreatedAt, Some(since)) => {
                directed(self.by_created_at.keyed.range((since, 0)..).map(|(_, seq)| *seq), ascending)
            }
            (OrderBy::FirstName, _) => self.by_first_name.iter(ascending, Undated::Last),
            (OrderBy::LastName, _) => self.by_last_name.iter(ascending, Undated::Last),
            (OrderBy::Phone, _) => directed(self.by_phone.values().copied(), ascending),
        }
    }
}

#[cfg(test)]
mod tests;
