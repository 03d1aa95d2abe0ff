//! One contact, from its creation to its end.

use sendblue_contacts::Contact;
use serde_json::Value;

use super::super::{
    document::nulls as nulls_of,
    probe::{Answer, Probe, Result, words},
    reserved::{ADA, ANOTHER, AUGUSTA, COLOUR, COMPANY, FIRST_TAG, GRACE, NAMES, PLAN, SECOND_TAG, TAG},
    suite::{Seen, read_back, seen},
};

/// Whether an answer to what may be refused is one that a caller can go by.
pub(crate) fn is_understood<T>(answer: &Answer<T>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) if error.is_reported() => true,
        Err(error) => error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 413 | 422)),
    }
}

pub(crate) async fn create(probe: &Probe) -> Result<Seen> {
    let (first_name, last_name) = NAMES[0];
    probe.creates([ADA]);
    let create = probe.contacts.create(ADA).first_name(first_name).last_name(last_name);
    let create = create.tags([TAG, FIRST_TAG]).custom_variables([PLAN]);
    let response = probe.done("contacts.create", create).await?;
    let ada = probe.present(ADA).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("phone of the answer", response.value().phone.as_deref() == Some(ADA)),
            ("phone", ada.phone.as_deref() == Some(ADA)),
            ("first_name", ada.first_name.as_deref() == Some(first_name)),
            ("last_name", ada.last_name.as_deref() == Some(last_name)),
            ("tags", has_tags(&ada, &[TAG, FIRST_TAG])),
            ("custom_variables", has_variable(&ada, PLAN)),
            ("created_at", ada.created_at.is_some()),
        ],
    ))
}

pub(crate) async fn create_existing(probe: &Probe) -> Result<Seen> {
    let create = probe.contacts.create(ADA).first_name(ANOTHER);
    let answer = probe.ask("contacts.create", create).await?;
    let changed = probe.present(ADA).await?.first_name.as_deref() == Some(ANOTHER);
    let effect = if changed { "the contact is changed" } else { "the contact stays as it is" };
    let as_expected = is_understood(&answer) && !(answer.is_err() && changed);
    Ok(seen(as_expected, format!("{}; {effect}", words(&answer))))
}

pub(crate) async fn create_or_update(probe: &Probe) -> Result<Seen> {
    let create = probe.contacts.create(ADA).first_name(AUGUSTA).update_if_exists(true);
    let response = probe.done("contacts.create", create).await?;
    let ada = probe.present(ADA).await?;
    Ok(read_back(response.status().as_u16(), &[("first_name", ada.first_name.as_deref() == Some(AUGUSTA))]))
}

pub(crate) async fn update(probe: &Probe) -> Result<Seen> {
    let update = probe.contacts.update(ADA).company_name(COMPANY).custom_variables([COLOUR]);
    let response = probe.done("contacts.update", update).await?;
    let ada = probe.present(ADA).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("company_name", ada.company_name.as_deref() == Some(COMPANY)),
            ("first_name, which was left out", ada.first_name.as_deref() == Some(AUGUSTA)),
            ("the new one of custom_variables", has_variable(&ada, COLOUR)),
            ("the former one of custom_variables", has_variable(&ada, PLAN)),
        ],
    ))
}

pub(crate) async fn replace_tags(probe: &Probe) -> Result<Seen> {
    probe.done("contacts.update", probe.contacts.update(ADA).tags([TAG, SECOND_TAG])).await?;
    let ada = probe.present(ADA).await?;
    let replaced = has_tags(&ada, &[TAG, SECOND_TAG]);
    let added = has_tags(&ada, &[TAG, FIRST_TAG, SECOND_TAG]);
    Ok(seen(
        replaced,
        match (replaced, added) {
            (true, _) => "they are replaced",
            (_, true) => "they are added to the present ones",
            _ => "neither replaced nor added to",
        },
    ))
}

pub(crate) async fn clear_tags(probe: &Probe) -> Result<Seen> {
    probe.done("contacts.update", probe.contacts.update(ADA).tags([""; 0])).await?;
    let cleared = has_tags(&probe.present(ADA).await?, &[]);
    probe.done("contacts.update", probe.contacts.update(ADA).tags([TAG])).await?;
    Ok(seen(cleared, if cleared { "they are cleared" } else { "they are still there" }))
}

pub(crate) async fn opt_out(probe: &Probe) -> Result<Seen> {
    probe.opts_out(ADA);
    let out = probe.done("contacts.opt_out", probe.contacts.opt_out(ADA)).await?;
    let is_out = probe.present(ADA).await?.opt_out;
    let back = probe.done("contacts.opt_out", probe.contacts.opt_out(ADA).opted_out(false)).await?;
    let is_back = probe.present(ADA).await?.opt_out;
    Ok(read_back(
        format_args!("{}, {}", out.status().as_u16(), back.status().as_u16()),
        &[
            ("number of the answer", out.value().number.as_deref() == Some(ADA)),
            ("opted_out of the answer", out.value().opted_out == Some(true)),
            ("opted_out of the answer, when opting back in", back.value().opted_out == Some(false)),
            ("opt_out", is_out == Some(true)),
            ("opt_out, when opted back in", is_back == Some(false)),
        ],
    ))
}

pub(crate) async fn nulls(probe: &Probe) -> Result<Seen> {
    probe.creates([GRACE]);
    let create = probe.done("contacts.create", probe.contacts.create(GRACE).tags([TAG])).await?;
    let retrieve = probe.done("contacts.retrieve", probe.contacts.retrieve(GRACE)).await?;
    let list = probe.done("contacts.list", probe.contacts.list().phone_number(GRACE)).await?;
    let is_grace = |contact: &Contact| contact.phone.as_deref() == Some(GRACE);
    let as_expected = is_grace(create.value()) && is_grace(retrieve.value()) && list.value().iter().all(is_grace);

    let json = [create.json::<Value>(), retrieve.json(), list.json()];
    let mut found: Vec<_> = json.iter().flatten().flat_map(|body| nulls_of(body, "")).collect();
    found.sort();
    found.dedup();
    Ok(seen(
        as_expected,
        match found[..] {
            [] => "none in the answers to create, retrieve and list".to_owned(),
            _ => format!("yes: {}", found.join(", ")),
        },
    ))
}

pub(crate) async fn delete(probe: &Probe) -> Result<Seen> {
    let response = probe.done("contacts.delete", probe.contacts.delete(ADA)).await?;
    let is_gone = probe.contact(ADA).await?.is_none();
    Ok(read_back(response.status().as_u16(), &[("whether there is a contact", is_gone)]))
}

/// Just these tags, in any order.
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
