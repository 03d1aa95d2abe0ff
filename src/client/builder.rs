//! Settings of a client.

use std::{borrow::Cow, env, fmt, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

use super::{Client, base_url};
use crate::{
    Credentials, Error,
    error::{InvalidInput, Kind, Outcome},
    rate_limit::RateLimit,
    request::{checked_header, not_zero},
    retry::Policy,
    transport::Settings,
};
#[cfg(doc)]
use crate::{DEFAULT_MAX_RETRIES, DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY};

/// The base URL, unless set: that of the official clients. `https://api.sendblue.com` has been seen to answer too.
pub const DEFAULT_BASE_URL: &str = "https://api.sendblue.co";
/// How long making a connection may take, unless set: 5 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take, the reading of the body included, unless set: 30 seconds.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a call may take as a whole, unless set: 60 seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// How large the body of an answer may be, unless set: 16 MiB. A page of 1000 contacts is about 0.3 MiB.
pub const DEFAULT_MAX_BODY: usize = 16 * 1024 * 1024;

/// How long an idle connection is kept. Shorter than servers commonly do: a connection that the server has just closed
/// makes the outcome of the next request unknown.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The environment variable that holds the base URL.
const BASE_URL_VARIABLE: &str = "SENDBLUE_API_BASE_URL";

/// What a [`Client`] is built from.
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
/// Only the credentials are required. Whatever is not valid is an error of [`build`](Self::build).
///
/// Redirects are never followed: they would hand the keys to another host. The proxies of the environment (`HTTPS_PROXY`,
/// `ALL_PROXY`, `NO_PROXY`, …) are used unless [`proxy`](Self::proxy) is, and never for a loopback base URL.
#[derive(Clone)]
#[must_use = "settings do nothing before `.build()`"]
pub struct ClientBuilder {
    credentials: Option<Credentials>,
    base_url: Cow<'static, str>,
    base_url_field: &'static str,
    allow_insecure_http: bool,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Duration,
    max_body: usize,
    retry: Policy,
    rate_limit: Option<Arc<dyn RateLimit>>,
    proxy: Option<String>,
    root_certificates: Vec<Vec<u8>>,
    resolve: Vec<(String, SocketAddr)>,
    default_headers: HeaderMap,
    user_agent: Option<String>,
    /// The first setting that is not valid.
    invalid: Option<InvalidInput>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            credentials: None,
            base_url: DEFAULT_BASE_URL.into(),
            base_url_field: "base URL",
            allow_insecure_http: false,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            attempt_timeout: DEFAULT_ATTEMPT_TIMEOUT,
            timeout: DEFAULT_TIMEOUT,
            max_body: DEFAULT_MAX_BODY,
            retry: Policy::default(),
            rate_limit: None,
            proxy: None,
            root_certificates: Vec::new(),
            resolve: Vec::new(),
            default_headers: HeaderMap::new(),
            user_agent: None,
            invalid: None,
        }
    }
}

impl ClientBuilder {
    /// The credentials and the base URL of the environment.
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
    /// Credentials are read as [`Credentials::from_env`] does. `SENDBLUE_API_BASE_URL` is the base URL, if it is not empty.
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input), with the name of the variable, as [`Credentials::from_env`]. What is wrong with the base
    /// URL is an error of [`build`](Self::build), with the name of its variable.
    pub fn from_env() -> Result<Self, Error> {
        let builder = Self::default().credentials(Credentials::from_env()?);
        Ok(match env::var_os(BASE_URL_VARIABLE) {
            Some(url) if !url.is_empty() => builder.base_url_from(BASE_URL_VARIABLE, url.to_string_lossy()),
            _ => builder,
        })
    }

    /// The API key pair or bearer token to send. Required.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where the service is; [`DEFAULT_BASE_URL`] unless set.
    ///
    /// May have a path, which is put before that of the operations. It must be https, except on this machine, and must
    /// not have a user name, a query or a fragment.
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.base_url_from("base URL", url.into())
    }

    fn base_url_from(mut self, field: &'static str, url: impl Into<String>) -> Self {
        self.base_url = url.into().into();
        self.base_url_field = field;
        self
    }

    /// Accepts a base URL with plain http on another machine. The keys cross the network as readable text.
    pub fn allow_insecure_http(mut self, allow: bool) -> Self {
        self.allow_insecure_http = allow;
        self
    }

    /// Limits the making of a connection, TLS included; [`DEFAULT_CONNECT_TIMEOUT`] unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits one attempt, the reading of the body included; [`DEFAULT_ATTEMPT_TIMEOUT`] unless set. A request can have
    /// [its own](crate::Request::attempt_timeout).
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Limits a call as a whole, every attempt and delay included; [`DEFAULT_TIMEOUT`] unless set. A request can have
    /// [its own](crate::Request::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Limits the body of an answer, in bytes; [`DEFAULT_MAX_BODY`] unless set.
    ///
    /// A larger one is an error, and no more than this is read of it.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sends a call again at most so often, where that is safe; [`DEFAULT_MAX_RETRIES`] unless set, 0 for a single attempt.
    ///
    /// The [crate's documentation](crate#sending-again) says when that is.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retry.max_retries = retries;
        self
    }

    /// Bounds the delays before sending again: the first is random below `base`, which doubles with each retry up to `max`;
    /// [`DEFAULT_RETRY_BASE_DELAY`] and [`DEFAULT_RETRY_MAX_DELAY`] unless set.
    pub fn retry_delay(mut self, base: Duration, max: Duration) -> Self {
        self.retry.base_delay = base;
        self.retry.max_delay = max;
        self
    }

    /// Sends `create` and `bulk().create` again even after a failure that proves nothing; not, unless set.
    ///
    /// For those who accept that a contact may be created twice. Verifications are never sent again for this.
    pub fn retry_ambiguous(mut self, retry: bool) -> Self {
        self.retry.ambiguous = retry;
        self
    }

    /// Sends `verify`, and [`Client::request`] with a method that is not idempotent, again after a 429; not, unless set.
    ///
    /// For those who accept a second message: that the service refuses before it sends the first is not known.
    pub fn retry_rate_limited(mut self, retry: bool) -> Self {
        self.retry.rate_limited = retry;
        self
    }

    /// Lets each request wait for its place under a limit of the client's own; none, unless set.
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
    /// Shared by the clones of the client. Every attempt takes a place, and waiting for it counts toward the time-out of the
    /// call; if it cannot be had in time, the call fails at once ([`is_throttled`](Error::is_throttled)).
    pub fn rate_limit(mut self, limit: impl RateLimit) -> Self {
        self.rate_limit = Some(Arc::new(limit));
        self
    }

    /// Reaches the service through a proxy (`http://…`, `https://…`), instead of those of the environment.
    ///
    /// Its URL may have a user name and password.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts a certificate authority besides those of the system: one or more certificates in PEM form.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Connects to `address` instead of looking up `host`.
    ///
    /// The port is that of the base URL if it names one; else that of `address`, unless it is 0.
    pub fn resolve(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.resolve.push((host.into(), address));
        self
    }

    /// Sends a header with every request. Those that the client sets itself are an error.
    pub fn default_header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match checked_header(name, value) {
            Ok((name, value)) => {
                self.default_headers.insert(name, value);
            }
            Err(invalid) => {
                self.invalid.get_or_insert(invalid);
            }
        }
        self
    }

    /// Says who is calling, behind the name and version of this crate in `User-Agent`.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input), with the name of the setting, if one is missing or not valid; an https base URL
    /// without any of this crate's TLS features is one of them. Another error, with its cause, if TLS cannot be set up.
    pub fn build(mut self) -> Result<Client, Error> {
        if let Some(invalid) = self.invalid.take() {
            return Err(invalid.into());
        }
        let credentials = self.credentials.take().ok_or_else(|| {
            InvalidInput::new("credentials", "are missing; set `credentials`, or use `Client::from_env`")
        })?;
        for (field, limit) in [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("timeout", self.timeout),
        ] {
            not_zero(field, limit)?;
        }
        let base_url = base_url::parse(self.base_url_field, &self.base_url, self.allow_insecure_http)?;
        check_tls(&base_url)?;

        let http = self.http(&base_url, usize::MAX)?;
        let unpooled = self.http(&base_url, 0)?;
        Ok(Client {
            http,
            unpooled,
            settings: Arc::new(Settings {
                base_url,
                credentials,
                default_headers: self.default_headers,
                connect_timeout: self.connect_timeout,
                attempt_timeout: self.attempt_timeout,
                timeout: self.timeout,
                max_body: self.max_body,
                retry: self.retry,
                bucket: Arc::default(),
                rate_limit: self.rate_limit,
            }),
        })
    }

    /// Connections, so many of which are kept when they are idle.
    fn http(&self, base_url: &Url, idle: usize) -> Result<reqwest::Client, Error> {
        let http = reqwest::Client::builder()
            .user_agent(user_agent(self.user_agent.as_deref())?)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(idle)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .https_only(base_url.scheme() == "https")
            // Features of reqwest are switched on for the whole program, by any other crate in it: what this one has not
            // asked for is not to change what it does.
            .http1_only()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        #[cfg(feature = "gzip")]
        let mut http = http.gzip(true);
        #[cfg(not(feature = "gzip"))]
        let mut http = http.no_gzip();
        match (&self.proxy, base_url::is_loopback(base_url)) {
            (None, true) => http = http.no_proxy(),
            (None, false) => {}
            (Some(_), true) => {
                let reason =
                    "is set, but the base URL is on this machine, which is never reached through one; remove it";
                return Err(InvalidInput::new("proxy", reason).into());
            }
            (Some(proxy), false) => {
                let proxy = Url::parse(proxy)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https"))
                    .and_then(|url| reqwest::Proxy::all(url).ok())
                    .ok_or_else(|| {
                        InvalidInput::new(
                            "proxy",
                            "is not a URL of http or https; write it as in http://proxy.example:3128",
                        )
                    })?;
                http = http.proxy(proxy);
            }
        }
        http = root_certificates(http, &self.root_certificates)?;
        for (host, address) in &self.resolve {
            http = http.resolve(host, *address);
        }
        http.build().map_err(|error| Error::new(Kind::Setup, Outcome::NotSent).with_source(error.without_url()))
    }
}

fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, InvalidInput> {
    const PRODUCT: &str = concat!("sendblue-contacts/", env!("CARGO_PKG_VERSION"));
    let agent = suffix.map_or(Cow::Borrowed(PRODUCT), |suffix| format!("{PRODUCT} {suffix}").into());
    HeaderValue::from_str(&agent)
        .map_err(|_| InvalidInput::new("user_agent", "has line breaks or other control characters"))
}

/// Whether any of this crate's features for TLS is on.
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));
const NO_TLS: &str =
    "TLS is not compiled in; add the feature `rustls`, `native-tls` or `rustls-no-provider` of sendblue-contacts";

#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
fn root_certificates(
    mut http: reqwest::ClientBuilder,
    pems: &[Vec<u8>],
) -> Result<reqwest::ClientBuilder, InvalidInput> {
    let invalid = || InvalidInput::new("root_certificate", "has no certificate in PEM form");
    for pem in pems {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| invalid())?;
        if certificates.is_empty() {
            return Err(invalid());
        }
        http = certificates.into_iter().fold(http, reqwest::ClientBuilder::add_root_certificate);
    }
    Ok(http)
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
fn root_certificates(http: reqwest::ClientBuilder, pems: &[Vec<u8>]) -> Result<reqwest::ClientBuilder, InvalidInput> {
    if pems.is_empty() { Ok(http) } else { Err(InvalidInput::new("root_certificate", format!("is set, but {NO_TLS}"))) }
}

/// Whether TLS is there, where it is needed: reqwest would panic, or fail at the first request.
fn check_tls(base_url: &Url) -> Result<(), InvalidInput> {
    // Without a provider of its own reqwest needs one even for plain http.
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls"), not(feature = "native-tls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let reason = "no provider of rustls is installed; install one before, as with `ring::default_provider().install_default()`";
        return Err(InvalidInput::new("TLS", reason));
    }
    if base_url.scheme() == "https" && !HAS_TLS {
        return Err(InvalidInput::new("base URL", format!("is https, but {NO_TLS}")));
    }
    Ok(())
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
