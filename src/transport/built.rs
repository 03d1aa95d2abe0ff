//! Where the generated client is stopped: it builds a request, and does not get as far as the wire.

use std::{
    fmt, mem,
    sync::{Arc, OnceLock},
};

use http::Method;
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::Request;
use url::{Position, Url};

use super::Settings;
use crate::generated;

/// What the generated client has for a call: where the service is, and the request that it has built.
pub struct Built {
    settings: Arc<Settings>,
    request: OnceLock<Request>,
}

impl Built {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, request: OnceLock::new() }
    }

    pub(crate) fn into_request(self) -> Option<Request> {
        self.request.into_inner()
    }

    /// `url` as a URL: the base URL with a path behind it, so that the base URL need not be parsed again.
    pub(crate) fn url(&self, url: &str) -> Url {
        let mut parsed = self.settings.base_url.clone();
        let origin = parsed[..Position::BeforePath].len();
        parsed.set_path(url.get(origin..).unwrap_or_default());
        parsed
    }
}

/// The generated client derives it; nobody needs a second one.
impl Clone for Built {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.settings))
    }
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Built").finish_non_exhaustive()
    }
}

impl ClientHooks<Built> for generated::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), generated::Error<E>> {
        // It takes any value: the generated client only looks at it to send it.
        let nothing = Request::new(Method::GET, self.inner.settings.base_url.clone());
        let _ = self.inner.request.set(mem::replace(request, nothing));
        Err(generated::Error::Custom(String::new()))
    }
}

#[cfg(test)]
mod tests {
    use progenitor_client::encode_path;
    use proptest::prelude::*;
    use url::Url;

    use super::Built;
    use crate::{
        Client, Credentials, contacts::RetrieveContact, request::Operation as _, transport::path::ExpectedPath,
    };

    fn client(base_url: &str) -> Client {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        Client::builder().credentials(credentials).base_url(base_url).build().expect("valid")
    }

    /// The text that the generated client makes, and the URL that it gets.
    fn url(client: &Client, argument: &str) -> (String, Url) {
        let text = format!("{}/api/v2/contacts/{}", client.generated().baseurl, encode_path(argument));
        let url = Built::new(client.settings()).url(&text);
        (text, url)
    }

    proptest! {
        #[test]
        fn a_url_is_what_its_text_is_parsed_as(
            argument in prop_oneof![any::<String>(), r"[+0-9]{1,16}", r"[./\\%+?#;:@ \t\n]{0,8}"],
            base_url in prop_oneof![Just("http://127.0.0.1:9"), Just("http://localhost/"), Just("http://[::1]:9/gate/w%20y/")],
        ) {
            let (text, url) = url(&client(base_url), &argument);
            prop_assert_eq!(url, text.parse::<Url>().expect("a base URL with a path"));
        }
    }

    /// What is left of the safety if the parser of numbers lets everything through.
    #[test]
    fn the_guard_refuses_arguments_that_change_the_path() {
        let client = client("http://127.0.0.1:9");
        let expected = ExpectedPath::Template(RetrieveContact::ROUTE.path);
        let passes = |argument: &str| {
            let (_, url) = url(&client, argument);
            expected.check(&client.settings().base_url, url.path()).is_ok()
        };
        for argument in ["", ".", "..", r"..\..", r"a\b", r"\", r".\", r"..\count", r"..\..\v1\contacts"] {
            assert!(!passes(argument), "{argument:?}");
        }
        // One segment each, once encoded.
        for argument in ["a/b", "+1?x=1", "+1#f", "%2e%2e", "\t..\n", "..\n", "+1\u{0}2", "+１２", "+٤١"] {
            assert!(passes(argument), "{argument:?}");
        }
        // They have the form of the template: only the parser keeps them from another operation.
        for argument in ["count", "bulk", "opt-out"] {
            assert!(passes(argument), "{argument:?}");
        }
    }
}
