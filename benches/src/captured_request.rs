//! A stub of the type that the generated client imports from its crate.

use progenitor_client::ClientHooks;

use crate::generated::Client;

#[derive(Clone, Copy, Debug)]
pub struct CapturedRequest;

impl CapturedRequest {
    /// Returns the URL unchanged. In the library, this method avoids parsing the base URL in each call.
    pub fn url<'a>(&self, url: &'a str) -> &'a str {
        url
    }
}

impl ClientHooks<CapturedRequest> for Client {}
