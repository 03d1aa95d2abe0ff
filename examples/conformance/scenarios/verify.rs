//! Verification, which sends a person a message: only of a number that was named for it.

use super::super::{
    probe::{Probe, Result, words},
    reserved::NOBODY,
    suite::{Seen, Verdict, seen},
};

pub(crate) async fn unknown(probe: &Probe) -> Result<Seen> {
    if probe.target.verify.is_none() {
        return Ok(skipped());
    }
    let answer = probe.ask("contacts.verify", probe.contacts.verify(NOBODY)).await?;
    let as_expected = answer.as_ref().is_err_and(|error| {
        error.is_reported() || error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 422))
    });
    Ok(seen(as_expected, words(&answer)))
}

pub(crate) async fn verify(probe: &Probe) -> Result<Seen> {
    let Some(number) = &probe.target.verify else { return Ok(skipped()) };
    let answer = probe.ask("contacts.verify", probe.contacts.verify(number)).await?;
    Ok(seen(answer.is_ok(), words(&answer)))
}

fn skipped() -> Seen {
    Seen { verdict: Verdict::Skipped, text: "skipped: name a contact of yours with --verify NUMBER".into() }
}
