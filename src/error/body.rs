//! What the body of an answer says of a failure, in the several shapes that are known.

use serde::Deserialize;
use serde_json::Value;

/// How much of the body of an answer that is no success is kept, in bytes.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

/// What the service says went wrong.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) code: Option<String>,
}

impl Said {
    /// Reads it from any body: JSON in one of the shapes of the document's `Error`, or none of them.
    pub(super) fn read(body: &[u8]) -> Self {
        // A tree of values takes many times the memory of its text, and what is larger than this is not a failure's body.
        if body.len() > MAX_ERROR_BODY {
            return Self::default();
        }
        // A list can be decoded as a struct too.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Self::default();
        }
        // Of a key that is there twice, which a struct cannot have, the last one counts.
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

/// Where it can be said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    message: Value,
    error_message: Value,
    error: Value,
    error_reason: Value,
    error_code: Value,
}

/// A string that is not empty, or a number as its digits.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a status is that of a failure.
pub(crate) fn is_error(status: &str) -> bool {
    status.eq_ignore_ascii_case("error")
}

/// Whether a body says `status: "ERROR"`, in any casing.
pub(crate) fn reports_error(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        status: Option<std::borrow::Cow<'a, str>>,
    }

    // A list has no status, and can be long.
    if !body.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    match serde_json::from_slice::<Answer<'_>>(body) {
        Ok(answer) => answer.status.is_some_and(|status| is_error(&status)),
        // A key that is there twice; of a tree of values, the last one counts.
        Err(error) if error.is_data() && body.len() <= MAX_ERROR_BODY => serde_json::from_slice::<Value>(body)
            .is_ok_and(|answer| answer.get("status").and_then(Value::as_str).is_some_and(is_error)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ERROR_BODY, Said, reports_error};

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
            let said = Said::read(body.as_bytes());
            assert_eq!((said.message.as_deref(), said.code.as_deref()), (message, code), "{body}");
        }
    }

    #[test]
    fn of_a_status_that_is_there_twice_the_last_one_counts() {
        assert!(reports_error(br#"{"status":"OK","status":"ERROR"}"#));
        assert!(!reports_error(br#"{"status":"ERROR","status":"OK"}"#));
        assert!(!reports_error(br#"{"status":"ERROR","status":"ERROR""#), "not JSON");
        // A tree of values is made of what is small alone.
        let padded = |size: usize| {
            let text = r#"{"status":"ERROR","status":"ERROR"}"#;
            format!("{text}{}", " ".repeat(size - text.len())).into_bytes()
        };
        assert!(reports_error(&padded(MAX_ERROR_BODY)));
        assert!(!reports_error(&padded(MAX_ERROR_BODY + 1)));
    }

    #[test]
    fn a_body_is_read_up_to_the_size_that_a_failure_can_have() {
        let body = |size: usize| {
            let text = r#"{"message":"Missing fields"}"#;
            format!("{text}{}", " ".repeat(size - text.len())).into_bytes()
        };
        assert!(Said::read(&body(MAX_ERROR_BODY)).message.is_some());
        assert!(Said::read(&body(MAX_ERROR_BODY + 1)).message.is_none());
    }

    #[test]
    fn an_error_status_is_found_in_any_casing() {
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
