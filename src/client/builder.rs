//! Builds a client from its settings.

use std::{borrow::Cow, fmt, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header::USER_AGENT};

use super::{Client, base_url};
#[cfg(doc)]
use crate::{DEFAULT_MAX_RETRIES, DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY, ErrorKind};
use crate::{
    call::{Settings, check_timeout},
    credentials::Credentials,
    environment,
    error::{Error, InvalidInput},
    headers,
    rate_limit::RateLimit,
    retry::RetryPolicy,
    transport::{ReqwestSettings, ReqwestTransport, Transport, check_tls},
};

/// The default base URL, which the official clients also use.
///
/// `https://api.sendblue.com` is reported to work too.
pub const DEFAULT_BASE_URL: &str = "https://api.sendblue.co";
/// The default timeout of connecting, including TLS: 5 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The default timeout of one attempt, including the response body: 30 seconds.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// The default timeout of a whole call, including all attempts and delays: 60 seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The default time after which the client stops using an idle connection: 4 seconds.
///
/// Servers close idle connections too; Node.js does so after 5 seconds. A request fails on a connection that the server
/// is closing.
pub const DEFAULT_POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The default size limit of a response body: 16 MiB.
///
/// A page of 1000 contacts has about 0.3 MiB.
pub const DEFAULT_MAX_BODY: usize = 16 * 1024 * 1024;

/// The environment variable of the base URL.
const BASE_URL_VARIABLE: &str = "SENDBLUE_API_BASE_URL";
/// The environment variable of additional headers, in the format of clients that Stainless generates.
const HEADERS_VARIABLE: &str = "SENDBLUE_API_CUSTOM_HEADERS";

/// A builder for a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use sendblue_contacts::{Client, Credentials};
///
/// let client = Client::builder()
///     .credentials(Credentials::key_pair("key-id", "secret-key")?)
///     .base_url("https://api.sendblue.com")
///     .timeout(Duration::from_secs(20))
///     .user_agent("crm-sync/1.4")
///     .build()?;
/// # Ok::<(), sendblue_contacts::Error>(())
/// ```
///
/// Only the credentials are required. [`build`](Self::build) returns the first invalid setting as an error.
///
/// The client never follows redirects, because a redirect would send the keys to another host. By default, it uses the
/// proxies of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, …); [`proxy`](Self::proxy) replaces them. If the
/// base URL is a loopback address, the client uses no proxy, and setting [`proxy`](Self::proxy) is an error.
#[derive(Clone)]
#[must_use = "settings do nothing before `.build()`"]
pub struct ClientBuilder {
    credentials: Option<Credentials>,
    base_url: Cow<'static, str>,
    base_url_field: &'static str,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Duration,
    max_body: usize,
    retry: RetryPolicy,
    rate_limit: Option<Arc<dyn RateLimit>>,
    transport: Option<Arc<dyn Transport>>,
    reqwest: ReqwestSettings,
    default_headers: HeaderMap,
    user_agent: Option<String>,
    /// The first invalid setting.
    invalid: Option<InvalidInput>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            credentials: None,
            base_url: DEFAULT_BASE_URL.into(),
            base_url_field: "base URL",
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            attempt_timeout: DEFAULT_ATTEMPT_TIMEOUT,
            timeout: DEFAULT_TIMEOUT,
            max_body: DEFAULT_MAX_BODY,
            retry: RetryPolicy::default(),
            rate_limit: None,
            transport: None,
            reqwest: ReqwestSettings::default(),
            default_headers: HeaderMap::new(),
            user_agent: None,
            invalid: None,
        }
    }
}

impl ClientBuilder {
    /// Creates a builder with the credentials and the base URL from the environment.
    ///
    /// ```no_run
    /// use sendblue_contacts::{ClientBuilder, SlidingWindow};
    ///
    /// # fn main() -> Result<(), sendblue_contacts::Error> {
    /// let client = ClientBuilder::from_env()?.rate_limit(SlidingWindow::reported()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Credentials::from_env`] lists the variables of the credentials. A blank variable counts as unset.
    ///
    /// | variable | value |
    /// |---|---|
    /// | `SENDBLUE_API_BASE_URL` | the base URL |
    /// | `SENDBLUE_API_CUSTOM_HEADERS` | [default headers](Self::default_header): one `Name: value` in each line |
    ///
    /// Later calls of [`base_url`](Self::base_url) and [`default_header`](Self::default_header) replace these values.
    /// The values of the headers are marked sensitive.
    ///
    /// # Errors
    ///
    /// The errors of [`Credentials::from_env`]. If the base URL or a header is invalid, [`build`](Self::build) returns
    /// an error that names the variable.
    pub fn from_env() -> Result<Self, Error> {
        let mut builder = Self::default().credentials(Credentials::from_env()?);
        if let Some(url) = environment::read(BASE_URL_VARIABLE)? {
            builder = builder.base_url_from(BASE_URL_VARIABLE, url);
        }
        if let Some(headers) = environment::read(HEADERS_VARIABLE)? {
            builder.default_headers = headers::parse_lines(HEADERS_VARIABLE, &headers)?;
        }
        Ok(builder)
    }

    /// Sets the API key pair or bearer token. This setting is required.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets the base URL; default: [`DEFAULT_BASE_URL`].
    ///
    /// The URL may have a path, which precedes the paths of the operations. It must not contain a user name, a
    /// password, a query or a fragment. Its scheme must be https, except for a loopback address or with
    /// [`allow_insecure_http`](Self::allow_insecure_http).
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.base_url_from("base URL", url.into())
    }

    fn base_url_from(mut self, field: &'static str, url: impl Into<String>) -> Self {
        self.base_url = url.into().into();
        self.base_url_field = field;
        self
    }

    /// Sets whether the base URL may use plain http to another machine; default: false.
    ///
    /// With plain http, the keys cross the network unencrypted.
    pub fn allow_insecure_http(mut self, allow: bool) -> Self {
        self.reqwest.allow_insecure_http = allow;
        self
    }

    /// Limits the time to connect, including TLS; default: [`DEFAULT_CONNECT_TIMEOUT`].
    ///
    /// A custom [`transport`](Self::transport) ignores this setting.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long a connection may be idle before the client stops using it; default:
    /// [`DEFAULT_POOL_IDLE_TIMEOUT`].
    ///
    /// The time should be shorter than that of the server. Zero is an error; it would mean no limit.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.reqwest.pool_idle_timeout = Some(timeout);
        self
    }

    /// Limits one attempt, including the response body; default: [`DEFAULT_ATTEMPT_TIMEOUT`].
    ///
    /// [`Request::attempt_timeout`](crate::Request::attempt_timeout) overrides it for one call.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Limits a whole call, including all attempts and delays; default: [`DEFAULT_TIMEOUT`].
    ///
    /// [`Request::timeout`](crate::Request::timeout) overrides it for one call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Limits the size of a response body, in bytes; default: [`DEFAULT_MAX_BODY`].
    ///
    /// If a success body is larger, the call fails with [`ErrorKind::BodyTooLarge`]. The limit does not apply to the
    /// body of an error, which is cut at 64 KiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets the maximum number of retries of a call, 0 for a single attempt; default: [`DEFAULT_MAX_RETRIES`].
    ///
    /// The client retries only what is safe to repeat: see the [guide](crate::guide::retries).
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retry.max_retries = retries;
        self
    }

    /// Sets the bounds of the back-off; default: [`DEFAULT_RETRY_BASE_DELAY`] and [`DEFAULT_RETRY_MAX_DELAY`].
    ///
    /// Each delay is random, from zero to a bound. The first bound is `base`, and it doubles with each retry, up to
    /// `max`. It follows the wait of `Retry-After`, or of [`RATE_LIMIT_PAUSE`](crate::RATE_LIMIT_PAUSE) after a 429.
    pub fn retry_delay(mut self, base: Duration, max: Duration) -> Self {
        self.retry.base_delay = base;
        self.retry.max_delay = max;
        self
    }

    /// Sets whether `create` and `bulk().create` are retried after an ambiguous failure; default: false.
    ///
    /// A retry may create a contact twice. This setting does not affect `verify`.
    pub fn retry_ambiguous(mut self, retry: bool) -> Self {
        self.retry.retry_ambiguous = retry;
        self
    }

    /// Sets whether `verify` and a non-idempotent [`Client::request`] are retried after a 429; default: false.
    ///
    /// A retry may send a person a second message: the service may send the first message before it responds with 429.
    pub fn retry_rate_limited(mut self, retry: bool) -> Self {
        self.retry.retry_rate_limited = retry;
        self
    }

    /// Sets a rate limit; every attempt waits for it. Default: no limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sendblue_contacts::{Client, Credentials, SlidingWindow};
    ///
    /// let client = Client::builder()
    ///     .credentials(Credentials::key_pair("key-id", "secret-key")?)
    ///     .rate_limit(SlidingWindow::reported())
    ///     .build()?;
    /// # Ok::<(), sendblue_contacts::Error>(())
    /// ```
    ///
    /// Clones of the client share the limit; [`Client::with_credentials`] starts one of its own. Waiting counts toward
    /// the timeout of the call. If the first attempt cannot start before the deadline, the call fails with
    /// [`ErrorKind::Throttled`]. If a retry cannot, the call fails with the error of the previous attempt. A
    /// [`SlidingWindow`](crate::SlidingWindow) detects both cases at once.
    pub fn rate_limit(mut self, limit: impl RateLimit) -> Self {
        self.rate_limit = Some(Arc::new(limit));
        self
    }

    /// Sets the transport, which sends the requests; default: a transport over `reqwest`.
    ///
    /// [`pool_idle_timeout`](Self::pool_idle_timeout), [`proxy`](Self::proxy),
    /// [`root_certificate`](Self::root_certificate) and [`resolve`](Self::resolve) configure only the default transport.
    /// If one of them is set together with a custom transport, [`build`](Self::build) returns an error. The module
    /// [`transport`](crate::transport) lists the guarantees that hold with every transport.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the proxy (`http://…`, `https://…`); default: the proxies of the environment.
    ///
    /// The URL may contain a user name and a password.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.reqwest.proxy = Some(url.into());
        self
    }

    /// Adds one or more root certificates, in PEM form, to those that the client trusts.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.reqwest.root_certificates.push(pem.into());
        self
    }

    /// Connects to `address` instead of looking up `host`.
    ///
    /// A port in the base URL takes precedence over the port of `address`. If neither has a port (0 in `address`), the
    /// default port of the scheme applies.
    ///
    /// If the base URL is plain http to `localhost`, `address` must be a loopback address, unless
    /// [`allow_insecure_http`](Self::allow_insecure_http) is set.
    pub fn resolve(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.reqwest.resolve.push((host.into(), address));
        self
    }

    /// Adds a header to every request.
    ///
    /// [`Request::header`](crate::Request::header) lists the headers that only the client may set.
    pub fn default_header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match headers::parse(name, value) {
            Ok((name, value)) => {
                self.default_headers.insert(name, value);
            }
            Err(invalid) => {
                self.invalid.get_or_insert(invalid);
            }
        }
        self
    }

    /// Appends the name of your program to the `User-Agent` header, after the name and version of this crate.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Builds the client without sending a request.
    ///
    /// # Errors
    ///
    /// - [`is_input`](Error::is_input) with the name of the setting, if a setting is missing or invalid. If no TLS
    ///   feature is enabled, an https base URL is invalid, except with a custom transport.
    /// - [`ErrorKind::Setup`] with a source, if the HTTP client cannot be set up.
    pub fn build(mut self) -> Result<Client, Error> {
        if let Some(invalid) = self.invalid.take() {
            return Err(invalid.into());
        }
        let missing = || InvalidInput::new("credentials", "missing; set `credentials`, or use `Client::from_env`");
        let credentials = self.credentials.take().ok_or_else(missing)?;
        for (field, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("timeout", self.timeout),
        ] {
            check_timeout(field, timeout)?;
        }
        if self.reqwest.pool_idle_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(InvalidInput::new("pool_idle_timeout", "zero; pass a longer duration").into());
        }
        let base_url = base_url::parse(self.base_url_field, &self.base_url, self.reqwest.allow_insecure_http)?;
        check_tls(&base_url, self.transport.is_none())?;
        let user_agent = user_agent(self.user_agent.as_deref())?;
        self.default_headers.entry(USER_AGENT).or_insert(user_agent);

        let own = match &self.transport {
            Some(_) => self.reqwest.check_unset().map(|()| ReqwestSettings::default())?,
            None => {
                self.reqwest.pool_idle_timeout.get_or_insert(DEFAULT_POOL_IDLE_TIMEOUT);
                self.reqwest
            }
        };
        let reqwest = ReqwestTransport::new(&base_url, self.connect_timeout, &own)?;
        Ok(Client {
            request_builder: reqwest.request_builder(),
            transport: self.transport.unwrap_or_else(|| Arc::new(reqwest)),
            settings: Arc::new(Settings {
                base_url: Arc::new(base_url),
                credentials,
                default_headers: self.default_headers,
                connect_timeout: self.connect_timeout,
                attempt_timeout: self.attempt_timeout,
                timeout: self.timeout,
                max_body: self.max_body,
                retry: self.retry,
                retry_budget: Arc::default(),
                rate_limit: self.rate_limit,
            }),
        })
    }
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, InvalidInput> {
    const PRODUCT: &str = concat!("sendblue-contacts/", env!("CARGO_PKG_VERSION"));
    let agent = suffix.map_or(Cow::Borrowed(PRODUCT), |suffix| format!("{PRODUCT} {suffix}").into());
    HeaderValue::from_str(&agent)
        .map_err(|_| InvalidInput::new("user_agent", "contains line breaks or other control characters; remove them"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("connect_timeout", &self.connect_timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("timeout", &self.timeout)
            .field("max_body", &self.max_body)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
