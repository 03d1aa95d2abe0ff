// Markdown uses the first definition of a link. In rustdoc, these links win over the file links of the README.
//! [Cookbook]: crate::guide::cookbook
//! [Credentials]: crate::guide::credentials
//! [Errors]: crate::guide::errors
//! [Retries]: crate::guide::retries
//! [Listing]: crate::guide::listing
//! [Jobs]: crate::guide::jobs
//! [Phone numbers]: crate::guide::phone_numbers
//! [Rate limits]: crate::guide::rate_limits
//! [Connections]: crate::guide::connections
//! [Testing]: crate::guide::testing
//! [Tracing]: crate::guide::tracing
//! [Synchronous programs]: crate::guide::blocking_programs
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, unreachable_pub)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The modules are in order from the top layer to the bottom layer. A module imports only from the layers below it; see
// DESIGN.md.
pub mod guide;
#[cfg(feature = "sandbox")]
pub mod sandbox;

pub mod jobs;
mod rate_limit_pause;
pub mod stream;

mod client;
mod contacts;
mod request;
mod response;

mod call;
pub mod transport;

mod captured_request;
mod generated;

mod credentials;
mod environment;
mod error;
mod headers;
mod rate_limit;
mod retry;

mod account;
mod lenient;
mod outcome;
mod phone;
mod received;
mod route;

pub use client::{
    Client, ClientBuilder, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_BODY,
    DEFAULT_POOL_IDLE_TIMEOUT, DEFAULT_TIMEOUT,
};
pub use contacts::{
    BulkContacts, Contact, Contacts, MAX_LIMIT, MAX_OFFSET, NewContact, OptOut, OrderBy, OrderDirection,
    ParseOrderDirectionError,
};
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use outcome::Outcome;
pub use phone::{ParsePhoneNumberError, PhoneNumber};
pub use rate_limit::{RateLimit, RateLimitExceeded, SlidingWindow};
pub use rate_limit_pause::MAX_RATE_LIMIT_PAUSES;
pub use request::{Operation, Request};
pub use response::Response;
pub use retry::{
    DEFAULT_MAX_RETRIES, DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY, MAX_RETRY_AFTER, RATE_LIMIT_PAUSE,
};

/// The parameter types of the operations: the `P` in [`Request<P>`](Request).
pub mod params {
    pub use crate::{
        contacts::{
            CountContacts, CreateContact, CreateContacts, DeleteContact, DeleteContacts, ListContacts, OptOutContact,
            RetrieveContact, UpdateContact, VerifyContact,
        },
        request::Endpoint,
    };
}

pub use futures_core::Stream;
pub use {bytes, chrono, http};
