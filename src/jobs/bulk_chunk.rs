//! Runs a chunk with bulk requests. Every item gets a class, even after a failure.
//!
//! The items of a chunk start as one group. The result of sending a group decides the next step:
//!
//! | result | next step |
//! |---|---|
//! | success | looks up the omitted items, waits for the settle delay, looks them up again, then rejects the absent items |
//! | refused (400, 409, 422, reported error) | waits for the settle delay, looks up the items, then sends each pending item alone; before that, sends them once more together if the look-up classified some items |
//! | too large (413) | waits for the settle delay, looks up the items, then sends the pending items in halves |
//! | refused single item | waits for the settle delay, looks up the item, then rejects it; after a conflict, it is unknown if an earlier request may have caused the conflict |
//! | unknown outcome | looks up the items twice, then the pending items are unknown; with `resend_unknown`, resends them once before |
//! | any other failure | rejects the pending items, or they are unknown if an earlier request may still take effect; the job stops |
//!
//! A service may apply a part of a request that it refuses. So the job looks up every item of a refused request before
//! it sends the item again. If a look-up fails, its pending items are unknown and the job stops.

use std::sync::Arc;

use http::StatusCode;

use super::{
    JobKind, Reason,
    bulk_request::{BulkRequest, ListedContacts},
    chunk::{Chunk, PendingItem},
    class::CommonClass,
    classify::{FailureClass, FoundBy},
    lookup::LookedUp,
};
use crate::Error;

/// The items of one request.
pub(super) struct Group<J: JobKind> {
    pub(super) items: Vec<PendingItem<J>>,
    pub(super) earlier_request: EarlierRequest,
    /// Whether the items are the rest of a refused group, after its look-up classified other items.
    is_rest: bool,
}

impl<J: JobKind> Group<J> {
    pub(super) fn new(items: Vec<PendingItem<J>>, earlier_request: EarlierRequest) -> Self {
        Self { items, earlier_request, is_rest: false }
    }

    /// Splits the group in two. The first half comes last, so that the stack of groups pops it first.
    fn halves(mut self) -> [Self; 2] {
        let second = self.items.split_off(self.items.len().div_ceil(2));
        let second = Self { items: second, earlier_request: self.earlier_request.clone(), is_rest: self.is_rest };
        [second, self]
    }
}

/// The earlier request, if any, that may have sent the items of a group.
#[derive(Clone)]
pub(super) enum EarlierRequest {
    None,
    ByEarlierRun,
    /// This run sent the items, and the outcome of the request is unknown.
    UnknownOutcome(Arc<Error>),
}

impl EarlierRequest {
    /// Returns the error of this run's earlier request, or `error` if this run sent no earlier request.
    pub(super) fn first_error<'a>(&'a self, error: &'a Arc<Error>) -> &'a Arc<Error> {
        match self {
            Self::None | Self::ByEarlierRun => error,
            Self::UnknownOutcome(first) => first,
        }
    }
}

impl<J: BulkRequest> Chunk<J> {
    /// Sends the items and classifies each of them.
    ///
    /// An error stops the job, but the items still get classes. `is_reopened` is true if an earlier run began the
    /// chunk and may have sent its items.
    pub(super) async fn run_bulk(
        &mut self,
        mut items: Vec<PendingItem<J>>,
        is_reopened: bool,
    ) -> Result<(), Arc<Error>> {
        if is_reopened {
            let looked_up = self.look_up_items_twice(items, self.settle_delay_has_passed()).await;
            items = self.classify_unknown_if_lookup_failed(looked_up, None)?;
        }
        let earlier_request = if is_reopened { EarlierRequest::ByEarlierRun } else { EarlierRequest::None };
        let mut groups = vec![Group::new(items, earlier_request)];
        while let Some(group) = groups.pop() {
            if group.items.is_empty() {
                continue;
            }
            if let Err(error) = self.send_group(group, &mut groups).await {
                // The remaining groups are halves that the job has not sent.
                for Group { items, earlier_request, .. } in groups {
                    self.classify_unsent(items, &earlier_request, &error);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sends a group and pushes its pending items as new groups.
    async fn send_group(&mut self, group: Group<J>, groups: &mut Vec<Group<J>>) -> Result<(), Arc<Error>> {
        let count = group.items.len();
        if count == 1 {
            return self.send_singly(group.items, &group.earlier_request).await;
        }
        if self.context.size_limit.would_refuse(count) {
            groups.extend(group.halves());
            return Ok(());
        }
        let error = match J::send_items(self, &group.items).await {
            Ok(listed) => {
                self.context.size_limit.record_accepted(count);
                return self.handle_success(group.items, &listed).await;
            }
            Err(error) => Arc::new(error),
        };
        match FailureClass::of(&error) {
            FailureClass::ItemRefused => self.handle_refusal(group, error, groups).await,
            FailureClass::UnknownOutcome => {
                groups.extend(self.handle_unknown_outcome(group, error).await?);
                Ok(())
            }
            FailureClass::JobCannotContinue => {
                self.classify_unsent(group.items, &group.earlier_request, &error);
                Err(error)
            }
        }
    }

    /// Classifies the items that the response lists. Looks up the other items twice, then rejects the absent items.
    pub(super) async fn handle_success(
        &mut self,
        items: Vec<PendingItem<J>>,
        listed: &ListedContacts,
    ) -> Result<(), Arc<Error>> {
        let mut omitted = Vec::new();
        for item in items {
            match J::class_after_success(self, &item, listed) {
                Some(class) => self.classify(item, class),
                None => omitted.push(item),
            }
        }
        for is_last in [false, true] {
            let looked_up = self.look_up_items(omitted, FoundBy::LookupAfterRefusal).await;
            omitted = self.classify_unknown_if_lookup_failed(looked_up, None)?;
            if omitted.is_empty() {
                break;
            }
            if !is_last {
                self.wait_settle_delay().await;
            }
        }
        for item in omitted {
            self.classify(item, J::class(CommonClass::Rejected(Reason::omitted(J::OPERATION))));
        }
        Ok(())
    }

    /// Looks up a refused group, then sends its pending items alone or pushes them as new groups.
    async fn handle_refusal(
        &mut self,
        group: Group<J>,
        error: Arc<Error>,
        groups: &mut Vec<Group<J>>,
    ) -> Result<(), Arc<Error>> {
        let Group { items, earlier_request, is_rest } = group;
        let count = items.len();
        let is_too_large = error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE);
        if is_too_large {
            self.context.size_limit.record_refused(count);
        }
        let first_error = Arc::clone(earlier_request.first_error(&error));
        self.wait_settle_delay().await;
        let looked_up = self.look_up_items(items, FoundBy::LookupAfterRefusal).await;
        let items = self.classify_unknown_if_lookup_failed(looked_up, Some(&first_error))?;
        let has_shrunk = items.len() < count;
        if is_too_large {
            groups.extend(Group { items, earlier_request, is_rest }.halves());
        } else if has_shrunk && !is_rest {
            // The items that the look-up classified may have caused the refusal.
            groups.push(Group { items, earlier_request, is_rest: true });
        } else {
            self.send_singly(items, &earlier_request).await?;
        }
        Ok(())
    }

    /// Looks up the items twice. Returns the pending items to resend, or classifies them as unknown.
    pub(super) async fn handle_unknown_outcome(
        &mut self,
        group: Group<J>,
        error: Arc<Error>,
    ) -> Result<Option<Group<J>>, Arc<Error>> {
        let Group { items, earlier_request, is_rest } = group;
        let first_error = Arc::clone(earlier_request.first_error(&error));
        let looked_up = self.look_up_items_twice(items, false).await;
        let items = self.classify_unknown_if_lookup_failed(looked_up, Some(&first_error))?;
        if items.is_empty() {
            return Ok(None);
        }
        if self.context.resend_unknown && matches!(earlier_request, EarlierRequest::None) {
            return Ok(Some(Group { items, earlier_request: EarlierRequest::UnknownOutcome(error), is_rest }));
        }
        self.classify_unknown(items, &Reason::failed(&first_error, J::OPERATION));
        Ok(None)
    }

    /// Classifies items that the job no longer sends. An earlier request with these items may still take effect.
    pub(super) fn classify_unsent(
        &mut self,
        items: Vec<PendingItem<J>>,
        earlier_request: &EarlierRequest,
        error: &Arc<Error>,
    ) {
        let reason = Reason::job_stopped(earlier_request.first_error(error), J::OPERATION);
        match earlier_request {
            EarlierRequest::None => self.classify_rejected(items, &reason),
            EarlierRequest::ByEarlierRun | EarlierRequest::UnknownOutcome(_) => self.classify_unknown(items, &reason),
        }
    }

    /// Returns the pending items. If the look-up failed, classifies them as unknown and returns its error.
    ///
    /// `cause` is the error that led to the look-up, if any.
    fn classify_unknown_if_lookup_failed(
        &mut self,
        looked_up: LookedUp<J>,
        cause: Option<&Arc<Error>>,
    ) -> Result<Vec<PendingItem<J>>, Arc<Error>> {
        looked_up.map_err(|(items, lookup_error)| {
            let lookup_error = Arc::new(lookup_error);
            let cause = cause.unwrap_or(&lookup_error);
            self.classify_unknown(items, &Reason::job_stopped(cause, cause.operation().unwrap_or(J::OPERATION)));
            lookup_error
        })
    }
}
