//! A place in a list, to go on from.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::position::{Identity, Position};

/// A place in a [stream](super::ContactStream) of contacts, after the last one it gave.
///
/// ```
/// use sendblue_contacts::{contacts::Cursor, sandbox::Sandbox};
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
/// It can be serialized, in JSON or any other format that describes itself, and read by later versions of this crate. It is of one list: another
/// filter than that of the stream it comes from is an input error.
///
/// It holds the `created_at` of that contact and, of each contact passed that shares it, a digest of its `contact_id`, else of its
/// phone number: about 40 bytes each in JSON, and mostly one, after a bulk import as many as were imported at once. No phone
/// number can be read in it, but whoever has it can find out whether a number is meant. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(deserialize_with = "known_version")]
    version: u8,
    /// What is listed.
    filters: Identity,
    #[serde(flatten)]
    position: Position,
}

const VERSION: u8 = 1;

impl Cursor {
    pub(super) fn new(filters: Identity, position: Position) -> Self {
        Self { version: VERSION, filters, position }
    }

    pub(super) fn filters(&self) -> Identity {
        self.filters
    }

    pub(super) fn into_position(self) -> Position {
        self.position
    }
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        _ => Err(de::Error::custom("a cursor of a version that this crate does not know")),
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}
