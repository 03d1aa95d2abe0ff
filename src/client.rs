//! The client, which holds the settings and the transport that all calls share.

use std::{fmt, sync::Arc};

use crate::{
    account::Account, call::Settings, captured_request::CapturedRequest, credentials::Credentials, error::Error,
    generated, rate_limit::RateLimit, transport::Transport,
};

mod base_url;
mod builder;

pub use builder::{
    ClientBuilder, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_BODY,
    DEFAULT_POOL_IDLE_TIMEOUT, DEFAULT_TIMEOUT,
};

/// A client of the Contacts API.
///
/// ```no_run
/// use sendblue_contacts::{Client, Credentials};
///
/// # fn main() -> Result<(), sendblue_contacts::Error> {
/// let client = Client::from_env()?;
///
/// let key = Credentials::key_pair("key-id", "secret-key")?;
/// let client = Client::builder().credentials(key).build()?;
/// let contacts = client.contacts();
/// # Ok(())
/// # }
/// ```
///
/// A client is cheap to clone, and clones share settings and connections. Build one client for the whole program,
/// because each call of `build` creates a new connection pool.
///
/// `Debug` prints only the timeouts.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    /// Builds the requests of the generated client, and never sends them.
    request_builder: reqwest::Client,
    settings: Arc<Settings>,
}

impl Client {
    /// Creates a builder with default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Builds a client with the credentials and the base URL of the environment.
    ///
    /// All other settings have their defaults.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Returns a client with other credentials, for programs that use many accounts.
    ///
    /// Both clients share settings and connections. The new client has its own retry budget, and a
    /// [rate limit](ClientBuilder::rate_limit) of its own with the same settings. So keep one client for each account:
    /// a client that is created for each call would never wait.
    ///
    /// A custom limiter is shared, unless it implements [`RateLimit::for_another_account`]. If both credentials belong
    /// to the same account, pass one limiter in an [`Arc`] to [`with_rate_limit`](Self::with_rate_limit).
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let old = &self.settings;
        let rate_limit =
            old.rate_limit.as_ref().map(|limit| limit.for_another_account().unwrap_or_else(|| limit.clone()));
        let settings = Settings { credentials, retry_budget: Arc::default(), rate_limit, ..Settings::clone(old) };
        Self { settings: Arc::new(settings), ..self.clone() }
    }

    /// Returns a client with another rate limit. Both clients share everything else.
    ///
    /// To share the limit with other clients, wrap it in an [`Arc`].
    #[must_use]
    pub fn with_rate_limit(&self, limit: impl RateLimit) -> Self {
        let settings = Settings { rate_limit: Some(Arc::new(limit)), ..Settings::clone(&self.settings) };
        Self { settings: Arc::new(settings), ..self.clone() }
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Returns the account of the credentials, or `None` for a bearer token without a label.
    pub(crate) fn account(&self) -> Option<Account> {
        self.settings.credentials.account_id().map(|id| Account::new(&self.settings.base_url, id))
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// Creates the generated client for one attempt.
    pub(crate) fn generated(&self) -> generated::Client {
        generated::Client {
            baseurl: self.settings.base_url.as_str().trim_end_matches('/').to_owned(),
            client: self.request_builder.clone(),
            inner: CapturedRequest::new(Arc::clone(&self.settings.base_url)),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connect_timeout", &self.settings.connect_timeout)
            .field("attempt_timeout", &self.settings.attempt_timeout)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}
