//! The integration tests: one binary, one module per subject.

mod architecture;
mod calls;
mod capture;
mod client;
mod conformance;
mod contracts;
mod cookbook;
mod document;
mod errors;
mod examples;
mod faults;
mod generated;
#[cfg(feature = "gzip")]
mod gzip;
mod jobs;
mod llms;
mod models;
mod promises;
mod properties;
mod recorded;
mod retries;
mod sandbox;
mod secrets;
mod server;
mod streams;
