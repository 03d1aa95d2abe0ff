//! Checks the headers that a caller sets.

use http::{
    HeaderName, HeaderValue,
    header::{self, AUTHORIZATION, PROXY_AUTHORIZATION},
};

use crate::error::InvalidInput;

/// The header with the id of an API key.
pub(crate) const KEY_ID: HeaderName = HeaderName::from_static("sb-api-key-id");
/// The header with the secret of an API key.
pub(crate) const SECRET_KEY: HeaderName = HeaderName::from_static("sb-api-secret-key");

/// The headers that carry credentials.
const CREDENTIAL_HEADERS: [HeaderName; 4] = [KEY_ID, SECRET_KEY, AUTHORIZATION, PROXY_AUTHORIZATION];

/// The headers that describe the connection or the body, which only the client sets.
const HEADERS_SET_BY_CLIENT: [HeaderName; 12] = [
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
];

/// Parses a header, and refuses the headers that only the client may set.
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
