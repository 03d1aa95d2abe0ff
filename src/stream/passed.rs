//! A set of passed contacts that remembers the last one.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;

/// The identities of passed contacts.
///
/// The set serializes as a list. The last passed contact is the last element.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Passed {
    identities: BTreeSet<Digest>,
    last: Option<Digest>,
}

impl Passed {
    pub(super) fn insert(&mut self, identity: Digest) {
        self.identities.insert(identity);
        self.last = Some(identity);
    }

    pub(super) fn contains(&self, identity: Digest) -> bool {
        self.identities.contains(&identity)
    }

    /// Returns the contact that was passed last.
    pub(super) fn last(&self) -> Option<Digest> {
        self.last
    }

    pub(super) fn len(&self) -> usize {
        self.identities.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }
}

impl Serialize for Passed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let others = self.identities.iter().filter(|identity| Some(**identity) != self.last);
        serializer.collect_seq(others.chain(&self.last))
    }
}

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Vec::deserialize(deserializer)?;
        Ok(Self { last: list.last().copied(), identities: list.into_iter().collect() })
    }
}
