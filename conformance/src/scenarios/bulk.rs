//! The bulk operations.

use sendblue_contacts::http::Method;
use serde_json::{Value, json};

use super::one::can_handle;
use crate::{
    probe::{Probe, Result, describe},
    reserved::{self, ANOTHER, COMPANY, DOROTHY, GRACE, HEDY, IMPOSSIBLE_NUMBER, KATHERINE, MARY, NAMES, TAG},
    suite::{Observation, observed, read_back},
};

pub async fn create(probe: &Probe) -> Result<Observation> {
    probe.will_create([KATHERINE, HEDY]);
    let new = |phone, (first_name, last_name)| {
        reserved::new(phone).first_name(first_name).last_name(last_name).company_name(COMPANY).tags([TAG])
    };
    let create = probe.contacts.bulk().create([new(KATHERINE, NAMES[2]), new(HEDY, NAMES[3])]);
    let response = probe.send_ok("contacts.bulk.create", create).await?;
    let response_has = |phone| response.value().iter().any(|contact| contact.phone.as_deref() == Some(phone));
    let hedy = probe.retrieve(HEDY).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("contacts of the response", response_has(KATHERINE) && response_has(HEDY)),
            ("first_name", hedy.first_name.as_deref() == Some(NAMES[3].0)),
            ("last_name", hedy.last_name.as_deref() == Some(NAMES[3].1)),
            ("company_name", hedy.company_name.as_deref() == Some(COMPANY)),
            ("tags", hedy.tags.iter().flatten().eq([TAG])),
        ],
    ))
}

pub async fn create_existing(probe: &Probe) -> Result<Observation> {
    probe.will_create([DOROTHY]);
    let new = [KATHERINE, DOROTHY].map(|phone| reserved::new(phone).first_name(ANOTHER).tags([TAG]));
    let received = probe.send("contacts.bulk.create", probe.contacts.bulk().create(new)).await?;
    let is_created = probe.find(DOROTHY).await?.is_some();
    let changed = probe.retrieve(KATHERINE).await?.first_name.as_deref() == Some(ANOTHER);
    let mut effects = vec![
        if is_created { "new contact created" } else { "new contact not created" },
        if changed { "existing contact changed" } else { "existing contact unchanged" },
    ];
    if let Ok(response) = &received {
        let is_returned = response.value().iter().any(|contact| contact.phone.as_deref() == Some(KATHERINE));
        effects.push(if is_returned {
            "existing contact in the response"
        } else {
            "existing contact not in the response"
        });
    }
    Ok(observed(can_handle(&received), format!("{}; {}", describe(&received), effects.join(", "))))
}

pub async fn create_no_number(probe: &Probe) -> Result<Observation> {
    probe.will_create([IMPOSSIBLE_NUMBER, MARY]);
    let new = [IMPOSSIBLE_NUMBER, MARY].map(|phone| reserved::new(phone).tags([TAG]));
    let received = probe.send("contacts.bulk.create", probe.contacts.bulk().create(new)).await?;
    let impossible = probe.find(IMPOSSIBLE_NUMBER).await?.is_some();
    let valid = probe.find(MARY).await?.is_some();
    let effect = match (impossible, valid) {
        (true, true) => "both contacts created, including the impossible number",
        (true, false) => "only the contact with the impossible number created",
        (false, true) => "only the contact with the valid number created",
        (false, false) => "no contact created",
    };
    Ok(observed(can_handle(&received), format!("{}; {effect}", describe(&received))))
}

pub async fn delete(probe: &Probe) -> Result<Observation> {
    let response = probe.send_ok("contacts.bulk.delete", probe.contacts.bulk().delete([GRACE, HEDY])).await?;
    let amount = *response.value();
    let grace_is_gone = probe.find(GRACE).await?.is_none();
    let hedy_is_gone = probe.find(HEDY).await?.is_none();
    Ok(read_back(
        response.status().as_u16(),
        &[("amount", amount == Some(2)), ("deletion of the contacts", grace_is_gone && hedy_is_gone)],
    ))
}

pub async fn delete_by_id(probe: &Probe) -> Result<Observation> {
    let list = probe.send_ok("contacts.list", probe.contacts.list().phone_number(KATHERINE)).await?;
    let is_katherine = |phone: &Option<String>| phone.as_deref() == Some(KATHERINE);
    let katherine = list.value().iter().find(|contact| is_katherine(&contact.phone));
    let Some(id) = katherine.and_then(|contact| contact.contact_id.as_deref()) else {
        return Ok(observed(false, "not tested: the list has no contact_id"));
    };
    let delete = probe.target.client.request::<Value>(Method::DELETE, "/api/v2/contacts");
    let received = probe.send("contacts.bulk.delete", delete.json(json!({ "contact_ids": [id] }))).await?;
    let effect = match probe.find(KATHERINE).await? {
        None => "contact deleted",
        Some(_) => "contact not deleted",
    };
    Ok(observed(can_handle(&received), format!("{}; {effect}", describe(&received))))
}
