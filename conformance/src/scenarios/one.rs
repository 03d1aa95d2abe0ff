//! The operations on one contact.

use sendblue_contacts::{Contact, ErrorKind};
use serde_json::Value;

use crate::{
    document::nulls as nulls_of,
    probe::{Probe, Received, Result, describe},
    reserved::{ADA, ANOTHER, AUGUSTA, COLOUR, COMPANY, FIRST_TAG, GRACE, NAMES, PLAN, SECOND_TAG, TAG},
    suite::{Observation, observed, read_back},
};

/// Returns whether the library can handle the response: a success, a reported error, or an expected 4xx.
pub fn can_handle<T>(received: &Received<T>) -> bool {
    match received {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::Reported => true,
        Err(error) => error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 413 | 422)),
    }
}

pub async fn create(probe: &Probe) -> Result<Observation> {
    let (first_name, last_name) = NAMES[0];
    probe.will_create([ADA]);
    let create = probe.contacts.create(ADA).first_name(first_name).last_name(last_name);
    let create = create.tags([TAG, FIRST_TAG]).custom_variables([PLAN]);
    let response = probe.send_ok("contacts.create", create).await?;
    let ada = probe.retrieve(ADA).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("phone of the response", response.value().phone.as_deref() == Some(ADA)),
            ("phone", ada.phone.as_deref() == Some(ADA)),
            ("first_name", ada.first_name.as_deref() == Some(first_name)),
            ("last_name", ada.last_name.as_deref() == Some(last_name)),
            ("tags", has_tags(&ada, &[TAG, FIRST_TAG])),
            ("custom_variables", has_variable(&ada, PLAN)),
            ("created_at", ada.created_at.is_some()),
        ],
    ))
}

pub async fn create_existing(probe: &Probe) -> Result<Observation> {
    let create = probe.contacts.create(ADA).first_name(ANOTHER);
    let received = probe.send("contacts.create", create).await?;
    let changed = probe.retrieve(ADA).await?.first_name.as_deref() == Some(ANOTHER);
    let effect = if changed { "contact changed" } else { "contact unchanged" };
    let as_expected = can_handle(&received) && !(received.is_err() && changed);
    Ok(observed(as_expected, format!("{}; {effect}", describe(&received))))
}

pub async fn create_or_update(probe: &Probe) -> Result<Observation> {
    let create = probe.contacts.create(ADA).first_name(AUGUSTA).update_if_exists(true);
    let response = probe.send_ok("contacts.create", create).await?;
    let ada = probe.retrieve(ADA).await?;
    Ok(read_back(response.status().as_u16(), &[("first_name", ada.first_name.as_deref() == Some(AUGUSTA))]))
}

pub async fn update(probe: &Probe) -> Result<Observation> {
    let update = probe.contacts.update(ADA).company_name(COMPANY).custom_variables([COLOUR]);
    let response = probe.send_ok("contacts.update", update).await?;
    let ada = probe.retrieve(ADA).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("company_name", ada.company_name.as_deref() == Some(COMPANY)),
            ("first_name, omitted from the update", ada.first_name.as_deref() == Some(AUGUSTA)),
            ("new entry of custom_variables", has_variable(&ada, COLOUR)),
            ("earlier entry of custom_variables", has_variable(&ada, PLAN)),
        ],
    ))
}

pub async fn replace_tags(probe: &Probe) -> Result<Observation> {
    probe.send_ok("contacts.update", probe.contacts.update(ADA).tags([TAG, SECOND_TAG])).await?;
    let ada = probe.retrieve(ADA).await?;
    let replaced = has_tags(&ada, &[TAG, SECOND_TAG]);
    let added = has_tags(&ada, &[TAG, FIRST_TAG, SECOND_TAG]);
    Ok(observed(
        replaced,
        match (replaced, added) {
            (true, _) => "replaced",
            (_, true) => "added to the existing tags",
            _ => "neither replaced nor added",
        },
    ))
}

pub async fn clear_tags(probe: &Probe) -> Result<Observation> {
    probe.send_ok("contacts.update", probe.contacts.update(ADA).tags([""; 0])).await?;
    let cleared = has_tags(&probe.retrieve(ADA).await?, &[]);
    probe.send_ok("contacts.update", probe.contacts.update(ADA).tags([TAG])).await?;
    Ok(observed(cleared, if cleared { "cleared" } else { "not cleared" }))
}

pub async fn opt_out(probe: &Probe) -> Result<Observation> {
    probe.will_opt_out(ADA);
    let out = probe.send_ok("contacts.opt_out", probe.contacts.opt_out(ADA)).await?;
    let is_out = probe.retrieve(ADA).await?.opt_out;
    let back = probe.send_ok("contacts.opt_out", probe.contacts.opt_out(ADA).opted_out(false)).await?;
    let is_back = probe.retrieve(ADA).await?.opt_out;
    Ok(read_back(
        format_args!("{}, {}", out.status().as_u16(), back.status().as_u16()),
        &[
            ("number of the response", out.value().number.as_deref() == Some(ADA)),
            ("opted_out of the response", out.value().opted_out == Some(true)),
            ("opted_out of the response after opting in", back.value().opted_out == Some(false)),
            ("opt_out", is_out == Some(true)),
            ("opt_out after opting in", is_back == Some(false)),
        ],
    ))
}

pub async fn nulls(probe: &Probe) -> Result<Observation> {
    probe.will_create([GRACE]);
    let create = probe.send_ok("contacts.create", probe.contacts.create(GRACE).tags([TAG])).await?;
    let retrieve = probe.send_ok("contacts.retrieve", probe.contacts.retrieve(GRACE)).await?;
    let list = probe.send_ok("contacts.list", probe.contacts.list().phone_number(GRACE)).await?;
    let is_grace = |contact: &Contact| contact.phone.as_deref() == Some(GRACE);
    let as_expected = is_grace(create.value()) && is_grace(retrieve.value()) && list.value().iter().all(is_grace);

    let json = [create.json::<Value>(), retrieve.json(), list.json()];
    let mut found: Vec<_> = json.iter().flatten().flat_map(|body| nulls_of(body, "")).collect();
    found.sort();
    found.dedup();
    Ok(observed(
        as_expected,
        match found[..] {
            [] => "no null in the responses to create, retrieve and list".to_owned(),
            _ => format!("yes: {}", found.join(", ")),
        },
    ))
}

pub async fn casing(probe: &Probe) -> Result<Observation> {
    let retrieve = probe.send_ok("contacts.retrieve", probe.contacts.retrieve(ADA)).await?;
    let list = probe.send_ok("contacts.list", probe.contacts.list().phone_number(ADA)).await?;
    let is_read = |contact: &Contact| contact.first_name.is_some() && has_variable(contact, PLAN);
    let as_expected = is_read(retrieve.value()) && list.value().first().is_some_and(is_read);
    let retrieved = retrieve.json::<Value>().map(|body| casing_of(&body["contact"])).unwrap_or_default();
    let listed = list.json::<Value>().map(|body| casing_of(&body[0])).unwrap_or_default();
    Ok(observed(as_expected, format!("retrieve: {retrieved}; list: {listed}")))
}

/// Returns the spelling of `first_name` and `custom_variables` in a contact.
fn casing_of(contact: &Value) -> &'static str {
    let has = |names: [&str; 2]| names.iter().any(|name| !contact[*name].is_null());
    match (has(["first_name", "custom_variables"]), has(["firstName", "customVariables"])) {
        (true, true) => "both spellings",
        (true, false) => "snake_case",
        (false, true) => "camelCase",
        (false, false) => "neither spelling",
    }
}

pub async fn delete(probe: &Probe) -> Result<Observation> {
    let response = probe.send_ok("contacts.delete", probe.contacts.delete(ADA)).await?;
    let is_gone = probe.find(ADA).await?.is_none();
    Ok(read_back(response.status().as_u16(), &[("deletion of the contact", is_gone)]))
}

/// Returns whether the contact has exactly these tags, in any order.
fn has_tags(contact: &Contact, expected: &[&str]) -> bool {
    let mut tags: Vec<&str> = contact.tags.iter().flatten().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    tags.sort_unstable();
    expected.sort_unstable();
    tags == expected
}

fn has_variable(contact: &Contact, (label, value): (&str, &str)) -> bool {
    contact.custom_variables.as_ref().is_some_and(|all| all.get(label).map(String::as_str) == Some(value))
}
