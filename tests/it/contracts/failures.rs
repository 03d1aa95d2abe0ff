//! Every documented error response of every operation.

use std::{future::Future, pin::Pin};

use httpmock::MockServer;
use sendblue_contacts::{Contacts, Error, NewContact, Outcome};

use super::{CallResult, client, to_json};
use crate::document::{self, Place};

/// A documented error body, and the message and code that the client reads from it.
struct ErrorExample {
    name: &'static str,
    body: &'static str,
    message: Option<&'static str>,
    code: Option<&'static str>,
}

const ERROR_EXAMPLES: &[ErrorExample] = &[
    ErrorExample {
        name: "missing_fields",
        body: r#"{"status": "ERROR", "message": "Missing fields"}"#,
        message: Some("Missing fields"),
        code: None,
    },
    ErrorExample {
        name: "invalid_number",
        body: r#"{
            "status": "ERROR",
            "error_message": "Invalid phone number",
            "error_code": "INVALID_NUMBER",
            "error_reason": "The number is not in E.164 form"
        }"#,
        message: Some("Invalid phone number"),
        code: Some("INVALID_NUMBER"),
    },
    ErrorExample {
        name: "numeric_code",
        body: r#"{"status": "ERROR", "error_message": "Invalid phone number", "error_code": 21211}"#,
        message: Some("Invalid phone number"),
        code: Some("21211"),
    },
    ErrorExample {
        name: "no_credentials",
        body: r#"{"message": "Did not get inputs for authorization"}"#,
        message: Some("Did not get inputs for authorization"),
        code: None,
    },
    ErrorExample {
        name: "wrong_pair",
        body: r#"{"status": "ERROR", "message": "Invalid Credentials"}"#,
        message: Some("Invalid Credentials"),
        code: None,
    },
    ErrorExample {
        name: "no_contact",
        body: r#"{"status": "error", "message": "Contact not found"}"#,
        message: Some("Contact not found"),
        code: None,
    },
    ErrorExample { name: "words", body: r#"{"error": "No such route"}"#, message: Some("No such route"), code: None },
    ErrorExample {
        name: "exists",
        body: r#"{"status": "ERROR", "message": "Contact already exists"}"#,
        message: Some("Contact already exists"),
        code: None,
    },
    ErrorExample {
        name: "slow_down",
        body: r#"{"status": "error", "message": "Rate limit exceeded"}"#,
        message: Some("Rate limit exceeded"),
        code: None,
    },
    ErrorExample {
        name: "nested",
        body: r#"{"error": {"code": "INTERNAL", "message": "Something went wrong", "details": {"trace": "abc123"}}}"#,
        message: Some("Something went wrong"),
        code: Some("INTERNAL"),
    },
    ErrorExample {
        name: "flat",
        body: r#"{
            "status": "ERROR",
            "message": "Internal server error",
            "error_message": null,
            "error_code": null,
            "error_reason": null,
            "error": null
        }"#,
        message: Some("Internal server error"),
        code: None,
    },
    ErrorExample {
        name: "proxy",
        body: "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
        message: None,
        code: None,
    },
];

type Call = fn(Contacts) -> Pin<Box<dyn Future<Output = CallResult>>>;

const CALLS: [(&str, Call); 10] = [
    ("contacts.list", |contacts| Box::pin(async move { to_json(contacts.list().send().await) })),
    ("contacts.create", |contacts| Box::pin(async move { to_json(contacts.create("+14155550100").send().await) })),
    ("contacts.count", |contacts| Box::pin(async move { to_json(contacts.count().send().await) })),
    ("contacts.verify", |contacts| Box::pin(async move { to_json(contacts.verify("+14155550100").send().await) })),
    ("contacts.retrieve", |contacts| Box::pin(async move { to_json(contacts.retrieve("+14155550100").send().await) })),
    ("contacts.update", |contacts| Box::pin(async move { to_json(contacts.update("+14155550100").send().await) })),
    ("contacts.delete", |contacts| Box::pin(async move { to_json(contacts.delete("+14155550100").send().await) })),
    ("contacts.opt_out", |contacts| Box::pin(async move { to_json(contacts.opt_out("+14155550100").send().await) })),
    ("contacts.bulk.create", |contacts| {
        Box::pin(async move {
            to_json(contacts.bulk().create([NewContact::new("+14155550100").expect("valid")]).send().await)
        })
    }),
    ("contacts.bulk.delete", |contacts| {
        Box::pin(async move { to_json(contacts.bulk().delete(["+14155550100"]).send().await) })
    }),
];

/// Returns whether the test below covers an example of the document.
pub(super) fn covers(place: &Place) -> bool {
    !place.of.starts_with('2')
        && place.of != "request"
        && ERROR_EXAMPLES.iter().any(|example| example.name == place.example)
        && CALLS.iter().any(|(operation, _)| *operation == place.operation)
}

#[tokio::test]
async fn every_operation_keeps_the_status_message_and_code_of_every_documented_error() {
    let document = document::read();
    let server = MockServer::start_async().await;
    let contacts = client(&server).contacts();
    let mut checked = 0;
    for (place, value) in document::examples(&document) {
        if place.of.starts_with('2') || place.of == "request" {
            continue;
        }
        let expected = ERROR_EXAMPLES.iter().find(|example| example.name == place.example).expect("covered");
        match value.as_str() {
            Some(text) => assert_eq!(text, expected.body),
            None => assert_eq!(value, &super::parse(expected.body), "{place:?}"),
        }
        let (_, call) = CALLS.iter().find(|(operation, _)| *operation == place.operation).expect("covered");
        let status = place.of.replace("XX", "02").parse().expect("a status");
        let error = error_of(&server, *call, contacts.clone(), status, expected.body).await;

        assert_eq!(error.operation(), Some(place.operation.as_str()));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((error.message(), error.code()), (expected.message, expected.code), "{place:?}");
        assert_eq!(error.body().map(|body| &body[..]), Some(expected.body.as_bytes()));
        assert_eq!(error.attempts(), 1);
        assert_eq!(error.is_unauthorized(), matches!(status, 401 | 403));
        assert_eq!(error.is_not_found(), status == 404);
        assert_eq!(error.is_conflict(), status == 409);
        assert_eq!(error.is_rate_limited(), status == 429);
        assert_eq!(error.is_server_error(), status == 502);
        // The service may have sent the verification message before it answered 429.
        let is_unknown = status == 502 || status == 429 && place.operation == "contacts.verify";
        assert_eq!(error.outcome(), if is_unknown { Outcome::Unknown } else { Outcome::Rejected });
        for private in [expected.message, expected.code, Some("+1415")].into_iter().flatten() {
            assert!(!error.to_string().contains(private), "prints a text of the service: {error}");
        }
        checked += 1;
    }
    assert!(checked > 60, "the document has only {checked} error examples");
}

async fn error_of(server: &MockServer, call: Call, contacts: Contacts, status: u16, body: &str) -> Error {
    let mock = server
        .mock_async(|when, then| {
            when.any_request();
            then.status(status).body(body);
        })
        .await;
    let error = call(contacts).await.expect_err("an error response");
    mock.assert_async().await;
    mock.delete_async().await;
    error
}
