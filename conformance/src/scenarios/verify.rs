//! `contacts.verify`, which sends a message to a person. The suite sends it only to the number of `--verify`.

use sendblue_contacts::ErrorKind;

use crate::{
    probe::{Probe, Result, describe},
    reserved::UNUSED_NUMBER,
    suite::{Observation, Verdict, observed},
};

pub async fn unknown(probe: &Probe) -> Result<Observation> {
    if probe.target.verify.is_none() {
        return Ok(skipped());
    }
    let received = probe.send("contacts.verify", probe.contacts.verify(UNUSED_NUMBER)).await?;
    let as_expected = received.as_ref().is_err_and(|error| {
        error.kind() == ErrorKind::Reported
            || error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 422))
    });
    Ok(observed(as_expected, describe(&received)))
}

pub async fn verify(probe: &Probe) -> Result<Observation> {
    let Some(number) = &probe.target.verify else { return Ok(skipped()) };
    let received = probe.send("contacts.verify", probe.contacts.verify(number)).await?;
    Ok(observed(received.is_ok(), describe(&received)))
}

fn skipped() -> Observation {
    Observation {
        verdict: Verdict::Skipped,
        text: "skipped: give the number of one of your contacts with --verify NUMBER".into(),
    }
}
