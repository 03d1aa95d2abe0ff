//! Reads the service's message from a response body, in every known shape.

use serde::Deserialize;
use serde_json::Value;

/// The maximum number of body bytes that an error keeps, if the status is not a success.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

/// The message and the code in an error body.
#[derive(Clone, Default)]
pub(super) struct ServiceMessage {
    pub(super) message: Option<String>,
    pub(super) code: Option<String>,
}

impl ServiceMessage {
    /// Reads the message and the code, if the body has a known shape and at most [`MAX_ERROR_BODY`] bytes.
    pub(super) fn read(body: &[u8]) -> Self {
        // The decoded values may need many times the memory of the body.
        if body.len() > MAX_ERROR_BODY {
            return Self::default();
        }
        // serde would also decode a JSON array as a struct.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Self::default();
        }
        // serde refuses a duplicate key in a struct. A `Value` keeps the last value of the key.
        let fields = serde_json::from_slice(body).or_else(|_| serde_json::from_value(serde_json::from_slice(body)?));
        let Ok(Fields { message, error_message, error, error_reason, error_code }) = fields else {
            return Self::default();
        };
        let first = |values: &[Option<&Value>]| values.iter().flatten().find_map(|value| text(value));
        Self {
            message: first(&[
                Some(&message),
                Some(&error_message),
                error.get("message"),
                Some(&error),
                Some(&error_reason),
            ]),
            code: first(&[Some(&error_code), error.get("code")]),
        }
    }
}

/// The properties that may contain a message or a code.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    message: Value,
    error_message: Value,
    error: Value,
    error_reason: Value,
    error_code: Value,
}

/// Returns a non-empty string, or the digits of a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns whether the `status` property of a body reports an error.
pub(crate) fn is_error_status(status: &str) -> bool {
    status.eq_ignore_ascii_case("error")
}

/// Returns whether a body has `status: "ERROR"`, in any case.
pub(crate) fn reports_error(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Status<'a> {
        #[serde(borrow)]
        status: Option<std::borrow::Cow<'a, str>>,
    }

    // A JSON array has no `status`. It may be long, so it is not parsed.
    if !body.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    match serde_json::from_slice::<Status<'_>>(body) {
        Ok(body) => body.status.is_some_and(|status| is_error_status(&status)),
        // The key may be a duplicate, which serde refuses in a struct. A `Value` keeps its last value.
        Err(error) if error.is_data() && body.len() <= MAX_ERROR_BODY => serde_json::from_slice::<Value>(body)
            .is_ok_and(|value| value.get("status").and_then(Value::as_str).is_some_and(is_error_status)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ERROR_BODY, ServiceMessage, reports_error};

    #[test]
    fn finds_message_and_code_in_every_known_shape() {
        for (body, message, code) in [
            (r#"{"status":"ERROR","message":"Missing fields"}"#, Some("Missing fields"), None),
            (
                r#"{"status":"ERROR","error_message":"Invalid","error_code":"BAD","error_reason":"x"}"#,
                Some("Invalid"),
                Some("BAD"),
            ),
            (r#"{"status":"ERROR","error_message":"Invalid","error_code":21211}"#, Some("Invalid"), Some("21211")),
            (r#"{"error":"Not Found"}"#, Some("Not Found"), None),
            (r#"{"error":{"code":"INTERNAL","message":"Oops","details":{}}}"#, Some("Oops"), Some("INTERNAL")),
            (r#"{"message":null,"error_message":"","error_reason":"Only this"}"#, Some("Only this"), None),
            ("<html>502</html>", None, None),
            ("", None, None),
            ("[1]", None, None),
        ] {
            let found = ServiceMessage::read(body.as_bytes());
            assert_eq!((found.message.as_deref(), found.code.as_deref()), (message, code), "{body}");
        }
    }

    #[test]
    fn the_last_of_two_statuses_wins() {
        assert!(reports_error(br#"{"status":"OK","status":"ERROR"}"#));
        assert!(!reports_error(br#"{"status":"ERROR","status":"OK"}"#));
        assert!(!reports_error(br#"{"status":"ERROR","status":"ERROR""#), "not JSON");
        // Only a small body is decoded into a `Value`.
        let padded = |size: usize| {
            let text = r#"{"status":"ERROR","status":"ERROR"}"#;
            format!("{text}{}", " ".repeat(size - text.len())).into_bytes()
        };
        assert!(reports_error(&padded(MAX_ERROR_BODY)));
        assert!(!reports_error(&padded(MAX_ERROR_BODY + 1)));
    }

    #[test]
    fn a_body_above_the_kept_size_has_no_message() {
        let body = |size: usize| {
            let text = r#"{"message":"Missing fields"}"#;
            format!("{text}{}", " ".repeat(size - text.len())).into_bytes()
        };
        assert!(ServiceMessage::read(&body(MAX_ERROR_BODY)).message.is_some());
        assert!(ServiceMessage::read(&body(MAX_ERROR_BODY + 1)).message.is_none());
    }

    #[test]
    fn reports_an_error_status_in_any_casing() {
        for body in
            [r#"{"status":"ERROR"}"#, r#" {"message":"x","status":"error","more":[{}]}"#, r#"{"status":"Err\u006fr"}"#]
        {
            assert!(reports_error(body.as_bytes()), "{body}");
        }
        for body in [
            r#"{"status":"OK"}"#,
            r#"{"status":null}"#,
            r#"{"contact":{"status":"ERROR"}}"#,
            "[]",
            "",
            r#"{"status":"ERROR""#,
        ] {
            assert!(!reports_error(body.as_bytes()), "{body}");
        }
    }
}
