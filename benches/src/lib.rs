//! What is compared, and the server that it is compared against.
//!
//! The benchmarks (`calls.rs`, `walks.rs`) and the programs (`src/bin/`) only differ in what they measure.
//! `BENCHMARKS.md` says which command gives which figure.

pub mod cases;
pub mod contenders;
pub mod dataset;
mod generated;
pub mod server;
mod transport;

// Where the generated code looks for it.
use sendblue_contacts::PhoneNumber;

/// What goes wrong here is told to whoever runs a benchmark, and ends it.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
