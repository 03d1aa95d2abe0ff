//! Runs a chunk as upserts: one item after the other, in up to two steps each.

use std::sync::Arc;

use super::{
    Import, Reason,
    chunk::{Chunk, PendingItem},
    class::CommonClass,
    classify::{FailureClass, FoundBy, FoundContact, is_contact_not_found},
    lookup::Lookup,
    upsert_step::Step,
};
use crate::{Contact, Error, NewContact, ParsePhoneNumberError, generated::types};

/// A failed upsert of one item.
struct UpsertFailure {
    class: CommonClass,
    /// The error, if it stops the job.
    stop_error: Option<Arc<Error>>,
}

impl UpsertFailure {
    fn of_item(class: CommonClass) -> Self {
        Self { class, stop_error: None }
    }
}

impl<Key: Send + Sync + 'static> Chunk<Import<Key>> {
    /// Creates or updates each contact and classifies each item.
    ///
    /// An error stops the job, but the items still get classes. `is_reopened` is true if an earlier run began the
    /// chunk and may have sent its items.
    pub(super) async fn run_upserts(
        &mut self,
        mut items: Vec<PendingItem<Import<Key>>>,
        is_reopened: bool,
    ) -> Result<(), Arc<Error>> {
        if is_reopened {
            let mut skip_delay = self.settle_delay_has_passed();
            for _ in 0..2 {
                if !skip_delay && !items.is_empty() {
                    self.wait_settle_delay().await;
                }
                items = self.classify_applied(items).await?;
                skip_delay = false;
            }
        }
        let mut items = items.into_iter();
        while let Some(mut item) = items.next() {
            let (class, stop_error) = match self.upsert_item(&mut item, is_reopened).await {
                Ok(found) => (self.class_of_found(&item, &found, FoundBy::LookupAfterUnknownOutcome), None),
                Err(UpsertFailure { class, stop_error }) => (class.into(), stop_error),
            };
            self.classify(item, class);
            if let Some(error) = stop_error {
                let reason = Reason::job_stopped(&error, Step::Create.operation());
                if is_reopened {
                    // The earlier run may have sent these items.
                    self.classify_unknown(items, &reason);
                } else {
                    self.classify_rejected(items, &reason);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Looks up each item and classifies it if its contact has every wanted value. Returns the other items.
    async fn classify_applied(
        &mut self,
        items: Vec<PendingItem<Import<Key>>>,
    ) -> Result<Vec<PendingItem<Import<Key>>>, Arc<Error>> {
        let mut pending = Vec::new();
        let mut items = items.into_iter();
        while let Some(mut item) = items.next() {
            match self.context.look_up(&item.phone).await {
                Ok(Lookup::Found(contact)) if all_steps_are_applied(&item, &contact) => {
                    let found = FoundContact::from(&*contact);
                    let class = self.class_of_found(&item, &found, FoundBy::LookupAfterUnknownOutcome);
                    self.classify(item, class);
                }
                Ok(lookup) => {
                    item.was_absent |= matches!(lookup, Lookup::NotFound);
                    pending.push(item);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    pending.push(item);
                    pending.extend(items);
                    let operation = error.operation().unwrap_or(Step::Create.operation());
                    self.classify_unknown(pending, &Reason::job_stopped(&error, operation));
                    return Err(error);
                }
            }
        }
        Ok(pending)
    }

    async fn upsert_item(
        &mut self,
        item: &mut PendingItem<Import<Key>>,
        is_reopened: bool,
    ) -> Result<FoundContact, UpsertFailure> {
        let Some(wanted) = wanted_contact(&item.item) else {
            // Unreachable: a pending item always has a valid number.
            return Ok(FoundContact { created_at: None });
        };
        let found = self.run_step(Step::Create, wanted, is_reopened, &mut item.was_absent).await?;
        if wanted.company_name.is_some() {
            self.run_step(Step::Update, wanted, is_reopened, &mut false).await?;
        }
        Ok(found)
    }

    /// Sends a step. If its outcome is unknown and `resend_unknown` is set, resends the step once.
    ///
    /// If an earlier run may have sent the step, does not resend it.
    async fn run_step(
        &mut self,
        step: Step,
        wanted: &types::NewContact,
        is_reopened: bool,
        was_absent: &mut bool,
    ) -> Result<FoundContact, UpsertFailure> {
        let operation = step.operation();
        // Set before the resend: the error of the first request, whose outcome is unknown.
        let mut unknown_outcome: Option<Arc<Error>> = None;
        loop {
            let error = match step.send(&self.context, wanted).await {
                Ok(contact) => return Ok(FoundContact::from(&contact)),
                Err(error) => Arc::new(error),
            };
            // If the step was sent before, the earlier request may still take effect, even if this request fails.
            let was_sent = is_reopened || unknown_outcome.is_some();
            let first_error = unknown_outcome.as_ref().unwrap_or(&error);
            let failure = match FailureClass::of(&error) {
                // A 404 means that the contact was deleted after the create.
                _ if step == Step::Update && is_contact_not_found(&error) => FailureClass::ItemRefused,
                failure => failure,
            };
            match failure {
                // An earlier request may have caused the conflict or created the contact.
                FailureClass::ItemRefused
                    if was_sent && (error.is_conflict() || step == Step::Create && !*was_absent) =>
                {
                    let reason = Reason::failed(first_error, operation);
                    return Err(UpsertFailure::of_item(CommonClass::Unknown(reason)));
                }
                FailureClass::ItemRefused if self.context.refusals.record_refusal(&error) => {
                    let class = CommonClass::Rejected(Reason::job_stopped(&error, operation));
                    return Err(UpsertFailure { class, stop_error: Some(error) });
                }
                FailureClass::ItemRefused => {
                    let reason = Reason::failed(&error, operation);
                    return Err(UpsertFailure::of_item(CommonClass::Rejected(reason)));
                }
                FailureClass::JobCannotContinue => {
                    let class = if was_sent { CommonClass::Unknown } else { CommonClass::Rejected };
                    let class = class(Reason::job_stopped(first_error, operation));
                    return Err(UpsertFailure { class, stop_error: Some(error) });
                }
                FailureClass::UnknownOutcome => {}
            }
            for _ in 0..2 {
                self.wait_settle_delay().await;
                match self.context.look_up(&wanted.phone).await {
                    Ok(Lookup::Found(contact)) if step.is_applied(wanted, &contact) => {
                        return Ok(FoundContact::from(&*contact));
                    }
                    Ok(lookup) => *was_absent |= matches!(lookup, Lookup::NotFound),
                    Err(lookup_error) => {
                        let class = CommonClass::Unknown(Reason::job_stopped(first_error, operation));
                        return Err(UpsertFailure { class, stop_error: Some(Arc::new(lookup_error)) });
                    }
                }
            }
            if was_sent || !self.context.resend_unknown {
                let reason = Reason::failed(first_error, operation);
                return Err(UpsertFailure::of_item(CommonClass::Unknown(reason)));
            }
            unknown_outcome = Some(error);
        }
    }
}

/// Returns the contact of a valid item.
fn wanted_contact(item: &Result<NewContact, ParsePhoneNumberError>) -> Option<&NewContact> {
    item.as_ref().ok()
}

fn all_steps_are_applied<Key: Send + Sync + 'static>(item: &PendingItem<Import<Key>>, contact: &Contact) -> bool {
    wanted_contact(&item.item)
        .is_some_and(|wanted| [Step::Create, Step::Update].iter().all(|step| step.is_applied(wanted, contact)))
}
