#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, unreachable_pub)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// From what users meet to the wire; DESIGN.md has the map.
#[cfg(feature = "sandbox")]
pub mod sandbox;

mod client;
pub mod contacts;

mod request;
mod response;

mod transport;

mod generated;

mod credentials;
mod error;
mod phone;
mod rate_limit;
mod retry;

#[cfg(test)]
mod properties;

pub use client::{
    Client, ClientBuilder, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_BODY,
    DEFAULT_TIMEOUT, Endpoint,
};
#[doc(inline)]
pub use contacts::{Contact, Contacts, NewContact, OptOut, OrderBy, OrderDirection};
pub use credentials::Credentials;
pub use error::{Error, Outcome};
pub use phone::{ParsePhoneNumberError, PhoneNumber};
pub use rate_limit::{RateLimit, RateLimitExceeded, SlidingWindow};
pub use request::{Operation, Request};
pub use response::Response;
pub use retry::{DEFAULT_MAX_RETRIES, DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY, MAX_RETRY_AFTER};

pub use futures_core::Stream;
pub use {bytes, chrono, http};
