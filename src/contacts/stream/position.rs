//! How far a walk through the list has come.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// What tells one contact from another: a digest of its `contact_id`, else of its phone number.
///
/// A digest, because a cursor is written to files: 128 bits of SHA-256, of which no two of all contacts have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity(u128);

impl Identity {
    /// `None` of a contact that has neither.
    pub(super) fn new(contact_id: Option<&str>, phone: Option<&str>) -> Option<Self> {
        let named = |name: &str, value: Option<&str>| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(Self::digest([name, value]))
        };
        named("contact_id", contact_id).or_else(|| named("phone", phone))
    }

    /// Of texts, none of which can pass for another one's end.
    pub(super) fn digest(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut digest = Sha256::new();
        for text in texts {
            let text = text.as_ref();
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        Self(digest.finalize().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }
}

#[cfg(test)]
impl From<u32> for Identity {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(|_| de::Error::custom("not a digest in hexadecimal digits"))
    }
}

/// Where a contact stands in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) identity: Identity,
}

/// What has been passed of a list in the order of `created_at`.
///
/// Of those with an earlier `created_at` than the last one nothing has to be remembered; of those that share it, and of
/// those without any, who they were. The service lets no more than 11000 of either be reached.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The last `created_at` passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    /// The contacts passed that have just that one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    seen: BTreeSet<Identity>,
    /// The contacts passed that have none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    undated: BTreeSet<Identity>,
    /// How many were passed.
    passed: u64,
}

impl Position {
    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        self.at
    }

    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// How many were passed that share the last `created_at`.
    pub(super) fn seen_now(&self) -> usize {
        self.seen.len()
    }

    /// How many were passed that have no `created_at`.
    pub(super) fn undated(&self) -> usize {
        self.undated.len()
    }

    pub(super) fn has_passed(&self, key: &Key) -> bool {
        match key.created_at {
            None => self.undated.contains(&key.identity),
            time if time == self.at => self.seen.contains(&key.identity),
            time => time < self.at,
        }
    }

    /// Passes a contact; false if it was passed before.
    pub(super) fn pass(&mut self, key: &Key) -> bool {
        if self.has_passed(key) {
            return false;
        }
        match key.created_at {
            None => self.undated.insert(key.identity),
            time => {
                if time != self.at {
                    self.at = time;
                    self.seen.clear();
                }
                self.seen.insert(key.identity)
            }
        };
        self.passed += 1;
        true
    }
}
