//! Completes a request with the options of the call and the default headers, and checks it.

use bytes::Bytes;
use http::{HeaderValue, header::CONTENT_TYPE};
use http_body::Body as _;
use reqwest::Request;
use serde_json::Value;

use super::{Call, bulk_delete};
use crate::error::{Error, InvalidInput};

impl Call {
    /// Checks a request, and adds the default headers and the options of the call.
    ///
    /// `prepare` adds the credentials later.
    pub(super) fn add_options(&self, mut request: Request) -> Result<http::Request<Bytes>, Error> {
        self.path.check(&self.settings.base_url, request.url().path())?;
        self.add_to_query(&mut request)?;
        self.add_to_body(&mut request)?;
        bulk_delete::check(
            request.method().as_str(),
            request.url().path(),
            request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default(),
        )?;
        let headers = request.headers_mut();
        for (name, value) in self.settings.default_headers.iter().chain(&self.options.headers) {
            headers.insert(name, value.clone());
        }
        let url = request.url().clone();
        let mut request = http::Request::try_from(request)
            .map_err(|_| InvalidInput::new("request", "URL is too long for HTTP; pass shorter arguments"))?;
        // The default transport needs the parsed URL again.
        request.extensions_mut().insert(url);
        Ok(request.map(into_bytes))
    }

    fn add_to_query(&self, request: &mut Request) -> Result<(), InvalidInput> {
        if self.options.query.is_empty() {
            return Ok(());
        }
        let is_added = |name: &str| self.options.query.iter().any(|(added, _)| added == name);
        if let Some((name, _)) = request.url().query_pairs().find(|(name, _)| is_added(name)) {
            return Err(InvalidInput::new(format!("query `{name}`"), "already set by the request; use its setter"));
        }
        request.url_mut().query_pairs_mut().extend_pairs(&self.options.query);
        Ok(())
    }

    fn add_to_body(&self, request: &mut Request) -> Result<(), InvalidInput> {
        let Some(name) = self.options.body.keys().next() else { return Ok(()) };
        let body = request.body().and_then(reqwest::Body::as_bytes).and_then(|body| serde_json::from_slice(body).ok());
        let Some(Value::Object(mut body)) = body else {
            let reason = "cannot be added: the request body is not a JSON object; remove the field";
            return Err(InvalidInput::new(format!("body field `{name}`"), reason));
        };
        for (name, value) in &self.options.body {
            if body.insert(name.clone(), value.clone()).is_some() {
                let reason = "already set by the request; use its setter";
                return Err(InvalidInput::new(format!("body field `{name}`"), reason));
            }
        }
        *request.body_mut() = Some(Value::Object(body).to_string().into());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(())
    }
}

/// Returns the bytes of a request body. The body is always a single buffer in memory.
fn into_bytes(mut body: reqwest::Body) -> Bytes {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(&mut body).poll_frame(&mut cx) {
        std::task::Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    }
}
