//! The reports of a job.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

#[cfg(doc)]
use super::Job;
use super::JobKind;
use crate::PhoneNumber;

/// The report on one chunk, with its invalid items and duplicates.
///
/// A chunk has [`Job::chunk_size`] items; the last chunk may have fewer. The report serializes as `chunk` and `items`;
/// [`ItemReport`] describes the form of an item. If `is_resumed` is true, the serialized report contains it too.
/// `Debug` omits the caller's items and keys.
#[non_exhaustive]
pub struct ChunkReport<J: JobKind> {
    /// The number of the chunk in the input, from 0. A job reports chunks in the order in which they finish.
    pub chunk: u64,
    /// The items of the chunk, in the order of the input.
    ///
    /// If [`is_resumed`](Self::is_resumed) is true, only the rejected, unknown, invalid and duplicate items.
    pub items: Vec<ItemReport<J>>,
    /// Whether an earlier run finished the chunk, according to the [journal](Job::journal).
    pub is_resumed: bool,
}

/// The report on one item.
///
/// ```
/// use sendblue_contacts::{NewContact, sandbox::Sandbox};
/// use serde_json::json;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start()?;
/// # let contacts = sandbox.client()?.contacts();
/// let rows = [("row 17", NewContact::new("+14155550100"))];
/// let report = contacts.import(rows).start().next().await.unwrap()?;
/// let item = &report.items[0];
/// assert_eq!(item.key, "row 17");
///
/// assert_eq!(serde_json::to_value(item)?, json!({ "index": 0, "class": "created" }));
/// let with_item = serde_json::to_value(item.with_item())?;
/// assert_eq!(with_item["item"]["phone"], "+14155550100");
/// # Ok(())
/// # }
/// ```
///
/// It serializes as `index` and the fields of its class. The serialized form and `Debug` omit `key` and `item`, which
/// may be personal data.
#[non_exhaustive]
pub struct ItemReport<J: JobKind> {
    /// The position of the item in the input, from 0.
    pub index: u64,
    /// The caller's key of the item.
    pub key: J::Key,
    /// The item as the job read it, without its key.
    pub item: J::Item,
    /// The class of the item.
    pub class: J::Class,
}

impl<J: JobKind> ItemReport<J> {
    /// Returns the phone number of the item, or `None` if the item is invalid.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        J::phone(&self.item).ok()
    }

    /// Returns a value that serializes as this report does, with `item` as an additional field.
    ///
    /// For an invalid item, the field is `null`.
    #[must_use]
    pub fn with_item(&self) -> impl Serialize + '_ {
        SerializedItem { index: self.index, class: &self.class, item: Some(J::canonical_json(&self.item)) }
    }
}

#[derive(Serialize)]
struct SerializedItem<'a, C: Serialize> {
    index: u64,
    #[serde(flatten)]
    class: &'a C,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Value>,
}

impl<J: JobKind> Serialize for ItemReport<J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SerializedItem { index: self.index, class: &self.class, item: None }.serialize(serializer)
    }
}

impl<J: JobKind> Serialize for ChunkReport<J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(bound = "")]
        struct SerializedChunk<'a, J: JobKind> {
            chunk: u64,
            items: &'a [ItemReport<J>],
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            is_resumed: bool,
        }
        let &Self { chunk, ref items, is_resumed } = self;
        SerializedChunk { chunk, items, is_resumed }.serialize(serializer)
    }
}

impl<J: JobKind> fmt::Debug for ChunkReport<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkReport")
            .field("chunk", &self.chunk)
            .field("items", &self.items)
            .field("is_resumed", &self.is_resumed)
            .finish()
    }
}

impl<J: JobKind> fmt::Debug for ItemReport<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemReport").field("index", &self.index).field("class", &self.class).finish_non_exhaustive()
    }
}
