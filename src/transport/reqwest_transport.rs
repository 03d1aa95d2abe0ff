//! The default transport, over `reqwest`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use url::Url;

use super::{Attempt, Body, BoxError, Phase, Transport, TransportError, TransportFuture, reqwest_causes};
use crate::{
    error::{Cause, Error, InvalidInput},
    outcome::Outcome,
};

/// The settings that only this transport uses.
#[derive(Clone, Default)]
pub(crate) struct ReqwestSettings {
    pub(crate) allow_insecure_http: bool,
    pub(crate) pool_idle_timeout: Option<Duration>,
    pub(crate) proxy: Option<String>,
    pub(crate) root_certificates: Vec<Vec<u8>>,
    pub(crate) resolve: Vec<(String, SocketAddr)>,
}

impl ReqwestSettings {
    /// Refuses settings that a custom transport would ignore.
    pub(crate) fn check_unset(&self) -> Result<(), InvalidInput> {
        let problem = "has no effect on a `transport` of your own; remove it, or configure the transport";
        for (field, is_set) in [
            ("pool_idle_timeout", self.pool_idle_timeout.is_some()),
            ("proxy", self.proxy.is_some()),
            ("root_certificate", !self.root_certificates.is_empty()),
            ("resolve", !self.resolve.is_empty()),
        ] {
            if is_set {
                return Err(InvalidInput::new(field, problem));
            }
        }
        Ok(())
    }
}

/// A transport with two `reqwest` clients: one pools connections, the other opens a connection for each request.
#[derive(Debug)]
pub(crate) struct ReqwestTransport {
    pooled: reqwest::Client,
    unpooled: reqwest::Client,
}

impl ReqwestTransport {
    pub(crate) fn new(base_url: &Url, connect_timeout: Duration, settings: &ReqwestSettings) -> Result<Self, Error> {
        let client = |idle| build(base_url, connect_timeout, settings, idle);
        Ok(Self { pooled: client(usize::MAX)?, unpooled: client(0)? })
    }

    /// Returns a `reqwest` client for building requests.
    pub(crate) fn request_builder(&self) -> reqwest::Client {
        self.pooled.clone()
    }
}

impl Transport for ReqwestTransport {
    fn send<'a>(&'a self, request: http::Request<Bytes>, attempt: &'a Attempt) -> TransportFuture<'a> {
        attempt.set_phase(Phase::Connecting);
        let client = if attempt.needs_fresh_connection() { &self.unpooled } else { &self.pooled };
        let request = into_reqwest(request, attempt).map(|request| client.execute(request));
        Box::pin(async move {
            let response = request?.await.map_err(transport_error)?;
            Ok(http::Response::from(response).map(Body::from_reqwest))
        })
    }
}

fn into_reqwest(request: http::Request<Bytes>, attempt: &Attempt) -> Result<reqwest::Request, TransportError> {
    let (mut parts, bytes) = request.into_parts();
    let url = match parts.extensions.remove() {
        Some(url) => url,
        None => Url::parse(&parts.uri.to_string()).map_err(TransportError::connect)?,
    };
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(reqwest::Body::wrap(RequestBody { bytes, attempt: attempt.clone() }));
    Ok(request)
}

/// A request body that reports [`Phase::Sending`] when hyper first accesses it.
///
/// hyper accesses the body only after it has a connection, when it writes the head of the request.
struct RequestBody {
    bytes: Bytes,
    attempt: Attempt,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.attempt.set_phase(Phase::Sending);
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    /// Reports the phase too, because hyper does not poll an empty body.
    fn is_end_stream(&self) -> bool {
        self.attempt.set_phase(Phase::Sending);
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// Classifies a `reqwest` error, and removes its URL, which may contain a phone number.
fn transport_error(error: reqwest::Error) -> TransportError {
    let classify = if error.is_connect() && error.is_timeout() {
        TransportError::connect_timeout
    } else if error.is_connect() && reqwest_causes::is_tls(&error) {
        TransportError::tls
    } else if error.is_connect() {
        TransportError::connect
    } else if reqwest_causes::is_protocol(&error) {
        TransportError::protocol
    } else {
        TransportError::connection_lost
    };
    classify(error.without_url())
}

/// Builds a `reqwest` client that keeps up to `idle` idle connections for each host.
fn build(
    base_url: &Url,
    connect_timeout: Duration,
    settings: &ReqwestSettings,
    idle: usize,
) -> Result<reqwest::Client, Error> {
    let client = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(settings.pool_idle_timeout)
        .pool_max_idle_per_host(idle)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .https_only(base_url.scheme() == "https")
        // Cargo unifies features, so another crate may enable these features of reqwest. They must not affect this
        // client.
        .http1_only()
        .no_brotli()
        .no_deflate()
        .no_zstd();
    #[cfg(feature = "gzip")]
    let mut client = client.gzip(true);
    #[cfg(not(feature = "gzip"))]
    let mut client = client.no_gzip();
    match (&settings.proxy, host_is_loopback(base_url)) {
        (None, true) => client = client.no_proxy(),
        (None, false) => {}
        (Some(_), true) => {
            let reason = "cannot be used, because the base URL is a loopback address; remove the proxy";
            return Err(InvalidInput::new("proxy", reason).into());
        }
        (Some(url), false) => client = client.proxy(proxy(url)?),
    }
    client = add_root_certificates(client, &settings.root_certificates)?;
    client = resolve(client, base_url, &settings.resolve, settings.allow_insecure_http)?;
    client.build().map_err(|error| Error::new(Cause::Setup, Outcome::NotSent).with_source(error.without_url()))
}

/// Adds the addresses of host names.
///
/// A plain-http request to `localhost` stays on this machine, whatever the resolver of the system says.
fn resolve(
    mut client: reqwest::ClientBuilder,
    base_url: &Url,
    addresses: &[(String, SocketAddr)],
    allow_insecure_http: bool,
) -> Result<reqwest::ClientBuilder, InvalidInput> {
    const LOCALHOST: &str = "localhost";

    if base_url.scheme() == "http" && base_url.host_str() == Some(LOCALHOST) && !allow_insecure_http {
        let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
        client = client.resolve_to_addrs(LOCALHOST, &loopback.map(|address| (address, 0).into()));
        let leaves_machine = |(host, address): &(String, SocketAddr)| {
            host.eq_ignore_ascii_case(LOCALHOST) && !address.ip().to_canonical().is_loopback()
        };
        if addresses.iter().any(leaves_machine) {
            let reason = "sends plain http from `localhost` to another machine; use https, or \
                          `allow_insecure_http(true)`";
            return Err(InvalidInput::new("resolve", reason));
        }
    }
    Ok(addresses.iter().fold(client, |client, (host, address)| client.resolve(host, *address)))
}

fn proxy(url: &str) -> Result<reqwest::Proxy, InvalidInput> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let proxy = url.and_then(|url| reqwest::Proxy::all(url).ok());
    let reason = "not an http or https URL; write it as in http://proxy.example:3128";
    proxy.ok_or_else(|| InvalidInput::new("proxy", reason))
}

/// Returns whether the host of a URL is a loopback address or `localhost`.
///
/// RFC 6761 reserves names below `localhost` for loopback too. They do not count here, because some resolvers look them
/// up in the network.
pub(crate) fn host_is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

const TLS_IS_MISSING: &str =
    "TLS is not compiled in; enable the feature `rustls`, `native-tls` or `rustls-no-provider` of sendblue-contacts";

#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
fn add_root_certificates(
    mut client: reqwest::ClientBuilder,
    pems: &[Vec<u8>],
) -> Result<reqwest::ClientBuilder, InvalidInput> {
    let invalid = || InvalidInput::new("root_certificate", "contains no certificate; pass certificates in PEM form");
    for pem in pems {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| invalid())?;
        if certificates.is_empty() {
            return Err(invalid());
        }
        client = certificates.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate);
    }
    Ok(client)
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
fn add_root_certificates(
    client: reqwest::ClientBuilder,
    pems: &[Vec<u8>],
) -> Result<reqwest::ClientBuilder, InvalidInput> {
    if pems.is_empty() { Ok(client) } else { Err(InvalidInput::new("root_certificate", TLS_IS_MISSING)) }
}

/// Checks that TLS is available, if the client needs it.
///
/// Without this check, reqwest would panic, or fail at the first request.
///
/// `sends` is false if a custom transport sends the requests, and reqwest only builds them.
pub(crate) fn check_tls(base_url: &Url, sends: bool) -> Result<(), InvalidInput> {
    const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"));

    // With this feature alone, reqwest needs an installed provider even for plain http.
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls"), not(feature = "native-tls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let reason =
            "no rustls provider is installed; install one, as with `ring::default_provider().install_default()`";
        return Err(InvalidInput::new("TLS", reason));
    }
    if sends && base_url.scheme() == "https" && !HAS_TLS {
        return Err(InvalidInput::new("base URL", TLS_IS_MISSING));
    }
    Ok(())
}
