//! Sends the bulk request of each kind of job, and finds the class of an item after a response or a look-up.

use std::collections::HashMap;

use super::{
    Import, ImportClass, JobKind, Remove, RemoveClass,
    chunk::{Chunk, PendingItem},
    classify::{FoundBy, FoundContact},
};
use crate::{Error, NewContact};

/// The contacts that a bulk response lists, by phone number.
pub(super) type ListedContacts = HashMap<String, FoundContact>;

/// A kind of job that sends many items in one request.
pub(super) trait BulkRequest: JobKind {
    const OPERATION: &'static str;
    /// Whether an item is done if its contact exists: true for an import, false for a removal.
    const DONE_IF_FOUND: bool;

    /// Sends one request with all items.
    fn send_items(
        chunk: &mut Chunk<Self>,
        items: &[PendingItem<Self>],
    ) -> impl Future<Output = Result<ListedContacts, Error>> + Send;

    /// Returns the class of an item after a 2xx response, or `None` if the response omits the item.
    fn class_after_success(
        chunk: &Chunk<Self>,
        item: &PendingItem<Self>,
        listed: &ListedContacts,
    ) -> Option<Self::Class>;

    /// Returns the class of an item after a look-up, or `None` if the look-up does not decide the class.
    fn class_after_lookup(
        chunk: &Chunk<Self>,
        item: &PendingItem<Self>,
        found: Option<&FoundContact>,
        found_by: FoundBy,
    ) -> Option<Self::Class>;
}

impl<Key: Send + Sync + 'static> BulkRequest for Import<Key> {
    const OPERATION: &'static str = "contacts.bulk.create";
    const DONE_IF_FOUND: bool = true;

    async fn send_items(chunk: &mut Chunk<Self>, items: &[PendingItem<Self>]) -> Result<ListedContacts, Error> {
        let contacts: Vec<NewContact> = items.iter().filter_map(|pending| pending.item.clone().ok()).collect();
        // Overrides the client's setting, because a job looks up an item before it resends the item.
        let request = chunk.context.contacts.bulk().create(contacts).retry_ambiguous(false);
        let created = chunk.context.send(request).await?;
        Ok(created.iter().filter_map(|contact| Some((contact.phone.clone()?, contact.into()))).collect())
    }

    fn class_after_success(
        chunk: &Chunk<Self>,
        item: &PendingItem<Self>,
        listed: &ListedContacts,
    ) -> Option<ImportClass> {
        let found = listed.get(item.phone.as_str())?;
        Some(chunk.class_of_found(item, found, FoundBy::CreateResponse))
    }

    fn class_after_lookup(
        chunk: &Chunk<Self>,
        item: &PendingItem<Self>,
        found: Option<&FoundContact>,
        found_by: FoundBy,
    ) -> Option<ImportClass> {
        found.map(|found| chunk.class_of_found(item, found, found_by))
    }
}

impl<Key: Send + Sync + 'static> Chunk<Import<Key>> {
    pub(super) fn class_of_found(
        &self,
        item: &PendingItem<Import<Key>>,
        found: &FoundContact,
        found_by: FoundBy,
    ) -> ImportClass {
        if self.has_created(item, found, found_by) { ImportClass::Created } else { ImportClass::Existing }
    }
}

impl<Key: Send + Sync + 'static> BulkRequest for Remove<Key> {
    const OPERATION: &'static str = "contacts.bulk.delete";
    const DONE_IF_FOUND: bool = false;

    async fn send_items(chunk: &mut Chunk<Self>, items: &[PendingItem<Self>]) -> Result<ListedContacts, Error> {
        let request = chunk.context.contacts.bulk().delete(items.iter().map(|item| &item.phone));
        let amount = chunk.context.send(request).await?;
        chunk.counts.add_reported_deletions(amount);
        Ok(ListedContacts::new())
    }

    fn class_after_success(_: &Chunk<Self>, _: &PendingItem<Self>, _: &ListedContacts) -> Option<RemoveClass> {
        Some(RemoveClass::Gone)
    }

    fn class_after_lookup(
        _: &Chunk<Self>,
        _: &PendingItem<Self>,
        found: Option<&FoundContact>,
        _: FoundBy,
    ) -> Option<RemoveClass> {
        found.is_none().then_some(RemoveClass::Gone)
    }
}
