//! What the sandbox says, and when it says no.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::{contact::View, input::Invalid};

/// Why a request is refused.
#[derive(Clone)]
pub(super) enum Refusal {
    NoRoute,
    WrongMethod {
        allow: &'static str,
    },
    TooLarge,
    TooMany,
    NoCredentials,
    WrongCredentials,
    Invalid(Invalid),
    Exists,
    NoContact,
    /// A number that the sandbox was told to refuse.
    Rejected(StatusCode),
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Refusal {
    /// The bodies differ in shape and casing because those of the real service do.
    pub(super) fn answer(&self) -> Response {
        let failure = |message: &str| json!({ "status": "ERROR", "message": message });
        let (status, body) = match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, json!({ "error": "Not Found" })),
            Self::WrongMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": "Method Not Allowed" })),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, json!({ "error": "Payload Too Large" })),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, failure("Too many requests")),
            Self::NoCredentials => {
                (StatusCode::FORBIDDEN, json!({ "message": "Did not get inputs for authorization" }))
            }
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, failure("Invalid Credentials")),
            Self::Invalid(invalid) => (StatusCode::BAD_REQUEST, failure(&invalid.to_string())),
            Self::Exists => (StatusCode::CONFLICT, failure("Contact already exists")),
            Self::NoContact => (StatusCode::NOT_FOUND, json!({ "status": "error", "message": "Contact not found" })),
            Self::Rejected(status) => (*status, failure("Number not accepted")),
        };
        let mut answer = answer(status, &body);
        if let Self::WrongMethod { allow } = self {
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        answer
    }
}

pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

pub(super) fn ok(body: &impl Serialize) -> Response {
    answer(StatusCode::OK, body)
}

#[derive(Serialize)]
pub(super) struct OneContact<'a> {
    pub(super) status: &'static str,
    pub(super) contact: View<'a>,
}

#[derive(Serialize)]
pub(super) struct ManyContacts<'a> {
    pub(super) status: &'static str,
    pub(super) contacts: Vec<View<'a>>,
}
