//! The failures of every operation, in every shape that the document knows.

use std::{future::Future, pin::Pin};

use httpmock::MockServer;
use sendblue_contacts::{Contacts, Error, NewContact, Outcome};

use super::{Called, client, json};
use crate::document::{self, Place};

/// An example of a failure: its text, and what is found in it.
struct Failure {
    example: &'static str,
    body: &'static str,
    message: Option<&'static str>,
    code: Option<&'static str>,
}

const FAILURES: &[Failure] = &[
    Failure {
        example: "missing_fields",
        body: r#"{"status": "ERROR", "message": "Missing fields"}"#,
        message: Some("Missing fields"),
        code: None,
    },
    Failure {
        example: "invalid_number",
        body: r#"{
            "status": "ERROR",
            "error_message": "Invalid phone number",
            "error_code": "INVALID_NUMBER",
            "error_reason": "The number is not in E.164 form"
        }"#,
        message: Some("Invalid phone number"),
        code: Some("INVALID_NUMBER"),
    },
    Failure {
        example: "numeric_code",
        body: r#"{"status": "ERROR", "error_message": "Invalid phone number", "error_code": 21211}"#,
        message: Some("Invalid phone number"),
        code: Some("21211"),
    },
    Failure {
        example: "no_credentials",
        body: r#"{"message": "Did not get inputs for authorization"}"#,
        message: Some("Did not get inputs for authorization"),
        code: None,
    },
    Failure {
        example: "wrong_pair",
        body: r#"{"status": "ERROR", "message": "Invalid Credentials"}"#,
        message: Some("Invalid Credentials"),
        code: None,
    },
    Failure {
        example: "no_contact",
        body: r#"{"status": "error", "message": "Contact not found"}"#,
        message: Some("Contact not found"),
        code: None,
    },
    Failure { example: "words", body: r#"{"error": "No such route"}"#, message: Some("No such route"), code: None },
    Failure {
        example: "exists",
        body: r#"{"status": "ERROR", "message": "Contact already exists"}"#,
        message: Some("Contact already exists"),
        code: None,
    },
    Failure {
        example: "slow_down",
        body: r#"{"status": "error", "message": "Rate limit exceeded"}"#,
        message: Some("Rate limit exceeded"),
        code: None,
    },
    Failure {
        example: "nested",
        body: r#"{"error": {"code": "INTERNAL", "message": "Something went wrong", "details": {"trace": "abc123"}}}"#,
        message: Some("Something went wrong"),
        code: Some("INTERNAL"),
    },
    Failure {
        example: "flat",
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
    Failure {
        example: "proxy",
        body: "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
        message: None,
        code: None,
    },
];

type Call = fn(Contacts) -> Pin<Box<dyn Future<Output = Called>>>;

const CALLS: [(&str, Call); 10] = [
    ("contacts.list", |contacts| Box::pin(async move { json(contacts.list().send().await) })),
    ("contacts.create", |contacts| Box::pin(async move { json(contacts.create("+14155550100").send().await) })),
    ("contacts.count", |contacts| Box::pin(async move { json(contacts.count().send().await) })),
    ("contacts.verify", |contacts| Box::pin(async move { json(contacts.verify("+14155550100").send().await) })),
    ("contacts.retrieve", |contacts| Box::pin(async move { json(contacts.retrieve("+14155550100").send().await) })),
    ("contacts.update", |contacts| Box::pin(async move { json(contacts.update("+14155550100").send().await) })),
    ("contacts.delete", |contacts| Box::pin(async move { json(contacts.delete("+14155550100").send().await) })),
    ("contacts.opt_out", |contacts| Box::pin(async move { json(contacts.opt_out("+14155550100").send().await) })),
    ("contacts.bulk.create", |contacts| {
        Box::pin(async move { json(contacts.bulk().create([NewContact::new("+14155550100")]).send().await) })
    }),
    ("contacts.bulk.delete", |contacts| {
        Box::pin(async move { json(contacts.bulk().delete(["+14155550100"]).send().await) })
    }),
];

/// Whether an example of the document is one of the failures that every operation is answered below.
pub(super) fn covers(place: &Place) -> bool {
    !place.of.starts_with('2')
        && place.of != "request"
        && FAILURES.iter().any(|failure| failure.example == place.example)
        && CALLS.iter().any(|(operation, _)| *operation == place.operation)
}

#[tokio::test]
async fn every_operation_keeps_status_message_and_code_of_every_failure() {
    let document = document::read();
    let server = MockServer::start_async().await;
    let contacts = client(&server).contacts();
    let mut seen = 0;
    for (place, value) in document::examples(&document) {
        if place.of.starts_with('2') || place.of == "request" {
            continue;
        }
        let failure = FAILURES.iter().find(|failure| failure.example == place.example).expect("covered");
        match value.as_str() {
            Some(text) => assert_eq!(text, failure.body),
            None => assert_eq!(value, &super::parse(failure.body), "{place:?}"),
        }
        let (_, call) = CALLS.iter().find(|(operation, _)| *operation == place.operation).expect("covered");
        let status = place.of.replace("XX", "02").parse().expect("a status");
        let error = answered(&server, *call, contacts.clone(), status, failure.body).await;

        assert_eq!(error.operation(), Some(place.operation.as_str()));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((error.message(), error.code()), (failure.message, failure.code), "{place:?}");
        assert_eq!(error.body().map(|body| &body[..]), Some(failure.body.as_bytes()));
        assert_eq!(error.attempts(), 1);
        assert_eq!(error.is_unauthorized(), matches!(status, 401 | 403));
        assert_eq!(error.is_not_found(), status == 404);
        assert_eq!(error.is_conflict(), status == 409);
        assert_eq!(error.is_rate_limited(), status == 429);
        assert_eq!(error.is_server_error(), status == 502);
        // Of a verification, whether the message was sent before a 429 is not known.
        let is_unknown = status == 502 || status == 429 && place.operation == "contacts.verify";
        assert_eq!(error.outcome(), if is_unknown { Outcome::Unknown } else { Outcome::Rejected });
        for words in [failure.message, failure.code, Some("+1415")].into_iter().flatten() {
            assert!(!error.to_string().contains(words), "shows what the service said: {error}");
        }
        seen += 1;
    }
    assert!(seen > 60, "only {seen} failures are documented");
}

async fn answered(server: &MockServer, call: Call, contacts: Contacts, status: u16, body: &str) -> Error {
    let mock = server
        .mock_async(|when, then| {
            when.any_request();
            then.status(status).body(body);
        })
        .await;
    let error = call(contacts).await.expect_err("a failure");
    mock.assert_async().await;
    mock.delete_async().await;
    error
}
