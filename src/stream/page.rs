//! Decodes a page into rows.
//!
//! If the page fails to decode as a whole, this module decodes each contact separately.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, value::RawValue};

use super::{digest::Digest, position::ContactKey};
use crate::{
    Contact, Error, Response,
    error::{Cause, DecodeFailure},
};

/// One element of a page.
pub(super) struct Row {
    /// `None` if `created_at` is malformed, or if the element has neither `contact_id` nor `phone`.
    pub(super) key: Option<ContactKey>,
    /// The contact, or the reason why it fails to decode.
    pub(super) contact: Result<Contact, Error>,
}

/// Returns the rows of a page.
///
/// # Errors
///
/// Returns the error of the page. If a JSON array fails to decode, returns a row for each element instead.
pub(super) fn rows(page: Result<Response<Vec<Contact>>, Error>) -> Result<Vec<Row>, Error> {
    let error = match page {
        Ok(response) => return Ok(response.into_value().into_iter().map(decoded_row).collect()),
        Err(error) => error,
    };
    let elements = error.body().filter(|_| error.is_decode());
    match elements.and_then(|body| serde_json::from_slice::<Vec<&RawValue>>(body).ok()) {
        Some(elements) => Ok(elements.iter().enumerate().map(|(index, json)| row(json.get(), index, &error)).collect()),
        None => Err(error),
    }
}

fn row(json: &str, index: usize, page_error: &Error) -> Row {
    match serde_json::from_str::<Contact>(json) {
        Ok(contact) => decoded_row(contact),
        Err(error) => {
            let failure =
                DecodeFailure::locate::<Contact>(json.as_bytes()).unwrap_or_else(|| DecodeFailure::new(&error));
            let error = page_error.element_error(Cause::Element { index, failure }, json.as_bytes());
            Row { key: key_of_json(json), contact: Err(error) }
        }
    }
}

fn decoded_row(contact: Contact) -> Row {
    let identity = Digest::of_contact(contact.contact_id.as_deref(), contact.phone.as_deref());
    let key = identity.map(|identity| ContactKey { created_at: contact.created_at, identity });
    Row { key, contact: Ok(contact) }
}

/// Reads the key from an element that fails to decode as a contact.
fn key_of_json(json: &str) -> Option<ContactKey> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let created_at = match fields.get("created_at") {
        None | Some(Value::Null) => None,
        Some(time) => Some(time.as_str()?.parse::<DateTime<Utc>>().ok()?),
    };
    Some(ContactKey { created_at, identity: Digest::of_contact(text("contact_id"), text("phone"))? })
}
