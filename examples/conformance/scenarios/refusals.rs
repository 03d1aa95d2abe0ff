//! What the service refuses.

use sendblue_contacts::{Credentials, Outcome};
use serde_json::Value;

use super::super::{
    probe::{Answer, Probe, Result, Stop, words},
    reserved::{ANOTHER, NOBODY, WRONG_KEYS},
    suite::{Seen, seen},
};

pub(crate) async fn no_keys(probe: &Probe) -> Result<Seen> {
    let (status, body) = probe.without_keys("contacts.count", "/api/v2/contacts/count").await?;
    let has_message = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["message"].is_string());
    let message = if has_message { "with a message" } else { "without a message" };
    let status = status.as_u16();
    Ok(seen(matches!(status, 400 | 403) && has_message, format!("{status}, {message}")))
}

pub(crate) async fn wrong_keys(probe: &Probe) -> Result<Seen> {
    let [id, secret] = WRONG_KEYS;
    let wrong = Credentials::key_pair(id, secret).map_err(|error| Stop::Ended(error.to_string()))?;
    let contacts = probe.target.client.with_credentials(wrong).contacts();
    let answer = probe.ask("contacts.count", contacts.count()).await?;
    let error = answer.as_ref().err();
    let has_message = error.is_some_and(|error| error.message().is_some());
    let message = if has_message { "with a message" } else { "without a message" };
    let as_expected = error.is_some_and(|error| error.is_unauthorized()) && has_message;
    Ok(seen(as_expected, format!("{}, {message}", words(&answer))))
}

pub(crate) async fn unknown_number(probe: &Probe) -> Result<Seen> {
    fn is_refused<T>(answer: &Answer<T>) -> bool {
        answer.as_ref().is_err_and(|error| error.is_not_found() && error.outcome() == Outcome::Rejected)
    }
    let contacts = &probe.contacts;
    let retrieve = probe.ask("contacts.retrieve", contacts.retrieve(NOBODY)).await?;
    let update = probe.ask("contacts.update", contacts.update(NOBODY).first_name(ANOTHER)).await?;
    let delete = probe.ask("contacts.delete", contacts.delete(NOBODY)).await?;
    let as_expected = is_refused(&retrieve) && is_refused(&update) && is_refused(&delete);
    Ok(seen(as_expected, format!("{}, {}, {}", words(&retrieve), words(&update), words(&delete))))
}
