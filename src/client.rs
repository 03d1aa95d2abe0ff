//! The client: settings and connections, shared by all calls.

use std::{fmt, sync::Arc};

use http::{HeaderMap, Method};
use serde_json::Map;

use crate::{
    Contacts, Credentials, Error, Request, generated,
    retry::Repeat,
    transport::{Built, CallOptions, Settings},
};

mod base_url;
mod builder;
mod endpoint;

pub use builder::{
    ClientBuilder, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_BODY,
    DEFAULT_TIMEOUT,
};
pub use endpoint::Endpoint;

/// A client of the service.
///
/// ```no_run
/// use sendblue_contacts::{Client, Credentials};
///
/// # fn main() -> Result<(), sendblue_contacts::Error> {
/// let client = Client::from_env()?;
///
/// let client = Client::builder().credentials(Credentials::key_pair("key-id", "secret-key")?).build()?;
/// let contacts = client.contacts();
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone; clones share settings and connections. Make one for the program and clone it, since each one that is
/// built has connections of its own.
///
/// `Debug` shows the time-outs, neither keys nor URL.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// For what goes over a connection of its own.
    unpooled: reqwest::Client,
    settings: Arc<Settings>,
}

impl Client {
    /// Starts a client with settings of your own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Builds a client with the credentials and the base URL of the environment, and the defaults of all else.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// The same client with other credentials, for programs that act for many accounts.
    ///
    /// Settings, connections and [rate limit](ClientBuilder::rate_limit) are shared with this one; its budget of retries is
    /// its own.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let settings = Settings { credentials, bucket: Arc::default(), ..Settings::clone(&self.settings) };
        Self { http: self.http.clone(), unpooled: self.unpooled.clone(), settings: Arc::new(settings) }
    }

    /// The operations on contacts.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        Contacts::new(self.clone())
    }

    /// A request to an endpoint of the service for which this crate has no method.
    ///
    /// ```no_run
    /// # async fn run(client: sendblue_contacts::Client) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::http::Method;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Tags {
    ///     tags: Vec<String>,
    /// }
    ///
    /// let tags: Tags = client.request(Method::GET, ["api", "v2", "tags"]).query("limit", "10").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It goes to the client's base URL, with its credentials and under its limits, and fails as every call does. Each
    /// of `segments` is one segment of the path, and is encoded: none can lead to another path. `T` is what the body of the answer
    /// is decoded into; an empty body is decoded as `{}`, else as `null`: `()` fits it.
    pub fn request<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = impl Into<String>>,
    ) -> Request<Endpoint<T>> {
        Request::new(self, Endpoint::new(method, segments.into_iter().map(Into::into).collect()))
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    pub(crate) fn call_options(&self) -> CallOptions {
        CallOptions {
            attempt_timeout: self.settings.attempt_timeout,
            timeout: self.settings.timeout,
            retry: self.settings.retry,
            headers: HeaderMap::new(),
            query: Vec::new(),
            body: Map::new(),
        }
    }

    /// The generated client, for one call.
    pub(crate) fn generated(&self) -> generated::Client {
        generated::Client {
            baseurl: self.settings.base_url.as_str().trim_end_matches('/').to_owned(),
            client: self.http.clone(),
            inner: Built::new(self.settings()),
        }
    }

    /// The connections for a call. A message may not go over one that was idle: one that the server is just closing would
    /// make the outcome unknown, and the person who waits for the message would get none, or a second one.
    pub(crate) fn http(&self, repeat: Repeat) -> &reqwest::Client {
        if repeat == Repeat::Message { &self.unpooled } else { &self.http }
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
