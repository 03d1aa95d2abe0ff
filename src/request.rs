//! The request builder: the parameters of one operation, and the options of one call.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    Client,
    account::Account,
    call::{CallOptions, check_timeout},
    error::{Error, InvalidInput},
    headers,
    response::Response,
    retry::RetryPolicy,
};

mod endpoint;
mod operation;
mod send;

pub use endpoint::Endpoint;
pub(crate) use operation::GeneratedResult;
pub use operation::Operation;

/// A builder for one request, which [`send`](Self::send) sends.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// use std::time::Duration;
///
/// let vips = contacts
///     .list()
///     .limit(50) // a parameter of the operation
///     .timeout(Duration::from_secs(3)) // an option of this call
///     .header("x-trace", "1")
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// The methods of [`Contacts`](crate::Contacts) create requests. Each operation adds setters for its own parameters. A
/// request owns its data: it can be stored, cloned, and sent from another task. If an argument is invalid, `send`
/// sends nothing and returns the error of the first invalid argument.
///
/// `Debug` prints only the operation.
#[derive(Clone)]
#[must_use = "a request does nothing before `.send().await`"]
pub struct Request<P> {
    client: Client,
    params: Result<P, InvalidInput>,
    options: CallOptions,
}

impl<P> Request<P> {
    /// Returns the account of the client's credentials, or `None` for a bearer token without a label.
    pub(crate) fn account(&self) -> Option<Account> {
        self.client.account()
    }

    pub(crate) fn new(client: &Client, params: Result<P, InvalidInput>) -> Self {
        Self { client: client.clone(), params, options: client.settings().call_options() }
    }

    /// Creates a request with the same options and other parameters.
    pub(crate) fn with_params<Q>(&self, params: Result<Q, InvalidInput>) -> Request<Q> {
        Request { client: self.client.clone(), params, options: self.options.clone() }
    }

    pub(crate) fn params(&self) -> Result<&P, &InvalidInput> {
        self.params.as_ref()
    }

    /// Returns the query parameters that the caller added with [`query`](Self::query).
    pub(crate) fn extra_query(&self) -> &[(String, String)] {
        &self.options.query
    }

    pub(crate) fn set(mut self, set: impl FnOnce(&mut P)) -> Self {
        if let Ok(params) = &mut self.params {
            set(params);
        }
        self
    }

    /// Sets a value that may be invalid. `send` returns the first error.
    pub(crate) fn try_set(mut self, set: impl FnOnce(&mut P) -> Result<(), InvalidInput>) -> Self {
        self.params = self.params.and_then(|mut params| set(&mut params).map(|()| params));
        self
    }

    /// Returns the back-off of a first retry.
    pub(crate) fn back_off(&self) -> Duration {
        self.options.retry.delay(0, fastrand::f64())
    }

    /// Changes the retry policy, for setters such as `retry_ambiguous`.
    pub(crate) fn set_retry(mut self, set: impl FnOnce(&mut RetryPolicy)) -> Self {
        set(&mut self.options.retry);
        self
    }
}

/// Options of one call.
impl<P: Operation> Request<P> {
    /// Limits the whole call, including all attempts and delays.
    ///
    /// The default is the client's [`timeout`](crate::ClientBuilder::timeout). Zero is an input error.
    /// [`attempt_timeout`](Self::attempt_timeout) limits each attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self.try_set(|_| check_timeout("timeout", timeout))
    }

    /// Limits each attempt, including the response body.
    ///
    /// The default is the client's [`attempt_timeout`](crate::ClientBuilder::attempt_timeout). Zero is an input error.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self.try_set(|_| check_timeout("attempt_timeout", timeout))
    }

    /// Sets the maximum number of retries; 0 allows a single attempt.
    ///
    /// The default is the client's [`max_retries`](crate::ClientBuilder::max_retries).
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.retry.max_retries = retries;
        self
    }

    /// Sets the bounds of the back-off: `base` for the first retry, and `max` for every retry.
    ///
    /// The default is the client's [`retry_delay`](crate::ClientBuilder::retry_delay).
    pub fn retry_delay(mut self, base: Duration, max: Duration) -> Self {
        self.options.retry.base_delay = base;
        self.options.retry.max_delay = max;
        self
    }

    /// Adds a header, and replaces a default header with the same name.
    ///
    /// A header that carries credentials, or that describes the connection or the body, is an input error. Examples are
    /// `Authorization`, `Content-Type`, `Content-Length` and `Host`. Only the client sets these headers.
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match headers::parse(name, value) {
            Ok((name, value)) => {
                self.options.headers.insert(name, value);
                self
            }
            Err(invalid) => self.try_set(|_| Err(invalid)),
        }
    }

    /// Adds a query parameter that the API reference does not mention.
    ///
    /// It is an input error if the operation already sets the parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.query.push((name.into(), value.into()));
        self
    }

    /// Adds a JSON body field that the API reference does not mention.
    ///
    /// It is an input error if the operation already sets the field, or if the request body is not a JSON object. A
    /// value that cannot be represented as JSON is an input error too. NaN and infinity serialize as `null`.
    pub fn body_field(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match serde_json::to_value(value) {
            Ok(value) => {
                self.options.body.insert(name, value);
                self
            }
            Err(_) => {
                let invalid = InvalidInput::new(
                    format!("body field `{name}`"),
                    "cannot be represented as JSON; use strings as map keys",
                );
                self.try_set(|_| Err(invalid))
            }
        }
    }

    /// Sends the request and returns the operation's output.
    ///
    /// `request.await` does the same.
    ///
    /// # Errors
    ///
    /// Returns an error of any [kind](crate::ErrorKind), except the kinds of streams and jobs: `Element`, `Journal`,
    /// `OtherAccount`, `Task` and `Incomplete`. If an argument is invalid, nothing is sent.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no further request starts. The service may still carry out a request in flight.
    pub async fn send(self) -> Result<P::Output, Error> {
        self.send_raw().await.map(Response::into_value)
    }
}

impl<P: Operation> IntoFuture for Request<P> {
    type Output = Result<P::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<P: Operation> fmt::Debug for Request<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("operation", &P::ROUTE.id).finish_non_exhaustive()
    }
}
