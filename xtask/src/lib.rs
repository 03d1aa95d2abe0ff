//! The tasks of `cargo xtask`, which `main.rs` lists.
//!
//! Nothing here depends on the library: maintainers need these tasks most when the library does not compile.

pub mod bench;
pub mod ci;
#[path = "../../build/codegen.rs"]
pub mod codegen;
pub mod command;
pub mod diff;
pub mod generate;
pub mod lint;
pub mod memory;
pub mod problems;
pub mod programs;
#[path = "../../build/snapshot.rs"]
pub mod snapshot;
