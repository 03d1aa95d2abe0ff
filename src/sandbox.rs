//! A stateful fake of the Contacts API, in the test's own process.
//!
//! ```
//! use sendblue_contacts::sandbox::{Fault, Sandbox};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder().synthetic_contacts(250).start()?;
//! let contacts = sandbox.client()?.contacts();
//! assert_eq!(contacts.count().send().await?, 250);
//!
//! sandbox.fail_next(Fault::status(503).operation("contacts.create"));
//! let error = contacts.create("+14155550100").send().await.unwrap_err();
//! assert!(error.is_server_error());
//! assert_eq!(sandbox.requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! A sandbox has a thread and a runtime of its own, so it serves synchronous and asynchronous tests alike; it listens on
//! 127.0.0.1 and stops when it is dropped. Its types are its own: it shares no model with the client, so that a mistake
//! in one shows on the other.
//!
//! # What it imitates
//!
//! All ten operations, with the quirks that were seen on the live service: `create` answers in both casings and with
//! a company derived from the account; `list` is a bare array, shows a `contact_id` (no other answer does) and caps
//! `limit` (100 by default) at 1000 and `offset` at 10000; `verify` answers an unknown number with 200 and
//! `"status": "ERROR"`; missing credentials are a 403, wrong ones a 401. Bodies may use the deprecated spellings
//! (`firstName`, `phone_number` for `number`) besides the preferred ones, which win; `null` counts as absent.
//!
//! A request that breaks the documented schema (a wrong type, a missing field, a number that is not E.164, a body that
//! is not JSON or not declared as such) is answered with a 400 whose message names the field. Properties and parameters
//! that an operation does not have are ignored: `company_name` on create, for instance.
//!
//! # What it decides
//!
//! Where nobody knows what the live service does, tests should not rely on the sandbox either:
//!
//! - `order_by` takes `created_at`, `firstName`, `lastName` and `phone`; anything else is a 400. Texts are ordered by
//!   their bytes, ties by the order of insertion; `desc` is `asc` reversed. Contacts without the name come last either
//!   way, those without `created_at` where [`SandboxBuilder::undated`] puts them.
//! - An `offset` above 10000 behaves as 10000, or is refused: [`SandboxBuilder::over_offset`].
//! - `created_at_gte` may also be a date, or lack an offset: both are UTC. Contacts without `created_at` do not match.
//! - `create` answers 200. An existing number is a 409, unless `update_if_exists` makes it an update.
//! - `update`, and `create` as an update, replace what is given but for `custom_variables`, which are merged.
//! - The recipient of a verification confirms it at once: the contact is `verified` from then on.
//! - An opt-out belongs to the number: it needs no contact and outlives it. What it sends back shows in a contact's
//!   `opt_out`; a contact created through the API starts opted in and unverified.
//! - `bulk.create` answers 201 with the contacts created. Contacts that exist are left as they are, and are left out,
//!   listed or a conflict: [`SandboxBuilder::bulk_existing`]. Of a number that comes twice, the first item counts.
//! - `bulk.delete` takes phone numbers alone, counts those that had a contact, and refuses an empty list.
//! - A single wrong item refuses a whole bulk request. How many items there may be, and which numbers the service
//!   refuses or passes over for reasons of its own, is set: [`bulk_limit`](SandboxBuilder::bulk_limit),
//!   [`reject_numbers`](SandboxBuilder::reject_numbers), [`drop_numbers`](SandboxBuilder::drop_numbers).
//! - A key pair and a bearer token together are let in when either is right.
//! - Above the [rate limit](SandboxBuilder::rate_limit), the answer is a 429 without `Retry-After`: none was ever seen.
//!
//! An answer comes from the first of these that has one: a [fault](Sandbox::fail_next), the size limit [`MAX_BODY`] (413),
//! the route (404 and 405), the rate limit, the credentials, the operation.

use std::{fmt, io, sync::Arc};

use serde_json::Value;

mod answers;
mod builder;
mod contact;
mod faults;
mod input;
mod received;
mod routes;
mod rules;
mod server;
mod service;
mod store;
mod synthetic;

use crate::{Client, Credentials, Error};

pub use self::{
    builder::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, SandboxBuilder},
    faults::Fault,
    received::{BODIES_KEPT, REQUESTS_KEPT, ReceivedRequest},
    routes::MAX_BODY,
    rules::{BulkExisting, OverOffset, Undated},
};
use self::{
    contact::Shape,
    server::Server,
    service::{Access, Service, lock},
};

/// A running fake of the Contacts API; stops when it is dropped.
///
/// ```
/// use sendblue_contacts::sandbox::Sandbox;
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::start()?;
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
///
/// Its `Debug` shows neither credentials nor contacts.
pub struct Sandbox {
    url: String,
    service: Arc<Service>,
    server: Server,
}

impl Sandbox {
    /// Starts an empty sandbox on a free port of 127.0.0.1, with the default credentials.
    ///
    /// # Errors
    ///
    /// When the system refuses a port or a thread.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox to be set up before it starts.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// The base URL to point a client at, such as `http://127.0.0.1:4010`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of this sandbox, with its credentials and the defaults of all else.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`](crate::ClientBuilder::build): with credentials that no header can carry, and where TLS
    /// cannot be set up.
    pub fn client(&self) -> Result<Client, Error> {
        let Access { key_id, secret_key, .. } = &self.service.access;
        Client::builder().credentials(Credentials::key_pair(key_id, secret_key)?).base_url(&self.url).build()
    }

    /// The requests received so far, oldest first: the last [`REQUESTS_KEPT`] of them, with [`BODIES_KEPT`] bytes at most.
    ///
    /// A request is among them once its answer is decided, even if the answer still waits or cannot be delivered.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.service.log).requests()
    }

    /// Forgets the requests received so far.
    pub fn clear_requests(&self) {
        lock(&self.service.log).clear();
    }

    /// Queues a fault: the next request that it is meant for gets it in place of the sandbox's own answer.
    ///
    /// Faults are given in the order in which they were queued.
    pub fn fail_next(&self, fault: Fault) {
        lock(&self.service.faults).push(fault);
    }

    /// The contact of a number as `retrieve` would show it.
    pub fn contact(&self, phone: &str) -> Option<Value> {
        serde_json::to_value(lock(&self.service.store).view(phone, Shape::Plain)?).ok()
    }

    /// Adds a contact, as [`SandboxBuilder::contacts`] does, while the sandbox runs.
    ///
    /// ```
    /// use sendblue_contacts::sandbox::Sandbox;
    /// use serde_json::json;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::start()?;
    /// sandbox.insert(json!({ "phone": "+14155550100", "created_at": "2026-05-09T00:00:00Z" }))?;
    /// assert!(sandbox.remove("+14155550100"));
    /// assert!(sandbox.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For an account that changes between two requests, whoever changes it: nothing of it is among the requests received.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] when the contact is wrong, naming the field, or when its number is taken; nothing
    /// is changed then.
    pub fn insert(&self, contact: Value) -> io::Result<()> {
        self.service.insert(contact, "the contact")
    }

    /// Deletes a contact as `delete` would: false when the number has none.
    pub fn remove(&self, phone: &str) -> bool {
        lock(&self.service.store).remove(phone)
    }

    /// How many contacts there are.
    pub fn len(&self) -> usize {
        lock(&self.service.store).len()
    }

    /// Whether there is no contact.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers to which a verification message was "sent", one entry for each sending, oldest first.
    pub fn verifications(&self) -> Vec<String> {
        lock(&self.service.store).verifications().map(String::from).collect()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("server", &self.server).field("contacts", &self.len()).finish_non_exhaustive()
    }
}
