//! A sorted index over contacts.

use std::collections::BTreeSet;

use super::{SeqNo, Undated};

/// An iterator over the sequence numbers of contacts, in the order of a list.
pub(super) type SeqNos<'a> = Box<dyn Iterator<Item = SeqNo> + 'a>;

/// Contacts sorted by an optional key. Ties sort by insertion order.
#[derive(Debug)]
pub(super) struct Index<K> {
    keyed: BTreeSet<(K, SeqNo)>,
    keyless: BTreeSet<SeqNo>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { keyed: BTreeSet::new(), keyless: BTreeSet::new() }
    }
}

impl<K: Ord> Index<K> {
    pub(super) fn insert(&mut self, key: Option<K>, seq_no: SeqNo) {
        match key {
            Some(key) => self.keyed.insert((key, seq_no)),
            None => self.keyless.insert(seq_no),
        };
    }

    pub(super) fn remove(&mut self, key: Option<K>, seq_no: SeqNo) {
        match key {
            Some(key) => self.keyed.remove(&(key, seq_no)),
            None => self.keyless.remove(&seq_no),
        };
    }

    /// Returns all contacts. In both directions, `keyless` sets whether contacts without a key come first or last.
    pub(super) fn iter(&self, ascending: bool, keyless: Undated) -> SeqNos<'_> {
        let with_key = in_direction(self.keyed.iter().map(|(_, seq_no)| *seq_no), ascending);
        let without_key = in_direction(self.keyless.iter().copied(), ascending);
        match keyless {
            Undated::First => Box::new(without_key.chain(with_key)),
            Undated::Last => Box::new(with_key.chain(without_key)),
        }
    }

    /// Returns the contacts whose key is at least `min`.
    pub(super) fn from(&self, min: K, ascending: bool) -> SeqNos<'_> {
        in_direction(self.keyed.range((min, 0)..).map(|(_, seq_no)| *seq_no), ascending)
    }
}

/// Reverses the iterator unless `ascending`.
pub(super) fn in_direction<'a>(seq_nos: impl DoubleEndedIterator<Item = SeqNo> + 'a, ascending: bool) -> SeqNos<'a> {
    if ascending { Box::new(seq_nos) } else { Box::new(seq_nos.rev()) }
}
