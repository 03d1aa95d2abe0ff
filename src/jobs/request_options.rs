//! The options that a job gives to each of its requests.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Operation, Request, call::check_timeout, error::InvalidInput, headers};

/// Options that replace the client's options.
#[derive(Debug, Default)]
pub(super) struct RequestOptions {
    pub(super) timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) max_retries: Option<u32>,
    headers: HeaderMap,
    invalid_header: Option<InvalidInput>,
}

impl RequestOptions {
    /// Adds a header. Stores the error of the first invalid header, which [`check`](Self::check) returns.
    pub(super) fn add_header<N, V>(&mut self, name: N, value: V)
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match headers::parse(name, value) {
            Ok((name, value)) => _ = self.headers.insert(name, value),
            Err(invalid) => _ = self.invalid_header.get_or_insert(invalid),
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        self.timeout.map_or(Ok(()), |timeout| check_timeout("timeout", timeout))?;
        self.attempt_timeout.map_or(Ok(()), |timeout| check_timeout("attempt_timeout", timeout))?;
        self.invalid_header.clone().map_or(Ok(()), Err)
    }

    pub(super) fn apply_to<P: Operation>(&self, mut request: Request<P>) -> Request<P> {
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        if let Some(timeout) = self.attempt_timeout {
            request = request.attempt_timeout(timeout);
        }
        if let Some(retries) = self.max_retries {
            request = request.max_retries(retries);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }
}
