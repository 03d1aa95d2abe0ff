//! Importing item by item: contacts that exist are updated.

use std::sync::Arc;

use super::{
    Import, JobKind, Reason,
    chunk::{Chunk, Entry, Fate},
    evidence::{Evidence, Found, Verdict, is_no_contact},
    lookup::Retrieved,
};
use crate::{Contact, Error, generated::types::NewContact};

/// The two requests of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `create`, with `update_if_exists`.
    Create,
    /// `update`, for what `create` does not have.
    Update,
}

impl Step {
    fn operation(self) -> &'static str {
        match self {
            Self::Create => "contacts.create",
            Self::Update => "contacts.update",
        }
    }

    /// Whether a contact is as this step is to make it.
    fn is_done(self, wanted: &NewContact, contact: &Contact) -> bool {
        fn is<T: PartialEq>(wanted: &Option<T>, present: &Option<T>) -> bool {
            wanted.is_none() || wanted == present
        }
        match self {
            Self::Update => is(&wanted.company_name, &contact.company_name),
            Self::Create => {
                let variables = contact.custom_variables.as_ref();
                let has = |(label, value)| variables.and_then(|variables| variables.get(label)) == Some(value);
                is(&wanted.first_name, &contact.first_name)
                    && is(&wanted.last_name, &contact.last_name)
                    && wanted.tags.as_ref().is_none_or(|tags| *tags == *contact.tags.as_deref().unwrap_or_default())
                    && wanted.custom_variables.iter().flatten().all(has)
            }
        }
    }
}

/// Why an item is not done.
struct Failed {
    fate: Fate,
    /// What ends the job, if it has to end.
    stop: Option<Arc<Error>>,
}

impl Chunk<Import> {
    /// Creates or updates the contacts, one after the other, and gives each entry its class.
    pub(super) async fn upsert(&mut self, mut entries: Vec<Entry<Import>>, is_open: bool) -> Result<(), Arc<Error>> {
        if is_open {
            let mut is_settled = self.is_settled();
            for _ in 0..2 {
                if !is_settled && !entries.is_empty() {
                    self.settle().await;
                }
                entries = self.leave_done(entries).await?;
                is_settled = false;
            }
        }
        let mut entries = entries.into_iter();
        while let Some(mut entry) = entries.next() {
            let (class, stop) = match self.upsert_one(&mut entry, is_open).await {
                Ok(found) => (self.found(&entry, &found, Evidence::Doubt), None),
                Err(Failed { fate, stop }) => (Import::class(fate), stop),
            };
            self.class(entry, class);
            if let Some(error) = stop {
                let reason = Reason::stop(&error, Step::Create.operation());
                if is_open {
                    // The earlier run may have sent them.
                    self.doubt(entries, &reason);
                } else {
                    self.reject(entries, &reason);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Looks up which of the contacts are as they are to be, and gives the entries of the others.
    async fn leave_done(&mut self, entries: Vec<Entry<Import>>) -> Result<Vec<Entry<Import>>, Arc<Error>> {
        let mut rest = Vec::new();
        let mut entries = entries.into_iter();
        while let Some(mut entry) = entries.next() {
            match self.shared.retrieve(&entry.phone).await {
                Ok(Retrieved::There(contact)) if all_done(&entry, &contact) => {
                    let class = self.found(&entry, &Found::from(&*contact), Evidence::Doubt);
                    self.class(entry, class);
                }
                Ok(retrieved) => {
                    entry.was_absent |= !matches!(retrieved, Retrieved::There(_));
                    rest.push(entry);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    rest.push(entry);
                    rest.extend(entries);
                    self.doubt(rest, &Reason::stop(&error, error.operation().unwrap_or(Step::Create.operation())));
                    return Err(error);
                }
            }
        }
        Ok(rest)
    }

    async fn upsert_one(&mut self, entry: &mut Entry<Import>, is_open: bool) -> Result<Found, Failed> {
        let Ok(wanted) = entry.item.params() else {
            // Entries have valid numbers.
            return Ok(Found { created_at: None });
        };
        let was_absent = &mut entry.was_absent;
        let found = self.step(Step::Create, wanted, is_open, was_absent).await?;
        if wanted.company_name.is_some() {
            self.step(Step::Update, wanted, is_open, &mut false).await?;
        }
        Ok(found)
    }

    async fn step(
        &mut self,
        step: Step,
        wanted: &NewContact,
        is_open: bool,
        was_absent: &mut bool,
    ) -> Result<Found, Failed> {
        let operation = step.operation();
        // Why it was sent again.
        let mut doubt: Option<Arc<Error>> = None;
        loop {
            let error = match self.send(step, wanted).await {
                Ok(contact) => return Ok(Found::from(&contact)),
                Err(error) => Arc::new(error),
            };
            // What was sent before may still have its effect, whatever is answered now.
            let was_sent = is_open || doubt.is_some();
            let first = doubt.as_ref().unwrap_or(&error);
            let verdict = match Verdict::of(&error) {
                // The contact was deleted meanwhile.
                _ if step == Step::Update && is_no_contact(&error) => Verdict::Refused,
                verdict => verdict,
            };
            match verdict {
                // The conflict may be with what was sent before, and what is there may come of it.
                Verdict::Refused if was_sent && (error.is_conflict() || step == Step::Create && !*was_absent) => {
                    return Err(Failed { fate: Fate::Unknown(Reason::new(first, operation)), stop: None });
                }
                Verdict::Refused => {
                    return Err(Failed { fate: Fate::Rejected(Reason::new(&error, operation)), stop: None });
                }
                Verdict::Stop => {
                    let fate = if was_sent { Fate::Unknown } else { Fate::Rejected };
                    return Err(Failed { fate: fate(Reason::stop(first, operation)), stop: Some(error) });
                }
                Verdict::Doubtful => {}
            }
            for _ in 0..2 {
                self.settle().await;
                match self.shared.retrieve(&wanted.phone).await {
                    Ok(Retrieved::There(contact)) if step.is_done(wanted, &contact) => {
                        return Ok(Found::from(&*contact));
                    }
                    Ok(retrieved) => *was_absent |= !matches!(retrieved, Retrieved::There(_)),
                    Err(failure) => {
                        let fate = Fate::Unknown(Reason::stop(first, operation));
                        return Err(Failed { fate, stop: Some(Arc::new(failure)) });
                    }
                }
            }
            if was_sent || !self.shared.resend_unknown {
                return Err(Failed { fate: Fate::Unknown(Reason::new(first, operation)), stop: None });
            }
            doubt = Some(error);
        }
    }

    async fn send(&self, step: Step, wanted: &NewContact) -> Result<Contact, Error> {
        let contacts = &self.shared.contacts;
        let NewContact { phone, first_name, last_name, company_name, tags, custom_variables } = wanted;
        match step {
            Step::Create => {
                let mut request = contacts.create(phone).update_if_exists(true);
                if let Some(first_name) = first_name {
                    request = request.first_name(first_name);
                }
                if let Some(last_name) = last_name {
                    request = request.last_name(last_name);
                }
                if let Some(tags) = tags {
                    request = request.tags(tags);
                }
                if let Some(variables) = custom_variables {
                    request = request.custom_variables(variables.iter().map(|(label, value)| (label.as_str(), value)));
                }
                self.shared.send(request).await
            }
            Step::Update => {
                let mut request = contacts.update(phone);
                if let Some(company_name) = company_name {
                    request = request.company_name(company_name);
                }
                self.shared.send(request).await
            }
        }
    }
}

fn all_done(entry: &Entry<Import>, contact: &Contact) -> bool {
    entry
        .item
        .params()
        .is_ok_and(|wanted| [Step::Create, Step::Update].iter().all(|step| step.is_done(wanted, contact)))
}
