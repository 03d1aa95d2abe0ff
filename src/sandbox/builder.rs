//! What a sandbox is set up with.

use std::{
    fmt, io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::Router;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Sandbox,
    faults::{Faults, RateLimit},
    received::{Log, ReceivedRequest},
    routes,
    rules::{BulkExisting, OverOffset, Rules, Undated},
    server::Server,
    service::{Access, Clock, Service, Watch, lock},
    store::Store,
    synthetic,
};

/// The key id that a sandbox accepts unless [`SandboxBuilder::credentials`] sets another.
pub const DEFAULT_KEY_ID: &str = "sandbox-key";
/// The secret key that a sandbox accepts unless [`SandboxBuilder::credentials`] sets another.
pub const DEFAULT_SECRET_KEY: &str = "sandbox-secret";

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
    rules: Rules,
    latency: Duration,
    clock: Clock,
    watch: Option<Watch>,
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
            watch: None,
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
        self.rules.over_offset = over_offset;
        self
    }

    /// What a bulk create does with numbers that have a contact: [`BulkExisting::LeftOut`] by default.
    pub fn bulk_existing(mut self, existing: BulkExisting) -> Self {
        self.rules.bulk_existing = existing;
        self
    }

    /// The most items that a bulk create or bulk delete may have: more are a 413, and nothing is done; no limit by default.
    pub fn bulk_limit(mut self, items: usize) -> Self {
        self.rules.bulk_limit = Some(items);
        self
    }

    /// Refuses every create, bulk create and bulk delete that names one of these numbers, as a whole: none by default.
    ///
    /// ```
    /// use sendblue_contacts::{NewContact, sandbox::Sandbox};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::builder().reject_numbers(["+14155550101"], 422).start()?;
    /// let bulk = sandbox.client()?.contacts().bulk();
    /// let both = ["+14155550100", "+14155550101"].map(NewContact::new);
    /// assert_eq!(bulk.create(both).send().await.unwrap_err().status().unwrap(), 422);
    /// assert!(sandbox.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The answer has this status, and a message that does not say which number it was; a status of 2xx has
    /// `"status": "ERROR"`. Further calls add numbers.
    pub fn reject_numbers(mut self, numbers: impl IntoIterator<Item = impl Into<String>>, status: u16) -> Self {
        self.rules.rejected.extend(numbers.into_iter().map(|number| (number.into(), status)));
        self
    }

    /// Passes over these numbers in a bulk create: they are not created and not in the answer, and nothing says so.
    ///
    /// None by default. Further calls add numbers.
    pub fn drop_numbers(mut self, numbers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rules.dropped.extend(numbers.into_iter().map(Into::into));
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

    /// Is told of each request once its answer is decided, before the answer is given.
    ///
    /// ```
    /// use sendblue_contacts::sandbox::Sandbox;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::builder()
    ///     .on_request(|request| println!("{} {:?} {}", request.method(), request.operation(), request.status()))
    ///     .start()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It runs on the sandbox's thread, which serves nobody else meanwhile. Nobody is told by default.
    pub fn on_request(mut self, watch: impl Fn(&ReceivedRequest) + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] when one of the [contacts](SandboxBuilder::contacts) is wrong, naming its index and
    /// the field, or when another setting is, naming the setting; else when the system refuses the port or a thread.
    pub fn start(self) -> io::Result<Sandbox> {
        self.rules.check()?;
        let service = Arc::new(Service {
            access: Access { key_id: self.key_id, secret_key: self.secret_key, bearer_token: self.bearer_token },
            clock: self.clock,
            rules: self.rules,
            latency: self.latency,
            store: Mutex::new(Store::new(self.undated)),
            faults: Mutex::new(Faults::default()),
            rate_limit: self.rate_limit.map(|(requests, per)| Mutex::new(RateLimit::new(requests, per))),
            log: Mutex::new(Log::default()),
            watch: self.watch,
        });
        for (index, contact) in self.contacts.into_iter().enumerate() {
            service.insert(contact, format_args!("contact {index}"))?;
        }
        synthetic::fill(&mut lock(&service.store), self.synthetic_contacts);
        let router = Router::new().fallback(routes::serve).with_state(Arc::clone(&service));
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
            .field("over_offset", &self.rules.over_offset)
            .field("bulk_existing", &self.rules.bulk_existing)
            .field("bulk_limit", &self.rules.bulk_limit)
            .field("rejected", &self.rules.rejected.len())
            .field("dropped", &self.rules.dropped.len())
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}
