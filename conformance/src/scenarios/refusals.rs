//! Requests that the service must reject.

use sendblue_contacts::{Credentials, Outcome};
use serde_json::Value;

use crate::{
    probe::{Probe, Received, Result, Stop, describe},
    reserved::{ANOTHER, UNUSED_NUMBER, WRONG_KEYS},
    suite::{Observation, observed},
};

pub async fn no_keys(probe: &Probe) -> Result<Observation> {
    let (status, body) = probe.get_without_credentials("contacts.count", "/api/v2/contacts/count").await?;
    let has_message = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["message"].is_string());
    let message = if has_message { "with a message" } else { "without a message" };
    let status = status.as_u16();
    Ok(observed(matches!(status, 400 | 403) && has_message, format!("{status}, {message}")))
}

pub async fn wrong_keys(probe: &Probe) -> Result<Observation> {
    let [id, secret] = WRONG_KEYS;
    let wrong = Credentials::key_pair(id, secret).map_err(|error| Stop::Abort(error.to_string()))?;
    let contacts = probe.target.client.with_credentials(wrong).contacts();
    let received = probe.send("contacts.count", contacts.count()).await?;
    let error = received.as_ref().err();
    let has_message = error.is_some_and(|error| error.message().is_some());
    let message = if has_message { "with a message" } else { "without a message" };
    let as_expected = error.is_some_and(|error| error.is_unauthorized()) && has_message;
    Ok(observed(as_expected, format!("{}, {message}", describe(&received))))
}

pub async fn unknown_number(probe: &Probe) -> Result<Observation> {
    fn is_rejected<T>(received: &Received<T>) -> bool {
        received.as_ref().is_err_and(|error| error.is_not_found() && error.outcome() == Outcome::Rejected)
    }
    let contacts = &probe.contacts;
    let retrieve = probe.send("contacts.retrieve", contacts.retrieve(UNUSED_NUMBER)).await?;
    let update = probe.send("contacts.update", contacts.update(UNUSED_NUMBER).first_name(ANOTHER)).await?;
    let delete = probe.send("contacts.delete", contacts.delete(UNUSED_NUMBER)).await?;
    let as_expected = is_rejected(&retrieve) && is_rejected(&update) && is_rejected(&delete);
    Ok(observed(as_expected, format!("{}, {}, {}", describe(&retrieve), describe(&update), describe(&delete))))
}
