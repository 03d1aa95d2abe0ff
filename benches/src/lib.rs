//! The contenders of the benchmarks, and the server that they call.
//!
//! `BENCHMARKS.md` names the command behind each figure.

mod captured_request;
pub mod cases;
pub mod contenders;
pub mod dataset;
mod generated;
// The generated code decodes with this module of the library, which is private there.
#[allow(dead_code, unreachable_pub, reason = "the benchmarks decode few types")]
#[path = "../../src/lenient.rs"]
mod lenient;
mod route;
pub mod server;

// The generated code imports `crate::PhoneNumber`.
use sendblue_contacts::PhoneNumber;

/// An error ends the benchmark, which prints it.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
