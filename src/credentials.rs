//! Credentials: an API key pair, or a bearer token.

use std::{env, ffi::OsString, fmt, future::Future, pin::Pin, sync::Arc};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};

#[cfg(doc)]
use crate::ErrorKind;
use crate::{
    environment,
    error::{Cause, Error, InvalidInput},
    headers::{KEY_ID, SECRET_KEY},
    outcome::Outcome,
};

/// The environment variables of key pairs, each as id and secret.
///
/// The first pair has the names of the official clients. The second pair has shorter names.
const KEY_PAIR_VARIABLES: [[&str; 2]; 2] =
    [["SENDBLUE_API_API_KEY", "SENDBLUE_API_API_SECRET"], ["SENDBLUE_API_KEY", "SENDBLUE_API_SECRET"]];
/// The environment variable of a bearer token.
const BEARER_TOKEN_VARIABLE: &str = "SENDBLUE_API_BEARER_TOKEN";
/// The environment variable of the account label.
const ACCOUNT_LABEL_VARIABLE: &str = "SENDBLUE_API_ACCOUNT_LABEL";

/// An API key pair or a bearer token.
///
/// ```
/// use sendblue_contacts::Credentials;
///
/// let credentials = Credentials::key_pair("key-id", "secret-key")?;
/// assert!(!format!("{credentials:?}").contains("key-id"));
/// # Ok::<(), sendblue_contacts::Error>(())
/// ```
///
/// The client sends credentials with every request, as `sb-api-key-id` and `sb-api-secret-key`, or as
/// `Authorization: Bearer …`. The headers are marked sensitive. `Debug` and errors print no credential. When the last
/// clone is dropped, the stored credentials are overwritten in memory.
///
/// # Account label
///
/// A [journal](crate::jobs::Job::journal) and a [cursor](crate::stream::Cursor) belong to one account. The client
/// recognizes the account by the id of the key pair. A bearer token has no such id, so its account needs a
/// [label](Self::account_label).
#[derive(Clone)]
pub struct Credentials {
    kind: Arc<Kind>,
    account_label: Option<Arc<str>>,
}

enum Kind {
    KeyPair { id: SecretString, secret: SecretString },
    Bearer { token: SecretString },
    Provider(Box<Provider>),
}

type Provider = dyn Fn() -> Pin<Box<dyn Future<Output = Result<SecretString, Error>> + Send>> + Send + Sync;

impl Credentials {
    /// Creates credentials from the id (`sb-api-key-id`) and the secret (`sb-api-secret-key`) of an API key.
    ///
    /// # Errors
    ///
    /// Returns an [input error](Error::is_input) that names the field, if a value is empty. The same applies if a value
    /// contains white space or a character other than printable ASCII.
    pub fn key_pair(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::new(Kind::KeyPair { id: checked("key id", id)?, secret: checked("secret key", secret)? }))
    }

    /// Creates credentials from a bearer token, which the client sends as `Authorization: Bearer …`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`key_pair`](Self::key_pair).
    pub fn bearer(token: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::new(Kind::Bearer { token: checked("bearer token", token)? }))
    }

    /// Creates credentials from an async function that returns a bearer token.
    ///
    /// ```
    /// use sendblue_contacts::Credentials;
    ///
    /// # async fn fetch() -> Result<String, std::io::Error> { Ok("token".into()) }
    /// let credentials = Credentials::bearer_provider(|| async {
    ///     let token = fetch().await?; // from a vault, or from a cache
    ///     Ok::<_, std::io::Error>(token)
    /// });
    /// ```
    ///
    /// The client calls the provider before every attempt, so the provider should cache a token until shortly before it
    /// expires. The provider's time counts toward the timeout of the call.
    ///
    /// If the provider fails or returns an invalid token, the attempt sends nothing and the call ends. Before the first
    /// attempt, the call returns [`ErrorKind::TokenProvider`]. Its source is the provider's error, which should not
    /// print a token. Before a retry, the call returns the error of the previous attempt.
    pub fn bearer_provider<F, R, E>(provider: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let failed = |source| Error::new(Cause::TokenProvider, Outcome::NotSent).with_source(source);
        Self::new(Kind::Provider(Box::new(move || {
            let token = provider();
            Box::pin(async move {
                let token = token.await.map_err(|error| failed(error.into()))?;
                checked("bearer token", token).map_err(|invalid| failed(invalid.to_string().into()))
            })
        })))
    }

    fn new(kind: Kind) -> Self {
        Self { kind: Arc::new(kind), account_label: None }
    }

    /// Sets a label for the account, such as `"crm-eu"`. The client never sends it.
    ///
    /// ```
    /// use sendblue_contacts::Credentials;
    ///
    /// let credentials = Credentials::bearer("token")?.account_label("crm-eu")?;
    /// # Ok::<(), sendblue_contacts::Error>(())
    /// ```
    ///
    /// Jobs with a [journal](crate::jobs::Job::journal) and resumed streams need the label if the credentials are a
    /// bearer token. For a key pair, the label replaces the key id, so a new key of the same account can continue.
    /// Different accounts need different labels.
    ///
    /// # Errors
    ///
    /// [`is_input`](Error::is_input) if the label is blank.
    pub fn account_label(mut self, label: impl Into<String>) -> Result<Self, Error> {
        let label = label.into();
        if label.trim().is_empty() {
            return Err(InvalidInput::new("account_label", "blank; pass a name for the account").into());
        }
        self.account_label = Some(label.into());
        Ok(self)
    }

    /// Returns the label of the account or, without a label, the id of the key pair.
    pub(crate) fn account_id(&self) -> Option<&str> {
        match (&self.account_label, &*self.kind) {
            (Some(label), _) => Some(label),
            (None, Kind::KeyPair { id, .. }) => Some(id.expose_secret()),
            (None, Kind::Bearer { .. } | Kind::Provider(_)) => None,
        }
    }

    /// Reads credentials from the environment.
    ///
    /// | variables | credentials |
    /// |---|---|
    /// | `SENDBLUE_API_API_KEY`, `SENDBLUE_API_API_SECRET` | a key pair; the names of the official clients |
    /// | `SENDBLUE_API_KEY`, `SENDBLUE_API_SECRET` | a key pair, if neither variable above is set |
    /// | `SENDBLUE_API_BEARER_TOKEN` | a bearer token |
    /// | `SENDBLUE_API_ACCOUNT_LABEL` | the [label](Self::account_label) of the account, beside any of the above |
    ///
    /// An id and a secret from different rows are never combined. A blank variable counts as unset.
    ///
    /// # Errors
    ///
    /// Returns an [input error](Error::is_input) that names the variable:
    ///
    /// - if no variable is set,
    /// - if half of a key pair is missing,
    /// - if a key pair and a token are both set,
    /// - if [`key_pair`](Self::key_pair) refuses a value.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| env::var_os(name))
    }

    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let read = |name: &'static str| {
            let value = environment::decode(name, variable(name))?;
            checked(name, value.ok_or_else(|| InvalidInput::new(name, "not set; set both variables of the pair"))?)
        };
        // A variable that is not Unicode counts as set, so that `read` reports it.
        let is_set = |name: &&'static str| !matches!(environment::decode(name, variable(name)), Ok(None));
        let pair = KEY_PAIR_VARIABLES.into_iter().find(|pair| pair.iter().any(is_set));
        let kind = match (pair, is_set(&BEARER_TOKEN_VARIABLE)) {
            (Some([id, secret]), false) => Kind::KeyPair { id: read(id)?, secret: read(secret)? },
            (None, true) => Kind::Bearer { token: read(BEARER_TOKEN_VARIABLE)? },
            (Some([id, _]), true) => {
                let reason = format!("set together with {id}; unset one of them");
                return Err(InvalidInput::new(BEARER_TOKEN_VARIABLE, reason).into());
            }
            (None, false) => {
                let [[id, secret], _] = KEY_PAIR_VARIABLES;
                let reason = format!("not set; set it and {secret}, or {BEARER_TOKEN_VARIABLE}");
                return Err(InvalidInput::new(id, reason).into());
            }
        };
        let credentials = Self::new(kind);
        match environment::decode(ACCOUNT_LABEL_VARIABLE, variable(ACCOUNT_LABEL_VARIABLE))? {
            Some(label) => credentials.account_label(label),
            None => Ok(credentials),
        }
    }

    /// Adds the credential headers to a request.
    pub(crate) async fn apply(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        match &*self.kind {
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

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.kind {
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
        "empty; pass a value"
    } else if text.trim() != text {
        "white space around the value; remove it"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "contains characters other than printable ASCII; copy the value again"
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
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| InvalidInput::new("credentials", "cannot be written into a header; copy them again"))?;
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
        runtime.block_on(credentials.apply(&mut headers)).expect("valid header values");
        Ok(headers)
    }

    #[test]
    fn reads_a_pair_or_a_token_from_the_environment() {
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
    fn never_combines_an_id_and_a_secret_of_different_variable_pairs() {
        let both = [
            ("SENDBLUE_API_API_KEY", "id"),
            ("SENDBLUE_API_API_SECRET", "secret"),
            ("SENDBLUE_API_KEY", "other-id"),
            ("SENDBLUE_API_SECRET", "other-secret"),
        ];
        assert_eq!(from(&both).expect("a pair")["sb-api-key-id"], "id");
        let [id, _, other_id, other_secret] = both;
        let error = from(&[id, other_id, other_secret]).expect_err("an id without its secret");
        assert!(error.contains("SENDBLUE_API_API_SECRET: not set"), "{error}");
        let error = from(&[other_secret]).expect_err("a secret without its id");
        assert!(error.contains("SENDBLUE_API_KEY: not set"), "{error}");
    }

    #[test]
    fn a_blank_variable_counts_as_unset() {
        for blank in ["", " ", "\t\r\n"] {
            let blanks = |names: &[&'static str]| names.iter().map(|name| (*name, blank)).collect::<Vec<_>>();
            let headers = from(
                &[
                    blanks(&["SENDBLUE_API_API_KEY", "SENDBLUE_API_API_SECRET"]),
                    blanks(&["SENDBLUE_API_BEARER_TOKEN"]),
                    vec![("SENDBLUE_API_KEY", "id"), ("SENDBLUE_API_SECRET", "secret")],
                ]
                .concat(),
            );
            assert_eq!(headers.expect("the second pair")["sb-api-key-id"], "id");
            let headers = from(
                &[
                    blanks(&["SENDBLUE_API_API_KEY", "SENDBLUE_API_SECRET"]),
                    vec![("SENDBLUE_API_BEARER_TOKEN", "token")],
                ]
                .concat(),
            );
            assert_eq!(headers.expect("the token")["authorization"], "Bearer token");
            let error = from(&blanks(&["SENDBLUE_API_API_KEY", "SENDBLUE_API_SECRET", "SENDBLUE_API_BEARER_TOKEN"]));
            assert!(error.expect_err("nothing is set").starts_with("SENDBLUE_API_API_KEY: not set"));
        }
    }

    #[test]
    fn environment_errors_name_the_variable_and_never_the_value() {
        for (variables, name) in [
            (vec![], "SENDBLUE_API_API_KEY: not set"),
            (
                vec![("SENDBLUE_API_API_KEY", ""), ("SENDBLUE_API_API_SECRET", "canary")],
                "SENDBLUE_API_API_KEY: not set",
            ),
            (vec![("SENDBLUE_API_BEARER_TOKEN", "canary\n")], "SENDBLUE_API_BEARER_TOKEN: white space"),
            (
                vec![
                    ("SENDBLUE_API_KEY", "canary"),
                    ("SENDBLUE_API_SECRET", "canary"),
                    ("SENDBLUE_API_BEARER_TOKEN", "canary"),
                ],
                "SENDBLUE_API_BEARER_TOKEN: set together with SENDBLUE_API_KEY",
            ),
        ] {
            let error = from(&variables).expect_err(name);
            assert!(error.contains(name), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn refuses_values_other_than_printable_ascii() {
        for (value, reason) in [
            ("", "empty"),
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
    fn the_label_or_the_key_id_identifies_the_account() {
        let pair = Credentials::key_pair("key-id", "secret").expect("valid");
        assert_eq!(pair.account_id(), Some("key-id"));
        assert_eq!(pair.account_label("crm").expect("a label").account_id(), Some("crm"));
        let token = Credentials::bearer("token").expect("valid");
        assert_eq!(token.account_id(), None);
        assert_eq!(token.clone().account_label("crm").expect("a label").account_id(), Some("crm"));
        assert!(token.account_label(" ").expect_err("blank").to_string().starts_with("account_label: blank"));
        let from_env = |label: &'static str| {
            let variables = [("SENDBLUE_API_BEARER_TOKEN", "token"), ("SENDBLUE_API_ACCOUNT_LABEL", label)];
            let read = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
            Credentials::from_variables(read).expect("a token").account_id().map(str::to_owned)
        };
        assert_eq!((from_env("crm").as_deref(), from_env(" ")), (Some("crm"), None));
    }

    #[test]
    fn debug_prints_no_credentials() {
        for credentials in [Credentials::key_pair("canary", "canary"), Credentials::bearer("canary")] {
            assert!(!format!("{:#?}", credentials.expect("valid")).contains("canary"));
        }
    }
}
