//! The state of a sandbox, and the operations on it.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{StatusCode, request::Parts};
use serde_json::{Value, json};

use super::{
    contact_view::{ContactView, Shape},
    credentials::AcceptedCredentials,
    fault_queue::FaultQueue,
    fields::Fields,
    list_query,
    received_request::ReceivedRequest,
    refusal::Refusal,
    request_limit::RequestLimit,
    request_log::RequestLog,
    responses::{ManyContacts, OneContact, json, ok},
    rules::Rules,
    settings::BulkExisting,
    store::Store,
};

pub(super) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub(super) type RequestHook = Arc<dyn Fn(&ReceivedRequest) + Send + Sync>;

/// The state that the thread and the handle of a sandbox share.
pub(super) struct Service {
    pub(super) credentials: AcceptedCredentials,
    pub(super) clock: Clock,
    pub(super) rules: Rules,
    pub(super) latency: Duration,
    pub(super) store: Mutex<Store>,
    pub(super) faults: Mutex<FaultQueue>,
    pub(super) rate_limit: Option<Mutex<RequestLimit>>,
    pub(super) log: Mutex<RequestLog>,
    pub(super) on_request: Option<RequestHook>,
}

/// Locks a mutex and ignores poisoning, because no code panics in the middle of a change.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// Adds a contact, and gives absent properties no default. An error text starts with `name`.
    pub(super) fn insert(&self, contact: Value, name: impl fmt::Display) -> io::Result<()> {
        let invalid = |problem| io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: {problem}"));
        let (contact, opt_out) = Fields::from_value(contact)
            .and_then(|fields| fields.without_null().into_contact())
            .map_err(|error| invalid(error.to_string()))?;
        let phone = Arc::clone(&contact.phone);
        let mut store = lock(&self.store);
        if !store.insert(contact) {
            return Err(invalid("`phone` is taken by another contact".into()));
        }
        if let Some(opt_out) = opt_out {
            store.opt_out(&phone, opt_out);
        }
        Ok(())
    }

    /// Checks the rate limit, then the credentials.
    pub(super) fn admit(&self, head: &Parts) -> Result<(), Refusal> {
        match &self.rate_limit {
            Some(limit) if !lock(limit).admit(Instant::now()) => Err(Refusal::TooManyRequests),
            _ => self.credentials.check(&head.headers),
        }
    }

    /// Returns the clock's time as Unix milliseconds.
    ///
    /// Do not hold a lock during the call, because the clock is the caller's code. If the clock uses the sandbox, a
    /// held lock would cause a deadlock.
    fn now(&self) -> i64 {
        (self.clock)().timestamp_millis()
    }

    pub(super) fn list(&self, head: &Parts) -> Result<Response, Refusal> {
        let query = list_query::parse(&head.uri, self.rules.offset_above_cap)?;
        let store = lock(&self.store);
        let camel_case = self.rules.camel_case;
        let page: Vec<_> = store.list(&query).map(|contact| ContactView { camel_case, ..contact }).collect();
        Ok(ok(&page))
    }

    pub(super) fn create(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let phone = fields.number()?;
        let update_if_exists = fields.bool("update_if_exists")?.unwrap_or_default();
        let details = fields.create_details()?;
        self.rules.check_numbers([&phone])?;
        let now = self.now();
        let mut store = lock(&self.store);
        if !store.contains(&phone) {
            store.create(&phone, details, now);
        } else if update_if_exists {
            store.update(&phone, details);
        } else {
            return Err(Refusal::ContactExists);
        }
        one_contact(&store, &phone, Shape::Created)
    }

    pub(super) fn count(&self) -> Response {
        ok(&json!({ "count": lock(&self.store).len() }))
    }

    pub(super) fn verify(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let sent = lock(&self.store).verify(&fields.number()?);
        Ok(ok(&if sent {
            json!({ "status": "OK" })
        } else {
            json!({ "status": "ERROR", "message": "No contact found for this number" })
        }))
    }

    pub(super) fn retrieve(&self, phone: &str) -> Result<Response, Refusal> {
        let store = lock(&self.store);
        let contact = store.view(phone, Shape::Plain).ok_or(Refusal::NoContact)?;
        let contact = ContactView { camel_case: self.rules.camel_case, ..contact };
        Ok(ok(&OneContact { status: "OK", contact }))
    }

    pub(super) fn update(&self, phone: &str, mut fields: Fields) -> Result<Response, Refusal> {
        let details = fields.update_details()?;
        let opt_out = fields.bool("opt_out")?;
        let mut store = lock(&self.store);
        if !store.update(phone, details) {
            return Err(Refusal::NoContact);
        }
        if let Some(opt_out) = opt_out {
            store.opt_out(phone, opt_out);
        }
        one_contact(&store, phone, Shape::Plain)
    }

    pub(super) fn delete(&self, phone: &str) -> Result<Response, Refusal> {
        if !lock(&self.store).remove(phone) {
            return Err(Refusal::NoContact);
        }
        Ok(ok(&json!({ "status": "OK" })))
    }

    pub(super) fn opt_out(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let number = fields.number()?;
        let opted_out = fields.bool("opted_out")?.unwrap_or(true);
        lock(&self.store).opt_out(&number, opted_out);
        Ok(ok(&json!({ "status": "OK", "number": number, "opted_out": opted_out })))
    }

    pub(super) fn bulk_delete(&self, mut fields: Fields, max_items: usize) -> Result<Response, Refusal> {
        let phones = fields.phones("contact_ids")?;
        self.rules.check_bulk(phones.iter())?;
        let mut store = lock(&self.store);
        let amount = phones.iter().take(max_items).filter(|phone| store.remove(phone)).count();
        Ok(ok(&json!({ "status": "OK", "amount": amount })))
    }

    pub(super) fn bulk_create(&self, mut fields: Fields, max_items: usize) -> Result<Response, Refusal> {
        let mut contacts = fields.new_contacts("contacts")?;
        self.rules.check_bulk(contacts.iter().map(|(phone, _)| phone))?;
        contacts.retain(|(phone, _)| !self.rules.dropped_numbers.contains(phone));
        let now = self.now();
        let mut store = lock(&self.store);
        let existing = self.rules.bulk_existing;
        if existing == BulkExisting::Conflict && contacts.iter().any(|(phone, _)| store.contains(phone)) {
            return Err(Refusal::ContactExists);
        }
        let mut shown = Vec::with_capacity(contacts.len());
        for (phone, details) in contacts.into_iter().take(max_items) {
            if store.create(&phone, details, now) || existing == BulkExisting::Included {
                shown.push(phone);
            }
        }
        let contacts = shown.iter().filter_map(|phone| store.view(phone, Shape::Plain)).collect();
        Ok(json(StatusCode::CREATED, &ManyContacts { status: "OK", contacts }))
    }
}

fn one_contact(store: &Store, phone: &str, shape: Shape) -> Result<Response, Refusal> {
    let contact = store.view(phone, shape).ok_or(Refusal::NoContact)?;
    Ok(ok(&OneContact { status: "OK", contact }))
}
