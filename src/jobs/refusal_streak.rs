//! Detects that the service refuses every item for a reason that is not about the items.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::Error;

/// The number of items in a row that the service refuses alone with the same message before the job stops.
///
/// A message about the items, such as "Invalid phone number", does not count.
pub const MAX_EQUAL_REFUSALS: u32 = 20;

/// Parts of messages that are about the item.
const ITEM_WORDS: [&str; 26] = [
    "already",
    "blocked",
    "carrier",
    "character",
    "country",
    "duplicate",
    "e.164",
    "e164",
    "email",
    "exists",
    "field",
    "format",
    "invalid",
    "landline",
    "malformed",
    "missing",
    "must be",
    "not accepted",
    "not a ",
    "opted",
    "phone",
    "required",
    "this number",
    "the number",
    "unknown number",
    "unsupported",
];

/// The last refusals of single items, without a success between them.
#[derive(Debug, Default)]
pub(super) struct RefusalStreak(Mutex<Streak>);

#[derive(Debug, Default)]
struct Streak {
    /// The status and the message, without digits and in lower case.
    reason: Option<(StatusCode, String)>,
    count: u32,
}

impl RefusalStreak {
    /// Records that the service carried out a request that changes contacts.
    pub(super) fn record_success(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Streak::default();
    }

    /// Records that the service refused a single item. Returns whether the job should stop.
    pub(super) fn record_refusal(&self, error: &Error) -> bool {
        let mut streak = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = reason_of(error);
        if reason.is_none() || reason != streak.reason {
            *streak = Streak { reason, count: 0 };
        }
        streak.count += u32::from(streak.reason.is_some());
        streak.count >= MAX_EQUAL_REFUSALS
    }
}

/// Returns the status and the message of a refusal, or `None` if the refusal may be about the item.
fn reason_of(error: &Error) -> Option<(StatusCode, String)> {
    let status = error.status()?;
    let message = error.message()?.to_lowercase();
    let digits = message.bytes().filter(u8::is_ascii_digit).count();
    let is_about_item = matches!(status, StatusCode::CONFLICT | StatusCode::PAYLOAD_TOO_LARGE)
        || ITEM_WORDS.iter().any(|word| message.contains(word))
        // A message with many digits may contain the phone number of the item.
        || digits >= 7;
    (!is_about_item).then(|| (status, message.replace(|character: char| character.is_ascii_digit(), "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, message: &str) -> Error {
        let body = serde_json::json!({ "status": "ERROR", "message": message }).to_string();
        let response = http::Response::builder().status(status).body(body.into()).expect("a response");
        Error::from_response(response)
    }

    /// Returns after how many refusals the job stops, if it stops.
    fn stops_after(refusal_of: impl Fn(u32) -> Error) -> Option<u32> {
        let streak = RefusalStreak::default();
        (1..=200).find(|n| streak.record_refusal(&refusal_of(*n)))
    }

    #[test]
    fn equal_refusals_about_the_account_stop_the_job() {
        for message in [
            "Account full",
            "Contact limit reached",
            "You have reached the maximum number of contacts (500)",
            "Upgrade your plan",
            "Trial expired",
        ] {
            assert_eq!(stops_after(|_| refusal(400, message)), Some(MAX_EQUAL_REFUSALS), "{message}");
            assert_eq!(stops_after(|_| refusal(200, message)), Some(MAX_EQUAL_REFUSALS), "{message}");
        }
        let with_count = |n| refusal(422, &format!("Limit of 500 contacts exceeded by {n}"));
        assert_eq!(stops_after(with_count), Some(MAX_EQUAL_REFUSALS));
    }

    #[test]
    fn refusals_about_items_never_stop_the_job() {
        for (status, message) in [
            (400, "Invalid phone number"),
            (400, "Missing fields"),
            (400, "Number +14155550100 refused"),
            (400, "phone must be in E.164 format"),
            (422, "Number not accepted"),
            (422, "This number is a landline"),
            (400, "first_name is required"),
            (409, "Conflict"),
            (409, "Contact already exists"),
            (400, "Contact already exists"),
            (413, "Too large"),
            (400, ""),
        ] {
            assert_eq!(stops_after(|_| refusal(status, message)), None, "{status} {message}");
        }
    }

    #[test]
    fn another_reason_or_a_success_restarts_the_count() {
        assert_eq!(stops_after(|n| refusal(400, if n % 19 == 0 { "Other" } else { "Account full" })), None);
        assert_eq!(stops_after(|n| refusal(if n % 19 == 0 { 422 } else { 400 }, "Account full")), None);
        let streak = RefusalStreak::default();
        for _ in 0..3 {
            for _ in 1..MAX_EQUAL_REFUSALS {
                assert!(!streak.record_refusal(&refusal(400, "Account full")));
            }
            streak.record_success();
        }
    }
}
