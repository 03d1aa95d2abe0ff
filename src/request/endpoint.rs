//! Requests to endpoints that `openapi.yaml` does not describe.

use std::marker::PhantomData;

use http::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{GeneratedResult, Operation, Request};
use crate::{
    Client, call::ExpectedPath, error::InvalidInput, generated, lenient::Undocumented, retry::RetryClass, route::Route,
};

/// The parameters of [`Client::request`](crate::Client::request).
#[derive(Debug)]
pub struct Endpoint<T> {
    method: Method,
    segments: Vec<Segment>,
    body: Option<Value>,
    idempotent: bool,
    ignores_body: bool,
    output: PhantomData<fn() -> T>,
}

/// A segment of the path template, not yet percent-encoded.
#[derive(Clone, Debug)]
enum Segment {
    Literal(String),
    /// A name in braces, until [`path_param`](Request::path_param) sets its value.
    Param(String),
}

impl Segment {
    /// Returns the text, or the name of a parameter that has no value.
    fn literal(&self) -> Result<&str, &str> {
        match self {
            Self::Literal(text) => Ok(text),
            Self::Param(name) => Err(name),
        }
    }
}

impl<T> Clone for Endpoint<T> {
    fn clone(&self) -> Self {
        self.with_output()
    }
}

impl Client {
    /// Creates a request to an endpoint that has no method in this crate.
    ///
    /// ```no_run
    /// # async fn run(client: sendblue_contacts::Client) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::http::Method;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Tag {
    ///     name: String,
    /// }
    ///
    /// let tag: Tag = client
    ///     .request(Method::GET, "/api/v2/tags/{id}")
    ///     .path_param("id", "vip/2026") // encoded as one segment
    ///     .query("expand", "contacts")
    ///     .send()
    ///     .await?;
    /// let delete = client.request::<()>(Method::DELETE, "/api/v2/tags/7").idempotent(true);
    /// delete.ignore_body().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The request uses the client's base URL, credentials, limits and retries, and returns the same errors. `T` is the
    /// type of the response body. An empty body is decoded as `{}`, and if that fails, as `null`. So the type `()`
    /// accepts an empty body.
    pub fn request<T: DeserializeOwned + Send + 'static>(&self, method: Method, path: &str) -> Request<Endpoint<T>> {
        Request::new(self, Endpoint::new(method, path))
    }
}

impl<T> Endpoint<T> {
    fn new(method: Method, path: &str) -> Result<Self, InvalidInput> {
        if matches!(method, Method::CONNECT | Method::TRACE) {
            // CONNECT has no path. A response to TRACE contains the keys of the request.
            return Err(InvalidInput::new("method", "CONNECT and TRACE are not supported; use another method"));
        }
        let Some(path) = path.strip_prefix('/') else {
            return Err(InvalidInput::new("path", "does not start with `/`; write it as in `/api/v2/tags/{id}`"));
        };
        if path.contains(['?', '#']) {
            return Err(InvalidInput::new("path", "contains `?` or `#`; pass query parameters to `query`"));
        }
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Ok(Segment::Param(name.to_owned())),
            None => checked_segment("path", segment).map(Segment::Literal),
        };
        let segments = path.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self { method, segments, body: None, idempotent: false, ignores_body: false, output: PhantomData })
    }

    fn with_output<U>(&self) -> Endpoint<U> {
        Endpoint {
            method: self.method.clone(),
            segments: self.segments.clone(),
            body: self.body.clone(),
            idempotent: self.idempotent,
            ignores_body: self.ignores_body,
            output: PhantomData,
        }
    }

    /// Returns the segments, or the name of the first parameter without a value.
    fn literals(&self) -> Result<Vec<&str>, &str> {
        self.segments.iter().map(Segment::literal).collect()
    }
}

/// Refuses a segment that a URL parser would resolve, or from which it would remove characters.
fn checked_segment(field: impl Into<String>, segment: &str) -> Result<String, InvalidInput> {
    if matches!(segment, "" | "." | "..") || segment.contains(char::is_control) {
        let problem = "a segment is empty, `.` or `..`, or contains control characters; pass another value";
        return Err(InvalidInput::new(field.into(), problem));
    }
    Ok(segment.to_owned())
}

/// Parameters of an endpoint.
impl<T: DeserializeOwned + Send + 'static> Request<Endpoint<T>> {
    /// Sets the value of a parameter in the path template, and encodes it as one segment.
    ///
    /// It is an input error if the value is empty, `.` or `..`, or if it contains control characters. It is also an
    /// input error if the path has no parameter with this name. If a parameter has no value, `send` returns an input
    /// error.
    pub fn path_param(self, name: &str, value: impl Into<String>) -> Self {
        self.try_set(|endpoint| {
            let is_param = |segment: &&mut Segment| matches!(segment, Segment::Param(param) if param == name);
            let field = format!("path parameter `{name}`");
            let Some(segment) = endpoint.segments.iter_mut().find(is_param) else {
                return Err(InvalidInput::new(field, "not in the path, or set already; use a name from the path"));
            };
            *segment = Segment::Literal(checked_segment(field, &value.into())?);
            Ok(())
        })
    }

    /// Sends `body` as JSON.
    ///
    /// A value that cannot be represented as JSON is an input error.
    pub fn json(self, body: impl Serialize) -> Self {
        let body = serde_json::to_value(body)
            .map_err(|_| InvalidInput::new("body", "cannot be represented as JSON; use strings as map keys"));
        self.try_set(|endpoint| {
            endpoint.body = Some(body?);
            Ok(())
        })
    }

    /// Sets whether the request is safe to repeat; default: true for GET and HEAD, false for other methods.
    ///
    /// A request that is not idempotent might send a person a message, so it is retried like
    /// [`verify`](crate::Contacts::verify).
    pub fn idempotent(self, idempotent: bool) -> Self {
        self.set(|endpoint| endpoint.idempotent = idempotent)
    }

    /// Ignores the body of a success response, and returns `()`.
    pub fn ignore_body(self) -> Request<Endpoint<()>> {
        let params = self.params().map_err(Clone::clone);
        let params = params.map(|endpoint| Endpoint { ignores_body: true, ..endpoint.with_output() });
        self.with_params(params)
    }
}

impl<T: DeserializeOwned + Send + 'static> Operation for Endpoint<T> {
    type Output = T;
    type Raw = Undocumented<T>;

    const ROUTE: Route = Route { id: "request", method: "", path: "" };

    fn path(&self) -> ExpectedPath {
        ExpectedPath::Segments(self.segments.len())
    }

    fn retry_class(&self) -> RetryClass {
        match self.method {
            Method::GET | Method::HEAD => RetryClass::Read,
            _ if self.idempotent => RetryClass::IdempotentWrite,
            // The endpoint might send a message.
            _ => RetryClass::Message,
        }
    }

    fn check(&self) -> Result<(), InvalidInput> {
        let problem = "has no value; set it with `path_param`";
        let missing = |name: &str| InvalidInput::new(format!("path parameter `{name}`"), problem);
        self.literals().map(|_| ()).map_err(missing)
    }

    async fn build_request(&self, client: &generated::Client) -> GeneratedResult<Self::Raw> {
        let mut request = client.client.request(self.method.clone(), &client.baseurl);
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let mut request = request.header(http::header::ACCEPT, "application/json").build()?;
        if let Ok(mut path) = request.url_mut().path_segments_mut() {
            path.pop_if_empty().extend(self.literals().unwrap_or_default());
        }
        client.inner.capture(&mut request);
        Err(generated::Error::Custom(String::new()))
    }

    fn decode(&self, body: &[u8]) -> serde_json::Result<Self::Raw> {
        let body: &[u8] = if self.ignores_body { b"null" } else { body };
        // The caller passes an empty body as `{}`. serde decodes `()` and `None` only from `null`.
        serde_json::from_slice(body).or_else(|error| match body {
            b"{}" => serde_json::from_slice(b"null").map_err(|_| error),
            _ => Err(error),
        })
    }

    fn output(Undocumented(value): Self::Raw) -> Result<T, &'static str> {
        Ok(value)
    }
}
