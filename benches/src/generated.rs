//! The generated client that the library wraps. `captured_request` and `route` define the items that it imports.
#![allow(dead_code, unreachable_pub, clippy::all, elided_lifetimes_in_paths, reason = "generated")]

include!("../../src/generated/snapshot.rs");
