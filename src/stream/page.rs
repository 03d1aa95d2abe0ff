//! Decodes a page into rows.
//!
//! If the page fails to decode as a whole, this module decodes each contact separately.

use serde_json::value::RawValue;

use super::{digest::Digest, position::ContactKey};
use crate::{
    Contact, Error, Response,
    error::{Cause, DecodeFailure},
    received::without_byte_order_mark,
};

/// One element of a page.
pub(super) struct Row {
    /// `None` if the element fails to decode, if `created_at` is malformed, or if `contact_id` and `phone` are missing.
    pub(super) key: Option<ContactKey>,
    /// The contact, or the reason why it fails to decode.
    pub(super) contact: Result<Contact, Error>,
}

/// Returns the rows of a page.
///
/// If the body is a JSON array that fails to decode as a whole, each element becomes a row of its own.
///
/// # Errors
///
/// If the call failed, or the body is not a JSON array, returns the error of `page`.
pub(super) fn rows(page: Result<Response<Vec<Contact>>, Error>) -> Result<Vec<Row>, Error> {
    let error = match page {
        Ok(response) => return Ok(response.into_value().into_iter().map(decoded_row).collect()),
        Err(error) => error,
    };
    let elements = error.body().filter(|_| error.is_decode());
    match elements.and_then(|body| serde_json::from_slice::<Vec<&RawValue>>(without_byte_order_mark(body)).ok()) {
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
            Row { key: None, contact: Err(error) }
        }
    }
}

fn decoded_row(contact: Contact) -> Row {
    let has_readable_time = !contact.unreadable_fields().contains(&"created_at");
    let identity = Digest::of_contact(contact.contact_id.as_deref(), contact.phone.as_deref());
    let key =
        identity.filter(|_| has_readable_time).map(|identity| ContactKey { created_at: contact.created_at, identity });
    Row { key, contact: Ok(contact) }
}
