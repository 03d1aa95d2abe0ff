//! The account and base URL that a journal or a cursor belongs to, as a salted digest.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use url::Url;

/// An account of the service at one base URL.
#[derive(Clone)]
pub(crate) struct Account(Sha256);

/// A salted digest of an [`Account`].
///
/// The salt is random, so two files do not show whether they belong to the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountDigest {
    salt: u64,
    hash: u128,
}

impl Account {
    /// Creates an account from the base URL and the label or key id of the account.
    pub(crate) fn new(base_url: &Url, id: &str) -> Self {
        let base_url = base_url.as_str().trim_end_matches('/');
        // A URL contains no line break, so no two pairs of URL and id give the same text.
        Self(Sha256::new().chain_update(base_url).chain_update("\n").chain_update(id))
    }

    /// Returns a digest with a new salt.
    pub(crate) fn digest(&self) -> AccountDigest {
        self.salted(fastrand::u64(..))
    }

    /// Returns whether the digest is a digest of this account.
    pub(crate) fn matches(&self, digest: AccountDigest) -> bool {
        self.salted(digest.salt) == digest
    }

    fn salted(&self, salt: u64) -> AccountDigest {
        let hash = self.0.clone().chain_update(b"\n").chain_update(salt.to_be_bytes()).finalize();
        AccountDigest { salt, hash: hash.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte)) }
    }
}

impl fmt::Display for AccountDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:032x}", self.salt, self.hash)
    }
}

impl Serialize for AccountDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once('-').and_then(|(salt, hash)| {
            Some(Self { salt: u64::from_str_radix(salt, 16).ok()?, hash: u128::from_str_radix(hash, 16).ok()? })
        });
        parsed.ok_or_else(|| de::Error::custom("invalid account digest; expected two hexadecimal numbers"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(base_url: &str, id: &str) -> Account {
        Account::new(&base_url.parse().expect("a URL"), id)
    }

    #[test]
    fn a_digest_matches_only_its_account_and_base_url() {
        let digest = account("https://api.sendblue.co", "key").digest();
        assert!(account("https://api.sendblue.co/", "key").matches(digest));
        for (base_url, id) in [
            ("https://api.sendblue.co", "other"),
            ("https://api.sendblue.co", ""),
            ("https://api.sendblue.com", "key"),
            ("http://api.sendblue.co", "key"),
            ("https://api.sendblue.co/key", ""),
        ] {
            assert!(!account(base_url, id).matches(digest), "{base_url} {id}");
        }
    }

    #[test]
    fn two_digests_of_one_account_differ_and_hide_the_id() {
        let account = account("https://api.sendblue.co", "key-id");
        let [first, second] = [account.digest(), account.digest()].map(|digest| digest.to_string());
        assert_ne!(first, second);
        assert!(first.len() == 49 && !first.contains("key"), "{first}");
    }

    #[test]
    fn a_digest_survives_serialization() {
        let digest = account("https://api.sendblue.co", "key").digest();
        let json = serde_json::to_string(&digest).expect("serializable");
        assert_eq!(serde_json::from_str::<AccountDigest>(&json).expect("readable"), digest);
        for text in ["\"\"", "\"12\"", "\"x-1\"", "\"1-x\"", "1"] {
            serde_json::from_str::<AccountDigest>(text).expect_err(text);
        }
    }
}
