//! One contact: what is stored of it, and the JSON in which each operation shows it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, SecondsFormat};
use serde::{
    Serialize,
    ser::{SerializeMap, Serializer},
};

/// The place of a contact in the order of insertion: breaks ties, and names the contact as its `contact_id`.
pub(super) type Seq = u64;

/// The company that `create` names for a contact that has none: the real service derives one from the account.
const ACCOUNT_COMPANY: &str = "Sandbox";

/// Whether `text` is a phone number in E.164 format: a plus and 2 to 15 digits, the first of them no zero.
pub(super) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A contact as stored. What it has opted out of is the recipient's state and kept elsewhere.
///
/// Texts are shared with the indexes, and among contacts that bear the same name.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    pub(super) phone: Arc<str>,
    /// Milliseconds since 1970.
    pub(super) created_at: Option<i64>,
    pub(super) verified: Option<bool>,
    pub(super) details: Details,
}

/// What a request may set on a contact. On a request, `None` leaves a detail as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) first_name: Option<Arc<str>>,
    pub(super) last_name: Option<Arc<str>>,
    pub(super) company_name: Option<Arc<str>>,
    pub(super) assigned_to_email: Option<Arc<str>>,
    pub(super) sendblue_number: Option<Arc<str>>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) custom_variables: Option<BTreeMap<String, String>>,
}

impl Details {
    /// Takes over what `change` sets: `custom_variables` are merged, everything else is replaced.
    pub(super) fn apply(&mut self, change: Self) {
        fn replace<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        replace(&mut self.first_name, change.first_name);
        replace(&mut self.last_name, change.last_name);
        replace(&mut self.company_name, change.company_name);
        replace(&mut self.assigned_to_email, change.assigned_to_email);
        replace(&mut self.sendblue_number, change.sendblue_number);
        replace(&mut self.tags, change.tags);
        if let Some(variables) = change.custom_variables {
            self.custom_variables.get_or_insert_default().extend(variables);
        }
    }
}

/// The immutable identity that list responses show.
#[derive(Clone, Copy)]
pub(super) struct ContactId(pub(super) Seq);

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00000000-0000-4000-8000-{:012x}", self.0)
    }
}

impl ContactId {
    /// The identity that is written exactly so.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, digits) = text.rsplit_once('-')?;
        Some(Self(Seq::from_str_radix(digits, 16).ok()?)).filter(|id| id.to_string() == text)
    }
}

/// In which form an answer shows a contact.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The documented properties.
    Plain,
    /// With `contact_id`, as list responses show it.
    Listed(ContactId),
    /// In both casings and with a company, as create answers.
    Created,
}

/// A contact on its way into an answer: serialized from where it is stored, without a copy.
pub(super) struct View<'a> {
    pub(super) contact: &'a Contact,
    pub(super) opt_out: Option<bool>,
    pub(super) shape: Shape,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Contact { phone, created_at, verified, details } = self.contact;
        let mut object = Object { map: serializer.serialize_map(None)?, camel: matches!(self.shape, Shape::Created) };
        let company = details.company_name.as_deref().or(object.camel.then_some(ACCOUNT_COMPANY));
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
        object.entry("created_at", "createdAt", created_at)?;
        object.map.end()
    }
}

struct Object<M> {
    map: M,
    camel: bool,
}

impl<M: SerializeMap> Object<M> {
    /// Writes a property that has a value, in one casing or in both.
    fn entry(&mut self, snake: &str, camel: &str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        let Some(value) = value else { return Ok(()) };
        self.map.serialize_entry(snake, &value)?;
        if self.camel && snake != camel {
            self.map.serialize_entry(camel, &value)?;
        }
        Ok(())
    }
}
