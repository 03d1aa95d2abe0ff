//! The settings of a sandbox, until it starts.

use std::{
    fmt, io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::Router;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    credentials::AcceptedCredentials,
    fault_queue::FaultQueue,
    handle::Sandbox,
    handler,
    received_request::ReceivedRequest,
    request_limit::RequestLimit,
    request_log::RequestLog,
    rules::Rules,
    server::Server,
    service::{Clock, RequestHook, Service, lock},
    settings::{BulkExisting, OffsetAboveCap, Undated},
    store::Store,
    synthetic,
};

/// The default key id of [`SandboxBuilder::credentials`].
pub const DEFAULT_KEY_ID: &str = "sandbox-key";
/// The default secret key of [`SandboxBuilder::credentials`].
pub const DEFAULT_SECRET_KEY: &str = "sandbox-secret";

impl Sandbox {
    /// Starts an empty sandbox on a free port of 127.0.0.1, with the default settings.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system provides no port or no thread.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Returns a builder for a sandbox with other settings.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }
}

/// A builder for a [`Sandbox`], from [`Sandbox::builder`].
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
/// `Debug` prints no credentials, contacts or phone numbers.
#[derive(Clone)]
#[must_use = "a builder starts no sandbox until `start` is called"]
pub struct SandboxBuilder {
    key_id: String,
    secret_key: String,
    bearer_token: Option<String>,
    port: u16,
    contacts: Vec<Value>,
    synthetic_contacts: usize,
    rate_limit: Option<(usize, Duration)>,
    undated: Undated,
    rules: Rules,
    latency: Duration,
    clock: Clock,
    on_request: Option<RequestHook>,
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
            rules: Rules::default(),
            latency: Duration::ZERO,
            clock: Arc::new(|| SystemTime::now().into()),
            on_request: None,
        }
    }
}

impl SandboxBuilder {
    /// Sets the accepted key pair (default: [`DEFAULT_KEY_ID`] and [`DEFAULT_SECRET_KEY`]).
    pub fn credentials(mut self, key_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.key_id = key_id.into();
        self.secret_key = secret_key.into();
        self
    }

    /// Accepts a token in `Authorization: Bearer …`, in addition to the key pair (default: no token).
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// Sets the port (default: 0, which selects a free port).
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds contacts, each a JSON object with the documented properties in `snake_case`.
    ///
    /// Only `phone` is required. The sandbox adds no defaults. For example, a contact without `created_at` stays
    /// [undated](SandboxBuilder::undated).
    pub fn contacts(mut self, contacts: impl IntoIterator<Item = Value>) -> Self {
        self.contacts.extend(contacts);
        self
    }

    /// Adds `count` generated contacts (default: 0).
    ///
    /// The contacts are the same in every sandbox. Each has a first name, a last name and a fictional number that
    /// [`SandboxBuilder::contacts`] does not use. Their `created_at` values are one millisecond apart, starting on
    /// 2025-01-01. Generating a million contacts takes a few seconds.
    pub fn synthetic_contacts(mut self, count: usize) -> Self {
        self.synthetic_contacts = count;
        self
    }

    /// Allows at most `requests` requests in any period of length `per` (default: no limit).
    ///
    /// A request above the limit receives a 429, and does not count toward the limit. A request with a fault counts
    /// only if the fault is [applied](super::Fault::apply_request). The limit uses real time, even if a
    /// [clock](SandboxBuilder::clock) is set.
    pub fn rate_limit(mut self, requests: usize, per: Duration) -> Self {
        self.rate_limit = Some((requests, per));
        self
    }

    /// Sets where a list places contacts without `created_at` (default: [`Undated::Last`]).
    pub fn undated(mut self, undated: Undated) -> Self {
        self.undated = undated;
        self
    }

    /// Sets the response to an `offset` above 10000 (default: [`OffsetAboveCap::Clamp`]).
    pub fn offset_above_cap(mut self, offset_above_cap: OffsetAboveCap) -> Self {
        self.rules.offset_above_cap = offset_above_cap;
        self
    }

    /// Sets whether `list` and `retrieve` return property names in camelCase, such as `firstName` (default: false).
    ///
    /// Sendblue's guides show camelCase. Its API reference shows `snake_case`.
    pub fn camel_case(mut self, camel_case: bool) -> Self {
        self.rules.camel_case = camel_case;
        self
    }

    /// Sets how a bulk create treats numbers that already have a contact (default: [`BulkExisting::Omitted`]).
    pub fn bulk_existing(mut self, existing: BulkExisting) -> Self {
        self.rules.bulk_existing = existing;
        self
    }

    /// Sets the maximum number of items in a bulk create or bulk delete (default: no limit).
    ///
    /// A larger request receives a 413, and the sandbox applies no item.
    pub fn bulk_limit(mut self, items: usize) -> Self {
        self.rules.bulk_limit = Some(items);
        self
    }

    /// Refuses a create, bulk create or bulk delete that contains any of these numbers (default: no numbers).
    ///
    /// ```
    /// use sendblue_contacts::{NewContact, sandbox::Sandbox};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::builder().reject_numbers(["+14155550101"], 422).start()?;
    /// let bulk = sandbox.client()?.contacts().bulk();
    /// let both = ["+14155550100", "+14155550101"].map(|number| NewContact::new(number).unwrap());
    /// let error = bulk.create(both).send().await.unwrap_err();
    /// assert_eq!(error.status().unwrap(), 422);
    /// assert!(sandbox.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `status` is the HTTP status of the response, from 200 to 999. The body contains `"status": "ERROR"` and a
    /// message that does not name the number. Further calls add numbers.
    pub fn reject_numbers(mut self, numbers: impl IntoIterator<Item = impl Into<String>>, status: u16) -> Self {
        self.rules.rejected_numbers.extend(numbers.into_iter().map(|number| (number.into(), status)));
        self
    }

    /// Silently skips these numbers in a bulk create (default: no numbers).
    ///
    /// The sandbox creates no contact for them, and the response does not contain them. Further calls add numbers.
    pub fn drop_numbers(mut self, numbers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rules.dropped_numbers.extend(numbers.into_iter().map(Into::into));
        self
    }

    /// Delays every response (default: zero).
    ///
    /// The sandbox applies and records the request before the delay, even if the client times out. The delays of
    /// concurrent responses overlap.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Sets the clock for the `created_at` of new contacts (default: the system clock).
    ///
    /// The sandbox reads the clock once for each create and each bulk create. It truncates the time to milliseconds.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Calls `callback` with each request, before the sandbox sends the response (default: no callback).
    ///
    /// ```
    /// use sendblue_contacts::sandbox::Sandbox;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::builder()
    ///     .on_request(|request| println!("{:?} {}", request.operation(), request.status()))
    ///     .start()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The callback runs on the sandbox's thread. Until it returns, all other requests wait.
    pub fn on_request(mut self, callback: impl Fn(&ReceivedRequest) + Send + Sync + 'static) -> Self {
        self.on_request = Some(Arc::new(callback));
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// Returns [`io::ErrorKind::InvalidInput`] if a setting or a [contact](SandboxBuilder::contacts) is invalid. The
    /// message names the setting, or the index of the contact. Returns another error if the operating system provides
    /// no port or no thread.
    pub fn start(self) -> io::Result<Sandbox> {
        self.rules.check()?;
        let service = Arc::new(Service {
            credentials: AcceptedCredentials {
                key_id: self.key_id,
                secret_key: self.secret_key,
                bearer_token: self.bearer_token,
            },
            clock: self.clock,
            rules: self.rules,
            latency: self.latency,
            store: Mutex::new(Store::new(self.undated)),
            faults: Mutex::new(FaultQueue::default()),
            rate_limit: self.rate_limit.map(|(requests, per)| Mutex::new(RequestLimit::new(requests, per))),
            log: Mutex::new(RequestLog::default()),
            on_request: self.on_request,
        });
        for (index, contact) in self.contacts.into_iter().enumerate() {
            service.insert(contact, format_args!("contact {index}"))?;
        }
        synthetic::fill(&mut lock(&service.store), self.synthetic_contacts);
        let router = Router::new().fallback(handler::handle).with_state(Arc::clone(&service));
        let server = Server::start(self.port, router)?;
        Ok(Sandbox { url: format!("http://{}", server.address()), service, server })
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("port", &self.port)
            .field("contacts", &self.contacts.len())
            .field("synthetic_contacts", &self.synthetic_contacts)
            .field("rate_limit", &self.rate_limit)
            .field("undated", &self.undated)
            .field("offset_above_cap", &self.rules.offset_above_cap)
            .field("bulk_existing", &self.rules.bulk_existing)
            .field("bulk_limit", &self.rules.bulk_limit)
            .field("rejected_numbers", &self.rules.rejected_numbers.len())
            .field("dropped_numbers", &self.rules.dropped_numbers.len())
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}
