//! What there is at the service, and what that says of a chunk.

use chrono::{DateTime, Utc};
use http::StatusCode;

use crate::{Contact, Error, Outcome};

/// A contact that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub(super) created_at: Option<DateTime<Utc>>,
}

impl From<&Contact> for Found {
    fn from(contact: &Contact) -> Self {
        Self { created_at: contact.created_at }
    }
}

/// What speaks for a contact that was found being one that the chunk has created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The answer to what only creates lists it: it is, unless it is older than the chunk.
    Listed,
    /// A request of unknown outcome, or one that updates what exists: it is, if it is as new as the chunk.
    Doubt,
    /// The answer refuses or leaves it out: it is not, unless it is clearly newer than the chunk.
    Answer,
}

/// What a failed request means for what it carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Refused because of something that it carried.
    Refused,
    /// It may have been carried out.
    Doubtful,
    /// Nothing was done, and the same would happen to any other.
    Stop,
}

impl Verdict {
    pub(super) fn of(error: &Error) -> Self {
        const REFUSALS: [StatusCode; 4] = [
            StatusCode::BAD_REQUEST,
            StatusCode::CONFLICT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        match error.outcome() {
            Outcome::Unknown | Outcome::Applied => Self::Doubtful,
            Outcome::Rejected if error.is_reported() => Self::Refused,
            Outcome::Rejected if has_status(error, &REFUSALS) => Self::Refused,
            Outcome::Rejected | Outcome::NotSent => Self::Stop,
        }
    }
}

/// Whether an error is an answer of one of these.
pub(super) fn has_status(error: &Error, statuses: &[StatusCode]) -> bool {
    error.outcome() == Outcome::Rejected && error.status().is_some_and(|status| statuses.contains(&status))
}

/// Whether it is the service that says that there is no contact of a number. A proxy, or a wrong base URL, answers 404 too.
pub(super) fn is_no_contact(error: &Error) -> bool {
    error.is_not_found() && error.message().is_some()
}
