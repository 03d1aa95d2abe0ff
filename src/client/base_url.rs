//! Parses the base URL.

use url::Url;

use crate::{error::InvalidInput, transport::host_is_loopback};

/// Parses and checks a base URL. `field` names the setting or environment variable in errors.
///
/// The checks use the parsed URL, because its host may differ from the host that the text appears to contain.
pub(super) fn parse(field: &'static str, text: &str, allow_insecure_http: bool) -> Result<Url, InvalidInput> {
    let invalid = |reason| Err(InvalidInput::new(field, reason));
    let Ok(url) = Url::parse(text) else {
        return invalid("not an absolute URL; write it as in https://api.sendblue.co");
    };
    if !matches!(url.scheme(), "https" | "http") {
        return invalid("scheme is neither https nor http; write it as in https://api.sendblue.co");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("contains a user name or password; set credentials with `credentials`");
    }
    if url.query().is_some() {
        return invalid("contains a query; remove the `?` and the text after it");
    }
    if url.fragment().is_some() {
        return invalid("contains a fragment; remove the `#` and the text after it");
    }
    if url.scheme() == "http" && !host_is_loopback(&url) && !allow_insecure_http {
        return invalid("plain http sends the keys unencrypted; use https, or `allow_insecure_http(true)`");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{host_is_loopback, parse};

    #[test]
    fn accepts_https_and_plain_http_on_loopback() {
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
    fn refuses_other_urls_without_printing_them() {
        for (text, reason) in [
            ("", "not an absolute URL"),
            ("canary.example", "not an absolute URL"),
            ("ftp://canary.example", "scheme is neither https nor http"),
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
    fn loopback_is_a_property_of_the_parsed_host() {
        for (text, expected) in [
            ("http://2130706433/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("https://127.0.0.1@evil.example/", false),
        ] {
            assert_eq!(host_is_loopback(&text.parse().expect(text)), expected, "{text}");
        }
    }
}
