//! The very code that the library is built on; `src/transport.rs` has what it asks for.
#![allow(dead_code, unreachable_pub, clippy::all, elided_lifetimes_in_paths, reason = "generated")]

include!("../../src/generated/snapshot.rs");
