//! What came on a page, a contact at a time where the page cannot be decoded as a whole.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, value::RawValue};

use super::position::{Identity, Key};
use crate::{
    Contact, Error, Response,
    error::{DecodeFailure, Kind},
};

/// A contact, or why it is none, and where it stands; without the latter nothing after it can be placed.
pub(super) struct Row {
    pub(super) key: Option<Key>,
    pub(super) contact: Result<Contact, Error>,
}

/// The rows of a page. One that is no list of JSON values is an error as a whole.
pub(super) fn rows(page: Result<Response<Vec<Contact>>, Error>) -> Result<Vec<Row>, Error> {
    let error = match page {
        Ok(response) => {
            let row = |contact: Contact| Row { key: key(&contact), contact: Ok(contact) };
            return Ok(response.into_value().into_iter().map(row).collect());
        }
        Err(error) => error,
    };
    let elements = error.body().filter(|_| error.is_decode());
    match elements.and_then(|body| serde_json::from_slice::<Vec<&RawValue>>(body).ok()) {
        Some(elements) => Ok(elements.iter().enumerate().map(|(index, json)| row(json.get(), index, &error)).collect()),
        None => Err(error),
    }
}

fn row(json: &str, index: usize, page: &Error) -> Row {
    match serde_json::from_str::<Contact>(json) {
        Ok(contact) => Row { key: key(&contact), contact: Ok(contact) },
        Err(error) => {
            let failure = DecodeFailure::find::<Contact>(json.as_bytes()).unwrap_or_else(|| DecodeFailure::new(&error));
            let error = page.part(Kind::Element { index, failure }, json.as_bytes());
            Row { key: loose_key(json), contact: Err(error) }
        }
    }
}

fn key(contact: &Contact) -> Option<Key> {
    let identity = Identity::new(contact.contact_id.as_deref(), contact.phone.as_deref())?;
    Some(Key { created_at: contact.created_at, identity })
}

/// Of what is no contact, if it has what is needed nevertheless.
fn loose_key(json: &str) -> Option<Key> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let created_at = match fields.get("created_at") {
        None | Some(Value::Null) => None,
        Some(time) => Some(time.as_str()?.parse::<DateTime<Utc>>().ok()?),
    };
    Some(Key { created_at, identity: Identity::new(text("contact_id"), text("phone"))? })
}
