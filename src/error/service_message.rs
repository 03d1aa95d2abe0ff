//! Reads the service's message from a response body, in every known shape.

use serde::Deserialize;
use serde_json::Value;

use crate::received::without_byte_order_mark;

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
        let body = without_byte_order_mark(body);
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
        let Ok(Fields { message, error_message, error, error_reason, error_code, detail, title, errors }) = fields
        else {
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
                Some(&detail),
                Some(&title),
                errors.pointer("/0/message"),
                errors.pointer("/0/detail"),
                errors.pointer("/0"),
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
    /// RFC 9457, "problem details".
    detail: Value,
    title: Value,
    errors: Value,
}

/// Returns a non-empty string, or the digits of a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The values of `status` that report an error. Only `ERROR` is recorded.
const ERROR_STATUSES: [&str; 8] = ["error", "fail", "failed", "failure", "declined", "denied", "rejected", "invalid"];

/// Returns whether a `status` reports an error.
pub(crate) fn is_error_status(status: &str) -> bool {
    ERROR_STATUSES.iter().any(|word| status.trim().eq_ignore_ascii_case(word))
}

/// Returns whether the body of a success reports an error.
///
/// These bodies report an error:
///
/// - a body with an error status, such as `status: "ERROR"`;
/// - a body with `success: false`;
/// - a body with an error property, such as `error`, and with neither a `status` nor content.
pub(crate) fn reports_error(body: &[u8], has_content: bool) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Report {
        status: Value,
        success: Value,
        error: Value,
        error_message: Value,
        errors: Value,
    }

    // A JSON array has no `status`. The array may be long, so this function does not parse it.
    if !body.trim_ascii_start().starts_with(b"{") {
        return false;
    }
    let report = match serde_json::from_slice(body) {
        // serde refuses a duplicate key in a struct. A `Value` keeps the last value of the key.
        Err(error) if error.is_data() && body.len() <= MAX_ERROR_BODY => {
            serde_json::from_slice(body).and_then(serde_json::from_value)
        }
        report => report,
    };
    let Ok(Report { status, success, error, error_message, errors }) = report else { return false };
    let is_failure = matches!(&success, Value::Bool(false)) || success.as_str().is_some_and(|text| text == "false");
    let has_error = || [&error, &error_message, &errors].into_iter().any(is_error_value);
    match &status {
        Value::String(status) => is_error_status(status) || is_failure,
        Value::Bool(false) => true,
        // Some gateways copy the HTTP status into the body.
        Value::Number(status) if status.as_f64().is_some_and(|status| status >= 400.0) => true,
        _ => is_failure || !has_content && has_error(),
    }
}

/// Returns whether the value of a property such as `error` reports an error.
fn is_error_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
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
            (r#"{"title":"Forbidden","detail":"Plan expired","status":403}"#, Some("Plan expired"), None),
            (r#"{"title":"Forbidden","type":"about:blank"}"#, Some("Forbidden"), None),
            (r#"{"errors":[{"message":"Bad tag"},{"message":"x"}]}"#, Some("Bad tag"), None),
            (r#"{"errors":["Bad tag"]}"#, Some("Bad tag"), None),
            ("\u{feff}{\"message\":\"Marked\"}", Some("Marked"), None),
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
        assert!(reports_error(br#"{"status":"OK","status":"ERROR"}"#, true));
        assert!(!reports_error(br#"{"status":"ERROR","status":"OK"}"#, true));
        assert!(!reports_error(br#"{"status":"ERROR","status":"ERROR""#, true), "not JSON");
        // Only a small body is decoded into a `Value`.
        let padded = |size: usize| {
            let text = r#"{"status":"ERROR","status":"ERROR"}"#;
            format!("{text}{}", " ".repeat(size - text.len())).into_bytes()
        };
        assert!(reports_error(&padded(MAX_ERROR_BODY), true));
        assert!(!reports_error(&padded(MAX_ERROR_BODY + 1), true));
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
    fn an_error_property_counts_only_without_status_and_content() {
        for body in [
            r#"{"error":"No contact"}"#,
            r#"{"error":{"message":"No contact"}}"#,
            r#"{"errors":[{"message":"x"}]}"#,
            r#"{"error_message":"x"}"#,
        ] {
            assert!(reports_error(body.as_bytes(), false), "{body}");
            assert!(!reports_error(body.as_bytes(), true), "{body}");
        }
        for body in [
            r#"{"success":false}"#,
            r#"{"success":"false"}"#,
            r#"{"status":"FAILED"}"#,
            r#"{"status":"Failure"}"#,
            r#"{"status":" Declined "}"#,
            r#"{"status":false}"#,
            r#"{"status":403}"#,
        ] {
            assert!(reports_error(body.as_bytes(), true), "{body}");
        }
        for body in [
            r#"{"error":null}"#,
            r#"{"error":""}"#,
            r#"{"errors":[]}"#,
            r#"{"status":"OK","error":"x"}"#,
            r#"{"success":true}"#,
            r#"{"status":200}"#,
            r#"{"status":true}"#,
        ] {
            assert!(!reports_error(body.as_bytes(), false), "{body}");
        }
    }

    #[test]
    fn reports_an_error_status_in_any_casing() {
        for body in
            [r#"{"status":"ERROR"}"#, r#" {"message":"x","status":"error","more":[{}]}"#, r#"{"status":"Err\u006fr"}"#]
        {
            assert!(reports_error(body.as_bytes(), true), "{body}");
        }
        for body in [
            r#"{"status":"OK"}"#,
            r#"{"status":null}"#,
            r#"{"contact":{"status":"ERROR"}}"#,
            "[]",
            "",
            r#"{"status":"ERROR""#,
        ] {
            assert!(!reports_error(body.as_bytes(), true), "{body}");
        }
    }
}
