//! Looks up items after a failed request, a response that omits items, or an interrupted run.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;

use super::{
    bulk_request::BulkRequest,
    chunk::{Chunk, PendingItem},
    classify::{FoundBy, FoundContact, has_service_shape, is_contact_not_found, is_rejected_with},
    context::JobContext,
};
use crate::{
    Contact, Error, OrderBy, OrderDirection, PhoneNumber,
    contacts::{MAX_LIMIT, MAX_OFFSET},
};

/// The job lists at most one page of contacts for this many items to look up.
const LOOKUPS_PER_PAGE: usize = 10;
/// The statuses with which the service refuses a phone number.
const REFUSED_NUMBER: [StatusCode; 2] = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
/// The pages list contacts created since the start of the chunk, minus this margin.
///
/// A wide margin is safe: the pages only find contacts, and `created_at` decides the class.
const PAGE_MARGIN: TimeDelta = TimeDelta::seconds(60);

/// The items that are pending after a look-up. If the look-up failed, `Err` also holds its error.
pub(super) type LookedUp<J> = Result<Vec<PendingItem<J>>, (Vec<PendingItem<J>>, Error)>;

/// The result of a look-up by phone number.
pub(super) enum Lookup {
    Found(Box<Contact>),
    NotFound,
    /// The service refused the look-up (400, 422).
    ///
    /// Either no contact has the number, or the service refuses every look-up.
    NumberRefused(Error),
}

impl JobContext {
    pub(super) async fn look_up(&self, phone: &PhoneNumber) -> Result<Lookup, Error> {
        match self.send(self.contacts.retrieve(phone)).await {
            Ok(contact) => Ok(Lookup::Found(Box::new(contact))),
            Err(error) if is_contact_not_found(&error) => {
                self.check_base_url().await?;
                Ok(Lookup::NotFound)
            }
            Err(error) if is_rejected_with(&error, &REFUSED_NUMBER) => Ok(Lookup::NumberRefused(error)),
            Err(error) => Err(error),
        }
    }

    /// Returns the contacts created since a time, with the phone numbers as keys. Lists at most `max_pages` pages.
    async fn list_created_since(
        &self,
        since: DateTime<Utc>,
        max_pages: usize,
    ) -> Result<HashMap<String, FoundContact>, Error> {
        let mut found = HashMap::new();
        for offset in (0..=MAX_OFFSET).step_by(MAX_LIMIT as usize).take(max_pages) {
            let list = self.contacts.list().order_by(OrderBy::CREATED_AT).order_direction(OrderDirection::Asc);
            let page = self.send(list.created_at_gte(since).limit(MAX_LIMIT).offset(offset)).await?;
            let is_last = page.len() < MAX_LIMIT as usize;
            found.extend(page.iter().filter_map(|contact| Some((contact.phone.clone()?, contact.into()))));
            if is_last {
                break;
            }
        }
        Ok(found)
    }
}

impl<J: BulkRequest> Chunk<J> {
    /// Looks up each item and returns the items that still have no class.
    ///
    /// A page of the list can miss a contact. Only a look-up by number shows that a contact is absent.
    pub(super) async fn look_up_items(&mut self, mut items: Vec<PendingItem<J>>, found_by: FoundBy) -> LookedUp<J> {
        let max_pages = items.len() / LOOKUPS_PER_PAGE;
        if J::DONE_IF_FOUND && found_by == FoundBy::LookupAfterUnknownOutcome && max_pages > 0 {
            let begun_at = self.context.service_clock.service_time(self.begun_at);
            let since = begun_at.checked_sub_signed(PAGE_MARGIN).unwrap_or(begun_at);
            let listed = match self.context.list_created_since(since, max_pages).await {
                Ok(listed) => listed,
                // Look-ups by number replace an unreadable page.
                Err(error) if error.is_decode() => HashMap::new(),
                Err(error) => return Err((items, error)),
            };
            let mut pending = Vec::new();
            for item in items {
                match listed.get(item.phone.as_str()) {
                    Some(found) => pending.extend(self.classify_looked_up(item, Some(found), found_by)),
                    None => pending.push(item),
                }
            }
            items = pending;
        }
        let mut pending = Vec::new();
        let mut items = items.into_iter();
        while let Some(item) = items.next() {
            match self.context.look_up(&item.phone).await {
                Ok(Lookup::Found(contact)) => {
                    pending.extend(self.classify_looked_up(item, Some(&FoundContact::from(&*contact)), found_by));
                }
                // The refusal does not prove that the contact is absent, so the item of a removal stays pending.
                Ok(Lookup::NumberRefused(_)) if !J::DONE_IF_FOUND => pending.push(item),
                Ok(Lookup::NotFound) => pending.extend(self.classify_looked_up(item, None, found_by)),
                // The service does not accept the number, so the contact is absent.
                Ok(Lookup::NumberRefused(error)) if has_service_shape(&error) => {
                    pending.extend(self.classify_looked_up(item, None, found_by));
                }
                // A gateway refuses look-ups too. If the job resent the item, it could create a second contact.
                Ok(Lookup::NumberRefused(error)) | Err(error) => {
                    pending.push(item);
                    pending.extend(items);
                    return Err((pending, error));
                }
            }
        }
        Ok(pending)
    }

    /// Looks up each item at most twice, with the settle delay before each look-up. Returns the items without a class.
    ///
    /// If the settle delay has already passed, the caller sets `skip_first_delay`.
    pub(super) async fn look_up_items_twice(
        &mut self,
        mut items: Vec<PendingItem<J>>,
        skip_first_delay: bool,
    ) -> LookedUp<J> {
        let mut skip_delay = skip_first_delay;
        for _ in 0..2 {
            if !skip_delay && !items.is_empty() {
                self.wait_settle_delay().await;
            }
            items = self.look_up_items(items, FoundBy::LookupAfterUnknownOutcome).await?;
            skip_delay = false;
        }
        Ok(items)
    }

    /// Classifies an item if the look-up decides its class. Otherwise returns the item.
    fn classify_looked_up(
        &mut self,
        mut item: PendingItem<J>,
        found: Option<&FoundContact>,
        found_by: FoundBy,
    ) -> Option<PendingItem<J>> {
        if let Some(class) = J::class_after_lookup(self, &item, found, found_by) {
            self.classify(item, class);
            return None;
        }
        item.was_absent |= found.is_none();
        Some(item)
    }
}
