//! Lists and counts. Of an account's own contacts only order and number are looked at.

use sendblue_contacts::{
    Contact, Endpoint, OrderBy, OrderDirection, Request,
    chrono::{DateTime, Utc},
    contacts::{ListContacts, MAX_LIMIT, MAX_OFFSET},
    http::Method,
};

use super::super::{
    probe::{Answer, Probe, Result, Stop, words},
    reserved::{ADA, FAR_FUTURE},
    suite::{Seen, seen},
};

pub(crate) async fn count(probe: &Probe) -> Result<Seen> {
    let answer = probe.ask("contacts.count", probe.contacts.count()).await?;
    Ok(match answer {
        Ok(response) => seen(true, format!("{}: {}", response.status().as_u16(), response.value())),
        Err(_) => seen(false, words(&answer)),
    })
}

pub(crate) async fn request_id(probe: &Probe) -> Result<Seen> {
    let response = probe.done("contacts.count", probe.contacts.count()).await?;
    let is_id = |name: &&str| ["request-id", "correlation-id", "trace", "ray"].iter().any(|part| name.contains(part));
    let ids: Vec<_> = response.headers().keys().map(|name| name.as_str()).filter(is_id).collect();
    Ok(seen(
        true,
        if ids.is_empty() { "none that looks like it".to_owned() } else { format!("yes: {}", ids.join(", ")) },
    ))
}

pub(crate) async fn one(probe: &Probe) -> Result<Seen> {
    let by_number = ada(probe).await?;
    let Some(id) = by_number.contact_id else { return Ok(seen(false, "a contact without contact_id")) };
    let by_id = probe.done("contacts.list", probe.contacts.list().cid(id)).await?.into_value();
    Ok(match &by_id[..] {
        [contact] if contact.phone.as_deref() == Some(ADA) => seen(true, "the contact, by either"),
        contacts => seen(false, format!("by cid, {} contacts, or another one", contacts.len())),
    })
}

pub(crate) async fn since(probe: &Probe) -> Result<Seen> {
    let Some(created_at) = ada(probe).await?.created_at else {
        return Ok(seen(false, "a contact without created_at"));
    };
    let far: DateTime<Utc> = FAR_FUTURE.parse().map_err(|_| Stop::Ended("the far future is no time".into()))?;
    let list = |time| probe.contacts.list().phone_number(ADA).created_at_gte(time);
    let same = probe.done("contacts.list", list(created_at)).await?.into_value().len();
    let later = probe.done("contacts.list", list(far)).await?.into_value().len();
    Ok(seen((same, later) == (1, 0), format!("since its own time {same}, since the far future {later}")))
}

pub(crate) async fn order(probe: &Probe) -> Result<Seen> {
    let default = dates(probe.contacts.list(), probe).await?;
    let ascending = dates(by_creation(probe, OrderDirection::Asc), probe).await?;
    let default_descends = default.is_sorted_by(|one, next| one >= next);
    let words = |is_so| if is_so { "yes" } else { "no" };
    Ok(seen(
        default_descends && ascending.is_sorted(),
        format!(
            "newest first unless asked: {}; ascending when asked: {}",
            words(default_descends),
            words(ascending.is_sorted())
        ),
    ))
}

pub(crate) async fn order_by(probe: &Probe) -> Result<Seen> {
    let mut answers = Vec::new();
    for property in [OrderBy::FIRST_NAME, OrderBy::LAST_NAME, OrderBy::PHONE] {
        answers.push(probe.ask("contacts.list", probe.contacts.list().order_by(property).limit(1)).await?);
    }
    Ok(seen(answers.iter().all(Answer::is_ok), answers.iter().map(words).collect::<Vec<_>>().join(", ")))
}

pub(crate) async fn pages(probe: &Probe) -> Result<Seen> {
    let page = |offset, limit| by_creation(probe, OrderDirection::Asc).offset(offset).limit(limit);
    let two = probe.done("contacts.list", page(0, 2)).await?.into_value();
    let second = probe.done("contacts.list", page(1, 1)).await?.into_value();
    Ok(match (&two[..], &second[..]) {
        ([_, one], [other]) if identity(one) == identity(other) => seen(true, "they join"),
        (two, second) => seen(false, format!("pages of {} and {}, which do not join", two.len(), second.len())),
    })
}

pub(crate) async fn over_limit(probe: &Probe) -> Result<Seen> {
    let most = MAX_LIMIT as usize;
    let list = beyond(probe).query("limit", (MAX_LIMIT + 1).to_string());
    let answer = probe.ask("contacts.list", list).await?;
    Ok(match &answer {
        Ok(response) => match response.value().len() {
            length if length > most => seen(true, format!("it is honoured: {length} contacts")),
            length if length == most => seen(true, format!("it is lowered to {length}")),
            length => seen(true, format!("no refusal; whether it is lowered cannot be told from {length} contacts")),
        },
        Err(_) => refused(&answer),
    })
}

pub(crate) async fn over_offset(probe: &Probe) -> Result<Seen> {
    let last = by_creation(probe, OrderDirection::Asc).limit(1).offset(MAX_OFFSET);
    let last = probe.done("contacts.list", last).await?.into_value();
    let list = beyond(probe).query("order_by", "created_at").query("order_direction", "asc");
    let list = list.query("limit", "1").query("offset", (MAX_OFFSET + 1).to_string());
    let answer = probe.ask("contacts.list", list).await?;
    Ok(match (&answer, last.first()) {
        (Err(_), _) => refused(&answer),
        (Ok(_), None) => seen(true, "no refusal; whether it is lowered cannot be told from so few contacts"),
        (Ok(response), Some(last)) => match response.value().first() {
            Some(contact) if identity(contact) == identity(last) => seen(true, "it is lowered: the same page again"),
            _ => seen(true, "it is honoured: another page"),
        },
    })
}

pub(crate) async fn undated(probe: &Probe) -> Result<Seen> {
    let mut places = Vec::new();
    for (direction, name) in [(OrderDirection::Asc, "ascending"), (OrderDirection::Desc, "descending")] {
        let page = by_creation(probe, direction).limit(MAX_LIMIT);
        let page = probe.done("contacts.list", page).await?.into_value();
        let is_undated = |contact: Option<&Contact>| contact.is_some_and(|contact| contact.created_at.is_none());
        if page.iter().any(|contact| contact.created_at.is_some()) {
            match (is_undated(page.first()), is_undated(page.last())) {
                (true, false) => places.push(format!("{name}: first")),
                (false, true) => places.push(format!("{name}: last")),
                (true, true) => places.push(format!("{name}: first and last")),
                (false, false) => {}
            }
        }
    }
    let unseen = "cannot be told: none at the ends of the pages that were looked at";
    Ok(seen(true, if places.is_empty() { unseen.to_owned() } else { places.join("; ") }))
}

/// After a bulk create, whose contacts may share their time.
pub(crate) async fn ties(probe: &Probe) -> Result<Seen> {
    let mut pages = Vec::new();
    for _ in 0..2 {
        let page = by_creation(probe, OrderDirection::Desc);
        let page = probe.done("contacts.list", page).await?.into_value();
        let time = |contact: &Contact| contact.created_at;
        let shared = |one: &Contact| page.iter().filter(|other| time(other) == time(one)).count() > 1;
        let tied = page.iter().filter(|contact| contact.created_at.is_some() && shared(contact));
        pages.push(tied.map(|contact| identity(contact).map(String::from)).collect::<Vec<_>>());
    }
    let is_same = pages.first() == pages.last();
    Ok(seen(
        true,
        match pages.first().map_or(0, Vec::len) {
            0 => "cannot be told: no two share one".to_owned(),
            tied if is_same => format!("the same order twice, of {tied}"),
            _ => "no: another order the second time".to_owned(),
        },
    ))
}

/// The suite's own contact, in a list of its number alone.
async fn ada(probe: &Probe) -> Result<Contact> {
    let mut list = probe.done("contacts.list", probe.contacts.list().phone_number(ADA)).await?.into_value();
    match (list.pop(), list.len()) {
        (Some(contact), 0) if contact.phone.as_deref() == Some(ADA) => Ok(contact),
        (found, rest) => {
            let length = rest + usize::from(found.is_some());
            Err(Stop::Differs(format!("by phone_number, {length} contacts, or another one")))
        }
    }
}

fn by_creation(probe: &Probe, direction: OrderDirection) -> Request<ListContacts> {
    probe.contacts.list().order_by(OrderBy::CREATED_AT).order_direction(direction)
}

/// A list without the checks of this crate, which refuses what is beyond the caps.
fn beyond(probe: &Probe) -> Request<Endpoint<Vec<Contact>>> {
    probe.target.client.request(Method::GET, ["api", "v2", "contacts"])
}

async fn dates(list: Request<ListContacts>, probe: &Probe) -> Result<Vec<DateTime<Utc>>> {
    let list = probe.done("contacts.list", list).await?.into_value();
    Ok(list.into_iter().filter_map(|contact| contact.created_at).collect())
}

/// What a contact is known by.
fn identity(contact: &Contact) -> Option<&str> {
    contact.contact_id.as_deref().or(contact.phone.as_deref())
}

fn refused<T>(answer: &Answer<T>) -> Seen {
    let is_refusal =
        answer.as_ref().is_err_and(|error| error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 422)));
    seen(is_refusal, if is_refusal { format!("it is refused: {}", words(answer)) } else { words(answer) })
}
