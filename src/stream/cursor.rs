//! The public form of a position, saved between two streams.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{digest::Digest, position::Position};
use crate::account::AccountDigest;

/// The position of a stream after the last yielded contact.
///
/// ```
/// use sendblue_contacts::{sandbox::Sandbox, stream::Cursor};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::builder().synthetic_contacts(5).start()?;
/// let contacts = sandbox.client()?.contacts();
///
/// let mut stream = contacts.list().stream();
/// for _ in 0..2 {
///     stream.next().await.unwrap()?;
/// }
/// let saved = serde_json::to_string(&stream.cursor())?;
///
/// let cursor: Cursor = serde_json::from_str(&saved)?;
/// let mut rest = contacts.list().stream().resume(cursor);
/// assert_eq!(rest.next().await.unwrap()?.phone, Some("+12005550102".to_owned()));
/// # Ok(())
/// # }
/// ```
///
/// A cursor serializes to JSON and to any other self-describing format. Later versions of this crate can read it. A
/// cursor belongs to one list: if you resume a list with other filters or extra query parameters, the stream ends with
/// an input error. A cursor also belongs to one account at one base URL. If you resume with another account or base
/// URL, the stream ends with [`ErrorKind::OtherAccount`](crate::ErrorKind::OtherAccount).
///
/// # Size and privacy
///
/// A cursor holds the `created_at` of the last contact and a digest of each yielded contact with that `created_at`.
/// Usually that is one contact; after a bulk import, it can be thousands. A digest takes 35 bytes in JSON. The cursor
/// also holds a digest of each yielded contact without `created_at`, a digest of the filters and the extra query
/// parameters, a salted digest of the account and the base URL, and a count.
///
/// A contact's digest is a hash of the `contact_id`, or of the phone number if there is no `contact_id`. A digest does
/// not contain a phone number, but anyone can test whether it matches a known number. `Debug` prints no content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(deserialize_with = "known_version")]
    version: u8,
    /// `None` for a bearer token without an account label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountDigest>,
    filters: Digest,
    #[serde(flatten)]
    position: Position,
}

const VERSION: u8 = 1;

impl Cursor {
    pub(super) fn new(account: Option<AccountDigest>, filters: Digest, position: Position) -> Self {
        Self { version: VERSION, account, filters, position }
    }

    /// Returns the digest of the account, or `None` for a bearer token without an account label.
    pub(super) fn account(&self) -> Option<AccountDigest> {
        self.account
    }

    /// Returns the digest of the filters of the list.
    pub(super) fn filters(&self) -> Digest {
        self.filters
    }

    pub(super) fn into_position(self) -> Position {
        self.position
    }
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        _ => Err(de::Error::custom("unknown cursor version; update `sendblue-contacts` or start without a cursor")),
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}
