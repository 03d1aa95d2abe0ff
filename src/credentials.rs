//! What the service knows a caller by.

use std::{env, ffi::OsString, fmt, future::Future, pin::Pin, sync::Arc};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, PROXY_AUTHORIZATION},
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, InvalidInput, Kind as ErrorKind, Outcome};

/// The header that carries the id of an API key.
const KEY_ID: HeaderName = HeaderName::from_static("sb-api-key-id");
/// The header that carries the secret of an API key.
const SECRET_KEY: HeaderName = HeaderName::from_static("sb-api-secret-key");

/// The environment variables that hold a key pair, id and secret: those of the official clients, and those that many
/// users expect.
const KEY_PAIR_VARIABLES: [[&str; 2]; 2] =
    [["SENDBLUE_API_API_KEY", "SENDBLUE_API_API_SECRET"], ["SENDBLUE_API_KEY", "SENDBLUE_API_SECRET"]];
/// The environment variable that holds a bearer token.
const BEARER_TOKEN_VARIABLE: &str = "SENDBLUE_API_BEARER_TOKEN";

/// An API key pair, or a bearer token: never both.
///
/// ```
/// use sendblue_contacts::Credentials;
///
/// let credentials = Credentials::key_pair("key-id", "secret-key")?;
/// assert!(!format!("{credentials:?}").contains("key-id"));
/// # Ok::<(), sendblue_contacts::Error>(())
/// ```
///
/// Sent with every request, as `sb-api-key-id` and `sb-api-secret-key` or as `Authorization: Bearer …`, in headers that are
/// marked sensitive. Neither `Debug` nor an error shows any of it, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Credentials(Arc<Kind>);

enum Kind {
    KeyPair { id: SecretString, secret: SecretString },
    Bearer { token: SecretString },
    Provider(Box<Provider>),
}

type Provider = dyn Fn() -> Pin<Box<dyn Future<Output = Result<SecretString, Error>> + Send>> + Send + Sync;

impl Credentials {
    /// An API key: its id (`sb-api-key-id`) and its secret (`sb-api-secret-key`).
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input), with the name of the field, if one of them is empty, has spaces around it, or has
    /// characters that a header cannot carry (control characters, line breaks, anything but ASCII).
    pub fn key_pair(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        Ok(Self(Arc::new(Kind::KeyPair { id: checked("key id", id)?, secret: checked("secret key", secret)? })))
    }

    /// A short-lived token, sent as `Authorization: Bearer …`.
    ///
    /// # Errors
    ///
    /// As [`key_pair`](Self::key_pair).
    pub fn bearer(token: impl Into<String>) -> Result<Self, Error> {
        Ok(Self(Arc::new(Kind::Bearer { token: checked("bearer token", token)? })))
    }

    /// Bearer tokens from a function that gives one whenever a request is about to be sent.
    ///
    /// ```
    /// use sendblue_contacts::Credentials;
    ///
    /// # async fn fetch() -> Result<String, std::io::Error> { Ok("token".into()) }
    /// let credentials = Credentials::bearer_provider(|| async {
    ///     let token = fetch().await?;    // from a vault, or from where the last one is kept
    ///     Ok::<_, std::io::Error>(token)
    /// });
    /// ```
    ///
    /// It is asked before every attempt, so it should keep a token until shortly before it expires. The time that it takes
    /// counts toward the time-out of the call. If it fails, or gives what no header can carry, nothing is sent, and the call
    /// fails with [`is_token`](Error::is_token) and its error as the source: that error should not show a token.
    pub fn bearer_provider<F, R, E>(provider: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let failed = |source| Error::new(ErrorKind::Token, Outcome::NotSent).with_source(source);
        Self(Arc::new(Kind::Provider(Box::new(move || {
            let token = provider();
            Box::pin(async move {
                let token = token.await.map_err(|error| failed(error.into()))?;
                checked("bearer token", token).map_err(|invalid| failed(invalid.to_string().into()))
            })
        }))))
    }

    /// Reads them from the environment.
    ///
    /// | variables | credentials |
    /// |---|---|
    /// | `SENDBLUE_API_API_KEY`, `SENDBLUE_API_API_SECRET` | a key pair; the names of the official clients |
    /// | `SENDBLUE_API_KEY`, `SENDBLUE_API_SECRET` | a key pair, if neither of the above is set |
    /// | `SENDBLUE_API_BEARER_TOKEN` | a bearer token |
    ///
    /// The two namings of a key pair are never mixed.
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input), with the name of the variable, if none is set, if one of a pair is missing, if a key
    /// pair and a token are set at once, and if a value is not one that [`key_pair`](Self::key_pair) takes.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| env::var_os(name))
    }

    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let read = |name: &'static str| {
            let value =
                variable(name).ok_or_else(|| InvalidInput::new(name, "is not set, though the other of its pair is"))?;
            let value = value.into_string().map_err(|_| InvalidInput::new(name, "is not Unicode"))?;
            checked(name, value)
        };
        let is_set = |name: &&str| variable(name).is_some();
        let pair = KEY_PAIR_VARIABLES.into_iter().find(|pair| pair.iter().any(is_set));
        let kind = match (pair, is_set(&BEARER_TOKEN_VARIABLE)) {
            (Some([id, secret]), false) => Kind::KeyPair { id: read(id)?, secret: read(secret)? },
            (None, true) => Kind::Bearer { token: read(BEARER_TOKEN_VARIABLE)? },
            (Some([id, _]), true) => {
                let reason =
                    format!("is set, and so is {id}; only one kind of credentials is sent, so unset the other");
                return Err(InvalidInput::new(BEARER_TOKEN_VARIABLE, reason).into());
            }
            (None, false) => {
                let [[id, secret], _] = KEY_PAIR_VARIABLES;
                let reason = format!("is not set; set it and {secret}, or {BEARER_TOKEN_VARIABLE}");
                return Err(InvalidInput::new(id, reason).into());
            }
        };
        Ok(Self(Arc::new(kind)))
    }

    /// Puts them into a request.
    pub(crate) async fn apply(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        match &*self.0 {
            Kind::KeyPair { id, secret } => {
                headers.insert(KEY_ID, sensitive(id.expose_secret())?);
                headers.insert(SECRET_KEY, sensitive(secret.expose_secret())?);
            }
            Kind::Bearer { token } => bearer(headers, token)?,
            Kind::Provider(provider) => bearer(headers, &provider().await?)?,
        }
        Ok(())
    }
}

/// The headers that only [`Credentials`] may set.
pub(crate) const AUTHENTICATION_HEADERS: [HeaderName; 4] = [KEY_ID, SECRET_KEY, AUTHORIZATION, PROXY_AUTHORIZATION];

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Kind::KeyPair { .. } => "Credentials::KeyPair(..)",
            Kind::Bearer { .. } => "Credentials::Bearer(..)",
            Kind::Provider(_) => "Credentials::Provider(..)",
        })
    }
}

fn checked(field: &'static str, value: impl Into<String>) -> Result<SecretString, InvalidInput> {
    let value = SecretString::from(value.into());
    let text = value.expose_secret();
    let reason = if text.is_empty() {
        "is empty"
    } else if text.trim() != text {
        "has white space around it; remove it"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "has characters other than printable ASCII in it (white space, control characters, accents); copy it anew"
    } else {
        return Ok(value);
    };
    Err(InvalidInput::new(field, reason))
}

fn bearer(headers: &mut HeaderMap, token: &SecretString) -> Result<(), InvalidInput> {
    headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {}", token.expose_secret()))?);
    Ok(())
}

fn sensitive(value: &str) -> Result<HeaderValue, InvalidInput> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| InvalidInput::new("credentials", "do not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<HeaderMap, String> {
        let credentials = Credentials::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        });
        let mut headers = HeaderMap::new();
        let credentials = credentials.map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(credentials.apply(&mut headers)).expect("checked values fit");
        Ok(headers)
    }

    #[test]
    fn environment_names_a_pair_or_a_token() {
        for variables in [
            [("SENDBLUE_API_API_KEY", "id"), ("SENDBLUE_API_API_SECRET", "secret")],
            [("SENDBLUE_API_KEY", "id"), ("SENDBLUE_API_SECRET", "secret")],
        ] {
            let headers = from(&variables).expect("a pair");
            assert_eq!(headers["sb-api-key-id"], "id");
            assert_eq!(headers["sb-api-secret-key"], "secret");
            assert!(headers.values().all(HeaderValue::is_sensitive));
            assert_eq!(headers.len(), 2);
        }
        let headers = from(&[("SENDBLUE_API_BEARER_TOKEN", "token")]).expect("a token");
        assert_eq!(headers["authorization"], "Bearer token");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn the_official_names_win_whole_or_not_at_all() {
        let both = [
            ("SENDBLUE_API_API_KEY", "id"),
            ("SENDBLUE_API_API_SECRET", "secret"),
            ("SENDBLUE_API_KEY", "other-id"),
            ("SENDBLUE_API_SECRET", "other-secret"),
        ];
        assert_eq!(from(&both).expect("a pair")["sb-api-key-id"], "id");
        let [id, _, other_id, other_secret] = both;
        let error = from(&[id, other_id, other_secret]).expect_err("a mix");
        assert!(error.contains("SENDBLUE_API_API_SECRET: is not set"), "{error}");
        let error = from(&[other_secret]).expect_err("half a pair");
        assert!(error.contains("SENDBLUE_API_KEY: is not set"), "{error}");
    }

    #[test]
    fn environment_errors_name_the_variable_and_never_the_value() {
        for (variables, name) in [
            (vec![], "SENDBLUE_API_API_KEY: is not set"),
            (
                vec![("SENDBLUE_API_API_KEY", ""), ("SENDBLUE_API_API_SECRET", "canary")],
                "SENDBLUE_API_API_KEY: is empty",
            ),
            (vec![("SENDBLUE_API_BEARER_TOKEN", "canary\n")], "SENDBLUE_API_BEARER_TOKEN: has white space"),
            (
                vec![
                    ("SENDBLUE_API_KEY", "canary"),
                    ("SENDBLUE_API_SECRET", "canary"),
                    ("SENDBLUE_API_BEARER_TOKEN", "canary"),
                ],
                "SENDBLUE_API_BEARER_TOKEN: is set, and so is SENDBLUE_API_KEY",
            ),
        ] {
            let error = from(&variables).expect_err(name);
            assert!(error.contains(name), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn refuses_what_a_header_cannot_carry() {
        for (value, reason) in [
            ("", "is empty"),
            (" canary", "white space around"),
            ("canary ", "white space around"),
            ("can ary", "printable ASCII"),
            ("can\u{7}ary", "printable ASCII"),
            ("can\r\nary", "printable ASCII"),
            ("canäry", "printable ASCII"),
        ] {
            for (field, result) in [
                ("key id", Credentials::key_pair(value, "secret")),
                ("secret key", Credentials::key_pair("id", value)),
                ("bearer token", Credentials::bearer(value)),
            ] {
                let error = result.expect_err(field).to_string();
                assert!(error.contains(field) && error.contains(reason), "{error}");
                assert!(!error.contains("canary") && !error.contains("canäry"), "{error}");
            }
        }
    }

    #[test]
    fn debug_shows_nothing() {
        for credentials in [Credentials::key_pair("canary", "canary"), Credentials::bearer("canary")] {
            assert!(!format!("{:#?}", credentials.expect("valid")).contains("canary"));
        }
    }
}
