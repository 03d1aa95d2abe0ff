//! The contacts on the server. They differ only in phone number, id and `created_at`.

use std::{io::Write as _, ops::Range};

use bytes::Bytes;
use chrono::{DateTime, Duration, SecondsFormat, Utc};

/// The `created_at` of the first contact, as a Unix time. Each next contact is one second younger.
const FIRST_CREATED_AT: i64 = 1_767_225_600;

/// A contact to create.
#[derive(Clone, Debug)]
pub struct Row {
    pub phone: String,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub company_name: &'static str,
    pub tag: &'static str,
}

/// Returns the contacts to create with these indices. The iterator is lazy, so that it adds no memory to an import.
pub fn rows(contacts: Range<usize>) -> impl Iterator<Item = Row> + Send + 'static {
    let row = |index| Row {
        phone: number(index),
        first_name: "Grace",
        last_name: "Hopper",
        company_name: "Compilers Ltd",
        tag: "newsletter",
    };
    contacts.map(row)
}

/// Returns the phone number of a contact.
pub fn number(index: usize) -> String {
    format!("+1415{index:07}")
}

/// Returns the index of a contact. The text ends with the contact's phone number.
pub fn index(number: &[u8]) -> Option<usize> {
    let digits = number.len().checked_sub(7).and_then(|start| number.get(start..))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// All contacts as one JSON text. A page is a slice of this text, so that the server does not serialize or copy it.
pub struct RenderedContacts {
    json: Bytes,
    /// The length of one contact with its comma, in bytes. All contacts have the same size.
    width: usize,
}

impl RenderedContacts {
    pub fn new(count: usize) -> Self {
        let mut json = Vec::new();
        for index in 0..count {
            write_contact(&mut json, index);
        }
        let width = json.len().checked_div(count).unwrap_or_default();
        Self { json: json.into(), width }
    }

    pub fn len(&self) -> usize {
        self.json.len().checked_div(self.width).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the contacts of this range that exist, separated by commas.
    pub fn slice(&self, contacts: Range<usize>) -> Bytes {
        let (start, end) = (contacts.start.min(self.len()), contacts.end.min(self.len()));
        if start >= end { Bytes::new() } else { self.json.slice(start * self.width..end * self.width - 1) }
    }

    /// Returns the index of the first contact created at this time or later.
    pub fn since(&self, time: DateTime<Utc>) -> usize {
        usize::try_from((time.timestamp() - FIRST_CREATED_AT).max(0)).unwrap_or(usize::MAX)
    }
}

fn write_contact(json: &mut Vec<u8>, index: usize) {
    let created_at = DateTime::from_timestamp(FIRST_CREATED_AT, 0).unwrap_or_default()
        + Duration::seconds(i64::try_from(index).unwrap_or_default());
    let created_at = created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let number = number(index);
    // Writing to a vector cannot fail.
    let _ = write!(
        json,
        r#"{{"contact_id":"7f9c24e8-3b12-4fef-91e0-{index:012}","phone":"{number}","first_name":"Grace","last_name":"Hopper","#
    );
    let _ = write!(
        json,
        r#""company_name":"Compilers Ltd","assigned_to_email":"ada@example.com","sendblue_number":"+14155550100","#
    );
    let _ = write!(
        json,
        r#""tags":["newsletter"],"custom_variables":{{"plan":"pro"}},"created_at":"{created_at}","opt_out":false,"verified":true}},"#
    );
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{RenderedContacts, index, number, rows};

    fn contacts(rendered: &RenderedContacts, range: std::ops::Range<usize>) -> Vec<Value> {
        let json = [b"[", &*rendered.slice(range), b"]"].concat();
        serde_json::from_slice(&json).expect("a list of contacts")
    }

    #[test]
    fn slices_are_pages_of_json() {
        let rendered = RenderedContacts::new(1200);
        assert_eq!(rendered.len(), 1200);
        for (range, first, count) in
            [(0..1000, 0, 1000), (999..1999, 999, 201), (1199..1200, 1199, 1), (7..7, 0, 0), (1200..1300, 0, 0)]
        {
            let page = contacts(&rendered, range);
            assert_eq!(page.len(), count);
            assert!(page.first().is_none_or(|contact| contact["phone"] == number(first)), "{page:?}");
        }
        assert!(RenderedContacts::new(0).is_empty());
    }

    #[test]
    fn created_at_and_number_identify_the_contact() {
        let rendered = RenderedContacts::new(1200);
        for (place, contact) in contacts(&rendered, 0..1200).iter().enumerate() {
            let created_at = contact["created_at"].as_str().and_then(|time| time.parse().ok()).expect("a time");
            assert_eq!(rendered.since(created_at), place);
            assert_eq!(index(contact["phone"].as_str().expect("a phone number").as_bytes()), Some(place));
        }
        assert!(rows(1..3).map(|row| row.phone).eq([number(1), number(2)]));
        assert_eq!(index(b"+1"), None);
        assert_eq!(index(b"/count__"), None);
    }
}
