//! No response body makes a call panic, lose the status, or print a part of the body.

use std::error::Error as _;

use bytes::Bytes;
use http::StatusCode;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use sendblue_contacts::{Error, ErrorKind, NewContact, Outcome, Response};

use super::{Harness, text};
use crate::document;

/// A text and a number that no response and no error may print.
const CANARY: &str = "canary";
const CANARY_NUMBER: u64 = 864_197_532_864_197_532;

/// The operation ids of the document.
const OPERATIONS: [&str; 10] = [
    "contacts.list",
    "contacts.create",
    "contacts.count",
    "contacts.verify",
    "contacts.retrieve",
    "contacts.update",
    "contacts.delete",
    "contacts.opt_out",
    "contacts.bulk.create",
    "contacts.bulk.delete",
];

/// Makes a call that receives this response, and checks its result.
fn check(harness: &Harness, operation: &'static str, status: StatusCode, body: &[u8]) -> Result<(), TestCaseError> {
    const NUMBER: &str = "+14155550100";
    let contacts = harness.client.contacts();
    let reply = Reply { harness, operation, status, body };
    match operation {
        "contacts.list" => reply.check(contacts.list().send_raw()),
        "contacts.create" => reply.check(contacts.create(NUMBER).send_raw()),
        "contacts.count" => reply.check(contacts.count().send_raw()),
        "contacts.verify" => reply.check(contacts.verify(NUMBER).send_raw()),
        "contacts.retrieve" => reply.check(contacts.retrieve(NUMBER).send_raw()),
        "contacts.update" => reply.check(contacts.update(NUMBER).send_raw()),
        "contacts.delete" => reply.check(contacts.delete(NUMBER).send_raw()),
        "contacts.opt_out" => reply.check(contacts.opt_out(NUMBER).send_raw()),
        "contacts.bulk.create" => {
            reply.check(contacts.bulk().create([NewContact::new(NUMBER).expect("a number")]).send_raw())
        }
        "contacts.bulk.delete" => reply.check(contacts.bulk().delete([NUMBER]).send_raw()),
        _ => unreachable!("{operation}"),
    }
}

struct Reply<'a> {
    harness: &'a Harness,
    operation: &'static str,
    status: StatusCode,
    body: &'a [u8],
}

impl Reply<'_> {
    fn check<T>(self, call: impl Future<Output = Result<Response<T>, Error>>) -> Result<(), TestCaseError> {
        let (result, sent) = self.harness.run(self.status, self.body, call);
        prop_assert_eq!(sent.len(), 1);
        match result {
            Ok(response) => self.check_success(&response),
            Err(error) => self.check_failure(&error),
        }
    }

    fn check_success<T>(self, response: &Response<T>) -> Result<(), TestCaseError> {
        prop_assert!(self.status.is_success());
        prop_assert_eq!((response.status(), &response.body()[..]), (self.status, self.body));
        prop_assert_eq!(response.attempts(), 1);
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body);
        let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        prop_assert!(is_json || body.trim_ascii().is_empty(), "a success without JSON");
        prop_assert_ne!(self.reports_error(), Some(true));
        check_secrecy(&format!("{response:?}"))
    }

    fn check_failure(self, error: &Error) -> Result<(), TestCaseError> {
        prop_assert_eq!((error.operation(), error.attempts()), (Some(self.operation), 1));
        prop_assert_eq!((error.status(), error.body().map(|body| &body[..])), (Some(self.status), Some(self.body)));
        let outcome = match self.status.as_u16() {
            200..=299 => {
                prop_assert!(matches!(error.kind(), ErrorKind::Reported | ErrorKind::Decode), "{error:?}");
                if let Some(reports_error) = self.reports_error() {
                    prop_assert_eq!(error.kind() == ErrorKind::Reported, reports_error);
                }
                if error.kind() == ErrorKind::Reported { Outcome::Rejected } else { Outcome::Applied }
            }
            // The message may have been sent before the refusal.
            429 if self.operation == "contacts.verify" => Outcome::Unknown,
            303 | 408 => Outcome::Unknown,
            300..=499 | 501 | 505 => Outcome::Rejected,
            _ => Outcome::Unknown,
        };
        prop_assert_eq!(error.outcome(), outcome);

        let source = error.source().map(|source| format!("{source} {source:?}")).unwrap_or_default();
        check_secrecy(&format!("{error} {error:?} {error:#?} {source}"))
    }

    /// Returns whether the body reports an error, or `None` if that depends on a duplicate key or on the content.
    fn reports_error(&self) -> Option<bool> {
        let text = std::str::from_utf8(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body)).ok()?;
        let value: Value = serde_json::from_str(text).ok()?;
        let Some(members) = value.as_object() else { return Some(false) };
        if ["\"status\"", "\"success\"", "\"error\"", "\"error_message\"", "\"errors\""]
            .iter()
            .any(|key| text.matches(key).count() > 1)
        {
            return None;
        }
        let words = ["error", "fail", "failed", "failure", "declined", "denied", "rejected", "invalid"];
        let status = match members.get("status") {
            Some(Value::Bool(false)) => return Some(true),
            Some(Value::Number(number)) if number.as_f64() >= Some(400.0) => return Some(true),
            status => status.and_then(Value::as_str).map(str::trim),
        };
        let has_error = ["error", "error_message", "errors"].iter().any(|key| members.contains_key(*key));
        match status {
            Some(status) if words.iter().any(|word| status.eq_ignore_ascii_case(word)) => Some(true),
            _ if members.contains_key("success") => None,
            None if has_error => None,
            _ => Some(false),
        }
    }
}

fn check_secrecy(shown: &str) -> Result<(), TestCaseError> {
    let shows = shown.to_lowercase().contains(CANARY) || shown.contains(&CANARY_NUMBER.to_string());
    prop_assert!(!shows, "prints a part of the body: {shown}");
    Ok(())
}

/// A change to one place of a JSON value.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    InArray,
    InObject,
    /// Removes an element of an array or a member of an object.
    Drop(Index),
    Rename(Index),
    Swap(Index, Index),
    Repeat(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => leaf().prop_map(Change::Replace),
        1 => json().prop_map(Change::Replace),
        1 => Just(Change::InArray),
        1 => Just(Change::InObject),
        2 => at().prop_map(Change::Drop),
        2 => at().prop_map(Change::Rename),
        2 => (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
        1 => at().prop_map(Change::Repeat),
    ]
}

impl Change {
    fn apply(self, value: &mut Value) {
        match (self, value) {
            (Self::Replace(new), value) => *value = new,
            (Self::InArray, value) => *value = json!([value.take()]),
            (Self::InObject, value) => *value = json!({ CANARY: value.take() }),
            (change, Value::Array(items)) if !items.is_empty() => change.apply_to_items(items),
            (change, Value::Object(members)) if !members.is_empty() => change.apply_to_members(members),
            (_, value) => *value = CANARY.into(),
        }
    }

    fn apply_to_items(self, items: &mut Vec<Value>) {
        let count = items.len();
        match self {
            Self::Drop(at) => drop(items.remove(at.index(count))),
            Self::Swap(one, other) => items.swap(one.index(count), other.index(count)),
            Self::Rename(at) | Self::Repeat(at) => items.push(items[at.index(count)].clone()),
            Self::Replace(_) | Self::InArray | Self::InObject => {}
        }
    }

    fn apply_to_members(self, members: &mut Map<String, Value>) {
        let name = |at: Index| members.keys().nth(at.index(members.len())).cloned().expect("not empty");
        match self {
            Self::Drop(at) => drop(members.remove(&name(at))),
            Self::Rename(at) => {
                let value = members.remove(&name(at)).expect("a member");
                members.insert(CANARY.to_owned(), value);
            }
            Self::Swap(one, other) => {
                let (one, other) = (name(one), name(other));
                let values = (members[&one].clone(), members[&other].clone());
                members.extend([(one, values.1), (other, values.0)]);
            }
            Self::Repeat(at) => drop(members.insert(format!("{CANARY}s"), members[&name(at)].clone())),
            Self::Replace(_) | Self::InArray | Self::InObject => {}
        }
    }
}

/// Returns the number of places in a value: the value itself and every value inside it.
fn places(value: &mut Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter_mut().map(places).sum(),
        Value::Object(members) => members.values_mut().map(places).sum(),
        _ => 0,
    }
}

/// Returns the place with the number `left`, in depth-first order. Counts `left` down to 0.
fn place<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| place(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| place(member, left)),
        _ => None,
    }
}

/// Damage to the text of a body.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Truncate(Index),
    Flip(Index, u8),
    /// Inserts bytes, such as invalid UTF-8 or invalid JSON.
    Insert(Index, &'static [u8]),
    /// Adds a member with the name of an existing member.
    Duplicate(Index),
    /// Replaces the value of a member with a number, such as a number out of range.
    Number(Index, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let inserted: &[&[u8]] =
        &[b"\xff", b"\xed\xa0\x80", b"\xc3", b"\0", b"\xef\xbb\xbf", b"\\ud800", b"\"", b"{", b"]", b"canary"];
    let numbers: &[&str] = &["1e400", "-1", "1.5", "18446744073709551616", "1e-400", "-0", "864197532864197532"];
    prop_oneof![
        4 => Just(Damage::None),
        1 => at().prop_map(Damage::Truncate),
        1 => (at(), 1_u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => (at(), select(inserted)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => at().prop_map(Damage::Duplicate),
        1 => (at(), select(numbers)).prop_map(|(at, number)| Damage::Number(at, number)),
    ]
}

impl Damage {
    fn apply(self, text: String) -> Vec<u8> {
        /// Returns, for each member, where its name and its value begin.
        fn members(text: &str) -> Vec<(usize, usize)> {
            let value_at = text.match_indices("\":").map(|(at, colon)| at + colon.len());
            value_at.filter_map(|at| Some((text[..at - 2].rfind('"')?, at))).collect()
        }
        let mut bytes = text.clone().into_bytes();
        match self {
            Self::Truncate(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Flip(at, bits) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            Self::Insert(at, inserted) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Self::Duplicate(at) if !members(&text).is_empty() => {
                let (name, value) = *at.get(&members(&text));
                let again = format!("{}null,", &text[name..value]);
                bytes.splice(name..name, again.into_bytes());
            }
            Self::Number(at, number) if !members(&text).is_empty() => {
                let (_, value) = *at.get(&members(&text));
                let end = text[value..].find([',', '}']).map_or(text.len(), |length| value + length);
                bytes.splice(value..end, number.bytes());
            }
            _ => {}
        }
        bytes
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => text().prop_map(Value::from),
        2 => select(&["", "OK", "error", "ERROR", "2026-05-09T00:00:00Z"][..]).prop_map(Value::from),
        3 => Just(CANARY.into()),
        1 => Just(CANARY_NUMBER.into()),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "status",
        "message",
        "error",
        "code",
        "contact",
        "contacts",
        "count",
        "amount",
        "custom_variables",
        "tags",
        CANARY,
    ];
    leaf().prop_recursive(4, 12, 3, |inner| {
        let name = prop_oneof![4 => select(NAMES).prop_map(str::to_owned), 1 => text()];
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((name, inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Deeply nested bodies. Most exceed serde_json's limit of 128 levels.
fn nested() -> impl Strategy<Value = Vec<u8>> {
    let level =
        select(&[("[", "]"), (r#"{"contact":"#, "}"), (r#"{"canary":"#, "}"), (r#"[{"custom_variables":"#, "}]")][..]);
    (level, 100_usize..2_000, any::<bool>()).prop_map(|((open, close), depth, is_closed)| {
        let end = if is_closed { close.repeat(depth) } else { String::new() };
        format!(r#"{}"canary"{end}"#, open.repeat(depth)).into_bytes()
    })
}

/// Changed and damaged examples of the document, arbitrary JSON, arbitrary bytes, and deeply nested bodies.
fn body(examples: Vec<Value>) -> impl Strategy<Value = Bytes> {
    let changed = (select(examples), vec((any::<Index>(), change()), 0..4)).prop_map(|(mut value, changes)| {
        for (at, change) in changes {
            let mut number = at.index(places(&mut value));
            change.apply(place(&mut value, &mut number).expect("one of the places"));
        }
        value
    });
    prop_oneof![
        12 => (prop_oneof![3 => changed.boxed(), 1 => json().boxed()], damage())
            .prop_map(|(value, damage)| damage.apply(value.to_string())),
        2 => vec(any::<u8>(), 0..32),
        1 => nested(),
    ]
    .prop_map(Bytes::from)
}

fn status() -> impl Strategy<Value = StatusCode> {
    let status = |code| StatusCode::from_u16(code).expect("valid");
    prop_oneof![2 => Just(StatusCode::OK), 2 => (200_u16..300).prop_map(status), 1 => (300_u16..1000).prop_map(status)]
}

#[test]
fn operation_ids_are_those_of_the_document() {
    let document = document::read();
    let documented = document::operations(&document);
    assert!(documented.iter().all(|(id, ..)| OPERATIONS.contains(&id.as_str())));
}

#[test]
fn every_example_is_handled_with_every_kind_of_status() {
    let harness = Harness::new();
    let document = document::read();
    for (place, value) in document::examples(&document) {
        for operation in OPERATIONS {
            for status in [200, 204, 302, 404, 429, 500] {
                let status = StatusCode::from_u16(status).expect("valid");
                check(&harness, operation, status, value.to_string().as_bytes())
                    .unwrap_or_else(|error| panic!("{operation} {place:?}: {error}"));
            }
        }
    }
}

#[test]
fn no_body_panics_or_loses_the_status_or_is_printed() {
    let harness = Harness::new();
    let document = document::read();
    let examples: Vec<Value> = document::examples(&document).into_iter().map(|(_, value)| value.clone()).collect();
    let cases = (select(&OPERATIONS[..]), status(), body(examples));
    proptest!(ProptestConfig::with_cases(15_000), |((operation, status, body) in cases)| {
        check(&harness, operation, status, &body)?;
    });
}

/// serde can decode an array as a struct; each element becomes a field.
#[test]
fn a_list_reports_no_error() -> Result<(), TestCaseError> {
    check(&Harness::new(), "contacts.retrieve", StatusCode::OK, br#"[null,"error"]"#)
}
