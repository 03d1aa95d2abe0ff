//! Error responses.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::{invalid::Invalid, responses};

/// The reason why the sandbox refuses a request.
#[derive(Clone)]
pub(super) enum Refusal {
    NoRoute,
    WrongMethod {
        allow: &'static str,
    },
    TooLarge,
    TooManyRequests,
    NoCredentials,
    WrongCredentials,
    Invalid(Invalid),
    ContactExists,
    NoContact,
    /// The request contains a number of [`SandboxBuilder::reject_numbers`](super::SandboxBuilder::reject_numbers).
    RejectedNumber(StatusCode),
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Refusal {
    /// Returns the response. The bodies differ in shape and casing, as on the live service.
    pub(super) fn response(&self) -> Response {
        let error = |message: &str| json!({ "status": "ERROR", "message": message });
        let (status, body) = match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, json!({ "error": "Not Found" })),
            Self::WrongMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": "Method Not Allowed" })),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, json!({ "error": "Payload Too Large" })),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, error("Too many requests")),
            Self::NoCredentials => {
                (StatusCode::FORBIDDEN, json!({ "message": "Did not get inputs for authorization" }))
            }
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, error("Invalid Credentials")),
            Self::Invalid(invalid) => (StatusCode::BAD_REQUEST, error(&invalid.to_string())),
            Self::ContactExists => (StatusCode::CONFLICT, error("Contact already exists")),
            Self::NoContact => (StatusCode::NOT_FOUND, json!({ "status": "error", "message": "Contact not found" })),
            Self::RejectedNumber(status) => (*status, error("Number not accepted")),
        };
        let mut response = responses::json(status, &body);
        if let Self::WrongMethod { allow } = self {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
