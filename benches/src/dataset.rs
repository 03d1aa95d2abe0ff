//! The account that the server has: contacts that differ in number, id and time, and in nothing else.

use std::{io::Write as _, ops::Range};

use bytes::Bytes;
use chrono::{DateTime, Duration, SecondsFormat, Utc};

/// The Unix time of the first contact; each of the others is a second younger than the one before.
const FIRST: i64 = 1_767_225_600;

/// A contact as it is given to a client that is to create it.
#[derive(Clone, Debug)]
pub struct Row {
    pub phone: String,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub company_name: &'static str,
    pub tag: &'static str,
}

/// Contacts to be created. Each is made when it is asked for, so that an import takes the memory that the contender takes.
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

/// The number of a contact.
pub fn number(index: usize) -> String {
    format!("+1415{index:07}")
}

/// Where the contact of a number is, as it stands in a path or in a body.
pub fn index(number: &[u8]) -> Option<usize> {
    let digits = number.len().checked_sub(7).and_then(|start| number.get(start..))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// All contacts as JSON, with commas between them: each page is a part of it, which nobody has to write or copy.
pub struct Prepared {
    json: Bytes,
    /// Of one contact with its comma; all are of one size.
    width: usize,
}

impl Prepared {
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

    /// Contacts, as many of them as there are, with commas between them.
    pub fn slice(&self, contacts: Range<usize>) -> Bytes {
        let (start, end) = (contacts.start.min(self.len()), contacts.end.min(self.len()));
        if start >= end { Bytes::new() } else { self.json.slice(start * self.width..end * self.width - 1) }
    }

    /// The first contact that was created at that time or later.
    pub fn since(&self, time: DateTime<Utc>) -> usize {
        usize::try_from((time.timestamp() - FIRST).max(0)).unwrap_or(usize::MAX)
    }
}

fn write_contact(json: &mut Vec<u8>, index: usize) {
    let created_at = DateTime::from_timestamp(FIRST, 0).unwrap_or_default()
        + Duration::seconds(i64::try_from(index).unwrap_or_default());
    let created_at = created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let number = number(index);
    // A vector takes whatever is written to it.
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

    use super::{Prepared, index, number, rows};

    fn contacts(prepared: &Prepared, range: std::ops::Range<usize>) -> Vec<Value> {
        let json = [b"[", &*prepared.slice(range), b"]"].concat();
        serde_json::from_slice(&json).expect("a list of contacts")
    }

    #[test]
    fn every_part_is_a_page() {
        let prepared = Prepared::new(1200);
        assert_eq!(prepared.len(), 1200);
        for (range, first, count) in
            [(0..1000, 0, 1000), (999..1999, 999, 201), (1199..1200, 1199, 1), (7..7, 0, 0), (1200..1300, 0, 0)]
        {
            let page = contacts(&prepared, range);
            assert_eq!(page.len(), count);
            assert!(page.first().is_none_or(|contact| contact["phone"] == number(first)), "{page:?}");
        }
        assert!(Prepared::new(0).is_empty());
    }

    #[test]
    fn times_and_numbers_lead_back_to_the_contact() {
        let prepared = Prepared::new(1200);
        for (place, contact) in contacts(&prepared, 0..1200).iter().enumerate() {
            let created_at = contact["created_at"].as_str().and_then(|time| time.parse().ok()).expect("a time");
            assert_eq!(prepared.since(created_at), place);
            assert_eq!(index(contact["phone"].as_str().expect("a number").as_bytes()), Some(place));
        }
        assert!(rows(1..3).map(|row| row.phone).eq([number(1), number(2)]));
        assert_eq!(index(b"+1"), None);
        assert_eq!(index(b"/count__"), None);
    }
}
