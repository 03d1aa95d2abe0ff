//! Checks the headers that a caller sets.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, AUTHORIZATION, PROXY_AUTHORIZATION},
};

use crate::error::InvalidInput;

/// The header with the id of an API key.
pub(crate) const KEY_ID: HeaderName = HeaderName::from_static("sb-api-key-id");
/// The header with the secret of an API key.
pub(crate) const SECRET_KEY: HeaderName = HeaderName::from_static("sb-api-secret-key");

/// The headers that carry credentials.
const CREDENTIAL_HEADERS: [HeaderName; 4] = [KEY_ID, SECRET_KEY, AUTHORIZATION, PROXY_AUTHORIZATION];

/// The headers that describe the connection, the body or the method, which only the client sets.
const HEADERS_SET_BY_CLIENT: [HeaderName; 15] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    // Some servers let these headers replace the method.
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// Parses a header. Refuses headers that carry credentials, and headers that only the client sets.
pub(crate) fn parse<K, V>(name: K, value: V) -> Result<(HeaderName, HeaderValue), InvalidInput>
where
    K: TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let name = name
        .try_into()
        .map_err(|_| InvalidInput::new("header", "invalid header name; use letters, digits and hyphens"))?;
    let reason = if CREDENTIAL_HEADERS.contains(&name) {
        "carries credentials; set them with `credentials` or `with_credentials`, or in the URL of the proxy"
    } else if HEADERS_SET_BY_CLIENT.contains(&name) {
        "set by the client; remove it"
    } else {
        let value = value.try_into().map_err(|_| {
            InvalidInput::new(
                format!("header `{name}`"),
                "value contains line breaks or other control characters; remove them",
            )
        })?;
        return Ok((name, value));
    };
    Err(InvalidInput::new(format!("header `{name}`"), reason))
}

/// Parses headers, each on its own line as `Name: value`, and marks their values as sensitive.
///
/// An error text starts with `field`, the name of the setting that contains the lines.
pub(crate) fn parse_lines(field: &'static str, lines: &str) -> Result<HeaderMap, InvalidInput> {
    let mut headers = HeaderMap::new();
    for (number, line) in (1..).zip(lines.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let invalid = |problem| InvalidInput::new(field, format!("line {number}: {problem}"));
        let (name, value) =
            line.split_once(':').ok_or_else(|| invalid("no `:`; write each line as `Name: value`".to_owned()))?;
        let (name, mut value) = parse(name.trim(), value.trim()).map_err(|problem| invalid(problem.to_string()))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::parse_lines;

    #[test]
    fn reads_headers_from_lines() {
        let headers =
            parse_lines("HEADERS", "\r\nX-Team: crm\r\n  x-url :  http://host:80 \n\nx-empty:").expect("valid");
        assert_eq!(
            (&headers["x-team"], &headers["x-url"]),
            (&"crm".parse().unwrap(), &"http://host:80".parse().unwrap())
        );
        assert_eq!((headers.len(), headers["x-empty"].len()), (3, 0));
        assert!(headers.values().all(http::HeaderValue::is_sensitive));
    }

    #[test]
    fn a_line_error_names_the_line_and_never_the_value() {
        for (lines, expected) in [
            ("x-team: crm\ncanary", "HEADERS: line 2: no `:`"),
            ("canary canary: x", "HEADERS: line 1: header: invalid header name"),
            (": canary", "HEADERS: line 1: header: invalid header name"),
            ("x-team: can\u{7}ary", "HEADERS: line 1: header `x-team`: value contains"),
            ("Authorization: canary", "HEADERS: line 1: header `authorization`: carries credentials"),
            ("SB-API-SECRET-KEY: canary", "HEADERS: line 1: header `sb-api-secret-key`: carries credentials"),
            ("Proxy-Authorization: canary", "HEADERS: line 1: header `proxy-authorization`: carries credentials"),
            ("Host: canary", "HEADERS: line 1: header `host`: set by the client"),
        ] {
            let message = parse_lines("HEADERS", lines).expect_err(expected).to_string();
            assert!(message.starts_with(expected) && !message.contains("canary"), "{message}");
        }
    }
}
