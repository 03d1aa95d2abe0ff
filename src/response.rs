//! The response to a successful call.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::{
    error::{Cause, DecodeFailure, Error},
    outcome::Outcome,
    received::{Received, without_byte_order_mark},
};

/// The decoded response of [`send_raw`](crate::Request::send_raw), with its status, headers and body.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// let response = contacts.retrieve("+14155550100").send_raw().await?;
///
/// println!("{} in {} bytes", response.status(), response.body().len());
/// let everything: serde_json::Value = response.json()?; // undocumented fields too
/// let contact = response.into_value();
/// # Ok(())
/// # }
/// ```
///
/// `Debug` prints the status and the size, never the body.
#[derive(Clone)]
pub struct Response<T> {
    operation: &'static str,
    received: Received,
    value: T,
}

impl<T> Response<T> {
    pub(crate) fn new(operation: &'static str, received: Received, value: T) -> Self {
        Self { operation, received, value }
    }

    /// Returns the status, which is always a 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.received.status
    }

    /// Returns the number of attempts: 1, plus 1 for each retry.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.received.attempts
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.received.headers
    }

    /// Returns the received body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.received.bytes
    }

    /// Returns the decoded value.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the decoded value, without the rest of the response.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Decodes the body into another type, for fields that the API reference does not mention.
    ///
    /// # Errors
    ///
    /// If the body does not match the type, returns an error for which [`is_decode`](Error::is_decode) is true.
    pub fn json<'a, U: Deserialize<'a>>(&'a self) -> Result<U, Error> {
        serde_json::from_slice(without_byte_order_mark(&self.received.bytes)).map_err(|error| {
            Error::new(Cause::Decode(DecodeFailure::new(&error)), Outcome::Applied)
                .with_operation(self.operation)
                .with_response(self.received.clone())
        })
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("operation", &self.operation)
            .field("status", &self.received.status)
            .field("bytes", &self.received.bytes.len())
            .finish_non_exhaustive()
    }
}
