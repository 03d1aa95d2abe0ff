//! The integration tests: one binary, a module for each subject.

mod calls;
mod capture;
mod client;
mod conformance;
mod contracts;
mod document;
mod errors;
mod examples;
mod faults;
mod generated;
#[cfg(feature = "gzip")]
mod gzip;
mod jobs;
mod models;
mod promises;
mod recorded;
mod retries;
mod sandbox;
mod secrets;
mod server;
mod streams;
