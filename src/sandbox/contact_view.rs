//! The JSON of a contact in responses.

use chrono::{DateTime, SecondsFormat};
use serde::{
    Serialize,
    ser::{SerializeMap, Serializer},
};

use super::contact::{Contact, ContactId};

/// The company name in the response to `create`, if the contact has no company name.
///
/// The live service derives this name from the account.
const ACCOUNT_COMPANY: &str = "Sandbox";

/// The set of properties that a response contains.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The documented properties.
    Plain,
    /// The documented properties and `contact_id`, for `list`.
    Listed(ContactId),
    /// The documented properties in `snake_case` and in camelCase, with a company name, for `create`.
    Created,
}

/// A contact that serializes by reference, without a copy.
pub(super) struct ContactView<'a> {
    pub(super) contact: &'a Contact,
    pub(super) opt_out: Option<bool>,
    pub(super) shape: Shape,
    /// Whether the property names are in camelCase. `created_at` and `contact_id` stay in `snake_case`.
    pub(super) camel_case: bool,
}

impl Serialize for ContactView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Contact { phone, created_at, verified, details } = self.contact;
        let both_casings = matches!(self.shape, Shape::Created);
        let casing = match self.camel_case {
            _ if both_casings => Casing::Both,
            true => Casing::Camel,
            false => Casing::Snake,
        };
        let mut object = Object { map: serializer.serialize_map(None)?, casing };
        let company = details.company_name.as_deref().or(both_casings.then_some(ACCOUNT_COMPANY));
        let created_at = created_at
            .and_then(DateTime::from_timestamp_millis)
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true));
        if let Shape::Listed(id) = self.shape {
            object.map.serialize_entry("contact_id", &format_args!("{id}"))?;
        }
        object.map.serialize_entry("phone", &**phone)?;
        object.entry("first_name", "firstName", details.first_name.as_deref())?;
        object.entry("last_name", "lastName", details.last_name.as_deref())?;
        object.entry("company_name", "companyName", company)?;
        object.entry("assigned_to_email", "assignedToEmail", details.assigned_to_email.as_deref())?;
        object.entry("sendblue_number", "sendblueNumber", details.sendblue_number.as_deref())?;
        object.entry("tags", "tags", details.tags.as_deref())?;
        object.entry("custom_variables", "customVariables", details.custom_variables.as_ref())?;
        object.entry("opt_out", "optOut", self.opt_out)?;
        object.entry("verified", "verified", *verified)?;
        let camel_case_name = if self.camel_case { "created_at" } else { "createdAt" };
        object.entry("created_at", camel_case_name, created_at)?;
        object.map.end()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Casing {
    Snake,
    Camel,
    Both,
}

struct Object<M> {
    map: M,
    casing: Casing,
}

impl<M: SerializeMap> Object<M> {
    /// Writes a property if it has a value.
    fn entry(&mut self, snake_case: &str, camel_case: &str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        let Some(value) = value else { return Ok(()) };
        if self.casing != Casing::Camel {
            self.map.serialize_entry(snake_case, &value)?;
        }
        if self.casing == Casing::Camel || self.casing == Casing::Both && snake_case != camel_case {
            self.map.serialize_entry(camel_case, &value)?;
        }
        Ok(())
    }
}
