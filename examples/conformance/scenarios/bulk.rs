//! Many contacts in one request.

use sendblue_contacts::{NewContact, http::Method};
use serde_json::{Value, json};

use super::{
    super::{
        probe::{Probe, Result, words},
        reserved::{ANOTHER, COMPANY, DOROTHY, GRACE, HEDY, KATHERINE, MARY, NAMES, NO_NUMBER, TAG},
        suite::{Seen, read_back, seen},
    },
    one::is_understood,
};

pub(crate) async fn create(probe: &Probe) -> Result<Seen> {
    probe.creates([KATHERINE, HEDY]);
    let new = |phone, (first_name, last_name)| {
        NewContact::new(phone).first_name(first_name).last_name(last_name).company_name(COMPANY).tags([TAG])
    };
    let create = probe.contacts.bulk().create([new(KATHERINE, NAMES[2]), new(HEDY, NAMES[3])]);
    let response = probe.done("contacts.bulk.create", create).await?;
    let answered = |phone| response.value().iter().any(|contact| contact.phone.as_deref() == Some(phone));
    let hedy = probe.present(HEDY).await?;
    Ok(read_back(
        response.status().as_u16(),
        &[
            ("contacts of the answer", answered(KATHERINE) && answered(HEDY)),
            ("first_name", hedy.first_name.as_deref() == Some(NAMES[3].0)),
            ("last_name", hedy.last_name.as_deref() == Some(NAMES[3].1)),
            ("company_name", hedy.company_name.as_deref() == Some(COMPANY)),
            ("tags", hedy.tags.iter().flatten().eq([TAG])),
        ],
    ))
}

pub(crate) async fn create_existing(probe: &Probe) -> Result<Seen> {
    probe.creates([DOROTHY]);
    let new = [KATHERINE, DOROTHY].map(|phone| NewContact::new(phone).first_name(ANOTHER).tags([TAG]));
    let answer = probe.ask("contacts.bulk.create", probe.contacts.bulk().create(new)).await?;
    let is_there = probe.contact(DOROTHY).await?.is_some();
    let changed = probe.present(KATHERINE).await?.first_name.as_deref() == Some(ANOTHER);
    let mut effects = vec![
        if is_there { "the new one is created" } else { "the new one is not created" },
        if changed { "the existing one is changed" } else { "the existing one stays as it is" },
    ];
    if let Ok(response) = &answer {
        let named = response.value().iter().any(|contact| contact.phone.as_deref() == Some(KATHERINE));
        effects.push(if named { "and is in the answer" } else { "and is not in the answer" });
    }
    Ok(seen(is_understood(&answer), format!("{}; {}", words(&answer), effects.join(", "))))
}

pub(crate) async fn create_no_number(probe: &Probe) -> Result<Seen> {
    probe.creates([NO_NUMBER, MARY]);
    let new = [NO_NUMBER, MARY].map(|phone| NewContact::new(phone).tags([TAG]));
    let answer = probe.ask("contacts.bulk.create", probe.contacts.bulk().create(new)).await?;
    let wrong = probe.contact(NO_NUMBER).await?.is_some();
    let right = probe.contact(MARY).await?.is_some();
    let effect = match (wrong, right) {
        (true, true) => "created are both, a number that nobody can have included",
        (true, false) => "created is the number that nobody can have, and not the other one",
        (false, true) => "created is only the other one",
        (false, false) => "created is neither",
    };
    Ok(seen(is_understood(&answer), format!("{}; {effect}", words(&answer))))
}

pub(crate) async fn delete(probe: &Probe) -> Result<Seen> {
    let response = probe.done("contacts.bulk.delete", probe.contacts.bulk().delete([GRACE, HEDY])).await?;
    let amount = *response.value();
    let grace_is_gone = probe.contact(GRACE).await?.is_none();
    let hedy_is_gone = probe.contact(HEDY).await?.is_none();
    Ok(read_back(
        response.status().as_u16(),
        &[("amount", amount == Some(2)), ("whether there are contacts", grace_is_gone && hedy_is_gone)],
    ))
}

pub(crate) async fn delete_by_id(probe: &Probe) -> Result<Seen> {
    let list = probe.done("contacts.list", probe.contacts.list().phone_number(KATHERINE)).await?;
    let is_katherine = |phone: &Option<String>| phone.as_deref() == Some(KATHERINE);
    let katherine = list.value().iter().find(|contact| is_katherine(&contact.phone));
    let Some(id) = katherine.and_then(|contact| contact.contact_id.as_deref()) else {
        return Ok(seen(false, "cannot be asked: a list shows no contact_id"));
    };
    let delete = probe.target.client.request::<Value>(Method::DELETE, ["api", "v2", "contacts"]);
    let answer = probe.ask("contacts.bulk.delete", delete.json(json!({ "contact_ids": [id] }))).await?;
    let effect = match probe.contact(KATHERINE).await? {
        None => "the contact is gone",
        Some(_) => "the contact is still there",
    };
    Ok(seen(is_understood(&answer), format!("{}; {effect}", words(&answer))))
}
