//! Requests: the parameters of one operation, and what a caller adds to that one call.

use std::{fmt, future::Future, time::Duration};

use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, header};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument as _;

use crate::{
    Client, ParsePhoneNumberError, PhoneNumber,
    credentials::AUTHENTICATION_HEADERS,
    error::{self, DecodeFailure, Error, InvalidInput, Kind, Outcome},
    generated::{self, ResponseValue},
    response::{Received, Response},
    retry::{Policy, Repeat},
    transport::{Call, CallOptions, ExpectedPath, Route, trace},
};

/// A request that is being put together; [`send`](Self::send) sends it.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// use std::time::Duration;
///
/// let vips = contacts
///     .list()
///     .limit(50)                          // a parameter of the operation
///     .timeout(Duration::from_secs(3))    // this call's own limit
///     .header("x-trace", "1")
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// The verbs of [`Contacts`](crate::Contacts) make one; each operation adds the setters of its own parameters. It owns all
/// that it needs, so it can be kept, cloned and sent from another task; nothing happens before `send`. A bad argument is
/// remembered, and `send` gives it as an error before any byte leaves.
///
/// `Debug` shows the operation, none of the parameters.
#[derive(Clone)]
#[must_use = "a request does nothing before `.send().await`"]
pub struct Request<P> {
    client: Client,
    params: Result<P, InvalidInput>,
    options: CallOptions,
}

/// An operation of the API: what a [`Request`] is made of, and what sending it gives.
///
/// Implemented by the parameter types of the ten operations and by [`Endpoint`](crate::Endpoint). It is sealed: no
/// other type can implement it.
pub trait Operation: Clone + Send + Sync + 'static {
    /// What [`Request::send`] gives.
    type Output: Send + 'static;

    /// What the document says that the body of a success is.
    #[doc(hidden)]
    type Raw: DeserializeOwned + Send + 'static;

    #[doc(hidden)]
    const ROUTE: Route;

    /// Whether `Raw` is a type of the document, whose field names may be shown.
    #[doc(hidden)]
    const IS_DOCUMENTED: bool = true;

    /// What the path of the request has to look like.
    #[doc(hidden)]
    fn path(&self) -> ExpectedPath {
        ExpectedPath::Template(Self::ROUTE.path)
    }

    /// What carrying it out twice does.
    #[doc(hidden)]
    fn repeat(&self) -> Repeat;

    /// Calls the one method of the generated client, which builds the request.
    #[doc(hidden)]
    fn perform(&self, client: &generated::Client) -> impl Future<Output = Performed<Self::Raw>>;

    /// Decodes the body of a success; `{}` is an empty one.
    #[doc(hidden)]
    fn decode(body: &[u8]) -> serde_json::Result<Self::Raw> {
        // That it is UTF-8 is found faster of all of it than of each string by itself.
        match str::from_utf8(body) {
            Ok(body) => serde_json::from_str(body),
            Err(_) => serde_json::from_slice(body),
        }
    }

    /// How the request went, if `Raw` says so.
    #[doc(hidden)]
    fn status(_: &Self::Raw) -> Option<&str> {
        None
    }

    /// The part of the answer that callers wait for, or the name of the field that is not there.
    #[doc(hidden)]
    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str>;
}

/// What a method of the generated client gives: by its type, what the request is for; as a value, always that it was
/// [stopped](crate::transport::Built), or why there is no request.
pub(crate) type Performed<T> = Result<ResponseValue<T>, generated::Error<()>>;

impl<P> Request<P> {
    pub(crate) fn new(client: &Client, params: Result<P, InvalidInput>) -> Self {
        Self { client: client.clone(), params, options: client.call_options() }
    }

    /// The same options for other parameters.
    pub(crate) fn with_params<Q>(&self, params: Result<Q, InvalidInput>) -> Request<Q> {
        Request { client: self.client.clone(), params, options: self.options.clone() }
    }

    pub(crate) fn params(&self) -> Result<&P, &InvalidInput> {
        self.params.as_ref()
    }

    /// Whether it has query parameters that the API reference does not mention.
    pub(crate) fn has_query(&self) -> bool {
        !self.options.query.is_empty()
    }

    pub(crate) fn set(mut self, set: impl FnOnce(&mut P)) -> Self {
        if let Ok(params) = &mut self.params {
            set(params);
        }
        self
    }

    /// As [`set`](Self::set), of a value that may be invalid. The first error is the one that `send` gives.
    pub(crate) fn try_set(mut self, set: impl FnOnce(&mut P) -> Result<(), InvalidInput>) -> Self {
        self.params = self.params.and_then(|mut params| set(&mut params).map(|()| params));
        self
    }
}

impl<P> Request<P> {
    /// Changes what is sent again; for setters that only some operations have.
    pub(crate) fn set_retry(mut self, set: impl FnOnce(&mut Policy)) -> Self {
        set(&mut self.options.retry);
        self
    }
}

/// Options of this one call.
impl<P: Operation> Request<P> {
    /// Limits the whole call, every attempt and delay and the reading of the body included, in place of the client's
    /// [`timeout`](crate::ClientBuilder::timeout).
    ///
    /// Zero is an input error. An attempt has a limit of [its own](Self::attempt_timeout) besides.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self.try_set(|_| not_zero("timeout", timeout))
    }

    /// Limits each attempt, the reading of the body included, in place of the client's
    /// [`attempt_timeout`](crate::ClientBuilder::attempt_timeout).
    ///
    /// Zero is an input error.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self.try_set(|_| not_zero("attempt_timeout", timeout))
    }

    /// Sends again at most so often, in place of the client's [`max_retries`](crate::ClientBuilder::max_retries); 0 for a
    /// single attempt.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.retry.max_retries = retries;
        self
    }

    /// Bounds the delays before sending again, in place of the client's [`retry_delay`](crate::ClientBuilder::retry_delay).
    pub fn retry_delay(mut self, base: Duration, max: Duration) -> Self {
        self.options.retry.base_delay = base;
        self.options.retry.max_delay = max;
        self
    }

    /// Adds a header, in place of a default one of that name.
    ///
    /// One that the client sets itself is an input error: credentials, and what frames the request or the body
    /// (`Content-Type`, `Content-Length`, `Host`, …).
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match checked_header(name, value) {
            Ok((name, value)) => {
                self.options.headers.insert(name, value);
                self
            }
            Err(invalid) => self.try_set(|_| Err(invalid)),
        }
    }

    /// Adds a query parameter that the API reference does not mention.
    ///
    /// One that the request has set already is an input error.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.query.push((name.into(), value.into()));
        self
    }

    /// Adds a field to the JSON body that the API reference does not mention.
    ///
    /// It is an input error if the request has set the field already, if it has no body, or if the value cannot be written
    /// as JSON. (A number that is none is written as `null`.)
    pub fn body_field(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match serde_json::to_value(value) {
            Ok(value) => {
                self.options.body.insert(name, value);
                self
            }
            Err(_) => {
                let invalid = InvalidInput::new(format!("body field `{name}`"), "is not representable as JSON");
                self.try_set(|_| Err(invalid))
            }
        }
    }

    /// Sends the request and gives what was asked for.
    ///
    /// # Errors
    ///
    /// All that can go wrong is in the table of [`Error`]. A bad argument is an error before anything is sent.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the request is abandoned wherever it is; whether it was carried out is then unknown.
    pub async fn send(self) -> Result<P::Output, Error> {
        self.send_raw().await.map(Response::into_value)
    }

    /// As [`send`](Self::send), with status, headers and body.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw(self) -> Result<Response<P::Output>, Error> {
        let span = trace::span(P::ROUTE);
        let result = self.try_send().instrument(span.clone()).await;
        match result {
            Ok(response) => {
                trace::ended(&span, response.attempts(), Some(response.status()), None);
                Ok(response)
            }
            Err(error) => {
                trace::ended(&span, error.attempts(), error.status(), Some(&error));
                Err(error.with_operation(P::ROUTE.id))
            }
        }
    }

    async fn try_send(self) -> Result<Response<P::Output>, Error> {
        let Self { client, params, options } = self;
        let params = params?;
        let build = || {
            let client = client.generated();
            // It never waits, since it does not get as far as the wire.
            let performed = params.perform(&client).now_or_never();
            client.inner.into_request().ok_or_else(|| not_built(performed))
        };
        let repeat = params.repeat();
        let call = Call::new(params.path(), repeat, client.settings(), options);
        interpret::<P>(call.execute(client.http(repeat), &build).await?)
    }
}

/// What a success amounts to.
fn interpret<P: Operation>(received: Received) -> Result<Response<P::Output>, Error> {
    let is_empty = received.bytes.trim_ascii().is_empty();
    let body: &[u8] = if is_empty { b"{}" } else { &received.bytes };
    let decoded = P::decode(body);
    // The body is only searched if what has been decoded leaves it open.
    let may_report = decoded.as_ref().ok().and_then(P::status).is_none_or(error::is_error);
    if may_report && error::reports_error(body) {
        let earlier = received.earlier;
        return Err(Error::new(Kind::Reported, Outcome::Rejected).with_response(received).after(earlier));
    }
    let value = match decoded {
        Ok(raw) => P::output(raw).map_err(|field| DecodeFailure::Missing { field }),
        Err(_) if is_empty => Err(DecodeFailure::Empty),
        Err(error) => {
            let place = if P::IS_DOCUMENTED { DecodeFailure::find::<P::Raw>(body) } else { None };
            Err(place.unwrap_or_else(|| DecodeFailure::new(&error)))
        }
    };
    match value {
        Ok(value) => Ok(Response::new(P::ROUTE.id, received, value)),
        Err(failure) => Err(Error::new(Kind::Decode(failure), Outcome::Applied).with_response(received)),
    }
}

/// The generated code gave up before there was a request.
fn not_built<T>(performed: Option<Performed<T>>) -> Error {
    let error = Error::new(Kind::Setup, Outcome::NotSent);
    match performed {
        Some(Err(generated::Error::CommunicationError(source))) => error.with_source(source.without_url()),
        _ => error,
    }
}

/// A limit of time that leaves any.
pub(crate) fn not_zero(field: &'static str, limit: Duration) -> Result<(), InvalidInput> {
    if limit.is_zero() { Err(InvalidInput::new(field, "is zero; nothing could be answered in time")) } else { Ok(()) }
}

/// A header that callers may set.
pub(crate) fn checked_header<K, V>(name: K, value: V) -> Result<(HeaderName, HeaderValue), InvalidInput>
where
    K: TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    /// Set by the client: what frames a request, and what its body is and may be.
    const RESERVED: [HeaderName; 12] = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::EXPECT,
        header::HOST,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];

    let name = name.try_into().map_err(|_| InvalidInput::new("header", "has a name that HTTP does not allow"))?;
    let reason = if AUTHENTICATION_HEADERS.contains(&name) {
        "carries credentials; set those with `credentials` or `with_credentials`, a proxy's in its URL"
    } else if RESERVED.contains(&name) {
        "is set by the client"
    } else {
        let value = value.try_into().map_err(|_| {
            InvalidInput::new(format!("header `{name}`"), "has a value with line breaks or other control characters")
        })?;
        return Ok((name, value));
    };
    Err(InvalidInput::new(format!("header `{name}`"), reason))
}

/// An argument that names a contact.
pub(crate) fn phone_number<N>(field: &'static str, number: N) -> Result<PhoneNumber, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    number.try_into().map_err(|error| InvalidInput::new(field, error.into().to_string()))
}

impl<P: Operation> fmt::Debug for Request<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("operation", &P::ROUTE.id).finish_non_exhaustive()
    }
}
