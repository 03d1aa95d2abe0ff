//! The JSON properties of a request body, checked against the documented schema.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::{
    contact::{Contact, Details},
    invalid::Invalid,
    phone::{self, is_e164},
};

/// A JSON object from which operations take one property at a time.
///
/// Each property may have its `snake_case` name or its deprecated `camelCase` name. The document has no `null` in
/// requests, so `null` is invalid.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a request body and treats an empty body as an empty object.
    pub(super) fn from_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Invalid> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Invalid::new("Content-Type must be application/json"));
        }
        Self::from_value(serde_json::from_slice(body).map_err(|_| Invalid::new("the body is not valid JSON"))?)
    }

    pub(super) fn from_value(value: Value) -> Result<Self, Invalid> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Invalid::new("must be a JSON object")),
        }
    }

    /// Removes the properties that are null.
    pub(super) fn without_null(mut self) -> Self {
        self.0.retain(|_, value| !value.is_null());
        self
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let deprecated = self.0.remove(&camel_case(name));
        self.0.remove(name).or(deprecated)
    }

    fn string(&mut self, name: &str) -> Result<Option<String>, Invalid> {
        let string = |value| into_string(value).ok_or_else(|| Invalid::field(name, "must be a string"));
        self.take(name).map(string).transpose()
    }

    fn shared_string(&mut self, name: &str) -> Result<Option<Arc<str>>, Invalid> {
        Ok(self.string(name)?.map(Arc::from))
    }

    pub(super) fn bool(&mut self, name: &str) -> Result<Option<bool>, Invalid> {
        let bool = |value: Value| value.as_bool().ok_or_else(|| Invalid::field(name, "must be a boolean"));
        self.take(name).map(bool).transpose()
    }

    fn array(&mut self, name: &str) -> Result<Option<Vec<Value>>, Invalid> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(Invalid::field(name, "must be an array")),
        }
    }

    fn string_array(&mut self, name: &str) -> Result<Option<Vec<String>>, Invalid> {
        let Some(items) = self.array(name)? else { return Ok(None) };
        let strings = items.into_iter().map(into_string).collect::<Option<_>>();
        strings.map(Some).ok_or_else(|| Invalid::field(name, "must be an array of strings"))
    }

    fn string_map(&mut self, name: &str) -> Result<Option<BTreeMap<String, String>>, Invalid> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let Value::Object(map) = value else { return Err(Invalid::field(name, "must be an object")) };
        let entries = map.into_iter().map(|(key, value)| Some((key, into_string(value)?))).collect::<Option<_>>();
        entries.map(Some).ok_or_else(|| Invalid::field(name, "must be an object of strings"))
    }

    fn phone(&mut self, name: &str) -> Result<String, Invalid> {
        self.string(name)?.ok_or(Invalid::MISSING).and_then(phone::check)
    }

    /// Takes the required `number`, whose deprecated name is `phone_number`.
    pub(super) fn number(&mut self) -> Result<String, Invalid> {
        match self.string("number")? {
            Some(number) => phone::check(number),
            None => self.phone("phone_number"),
        }
    }

    /// Takes the details that create, update and bulk create have in common.
    fn common_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details {
            first_name: self.shared_string("first_name")?,
            last_name: self.shared_string("last_name")?,
            tags: self.string_array("tags")?,
            custom_variables: self.string_map("custom_variables")?,
            ..Details::default()
        })
    }

    /// Takes the details that create can set.
    pub(super) fn create_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details {
            assigned_to_email: self.shared_string("assigned_to_email")?,
            sendblue_number: self.shared_string("sendblue_number")?,
            ..self.common_details()?
        })
    }

    /// Takes the details that bulk create can set.
    fn bulk_create_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details { company_name: self.shared_string("company_name")?, ..self.common_details()? })
    }

    /// Takes the details that update can set.
    pub(super) fn update_details(&mut self) -> Result<Details, Invalid> {
        Ok(Details { company_name: self.shared_string("company_name")?, ..self.create_details()? })
    }

    /// Takes the required numbers of a bulk delete. An empty array counts as missing.
    pub(super) fn phones(&mut self, name: &str) -> Result<Vec<String>, Invalid> {
        let phones = self.string_array(name)?.filter(|phones| !phones.is_empty()).ok_or(Invalid::MISSING)?;
        let check = |(index, phone)| phone::check(phone).map_err(|invalid| invalid.in_item(name, index));
        phones.into_iter().enumerate().map(check).collect()
    }

    /// Takes the required contacts of a bulk create. An empty array counts as missing.
    pub(super) fn new_contacts(&mut self, name: &str) -> Result<Vec<(String, Details)>, Invalid> {
        let items = self.array(name)?.filter(|items| !items.is_empty()).ok_or(Invalid::MISSING)?;
        let contact = |(index, item)| {
            Self::from_value(item)
                .and_then(|mut fields| Ok((fields.phone("phone")?, fields.bulk_create_details()?)))
                .map_err(|invalid| invalid.in_item(name, index))
        };
        items.into_iter().enumerate().map(contact).collect()
    }

    /// Takes all properties of a contact, and its `opt_out`. An unknown property is an error.
    pub(super) fn into_contact(mut self) -> Result<(Contact, Option<bool>), Invalid> {
        let phone = self.string("phone")?.filter(|phone| is_e164(phone));
        let phone = phone.ok_or_else(|| Invalid::field("phone", "must be a number in E.164 format"))?;
        let contact = Contact {
            phone: phone.into(),
            created_at: self
                .string("created_at")?
                .map(|text| text.parse::<DateTime<Utc>>().map(|time| time.timestamp_millis()))
                .transpose()
                .map_err(|_| Invalid::field("created_at", "must be a date-time"))?,
            verified: self.bool("verified")?,
            details: self.update_details()?,
        };
        let opt_out = self.bool("opt_out")?;
        match self.0.keys().next() {
            Some(name) => Err(Invalid::field(name, "is not a property of a contact")),
            None => Ok((contact, opt_out)),
        }
    }
}

fn into_string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn camel_case(snake_case: &str) -> String {
    let mut camel_case = String::with_capacity(snake_case.len());
    let mut upper = false;
    for letter in snake_case.chars() {
        match letter {
            '_' => upper = true,
            letter if std::mem::take(&mut upper) => camel_case.push(letter.to_ascii_uppercase()),
            letter => camel_case.push(letter),
        }
    }
    camel_case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_joins_the_words_of_a_snake_case_name() {
        assert_eq!(camel_case("assigned_to_email"), "assignedToEmail");
        assert_eq!(camel_case("tags"), "tags");
    }
}
