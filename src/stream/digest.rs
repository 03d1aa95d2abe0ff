//! The digest that identifies a contact or the filters of a list.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// The first 128 bits of a SHA-256 hash, serialized as 32 hexadecimal digits.
///
/// Programs save cursors in files, so a cursor holds digests instead of phone numbers. At 128 bits, collisions are
/// negligible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest(u128);

impl Digest {
    /// Returns the digest of a contact's `contact_id`, or of its phone number if it has no `contact_id`.
    ///
    /// Returns `None` if the contact has neither.
    pub(super) fn of_contact(contact_id: Option<&str>, phone: Option<&str>) -> Option<Self> {
        let of_field = |name: &str, value: Option<&str>| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(Self::of([name, value]))
        };
        of_field("contact_id", contact_id).or_else(|| of_field("phone", phone))
    }

    /// Returns the digest of a list of texts.
    pub(super) fn of(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            let text = text.as_ref();
            // The length distinguishes `["ab", "c"]` from `["a", "bc"]`.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self(hash.finalize().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }
}

#[cfg(test)]
impl From<u32> for Digest {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map(Self)
            .map_err(|_| de::Error::custom("invalid digest; expected hexadecimal digits"))
    }
}
