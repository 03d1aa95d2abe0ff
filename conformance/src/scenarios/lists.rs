//! `contacts.list` and `contacts.count`. Of the account's own contacts, the suite checks only the number and the order.

use sendblue_contacts::{
    Contact, MAX_LIMIT, MAX_OFFSET, OrderBy, OrderDirection, Request,
    chrono::{DateTime, Utc},
    http::Method,
    params::{Endpoint, ListContacts},
};

use crate::{
    probe::{Probe, Received, Result, Stop, describe},
    reserved::{ADA, FAR_FUTURE},
    suite::{Observation, observed},
};

pub async fn count(probe: &Probe) -> Result<Observation> {
    let received = probe.send("contacts.count", probe.contacts.count()).await?;
    Ok(match received {
        Ok(response) => observed(true, format!("{}: {}", response.status().as_u16(), response.value())),
        Err(_) => observed(false, describe(&received)),
    })
}

pub async fn request_id(probe: &Probe) -> Result<Observation> {
    let response = probe.send_ok("contacts.count", probe.contacts.count()).await?;
    let is_id = |name: &&str| ["request-id", "correlation-id", "trace", "ray"].iter().any(|part| name.contains(part));
    let ids: Vec<_> = response.headers().keys().map(|name| name.as_str()).filter(is_id).collect();
    Ok(observed(true, if ids.is_empty() { "no such header".to_owned() } else { format!("yes: {}", ids.join(", ")) }))
}

pub async fn filters(probe: &Probe) -> Result<Observation> {
    let by_number = list_ada(probe).await?;
    let Some(id) = by_number.contact_id else { return Ok(observed(false, "the contact has no contact_id")) };
    let by_id = probe.send_ok("contacts.list", probe.contacts.list().cid(id)).await?.into_value();
    Ok(match &by_id[..] {
        [contact] if contact.phone.as_deref() == Some(ADA) => observed(true, "each filter selects the contact"),
        contacts => observed(false, format!("`cid` selects {} contacts, or another contact", contacts.len())),
    })
}

pub async fn created_at_filter(probe: &Probe) -> Result<Observation> {
    let Some(created_at) = list_ada(probe).await?.created_at else {
        return Ok(observed(false, "the contact has no created_at"));
    };
    let far: DateTime<Utc> = FAR_FUTURE.parse().map_err(|_| Stop::Abort("FAR_FUTURE is not a time".into()))?;
    let list = |time| probe.contacts.list().phone_number(ADA).created_at_gte(time);
    let same = probe.send_ok("contacts.list", list(created_at)).await?.into_value().len();
    let later = probe.send_ok("contacts.list", list(far)).await?.into_value().len();
    Ok(observed((same, later) == (1, 0), format!("from its own created_at: {same}; from the far future: {later}")))
}

pub async fn order(probe: &Probe) -> Result<Observation> {
    let default = dates(probe.contacts.list(), probe).await?;
    let ascending = dates(by_creation(probe, OrderDirection::Asc), probe).await?;
    let default_descends = default.is_sorted_by(|one, next| one >= next);
    let yes_or_no = |is_so| if is_so { "yes" } else { "no" };
    Ok(observed(
        default_descends && ascending.is_sorted(),
        format!(
            "newest first by default: {}; oldest first with asc: {}",
            yes_or_no(default_descends),
            yes_or_no(ascending.is_sorted())
        ),
    ))
}

pub async fn order_by(probe: &Probe) -> Result<Observation> {
    let mut responses = Vec::new();
    for property in [OrderBy::FIRST_NAME, OrderBy::LAST_NAME, OrderBy::PHONE] {
        responses.push(probe.send("contacts.list", probe.contacts.list().order_by(property).limit(1)).await?);
    }
    Ok(observed(responses.iter().all(Received::is_ok), responses.iter().map(describe).collect::<Vec<_>>().join(", ")))
}

pub async fn pages(probe: &Probe) -> Result<Observation> {
    let page = |offset, limit| by_creation(probe, OrderDirection::Asc).offset(offset).limit(limit);
    let two = probe.send_ok("contacts.list", page(0, 2)).await?.into_value();
    let second = probe.send_ok("contacts.list", page(1, 1)).await?.into_value();
    Ok(match (&two[..], &second[..]) {
        ([_, one], [other]) if identity(one) == identity(other) => observed(true, "no gap"),
        (two, second) => observed(false, format!("pages of {} and {} contacts with a gap", two.len(), second.len())),
    })
}

pub async fn over_limit(probe: &Probe) -> Result<Observation> {
    let most = MAX_LIMIT as usize;
    let list = unchecked_list(probe).query("limit", (MAX_LIMIT + 1).to_string());
    let received = probe.send("contacts.list", list).await?;
    Ok(match &received {
        Ok(response) => match response.value().len() {
            length if length > most => observed(true, format!("honoured: {length} contacts")),
            length if length == most => observed(true, format!("lowered to {length}")),
            length => observed(true, format!("accepted; {length} contacts are too few to see whether it is lowered")),
        },
        Err(_) => observed_error(&received),
    })
}

pub async fn over_offset(probe: &Probe) -> Result<Observation> {
    let last = by_creation(probe, OrderDirection::Asc).limit(1).offset(MAX_OFFSET);
    let last = probe.send_ok("contacts.list", last).await?.into_value();
    let list = unchecked_list(probe).query("order_by", "created_at").query("order_direction", "asc");
    let list = list.query("limit", "1").query("offset", (MAX_OFFSET + 1).to_string());
    let received = probe.send("contacts.list", list).await?;
    Ok(match (&received, last.first()) {
        (Err(_), _) => observed_error(&received),
        (Ok(_), None) => observed(true, "accepted; the account has too few contacts to see whether it is lowered"),
        (Ok(response), Some(last)) => match response.value().first() {
            Some(contact) if identity(contact) == identity(last) => {
                observed(true, "lowered: returns the page at the cap")
            }
            _ => observed(true, "honoured: returns another page"),
        },
    })
}

pub async fn undated(probe: &Probe) -> Result<Observation> {
    let mut places = Vec::new();
    for (direction, name) in [(OrderDirection::Asc, "ascending"), (OrderDirection::Desc, "descending")] {
        let page = by_creation(probe, direction).limit(MAX_LIMIT);
        let page = probe.send_ok("contacts.list", page).await?.into_value();
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
    let unseen = "unknown: no such contact at either end of the pages";
    Ok(observed(true, if places.is_empty() { unseen.to_owned() } else { places.join("; ") }))
}

/// Lists the contacts twice, and compares the order of contacts that share a `created_at`.
///
/// This scenario runs after `bulk-create`, which may create contacts with the same `created_at`.
pub async fn ties(probe: &Probe) -> Result<Observation> {
    let mut pages = Vec::new();
    for _ in 0..2 {
        let page = by_creation(probe, OrderDirection::Desc);
        let page = probe.send_ok("contacts.list", page).await?.into_value();
        let time = |contact: &Contact| contact.created_at;
        let shared = |one: &Contact| page.iter().filter(|other| time(other) == time(one)).count() > 1;
        let tied = page.iter().filter(|contact| contact.created_at.is_some() && shared(contact));
        pages.push(tied.map(|contact| identity(contact).map(String::from)).collect::<Vec<_>>());
    }
    let is_same = pages.first() == pages.last();
    Ok(observed(
        true,
        match pages.first().map_or(0, Vec::len) {
            0 => "unknown: no two contacts share a `created_at`".to_owned(),
            tied if is_same => format!("same order twice, {tied} contacts"),
            _ => "no: the second list has another order".to_owned(),
        },
    ))
}

/// Lists the contacts with the number [`ADA`]. Fails unless the list is exactly that contact of the suite.
async fn list_ada(probe: &Probe) -> Result<Contact> {
    let mut list = probe.send_ok("contacts.list", probe.contacts.list().phone_number(ADA)).await?.into_value();
    match (list.pop(), list.len()) {
        (Some(contact), 0) if contact.phone.as_deref() == Some(ADA) => Ok(contact),
        (found, rest) => {
            let length = rest + usize::from(found.is_some());
            Err(Stop::Differs(format!("`phone_number` selects {length} contacts, or another contact")))
        }
    }
}

fn by_creation(probe: &Probe, direction: OrderDirection) -> Request<ListContacts> {
    probe.contacts.list().order_by(OrderBy::CREATED_AT).order_direction(direction)
}

/// Returns a list request without argument checks. `contacts.list` would reject values above the caps.
fn unchecked_list(probe: &Probe) -> Request<Endpoint<Vec<Contact>>> {
    probe.target.client.request(Method::GET, "/api/v2/contacts")
}

async fn dates(list: Request<ListContacts>, probe: &Probe) -> Result<Vec<DateTime<Utc>>> {
    let list = probe.send_ok("contacts.list", list).await?.into_value();
    Ok(list.into_iter().filter_map(|contact| contact.created_at).collect())
}

/// Returns the contact's id, or its number.
fn identity(contact: &Contact) -> Option<&str> {
    contact.contact_id.as_deref().or(contact.phone.as_deref())
}

fn observed_error<T>(received: &Received<T>) -> Observation {
    let is_rejected =
        received.as_ref().is_err_and(|error| error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 422)));
    observed(is_rejected, if is_rejected { format!("rejected: {}", describe(received)) } else { describe(received) })
}
