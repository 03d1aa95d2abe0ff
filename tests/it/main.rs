//! The integration tests: one binary, a module for each subject.

mod calls;
mod client;
mod contracts;
mod document;
mod errors;
mod examples;
mod models;
mod promises;
mod retries;
mod sandbox;
mod secrets;
mod server;
