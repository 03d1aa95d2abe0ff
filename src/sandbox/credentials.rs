//! The credentials that a sandbox accepts.

use http::{HeaderMap, HeaderValue};

use super::refusal::Refusal;

/// The key pair and the bearer token that a sandbox accepts.
pub(super) struct AcceptedCredentials {
    pub(super) key_id: String,
    pub(super) secret_key: String,
    pub(super) bearer_token: Option<String>,
}

impl AcceptedCredentials {
    /// Checks the headers of a request. A valid key pair or a valid token is enough, even if the other is wrong.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let bytes = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        let pair = bytes("sb-api-key-id").zip(bytes("sb-api-secret-key"));
        let token = bytes("authorization").and_then(|value| value.strip_prefix(b"Bearer "));
        if pair.is_none() && token.is_none() {
            Err(Refusal::NoCredentials)
        } else if pair == Some((self.key_id.as_bytes(), self.secret_key.as_bytes()))
            || token.is_some() && token == self.bearer_token.as_deref().map(str::as_bytes)
        {
            Ok(())
        } else {
            Err(Refusal::WrongCredentials)
        }
    }
}
