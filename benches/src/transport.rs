//! What the generated client needs of its surroundings: nothing that does anything.

use progenitor_client::ClientHooks;

use crate::generated::Client;

#[derive(Clone, Copy, Debug)]
pub struct Built;

impl Built {
    /// The generated client parses the whole of it, unless the library spares it that.
    pub fn url<'a>(&self, url: &'a str) -> &'a str {
        url
    }
}

#[allow(dead_code, reason = "nothing here asks for the routes")]
pub struct Route {
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
}

impl ClientHooks<Built> for Client {}
