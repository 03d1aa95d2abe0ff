//! Classifies failed requests and found contacts. The functions use neither I/O nor a clock.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::Deserialize;

use crate::{Contact, Error, ErrorKind, Outcome, received::without_byte_order_mark};

/// The tolerance when `created_at` is compared with the start of a chunk.
///
/// The service truncates `Date` to the second, and may truncate `created_at`.
const CREATED_AT_TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// The effect of a failed request on its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureClass {
    /// The service refused the request because of one of its items.
    ItemRefused,
    /// The service may have applied the request.
    UnknownOutcome,
    /// The service did nothing, and every other request would probably fail for the same reason.
    JobCannotContinue,
}

impl FailureClass {
    pub(super) fn of(error: &Error) -> Self {
        const REFUSALS: [StatusCode; 4] = [
            StatusCode::BAD_REQUEST,
            StatusCode::CONFLICT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        match error.outcome() {
            Outcome::Unknown | Outcome::Applied => Self::UnknownOutcome,
            Outcome::Rejected if error.kind() == ErrorKind::Reported => Self::ItemRefused,
            Outcome::Rejected if is_rejected_with(error, &REFUSALS) => Self::ItemRefused,
            Outcome::Rejected | Outcome::NotSent => Self::JobCannotContinue,
        }
    }
}

/// Returns whether the service rejected the request with one of these statuses.
pub(super) fn is_rejected_with(error: &Error, statuses: &[StatusCode]) -> bool {
    error.outcome() == Outcome::Rejected && error.status().is_some_and(|status| statuses.contains(&status))
}

/// Returns whether the service says that a number has no contact: a 404 in the service's shape.
pub(super) fn is_contact_not_found(error: &Error) -> bool {
    error.is_not_found() && has_service_shape(error)
}

/// Returns whether an error body has the shape that the service uses: an error `status` and a message.
///
/// The bodies of a gateway or of a wrong path have other shapes, such as `{"error":"Not Found"}`.
pub(super) fn has_service_shape(error: &Error) -> bool {
    #[derive(Deserialize)]
    struct Body {
        status: String,
        message: Option<String>,
        error_message: Option<String>,
    }
    let body = error.body().and_then(|body| serde_json::from_slice::<Body>(without_byte_order_mark(body)).ok());
    body.is_some_and(|Body { status, message, error_message }| {
        status.eq_ignore_ascii_case("error") && message.or(error_message).is_some_and(|text| !text.is_empty())
    })
}

/// A contact that the service returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FoundContact {
    pub(super) created_at: Option<DateTime<Utc>>,
}

impl From<&Contact> for FoundContact {
    fn from(contact: &Contact) -> Self {
        Self { created_at: contact.created_at }
    }
}

/// The response in which a contact was found.
///
/// It decides between `Created` and `Existing` if `created_at` is missing or near the start of the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundBy {
    /// The response to the bulk create.
    ///
    /// The class is `Created`, unless the contact is older than the chunk.
    CreateResponse,
    /// The response to a look-up after a request of unknown outcome, or the response to an upsert.
    ///
    /// The class is `Created` if the contact has a `created_at` and is not older than the chunk.
    LookupAfterUnknownOutcome,
    /// The response to a look-up after the service refused or omitted the item.
    ///
    /// The class is `Existing`, unless the contact is newer than the start of the chunk.
    LookupAfterRefusal,
}

/// Returns whether the chunk created the contact, according to `created_at`. `begun_at` is in the service's time.
pub(super) fn is_created_since(found: &FoundContact, found_by: FoundBy, begun_at: DateTime<Utc>) -> bool {
    match (found_by, found.created_at) {
        (FoundBy::CreateResponse, None) => true,
        (FoundBy::LookupAfterUnknownOutcome | FoundBy::LookupAfterRefusal, None) => false,
        (FoundBy::CreateResponse | FoundBy::LookupAfterUnknownOutcome, Some(created_at)) => {
            created_at >= begun_at.checked_sub_signed(CREATED_AT_TOLERANCE).unwrap_or(begun_at)
        }
        (FoundBy::LookupAfterRefusal, Some(created_at)) => created_at > begun_at,
    }
}
