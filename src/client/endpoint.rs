//! Requests to endpoints that the document does not have.

use std::marker::PhantomData;

use http::Method;
use progenitor_client::{ClientHooks as _, OperationInfo};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    error::InvalidInput,
    generated,
    request::{Operation, Performed, Request},
    retry::Repeat,
    transport::{ExpectedPath, Route},
};

/// An endpoint for which this crate has no method: see [`Client::request`](crate::Client::request).
#[derive(Debug)]
pub struct Endpoint<T> {
    method: Method,
    segments: Vec<String>,
    body: Option<Value>,
    idempotent: bool,
    output: PhantomData<fn() -> T>,
}

impl<T> Clone for Endpoint<T> {
    fn clone(&self) -> Self {
        Self {
            method: self.method.clone(),
            segments: self.segments.clone(),
            body: self.body.clone(),
            idempotent: self.idempotent,
            output: PhantomData,
        }
    }
}

impl<T> Endpoint<T> {
    pub(super) fn new(method: Method, segments: Vec<String>) -> Result<Self, InvalidInput> {
        if matches!(method, Method::CONNECT | Method::TRACE) {
            // The one has no path, the other's answer would repeat the keys.
            return Err(InvalidInput::new("method", "is CONNECT or TRACE; use one that reads or changes something"));
        }
        if segments.is_empty() {
            return Err(InvalidInput::new("path", "has no segments; name the endpoint"));
        }
        for segment in &segments {
            // URL parsers take the first ones for steps in the path, and drop tabs and line breaks before they look.
            if matches!(segment.as_str(), "" | "." | "..") || segment.contains(char::is_control) {
                return Err(InvalidInput::new(
                    "path",
                    "has a segment that is empty, `.`, `..` or has a control character in it",
                ));
            }
        }
        Ok(Self { method, segments, body: None, idempotent: false, output: PhantomData })
    }
}

/// Parameters of an endpoint.
impl<T: DeserializeOwned + Send + 'static> Request<Endpoint<T>> {
    /// Sends `body` as JSON.
    ///
    /// A value that cannot be written as JSON is an input error.
    pub fn json(self, body: impl Serialize) -> Self {
        let body = serde_json::to_value(body).map_err(|_| InvalidInput::new("body", "is not representable as JSON"));
        self.try_set(|endpoint| {
            endpoint.body = Some(body?);
            Ok(())
        })
    }

    /// Says that carrying it out twice does no more than once, so that it may be sent again. GET and HEAD always may.
    ///
    /// Without it any other method is treated as [`verify`](crate::Contacts::verify) is: as if it sent a message to a person.
    pub fn idempotent(self, idempotent: bool) -> Self {
        self.set(|endpoint| endpoint.idempotent = idempotent)
    }
}

impl<T: DeserializeOwned + Send + 'static> Operation for Endpoint<T> {
    type Output = T;
    type Raw = T;

    const ROUTE: Route = Route { id: "request", method: "", path: "" };
    const IS_DOCUMENTED: bool = false;

    fn path(&self) -> ExpectedPath {
        ExpectedPath::Segments(self.segments.len())
    }

    fn repeat(&self) -> Repeat {
        match self.method {
            Method::GET | Method::HEAD => Repeat::Read,
            _ if self.idempotent => Repeat::Safe,
            // For all that is known, it sends a message.
            _ => Repeat::Message,
        }
    }

    async fn perform(&self, client: &generated::Client) -> Performed<T> {
        let mut request = client.client.request(self.method.clone(), &client.baseurl);
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let mut request = request.header(http::header::ACCEPT, "application/json").build()?;
        if let Ok(mut path) = request.url_mut().path_segments_mut() {
            path.pop_if_empty().extend(&self.segments);
        }
        client.pre(&mut request, &OperationInfo { operation_id: Self::ROUTE.id }).await?;
        Err(generated::Error::Custom(String::new()))
    }

    fn decode(body: &[u8]) -> serde_json::Result<T> {
        // `()` and `Option` are decoded from `null` alone.
        serde_json::from_slice(body).or_else(|error| match body {
            b"{}" => serde_json::from_slice(b"null").map_err(|_| error),
            _ => Err(error),
        })
    }

    fn output(raw: T) -> Result<T, &'static str> {
        Ok(raw)
    }
}
