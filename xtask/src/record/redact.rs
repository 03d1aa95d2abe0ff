//! Takes everything out of a recording that is somebody's.
//!
//! What stays is listed, all else is replaced: the suite's own constants, names of the document, and of what the service says
//! in words, those words that the document has too. A value is replaced by the same one wherever it stands, so that
//! requests and answers still fit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde_json::{Map, Value};

use super::{
    exchange::{Body, Exchange},
    reserved,
};

/// All times become this one and the seconds after it.
const FIRST_TIME: &str = "2026-05-09T00:00:00Z";
/// Their values say what went wrong, or how.
const WORDS: [&str; 7] = ["status", "message", "error", "error_message", "error_code", "error_reason", "code"];
const HEADERS: [&str; 4] = ["content-type", "retry-after", "x-request-id", "cf-ray"];
/// Their values are numbers, or words of the API.
const PLAIN_PARAMETERS: [&str; 4] = ["limit", "offset", "order_by", "order_direction"];

pub struct Redactor {
    /// What the suite sends.
    own: BTreeSet<&'static str>,
    /// The words of the document.
    vocabulary: BTreeSet<String>,
    /// Names of properties.
    names: BTreeSet<String>,
    times: BTreeMap<DateTime<Utc>, DateTime<Utc>>,
    /// Every text of the recording.
    originals: BTreeSet<String>,
    replaced: BTreeMap<(Kind, String), String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Phone,
    Address,
    Id,
    Text,
}

impl Redactor {
    /// For these exchanges of a service with this document.
    pub fn new(document: &Value, exchanges: &[Exchange]) -> Self {
        let mut own: BTreeSet<&str> = reserved::NUMBERS.into_iter().collect();
        own.extend([reserved::TAG, reserved::AUGUSTA, reserved::ANOTHER, reserved::COMPANY, reserved::FIRST_TAG]);
        own.extend([reserved::SECOND_TAG, reserved::FAR_FUTURE, "", reserved::PLAN.0, reserved::PLAN.1]);
        own.extend([reserved::COLOUR.0, reserved::COLOUR.1]);
        own.extend(reserved::NAMES.into_iter().flat_map(|(first, last)| [first, last]));
        let mut redactor = Self {
            own,
            vocabulary: BTreeSet::new(),
            names: BTreeSet::new(),
            times: BTreeMap::new(),
            originals: BTreeSet::new(),
            replaced: BTreeMap::new(),
        };
        redactor.learn(document, false);
        redactor.collect(exchanges);
        redactor
    }

    /// Reads words and names from the document.
    fn learn(&mut self, value: &Value, is_text: bool) {
        match value {
            Value::String(text) if is_text => self.vocabulary.extend(words(text).map(str::to_lowercase)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.names.insert(name.clone());
                    let is_text = WORDS.contains(&name.as_str()) || matches!(name.as_str(), "description" | "summary");
                    self.learn(value, is_text);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item, false)),
            _ => {}
        }
    }

    /// Reads all texts, and puts the times in their order.
    fn collect(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges {
            self.originals.extend(exchange.query.values().cloned());
            self.originals.extend(exchange.path.split('/').map(String::from));
            self.originals.extend(exchange.headers.values().cloned());
            for body in [&exchange.sent, &exchange.answered] {
                match body {
                    Body::Json(value) => texts(value, &mut self.originals),
                    Body::Other(text) => drop(self.originals.insert(text.clone())),
                    Body::Nothing => {}
                }
            }
        }
        let own = |text: &&String| !self.own.contains(text.as_str());
        let times: BTreeSet<_> = self.originals.iter().filter(own).filter_map(|text| time(text)).collect();
        let first: DateTime<Utc> = FIRST_TIME.parse().unwrap_or_default();
        self.times =
            times.into_iter().zip(0..).map(|(time, second)| (time, first + Duration::seconds(second))).collect();
    }

    pub fn exchange(&mut self, exchange: &Exchange) -> Exchange {
        let segment = |segment: &str| match segment {
            "api" | "v2" | "contacts" | "count" | "verify" | "opt-out" | "bulk" => segment.to_owned(),
            other => self.text(other),
        };
        let path = exchange.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        let query = exchange.query.iter().map(|(name, value)| {
            let is_plain = PLAIN_PARAMETERS.contains(&name.as_str()) && value.len() < 16;
            let value = match name.as_str() {
                _ if is_plain => value.clone(),
                "cid" => self.replacement(Kind::Id, value),
                // The client writes no fraction of a second that is zero.
                "created_at_gte" => {
                    let time = self.text(value);
                    time.split_once('.').map_or_else(|| time.clone(), |(whole, _)| format!("{whole}Z"))
                }
                _ => self.text(value),
            };
            (name.clone(), value)
        });
        let query = query.collect();
        let kept = |(name, value): (&String, &String)| {
            let is_kept = HEADERS.contains(&name.as_str()) || name.starts_with("x-ratelimit-");
            is_kept.then(|| (name.clone(), header(name, value)))
        };
        Exchange {
            method: exchange.method.clone(),
            path,
            query,
            sent: self.body(&exchange.sent),
            status: exchange.status,
            headers: exchange.headers.iter().filter_map(kept).collect(),
            answered: self.body(&exchange.answered),
        }
    }

    fn body(&mut self, body: &Body) -> Body {
        match body {
            Body::Nothing => Body::Nothing,
            Body::Json(value) => Body::Json(self.value("", value)),
            Body::Other(_) => Body::Other("(no JSON)".into()),
        }
    }

    /// What stands under `name`, or in a list under it.
    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) if name == "contact_id" => self.replacement(Kind::Id, text).into(),
            Value::String(text) if name == "contact_ids" && !is_phone(text) => self.replacement(Kind::Id, text).into(),
            Value::String(text) if WORDS.contains(&name) => self.words(text).into(),
            Value::String(text) => self.text(text).into(),
            // A phone number as a number.
            Value::Number(number) if number.to_string().len() > 6 => {
                let digits = self.replacement(Kind::Phone, &number.to_string());
                digits.parse::<u64>().map_or(Value::Null, Value::from)
            }
            Value::Object(members) => {
                let is_data = matches!(name, "custom_variables" | "customVariables");
                let members = members.iter().map(|(key, value)| {
                    let is_known = !is_data && self.names.contains(key) || self.own.contains(key.as_str());
                    let shown = if is_known || !is_data && is_identifier(key) { key.clone() } else { self.text(key) };
                    (shown, self.value(if is_data { "" } else { key }, value))
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            other => other.clone(),
        }
    }

    pub fn text(&mut self, text: &str) -> String {
        if self.own.contains(text) {
            return text.to_owned();
        }
        if let Some(time) = time(text).and_then(|time| self.times.get(&time)) {
            let fraction = text.split_once('.').map_or("", |(_, rest)| rest).bytes();
            let digits = fraction.take_while(u8::is_ascii_digit).count();
            let fraction = if digits == 0 { String::new() } else { format!(".{:0digits$}", 0) };
            return format!("{}{fraction}Z", time.format("%Y-%m-%dT%H:%M:%S"));
        }
        let kind = match text {
            _ if is_phone(text) => Kind::Phone,
            _ if text.contains('@') => Kind::Address,
            _ => Kind::Text,
        };
        self.replacement(kind, text)
    }

    /// Of what the service says, the words that the document has too.
    fn words(&self, text: &str) -> String {
        let kept = text.split_inclusive(|c: char| !c.is_alphanumeric()).map(|part| {
            let end = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            match end.is_empty() || self.vocabulary.contains(&end.to_lowercase()) {
                true => part.to_owned(),
                false => part.replacen(end, "…", 1),
            }
        });
        kept.collect()
    }

    /// The same for the same, wherever it stands; a phone number with a plus if it has one.
    fn replacement(&mut self, kind: Kind, original: &str) -> String {
        let is_phone = kind == Kind::Phone;
        let key = if is_phone { original.chars().filter(char::is_ascii_digit).collect() } else { original.to_owned() };
        let plus = if is_phone && original.starts_with('+') { "+" } else { "" };
        let count = self.replaced.keys().filter(|(other, _)| *other == kind).count();
        if let Some(replacement) = self.replaced.get(&(kind, key.clone())) {
            return format!("{plus}{replacement}");
        }
        let of = |n: usize| match kind {
            // 999 is no area code.
            Kind::Phone => format!("1999555{n:04}"),
            Kind::Address => format!("person-{n}@example.com"),
            Kind::Id => format!("00000000-0000-4000-8000-{n:012x}"),
            Kind::Text => format!("text-{n}"),
        };
        let is_free = |candidate: &String| {
            let is_there = |other: &String| other.contains(candidate.as_str());
            !self.originals.iter().any(is_there) && !self.replaced.values().any(is_there)
        };
        let replacement = (count + 1..).map(of).find(is_free).unwrap_or_default();
        self.replaced.insert((kind, key), replacement.clone());
        format!("{plus}{replacement}")
    }

    /// Whether a fixture has something after all that may not be in it: what was replaced elsewhere, or a key.
    pub fn leaks(&self, fixture: &Value, keys: &[String]) -> bool {
        let mut shown = BTreeSet::new();
        texts(fixture, &mut shown);
        let is_private = |text: &str| text.chars().count() > 3 && !self.own.contains(text) && !self.is_public(text);
        let has_it = |(kind, original): &(Kind, String)| {
            is_private(original)
                && shown.iter().any(|text| match kind {
                    Kind::Phone => text.contains(original.as_str()),
                    _ => has_word(text, original),
                })
        };
        let has_key = |key: &String| !key.is_empty() && shown.iter().any(|text| text.contains(key.as_str()));
        self.replaced.keys().any(has_it) || keys.iter().any(has_key)
    }

    /// Whether it says nothing that the document does not say.
    fn is_public(&self, text: &str) -> bool {
        self.names.contains(text) || words(text).all(|word| self.vocabulary.contains(&word.to_lowercase()))
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word)
        .any(|(at, _)| is_border(text[..at].chars().next_back()) && is_border(text[at + word.len()..].chars().next()))
}

fn header(name: &str, value: &str) -> String {
    match name {
        "content-type" if value.starts_with("application/json") => "application/json".into(),
        "content-type" if value.starts_with("text/html") => "text/html".into(),
        "retry-after" if value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()) => value.into(),
        _ => "(not shown)".into(),
    }
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Number(number) => drop(found.insert(number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name.clone());
                texts(value, found);
            }
        }
        _ => {}
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether it is hardly anything but 7 digits or more, however they are written.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=16).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || "+-() .".contains(c))
        || text.starts_with('+') && digits > 1 && digits + 1 == text.len()
}

fn is_identifier(name: &str) -> bool {
    let is_word = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_uppercase() || c == '_');
    is_word && !name.starts_with(char::is_uppercase)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    time.or_else(|_| text.parse().map(midnight)).ok()
}
