//! What requests say: queries and bodies, checked against the documented schema.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use axum::extract::Query;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use http::{HeaderMap, Uri, header};
use serde_json::{Map, Value};

use super::{
    contact::{Contact, Details, is_e164},
    rules::OverOffset,
    store::{Listing, OrderBy},
};

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;
const MAX_OFFSET: usize = 10_000;

/// What breaks the schema: names the field, never the value.
#[derive(Clone, Debug)]
pub(super) struct Invalid(Cow<'static, str>);

impl Invalid {
    pub(super) const MISSING: Self = Self(Cow::Borrowed("Missing fields"));
    pub(super) const PHONE: Self = Self(Cow::Borrowed("Invalid phone number"));
    pub(super) const BROKEN_OFF: Self = Self(Cow::Borrowed("the body broke off"));

    fn field(name: &str, problem: &str) -> Self {
        Self(format!("`{name}` {problem}").into())
    }

    /// The same problem, of one item among several.
    pub(super) fn of(self, item: fmt::Arguments<'_>) -> Self {
        Self(format!("{item}: {self}").into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number in the last segment of a path, percent-encoded or not.
pub(super) fn path_phone(segment: &str) -> Result<String, Invalid> {
    fn decoded(segment: &str) -> Option<String> {
        let mut encoded = segment.bytes();
        let mut decoded = Vec::with_capacity(segment.len());
        while let Some(byte) = encoded.next() {
            decoded.push(match byte {
                b'%' => {
                    let digits = [encoded.next()?, encoded.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
                }
                byte => byte,
            });
        }
        String::from_utf8(decoded).ok()
    }
    decoded(segment).filter(|phone| is_e164(phone)).ok_or(Invalid::PHONE)
}

/// The query of a list. Parameters that it does not have are ignored.
pub(super) fn listing(uri: &Uri, over_offset: OverOffset) -> Result<Listing, Invalid> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Invalid("the query is not form-encoded".into()))?;
    let mut listing = Listing { limit: DEFAULT_LIMIT, ..Listing::default() };
    for (name, value) in parameters {
        let wrong = |problem| Invalid::field(&name, problem);
        let count = || value.parse::<usize>().map_err(|_| wrong("must be a number, 0 or greater"));
        match name.as_str() {
            "limit" => match count()? {
                0 => return Err(wrong("must be 1 or greater")),
                limit => listing.limit = limit.min(MAX_LIMIT),
            },
            "offset" => {
                let offset = count()?;
                if offset > MAX_OFFSET && over_offset == OverOffset::Refuse {
                    return Err(wrong("must be 10000 or less"));
                }
                listing.offset = offset.min(MAX_OFFSET);
            }
            "order_by" => {
                listing.order_by = match value.as_str() {
                    "created_at" => OrderBy::CreatedAt,
                    "firstName" => OrderBy::FirstName,
                    "lastName" => OrderBy::LastName,
                    "phone" => OrderBy::Phone,
                    _ => return Err(wrong("must be created_at, firstName, lastName or phone")),
                }
            }
            "order_direction" => {
                listing.ascending = match value.as_str() {
                    "asc" => true,
                    "desc" => false,
                    _ => return Err(wrong("must be asc or desc")),
                }
            }
            "created_at_gte" => {
                listing.created_at_gte = Some(since(&value).ok_or_else(|| wrong("must be an ISO 8601 date or time"))?);
            }
            "phone_number" if is_e164(&value) => listing.phone = Some(value),
            "phone_number" => return Err(Invalid::PHONE),
            "cid" => listing.contact_id = Some(value),
            _ => {}
        }
    }
    Ok(listing)
}

/// The first millisecond that is not before the given time; without an offset, the time is taken as UTC.
fn since(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc()))
        .or_else(|_| text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN).and_utc()))
        .ok()?;
    let begun = !time.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    Some(time.timestamp_millis() + i64::from(begun))
}

/// A JSON object whose properties are taken one by one: `null` counts as absent, and each property is known in
/// `snake_case` and in the deprecated `camelCase` as well.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// The body of a request. None at all counts as an empty object.
    pub(super) fn of_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Invalid> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Invalid("Content-Type must be application/json".into()));
        }
        Self::of_value(serde_json::from_slice(body).map_err(|_| Invalid("the body is not valid JSON".into()))?)
    }

    pub(super) fn of_value(value: Value) -> Result<Self, Invalid> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Invalid("must be a JSON object".into())),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let preferred = self.0.remove(name).filter(|value| !value.is_null());
        let deprecated = self.0.remove(&camel_case(name)).filter(|value| !value.is_null());
        preferred.or(deprecated)
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Invalid> {
        self.take(name).map(|value| string(value).ok_or_else(|| Invalid::field(name, "must be a string"))).transpose()
    }

    fn shared_text(&mut self, name: &str) -> Result<Option<Arc<str>>, Invalid> {
        Ok(self.text(name)?.map(Arc::from))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Invalid> {
        let flag = |value: Value| value.as_bool().ok_or_else(|| Invalid::field(name, "must be a boolean"));
        self.take(name).map(flag).transpose()
    }

    fn array(&mut self, name: &str) -> Result<Option<Vec<Value>>, Invalid> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(Invalid::field(name, "must be an array")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Invalid> {
        let Some(items) = self.array(name)? else { return Ok(None) };
        let texts = items.into_iter().map(string).collect::<Option<_>>();
        texts.map(Some).ok_or_else(|| Invalid::field(name, "must be an array of strings"))
    }

    fn variables(&mut self, name: &str) -> Result<Option<BTreeMap<String, String>>, Invalid> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let Value::Object(map) = value else { return Err(Invalid::field(name, "must be an object")) };
        let variables = map.into_iter().map(|(label, value)| Some((label, string(value)?))).collect::<Option<_>>();
        variables.map(Some).ok_or_else(|| Invalid::field(name, "must hold strings"))
    }

    /// The required number of a contact.
    fn phone(&mut self, name: &str) -> Result<String, Invalid> {
        self.text(name)?.ok_or(Invalid::MISSING).and_then(checked_phone)
    }

    /// The required `number`, which has a deprecated name besides.
    pub(super) fn number(&mut self) -> Result<String, Invalid> {
        match self.text("number")? {
            Some(number) => checked_phone(number),
            None => self.phone("phone_number"),
        }
    }

    /// The details that create, update and bulk create have in common.
    fn common_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details {
            first_name: self.shared_text("first_name")?,
            last_name: self.shared_text("last_name")?,
            tags: self.texts("tags")?,
            custom_variables: self.variables("custom_variables")?,
            ..Details::default()
        })
    }

    /// What create may set: no company.
    pub(super) fn created_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details {
            assigned_to_email: self.shared_text("assigned_to_email")?,
            sendblue_number: self.shared_text("sendblue_number")?,
            ..self.common_details()?
        })
    }

    /// The required numbers of a bulk delete: at least one.
    pub(super) fn phones(&mut self, name: &str) -> Result<Vec<String>, Invalid> {
        let phones = self.texts(name)?.filter(|phones| !phones.is_empty()).ok_or(Invalid::MISSING)?;
        let checked = |(index, phone)| checked_phone(phone).map_err(|wrong| wrong.of(format_args!("{name}[{index}]")));
        phones.into_iter().enumerate().map(checked).collect()
    }

    /// The required contacts of a bulk create: at least one.
    pub(super) fn new_contacts(&mut self, name: &str) -> Result<Vec<(String, Details)>, Invalid> {
        let items = self.array(name)?.filter(|items| !items.is_empty()).ok_or(Invalid::MISSING)?;
        let contact = |(index, item)| {
            Self::of_value(item)
                .and_then(|mut fields| Ok((fields.phone("phone")?, fields.bulk_details()?)))
                .map_err(|wrong| wrong.of(format_args!("{name}[{index}]")))
        };
        items.into_iter().enumerate().map(contact).collect()
    }

    /// What bulk create may set: no assignee and no number of Sendblue's.
    fn bulk_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details { company_name: self.shared_text("company_name")?, ..self.common_details()? })
    }

    /// What update may set.
    pub(super) fn updated_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details { company_name: self.shared_text("company_name")?, ..self.created_details()? })
    }

    /// A whole contact as the documented schema has it, and whether it has opted out. Nothing else may be in it.
    pub(super) fn contact(mut self) -> Result<(Contact, Option<bool>), Invalid> {
        let phone = self.text("phone")?.filter(|phone| is_e164(phone));
        let phone = phone.ok_or_else(|| Invalid::field("phone", "must be a number in E.164 format"))?;
        let contact = Contact {
            phone: phone.into(),
            created_at: self
                .text("created_at")?
                .map(|text| text.parse::<DateTime<Utc>>().map(|time| time.timestamp_millis()))
                .transpose()
                .map_err(|_| Invalid::field("created_at", "must be a date-time"))?,
            verified: self.flag("verified")?,
            details: self.updated_details()?,
        };
        let opt_out = self.flag("opt_out")?;
        match self.0.keys().next() {
            Some(name) => Err(Invalid::field(name, "is no property of a contact")),
            None => Ok((contact, opt_out)),
        }
    }
}

/// The number, if it is one.
fn checked_phone(phone: String) -> Result<String, Invalid> {
    if is_e164(&phone) { Ok(phone) } else { Err(Invalid::PHONE) }
}

fn string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// `first_name` as the API used to write it: `firstName`.
fn camel_case(snake: &str) -> String {
    let mut camel = String::with_capacity(snake.len());
    let mut upper = false;
    for letter in snake.chars() {
        match letter {
            '_' => upper = true,
            letter if std::mem::take(&mut upper) => camel.push(letter.to_ascii_uppercase()),
            letter => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_is_the_deprecated_spelling() {
        assert_eq!(camel_case("assigned_to_email"), "assignedToEmail");
        assert_eq!(camel_case("tags"), "tags");
    }

    #[test]
    fn times_are_read_in_each_iso_form_and_rounded_up_to_milliseconds() {
        let noon = Some(1_778_328_000_000);
        assert_eq!(since("2026-05-09T12:00:00Z"), noon);
        assert_eq!(since("2026-05-09T12:00:00.000+00:00"), noon);
        assert_eq!(since("2026-05-09T14:30:00+02:30"), noon);
        assert_eq!(since("2026-05-09T12:00:00"), noon);
        assert_eq!(since("2026-05-09T11:59:59.999001Z"), noon);
        assert_eq!(since("2026-05-09"), noon.map(|noon| noon - 12 * 60 * 60 * 1000));
        assert_eq!(since("2026-05-09T12:00:00 00:00"), None);
        assert_eq!(since("yesterday"), None);
    }

    #[test]
    fn paths_may_be_percent_encoded_or_not() {
        for segment in ["+14155550100", "%2B14155550100", "%2b1415555010%30"] {
            assert_eq!(path_phone(segment).ok().as_deref(), Some("+14155550100"));
        }
        for segment in ["", "14155550100", "+0", "+1", "+1234567890123456", "%2", "%2B1%ff", "%zz", ".."] {
            assert!(path_phone(segment).is_err(), "{segment}");
        }
    }
}
