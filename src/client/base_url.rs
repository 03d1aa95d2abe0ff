//! Where the service is.

use reqwest::Url;

use crate::error::InvalidInput;

/// Reads a base URL; `field` is what it was given as.
///
/// Everything is decided on the parsed URL: what a text looks like and which host a parser finds in it can differ.
pub(super) fn parse(field: &'static str, text: &str, allow_insecure_http: bool) -> Result<Url, InvalidInput> {
    let invalid = |reason| Err(InvalidInput::new(field, reason));
    let Ok(url) = Url::parse(text) else {
        return invalid("is not an absolute URL; write it as in https://api.sendblue.co");
    };
    if !matches!(url.scheme(), "https" | "http") {
        return invalid("has a scheme other than https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("has a user name or password in it; credentials are set apart from it");
    }
    if url.query().is_some() {
        return invalid("has a query; leave out what follows the `?`");
    }
    if url.fragment().is_some() {
        return invalid("has a fragment; leave out what follows the `#`");
    }
    if url.scheme() == "http" && !is_loopback(&url) && !allow_insecure_http {
        return invalid(
            "is plain http, which shows the keys to the network; use https, or `allow_insecure_http(true)`",
        );
    }
    Ok(url)
}

/// Whether a URL leads to this machine: a loopback address, or `localhost`.
///
/// Not the names below `localhost`: RFC 6761 has them stay on this machine, but common resolvers ask the network for them.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, parse};

    #[test]
    fn accepts_https_and_plain_http_on_this_machine() {
        for text in [
            "https://api.sendblue.co",
            "https://api.sendblue.com/",
            "https://proxy.example/sendblue/",
            "http://127.0.0.1:4010",
            "http://127.9.9.9",
            "http://[::1]:4010",
            "http://localhost:4010",
        ] {
            parse("base URL", text, false).expect(text);
        }
        parse("base URL", "http://gateway.internal", true).expect("allowed");
    }

    #[test]
    fn refuses_the_rest_without_showing_it() {
        for (text, reason) in [
            ("", "not an absolute URL"),
            ("canary.example", "not an absolute URL"),
            ("ftp://canary.example", "other than https"),
            ("https://canary@host.example", "user name"),
            ("https://:canary@host.example", "user name"),
            ("https://host.example?canary", "query"),
            ("https://host.example#canary", "fragment"),
            ("http://canary.example", "plain http"),
            ("http://127.0.0.1.canary.example", "plain http"),
            ("http://localhost.canary.example", "plain http"),
            ("http://canarylocalhost", "plain http"),
            ("http://canary.localhost", "plain http"),
            ("http://0.0.0.0", "plain http"),
        ] {
            let error = parse("base URL", text, false).expect_err(text).to_string();
            assert!(error.starts_with("base URL: ") && error.contains(reason), "{text}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn loopback_is_decided_on_the_parsed_host() {
        for (text, expected) in [
            ("http://2130706433/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("https://127.0.0.1@evil.example/", false),
        ] {
            assert_eq!(is_loopback(&text.parse().expect(text)), expected, "{text}");
        }
    }
}
