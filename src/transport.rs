//! The HTTP layer: a [`Transport`] sends one request and receives one response.
//!
//! The default transport uses `reqwest`. [`ClientBuilder::transport`](crate::ClientBuilder::transport) replaces it, for
//! example to count requests, to use another HTTP library, or to fake the service in a test:
//!
//! ```
//! use sendblue_contacts::{
//!     Client, Credentials,
//!     bytes::Bytes,
//!     http,
//!     transport::{Attempt, Body, Transport, TransportFuture},
//! };
//!
//! /// Responds to every request with the same count.
//! struct FakeService;
//!
//! impl Transport for FakeService {
//!     fn send<'a>(&'a self, _: http::Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
//!         Box::pin(async { Ok(http::Response::new(Body::from(r#"{"count":250}"#))) })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sendblue_contacts::Error> {
//! let client = Client::builder()
//!     .credentials(Credentials::key_pair("key-id", "secret-key")?)
//!     .transport(FakeService)
//!     .build()?;
//! assert_eq!(client.contacts().count().send().await?, 250);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! | the client guarantees with every transport | only the default transport guarantees |
//! |---|---|
//! | [retries](crate::guide::retries) of requests that are safe to repeat | redirects are not followed |
//! | the timeouts of the attempt and the call | `connect_timeout`, proxy, certificates, `resolve` |
//! | the limit of a response body | the limit of response headers (100 headers, about 400 KiB) |
//! | the path check, credentials, default headers | a new connection for each request that must not be repeated |
//! | no key, phone number or body in its errors and traces | no URL in the source of an error |
//!
//! A transport must not follow redirects, because it would send the keys to another host. It must return the 3xx
//! response.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;

mod attempt;
mod body;
mod error;
mod reqwest_causes;
mod reqwest_transport;

pub use attempt::{Attempt, Phase};
pub use body::{Body, BoxError};
pub use error::TransportError;
pub(crate) use error::TransportErrorKind;
pub(crate) use reqwest_transport::{ReqwestSettings, ReqwestTransport, check_tls, host_is_loopback};

/// The future that [`Transport::send`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'a>>;

/// Sends one request and receives one response.
///
/// A transport must neither retry nor follow redirects. The client retries, and returns a redirect as an error.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and returns the response as soon as its head has arrived.
    ///
    /// The request has an absolute URL, its credentials and its body. Its credential headers are marked sensitive.
    ///
    /// The client drops the future at the [deadline](Attempt::deadline), so a transport needs no timeout. It should
    /// report its [phase](Attempt::set_phase): a timeout while connecting proves that nothing was sent.
    ///
    /// # Errors
    ///
    /// A [`TransportError`], if no response head arrives. The error says whether the request may have been sent.
    fn send<'a>(&'a self, request: http::Request<Bytes>, attempt: &'a Attempt) -> TransportFuture<'a>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: http::Request<Bytes>, attempt: &'a Attempt) -> TransportFuture<'a> {
        (**self).send(request, attempt)
    }
}
