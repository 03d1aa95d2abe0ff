//! The operations.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, request::Parts};
use serde_json::{Value, json};

use super::{
    answers::{ManyContacts, OneContact, Refusal, answer, ok},
    contact::{Shape, View},
    faults::{Faults, RateLimit},
    input::{self, Fields},
    received::{Log, ReceivedRequest},
    rules::{BulkExisting, Rules},
    store::Store,
};

pub(super) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub(super) type Watch = Arc<dyn Fn(&ReceivedRequest) + Send + Sync>;

/// Everything a sandbox knows; shared by its thread and its handle.
pub(super) struct Service {
    pub(super) access: Access,
    pub(super) clock: Clock,
    pub(super) rules: Rules,
    pub(super) latency: Duration,
    pub(super) store: Mutex<Store>,
    pub(super) faults: Mutex<Faults>,
    pub(super) rate_limit: Option<Mutex<RateLimit>>,
    pub(super) log: Mutex<Log>,
    pub(super) watch: Option<Watch>,
}

/// A lock that outlives a panic of whoever held it: what it guards is never left half-changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whom the sandbox lets in.
pub(super) struct Access {
    pub(super) key_id: String,
    pub(super) secret_key: String,
    pub(super) bearer_token: Option<String>,
}

impl Access {
    /// Either a key pair or a bearer token has to be right; that the other is wrong does not matter.
    fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        let pair = text("sb-api-key-id").zip(text("sb-api-secret-key"));
        let token = text("authorization").and_then(|value| value.strip_prefix(b"Bearer "));
        if pair.is_none() && token.is_none() {
            Err(Refusal::NoCredentials)
        } else if pair == Some((self.key_id.as_bytes(), self.secret_key.as_bytes()))
            || token.is_some() && token == self.bearer_token.as_deref().map(str::as_bytes)
        {
            Ok(())
        } else {
            Err(Refusal::WrongCredentials)
        }
    }
}

impl Service {
    /// Adds a contact as it is; a wrong one is called `name` in the error.
    pub(super) fn insert(&self, contact: Value, name: impl fmt::Display) -> io::Result<()> {
        let wrong = |problem| io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: {problem}"));
        let (contact, opt_out) =
            Fields::of_value(contact).and_then(Fields::contact).map_err(|invalid| wrong(invalid.to_string()))?;
        let phone = Arc::clone(&contact.phone);
        let mut store = lock(&self.store);
        if !store.insert(contact) {
            return Err(wrong("`phone` is taken by another contact".into()));
        }
        if let Some(opt_out) = opt_out {
            store.opt_out(&phone, opt_out);
        }
        Ok(())
    }

    pub(super) fn admit(&self, head: &Parts) -> Result<(), Refusal> {
        match &self.rate_limit {
            Some(limit) if !lock(limit).admit(Instant::now()) => Err(Refusal::TooMany),
            _ => self.access.check(&head.headers),
        }
    }

    /// In milliseconds. Never called with a lock held: the clock is the caller's code.
    fn now(&self) -> i64 {
        (self.clock)().timestamp_millis()
    }

    pub(super) fn list(&self, head: &Parts) -> Result<Response, Refusal> {
        let listing = input::listing(&head.uri, self.rules.over_offset)?;
        let store = lock(&self.store);
        let page: Vec<View<'_>> = store.list(&listing).collect();
        Ok(ok(&page))
    }

    pub(super) fn create(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let phone = fields.number()?;
        let update_if_exists = fields.flag("update_if_exists")?.unwrap_or_default();
        let details = fields.created_details()?;
        self.rules.admit([&phone])?;
        let now = self.now();
        let mut store = lock(&self.store);
        if !store.contains(&phone) {
            store.create(&phone, details, now);
        } else if update_if_exists {
            store.update(&phone, details);
        } else {
            return Err(Refusal::Exists);
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
        one_contact(&lock(&self.store), phone, Shape::Plain)
    }

    pub(super) fn update(&self, phone: &str, mut fields: Fields) -> Result<Response, Refusal> {
        let details = fields.updated_details()?;
        let opt_out = fields.flag("opt_out")?;
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
        let opted_out = fields.flag("opted_out")?.unwrap_or(true);
        lock(&self.store).opt_out(&number, opted_out);
        Ok(ok(&json!({ "status": "OK", "number": number, "opted_out": opted_out })))
    }

    pub(super) fn bulk_delete(&self, mut fields: Fields, items: usize) -> Result<Response, Refusal> {
        let phones = fields.phones("contact_ids")?;
        self.rules.admit_all(phones.iter())?;
        let mut store = lock(&self.store);
        let amount = phones.iter().take(items).filter(|phone| store.remove(phone)).count();
        Ok(ok(&json!({ "status": "OK", "amount": amount })))
    }

    pub(super) fn bulk_create(&self, mut fields: Fields, items: usize) -> Result<Response, Refusal> {
        let mut contacts = fields.new_contacts("contacts")?;
        self.rules.admit_all(contacts.iter().map(|(phone, _)| phone))?;
        contacts.retain(|(phone, _)| !self.rules.dropped.contains(phone));
        let now = self.now();
        let mut store = lock(&self.store);
        let existing = self.rules.bulk_existing;
        if existing == BulkExisting::Conflict && contacts.iter().any(|(phone, _)| store.contains(phone)) {
            return Err(Refusal::Exists);
        }
        let mut shown = Vec::with_capacity(contacts.len());
        for (phone, details) in contacts.into_iter().take(items) {
            if store.create(&phone, details, now) || existing == BulkExisting::Included {
                shown.push(phone);
            }
        }
        let contacts = shown.iter().filter_map(|phone| store.view(phone, Shape::Plain)).collect();
        Ok(answer(StatusCode::CREATED, &ManyContacts { status: "OK", contacts }))
    }
}

fn one_contact(store: &Store, phone: &str, shape: Shape) -> Result<Response, Refusal> {
    let contact = store.view(phone, shape).ok_or(Refusal::NoContact)?;
    Ok(ok(&OneContact { status: "OK", contact }))
}
