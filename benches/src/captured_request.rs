//! What the generated client imports from its crate: a stub without behaviour.

use progenitor_client::ClientHooks;

use crate::generated::Client;

#[derive(Clone, Copy, Debug)]
pub struct CapturedRequest;

impl CapturedRequest {
    /// Returns the URL as it is. The library's own version of this method skips the parsing of the base URL.
    pub fn url<'a>(&self, url: &'a str) -> &'a str {
        url
    }
}

impl ClientHooks<CapturedRequest> for Client {}
