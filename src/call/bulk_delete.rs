//! The check of bulk deletes: none is sent without numbers.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{error::InvalidInput, generated::routes::CONTACTS_BULK_DELETE};

/// Refuses a bulk delete without numbers, because the service might delete every contact.
///
/// The check covers requests of [`Client::request`](crate::Client::request) too.
pub(super) fn check(method: &str, path: &str, body: &[u8]) -> Result<(), InvalidInput> {
    if method.eq_ignore_ascii_case(CONTACTS_BULK_DELETE.method) && is_route(path) && !has_numbers(body) {
        return Err(InvalidInput::new("contact_ids", "missing or empty; pass at least one phone number"));
    }
    Ok(())
}

/// Returns whether a server or gateway might take the path for that of a bulk delete.
///
/// Some servers ignore case, empty segments, or parameters after `;`, and some decode a path twice.
fn is_route(path: &str) -> bool {
    let mut path = path.to_owned();
    // Each round that changes the path shortens it.
    loop {
        let decoded = percent_decode_str(&path).decode_utf8_lossy();
        if decoded == path {
            break;
        }
        path = decoded.into_owned();
    }
    let path = path.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    let mut segments = Vec::new();
    for segment in path.split(['/', '\\']).filter_map(|segment| segment.split(';').next()) {
        match segment.trim_matches(|char: char| char.is_whitespace() || char.is_control()) {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/")).ends_with(CONTACTS_BULK_DELETE.path)
}

fn has_numbers(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_number = |number: &Value| number.as_str().is_some_and(|number| !number.trim().is_empty());
    body.get("contact_ids")
        .and_then(Value::as_array)
        .is_some_and(|numbers| !numbers.is_empty() && numbers.iter().all(is_number))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn refuses_a_bulk_delete_without_numbers_in_any_spelling() {
        for method in ["DELETE", "delete", "Delete"] {
            for path in [
                "/api/v2/contacts",
                "/gateway/api/v2/contacts",
                "/API/V2/Contacts",
                "/api/v2/contacts/",
                "//api//v2///contacts//",
                "/api/v2/%63ontacts",
                "/api/v2/%2563ontact%2573",
                "/api/v2%2Fcontacts",
                "/api/v2/contacts%2f",
                "/api/v2/contacts/%20",
                "/api/v2/contacts%00",
                "/api/v2/contacts;x=1",
                "/api/v2/contacts/%2E",
                "/api/v2/contacts/x/%252e%252E",
                "/api%5Cv2%5Ccontacts",
                "/api/v2/contacts%3Fx",
                "/api/v2/contacts%23x",
                "/%FF/api/v2/%63ontacts",
            ] {
                for body in ["", "{}", "[]", r#"{"contact_ids": []}"#, r#"{"contact_ids": null}"#, "{"] {
                    check(method, path, body.as_bytes()).expect_err(path);
                }
                for entry in ["null", "[]", "{}", r#""""#, r#"" ""#, r#""+14155550100", """#] {
                    check(method, path, format!(r#"{{"contact_ids": [{entry}]}}"#).as_bytes()).expect_err(entry);
                }
                check(method, path, br#"{"contact_ids": ["+14155550100"]}"#).expect(path);
            }
        }
    }

    #[test]
    fn other_requests_need_no_numbers() {
        for (method, path) in [
            ("GET", "/api/v2/contacts"),
            ("POST", "/api/v2/contacts"),
            ("DELETE", "/api/v2/contacts/+14155550100"),
            ("DELETE", "/api/v2/contacts/%2B14155550100/"),
            ("DELETE", "/api/v2/tags/contacts"),
            ("DELETE", "/api/v2/contacts/x%FF"),
            ("DELETE", "/xapi/v2/contacts"),
        ] {
            check(method, path, b"").expect(path);
        }
    }
}
