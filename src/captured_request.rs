//! The request that the generated client builds but does not send.

use std::{
    fmt, mem,
    sync::{Arc, OnceLock},
};

use http::Method;
use reqwest::Request;
use url::{Position, Url};

/// The state of the generated client during one attempt: the base URL, and the request once it is built.
///
/// If a body does not decode, the generated client drops the status and the headers. So this crate sends the requests
/// itself: the `pre` hook stores the request here, and stops the generated method before it sends anything.
pub struct CapturedRequest {
    base_url: Arc<Url>,
    request: OnceLock<Request>,
}

impl CapturedRequest {
    pub(crate) fn new(base_url: Arc<Url>) -> Self {
        Self { base_url, request: OnceLock::new() }
    }

    /// Stores the request, and leaves a placeholder in its place.
    pub(crate) fn capture(&self, request: &mut Request) {
        // The hook only borrows the request, so it must leave a placeholder. The generated client does not send it.
        let placeholder = Request::new(Method::GET, Url::clone(&self.base_url));
        let _ = self.request.set(mem::replace(request, placeholder));
    }

    pub(crate) fn into_request(self) -> Option<Request> {
        self.request.into_inner()
    }

    /// Parses `url`, which begins with the base URL. The origin is known, so only the path is parsed.
    pub(crate) fn url(&self, url: &str) -> Url {
        let mut parsed = Url::clone(&self.base_url);
        let origin = parsed[..Position::BeforePath].len();
        parsed.set_path(url.get(origin..).unwrap_or_default());
        parsed
    }
}

/// A clone starts without a request. The generated client derives `Clone`, so this type needs it.
impl Clone for CapturedRequest {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.base_url))
    }
}

impl fmt::Debug for CapturedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedRequest").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use progenitor_client::encode_path;
    use proptest::prelude::*;
    use url::Url;

    use super::CapturedRequest;

    proptest! {
        #[test]
        fn url_equals_the_parsed_text(
            argument in prop_oneof![any::<String>(), r"[+0-9]{1,16}", r"[./\\%+?#;:@ \t\n]{0,8}"],
            base_url in prop_oneof![Just("http://127.0.0.1:9"), Just("http://localhost"), Just("http://[::1]:9/gate/w%20y")],
        ) {
            let text = format!("{base_url}/api/v2/contacts/{}", encode_path(&argument));
            let captured = CapturedRequest::new(Arc::new(base_url.parse().expect("a URL")));
            prop_assert_eq!(captured.url(&text), text.parse::<Url>().expect("a URL"));
        }
    }
}
