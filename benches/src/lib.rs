//! The contenders of the benchmarks, and the server that they call.
//!
//! `BENCHMARKS.md` names the command behind each figure.

mod captured_request;
pub mod cases;
pub mod contenders;
pub mod dataset;
mod generated;
mod route;
pub mod server;

// The generated code imports `crate::PhoneNumber`.
use sendblue_contacts::PhoneNumber;

/// An error ends the benchmark, which prints it.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
