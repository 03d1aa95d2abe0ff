//! The client that `build.rs` generates from `openapi.yaml`.
//!
//! Private: what of it users meet is re-exported by name, from the module that it belongs to. The methods of
//! [`Client`] are called in one place each, the [`Operation`](crate::Operation) that they perform.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    rustdoc::all,
    elided_lifetimes_in_paths,
    reason = "generated; what is exported has its docs from the document"
)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));
