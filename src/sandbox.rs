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
//! - `bulk.create` answers 201 with the contacts created. Numbers that exist are left as they are and left out;
//!   a single wrong item refuses the whole request.
//! - `bulk.delete` takes phone numbers alone, counts those that had a contact, and refuses an empty list.
//! - A key pair and a bearer token together are let in when either is right.
//! - Above the [rate limit](SandboxBuilder::rate_limit), the answer is a 429 without `Retry-After`: none was ever seen.
//!
//! An answer comes from the first of these that has one: a [fault](Sandbox::fail_next), the size limit [`MAX_BODY`] (413),
//! the route (404 and 405), the rate limit, the credentials, the operation.

use std::{
    fmt, io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::Router;
use chrono::{DateTime, Utc};
use serde_json::Value;

mod contact;
mod faults;
mod input;
mod received;
mod routes;
mod server;
mod store;
mod synthetic;

use crate::{Client, Credentials, Error};

use self::{
    contact::Shape,
    faults::{Faults, RateLimit},
    input::Fields,
    received::Log,
    routes::{Access, Clock, Service, lock},
    server::Server,
    store::Store,
};
pub use self::{
    faults::Fault,
    received::{REQUESTS_KEPT, ReceivedRequest},
    routes::MAX_BODY,
};

/// The key id that a sandbox accepts unless [`SandboxBuilder::credentials`] sets another.
pub const DEFAULT_KEY_ID: &str = "sandbox-key";
/// The secret key that a sandbox accepts unless [`SandboxBuilder::credentials`] sets another.
pub const DEFAULT_SECRET_KEY: &str = "sandbox-secret";

/// Where a list puts contacts without `created_at`, in either direction.
///
/// Nobody knows what the live service does, so what reads a whole list should be tested with both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undated {
    /// Before all others.
    First,
    /// After all others: the default.
    #[default]
    Last,
}

/// What a list answers to an `offset` above 10000.
///
/// The official clients say that it is capped there, which may be either: what reads a whole list should be tested with
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverOffset {
    /// The page at 10000, again and again: the default.
    #[default]
    Clamp,
    /// A 400 that names `offset`.
    Refuse,
}

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

    /// The requests received so far, oldest first: the last [`REQUESTS_KEPT`] of them.
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
        add(&mut lock(&self.service.store), contact, "the contact")
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

/// Sets up a [`Sandbox`]; made by [`Sandbox::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use sendblue_contacts::sandbox::{Sandbox, Undated};
/// use serde_json::json;
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::builder()
///     .credentials("key", "secret")
///     .contacts([json!({ "phone": "+14155550100", "first_name": "Ada" })])
///     .synthetic_contacts(250)
///     .rate_limit(100, Duration::from_secs(10))
///     .undated(Undated::First)
///     .start()?;
/// assert_eq!(sandbox.len(), 251);
/// # Ok(())
/// # }
/// ```
///
/// Its `Debug` shows neither credentials nor contacts.
#[derive(Clone)]
#[must_use = "a sandbox runs once it is started"]
pub struct SandboxBuilder {
    key_id: String,
    secret_key: String,
    bearer_token: Option<String>,
    port: u16,
    contacts: Vec<Value>,
    synthetic_contacts: usize,
    rate_limit: Option<(usize, Duration)>,
    undated: Undated,
    over_offset: OverOffset,
    latency: Duration,
    clock: Clock,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        Self {
            key_id: DEFAULT_KEY_ID.into(),
            secret_key: DEFAULT_SECRET_KEY.into(),
            bearer_token: None,
            port: 0,
            contacts: Vec::new(),
            synthetic_contacts: 0,
            rate_limit: None,
            undated: Undated::default(),
            over_offset: OverOffset::default(),
            latency: Duration::ZERO,
            clock: Arc::new(|| SystemTime::now().into()),
        }
    }
}

impl SandboxBuilder {
    /// The key pair to accept: [`DEFAULT_KEY_ID`] and [`DEFAULT_SECRET_KEY`] by default.
    pub fn credentials(mut self, key_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.key_id = key_id.into();
        self.secret_key = secret_key.into();
        self
    }

    /// A token to accept besides the key pair, as `Authorization: Bearer …`: none by default.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// The port to listen on: 0, the default, is a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds contacts, each a JSON object with the documented properties in `snake_case`, of which only `phone` is required.
    ///
    /// They are taken as they are: what is absent stays absent, `created_at` included (see [`SandboxBuilder::undated`]).
    pub fn contacts(mut self, contacts: impl IntoIterator<Item = Value>) -> Self {
        self.contacts.extend(contacts);
        self
    }

    /// Adds this many made-up contacts: 0 by default, a million takes a few seconds.
    ///
    /// They are the same every time: fictional numbers in E.164 format, none of which [`SandboxBuilder::contacts`] has,
    /// with first and last names, created one millisecond apart from 2025-01-01 on.
    pub fn synthetic_contacts(mut self, count: usize) -> Self {
        self.synthetic_contacts = count;
        self
    }

    /// Answers 429 to more than this many requests in any such time: unlimited by default.
    ///
    /// Measured in real time, whatever the [clock](SandboxBuilder::clock) says. Refused requests do not count, nor do those
    /// that get a fault in place of their operation.
    pub fn rate_limit(mut self, requests: usize, per: Duration) -> Self {
        self.rate_limit = Some((requests, per));
        self
    }

    /// Where contacts without `created_at` are listed: [`Undated::Last`] by default.
    pub fn undated(mut self, undated: Undated) -> Self {
        self.undated = undated;
        self
    }

    /// What an `offset` above 10000 gets: [`OverOffset::Clamp`] by default.
    pub fn over_offset(mut self, over_offset: OverOffset) -> Self {
        self.over_offset = over_offset;
        self
    }

    /// How long each answer is held back: not at all by default.
    ///
    /// The operation is carried out and the request remembered first, then the answer waits: a client that gives up
    /// meanwhile has had its way. Answers wait side by side, so that many requests at once take no longer than one.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The time that new contacts are stamped with, cut to milliseconds: the system's by default.
    ///
    /// Asked once for each create and each bulk create.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] when one of the [contacts](SandboxBuilder::contacts) is wrong, naming its index and
    /// the field; else when the system refuses the port or a thread.
    pub fn start(self) -> io::Result<Sandbox> {
        let mut store = Store::new(self.undated);
        for (index, contact) in self.contacts.into_iter().enumerate() {
            add(&mut store, contact, format_args!("contact {index}"))?;
        }
        synthetic::fill(&mut store, self.synthetic_contacts);
        let service = Arc::new(Service {
            access: Access { key_id: self.key_id, secret_key: self.secret_key, bearer_token: self.bearer_token },
            clock: self.clock,
            over_offset: self.over_offset,
            latency: self.latency,
            store: Mutex::new(store),
            faults: Mutex::new(Faults::default()),
            rate_limit: self.rate_limit.map(|(requests, per)| Mutex::new(RateLimit::new(requests, per))),
            log: Mutex::new(Log::default()),
        });
        let router = Router::new().fallback(routes::serve).with_state(Arc::clone(&service));
        let server = Server::start(self.port, router)?;
        Ok(Sandbox { url: format!("http://{}", server.address()), service, server })
    }
}

/// Adds a contact as it is; a wrong one is called `name` in the error.
fn add(store: &mut Store, contact: Value, name: impl fmt::Display) -> io::Result<()> {
    let wrong = |problem| io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: {problem}"));
    let (contact, opt_out) =
        Fields::of_value(contact).and_then(Fields::contact).map_err(|invalid| wrong(invalid.to_string()))?;
    let phone = Arc::clone(&contact.phone);
    if !store.insert(contact) {
        return Err(wrong("`phone` is taken by another contact".into()));
    }
    if let Some(opt_out) = opt_out {
        store.opt_out(&phone, opt_out);
    }
    Ok(())
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("port", &self.port)
            .field("contacts", &self.contacts.len())
            .field("synthetic_contacts", &self.synthetic_contacts)
            .field("rate_limit", &self.rate_limit)
            .field("undated", &self.undated)
            .field("over_offset", &self.over_offset)
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}
