//! Decodes a page into rows.
//!
//! A stream ends at the first contact without an identity or a readable `created_at`. So this module does not decode the
//! contacts after it. If the page fails to decode, a second pass finds the element that is not a contact.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{digest::Digest, position::ContactKey};
use crate::{
    Contact, Error, Response,
    contacts::MAX_LIMIT,
    error::{Cause, DecodeFailure},
    lenient::ResponseBody,
    received::without_byte_order_mark,
};

/// One element of a page.
pub(super) struct Row {
    /// `None` if the element fails to decode, if `created_at` is malformed, or if `contact_id` and `phone` are missing.
    pub(super) key: Option<ContactKey>,
    /// The contact, or the reason why it fails to decode.
    pub(super) contact: Result<Contact, Error>,
}

/// The rows of a page, at most [`MAX_LIMIT`]. Only the last one may lack a key.
#[derive(Default)]
pub(super) struct Page(Vec<Row>);

impl Page {
    /// Adds a row and returns whether the page may have further rows.
    fn push(&mut self, contact: Contact) -> bool {
        let has_readable_time = !contact.unreadable_fields().contains(&"created_at");
        let identity = Digest::of_contact(contact.contact_id.as_deref(), contact.phone.as_deref());
        let key = identity
            .filter(|_| has_readable_time)
            .map(|identity| ContactKey { created_at: contact.created_at, identity });
        self.0.push(Row { key, contact: Ok(contact) });
        key.is_some() && self.0.len() < MAX_LIMIT as usize
    }
}

impl ResponseBody for Page {
    fn add_unreadable(&self, names: &mut BTreeSet<&'static str>) {
        self.0.iter().flat_map(|row| &row.contact).for_each(|contact| contact.add_unreadable(names));
    }
}

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PageVisitor;

        impl<'de> Visitor<'de> for PageVisitor {
            type Value = Page;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of contacts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Page, A::Error> {
                let mut page = Page::default();
                while let Some(contact) = list.next_element()? {
                    if !page.push(contact) {
                        break;
                    }
                }
                // Checks that the rest is JSON, and drops it.
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(page)
            }
        }

        deserializer.deserialize_seq(PageVisitor)
    }
}

/// Returns the rows of a page.
///
/// # Errors
///
/// Returns the error of the page. If an element is not a contact, returns the rows up to that element instead.
pub(super) fn rows(page: Result<Response<Page>, Error>) -> Result<Vec<Row>, Error> {
    let error = match page {
        Ok(response) => return Ok(response.into_value().0),
        Err(error) => error,
    };
    let mut scan = Scan::default();
    if let Some(body) = error.body().filter(|_| error.is_decode()) {
        // The scan stops before the end of the list, so serde returns an error.
        let _ = serde_json::Deserializer::from_slice(without_byte_order_mark(body)).deserialize_seq(&mut scan);
    }
    let Scan { page: Page(mut rows), junk } = scan;
    let Some(json) = junk else { return Err(error) };
    let failure = DecodeFailure::locate::<Contact>(json.as_bytes()).unwrap_or(DecodeFailure::Empty);
    let error = error.element_error(Cause::Element { index: rows.len(), failure }, json.as_bytes());
    rows.push(Row { key: None, contact: Err(error) });
    Ok(rows)
}

/// Looks for the first element of a page that is not a contact.
#[derive(Default)]
struct Scan<'de> {
    /// The rows before the element.
    page: Page,
    /// The JSON of the element.
    junk: Option<&'de str>,
}

impl<'de> Visitor<'de> for &mut Scan<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of contacts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(json) = list.next_element::<&RawValue>()?.map(RawValue::get) {
            match serde_json::from_str(json) {
                Ok(contact) => {
                    if !self.page.push(contact) {
                        break;
                    }
                }
                Err(_) => {
                    self.junk = Some(json);
                    break;
                }
            }
        }
        Ok(())
    }
}
