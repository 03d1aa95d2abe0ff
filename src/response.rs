//! Answers: the value that was asked for, and everything that came with it.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::error::{DecodeFailure, Error, Kind, Outcome};

/// An answer as it came: what [`send_raw`](crate::Request::send_raw) gives.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// let response = contacts.retrieve("+14155550100").send_raw().await?;
///
/// println!("{} in {} bytes", response.status(), response.bytes().len());
/// let everything: serde_json::Value = response.json()?;   // also what the API reference does not mention
/// let contact = response.into_value();
/// # Ok(())
/// # }
/// ```
///
/// `Debug` shows the status and the size, never the body.
#[derive(Clone)]
pub struct Response<T> {
    operation: &'static str,
    received: Received,
    value: T,
}

/// What came over the wire.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// How many requests were sent to get it.
    pub(crate) attempts: u32,
    /// What was known of the call before the last of them.
    pub(crate) earlier: Option<Outcome>,
}

impl<T> Response<T> {
    pub(crate) fn new(operation: &'static str, received: Received, value: T) -> Self {
        Self { operation, received, value }
    }

    /// The status; always a 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.received.status
    }

    /// How many requests were sent to get it: 1, and 1 more for each retry.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.received.attempts
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.received.headers
    }

    /// The body, as it came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.received.bytes
    }

    /// What was asked for.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// What was asked for.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Decodes the body into a type of the caller's, for fields that the API reference does not mention.
    ///
    /// # Errors
    ///
    /// [`is_decode`](Error::is_decode), if the body is not of that type.
    pub fn json<'a, U: Deserialize<'a>>(&'a self) -> Result<U, Error> {
        serde_json::from_slice(&self.received.bytes).map_err(|error| {
            Error::new(Kind::Decode(DecodeFailure::new(&error)), Outcome::Applied)
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
