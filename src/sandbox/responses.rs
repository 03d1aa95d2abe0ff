//! JSON responses.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::contact_view::ContactView;

/// Returns a response with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// Returns a 200 response with a JSON body.
pub(super) fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

#[derive(Serialize)]
pub(super) struct OneContact<'a> {
    pub(super) status: &'static str,
    pub(super) contact: ContactView<'a>,
}

#[derive(Serialize)]
pub(super) struct ManyContacts<'a> {
    pub(super) status: &'static str,
    pub(super) contacts: Vec<ContactView<'a>>,
}
