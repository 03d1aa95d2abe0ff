//! The client that `build.rs` generates from `openapi.yaml`.
//!
//! Each method of [`Client`] has one caller: the [`Operation`](crate::Operation) of the same name. The module is
//! private, and other modules re-export its public types.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    rustdoc::all,
    elided_lifetimes_in_paths,
    reason = "generated; the document is the source of the docs"
)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));

impl ClientHooks<crate::captured_request::CapturedRequest> for Client {
    /// Captures the request and stops the generated method before it sends anything.
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), Error<E>> {
        self.inner.capture(request);
        Err(Error::Custom(String::new()))
    }
}
