//! Sends the items of a refused request one by one.

use std::sync::Arc;

use super::{
    Reason,
    bulk_chunk::{EarlierRequest, Group},
    bulk_request::BulkRequest,
    chunk::{Chunk, PendingItem},
    classify::{FailureClass, FoundBy},
};
use crate::Error;

/// An item that the service refused alone.
struct RefusedItem<J: BulkRequest> {
    item: PendingItem<J>,
    error: Arc<Error>,
    earlier_request: EarlierRequest,
}

impl<J: BulkRequest> Chunk<J> {
    /// Sends each item alone and classifies it. Looks up the refused items together, after one settle delay.
    ///
    /// If the service refuses every item for a reason that is not about the items, the job stops.
    pub(super) async fn send_singly(
        &mut self,
        items: Vec<PendingItem<J>>,
        earlier_request: &EarlierRequest,
    ) -> Result<(), Arc<Error>> {
        let mut refused = Vec::new();
        let mut stopped = Ok(());
        let mut items = items.into_iter();
        for item in items.by_ref() {
            stopped = self.send_single(item, earlier_request.clone(), &mut refused).await;
            if stopped.is_err() {
                break;
            }
        }
        let result = self.look_up_refused(refused, stopped).await;
        if let Err(error) = &result {
            self.classify_unsent(items.collect(), earlier_request, error);
        }
        result
    }

    /// Sends an item alone. Classifies it, or adds it to the refused items.
    async fn send_single(
        &mut self,
        item: PendingItem<J>,
        earlier_request: EarlierRequest,
        refused: &mut Vec<RefusedItem<J>>,
    ) -> Result<(), Arc<Error>> {
        let mut next = Some(Group::new(vec![item], earlier_request));
        while let Some(group) = next {
            let error = match J::send_items(self, &group.items).await {
                Ok(listed) => return self.handle_success(group.items, &listed).await,
                Err(error) => Arc::new(error),
            };
            next = match FailureClass::of(&error) {
                FailureClass::UnknownOutcome => self.handle_unknown_outcome(group, error).await?,
                FailureClass::JobCannotContinue => {
                    self.classify_unsent(group.items, &group.earlier_request, &error);
                    return Err(error);
                }
                FailureClass::ItemRefused => {
                    let Group { items, earlier_request, .. } = group;
                    let refuse = |item| RefusedItem {
                        item,
                        error: Arc::clone(&error),
                        earlier_request: earlier_request.clone(),
                    };
                    refused.extend(items.into_iter().map(refuse));
                    return if self.context.refusals.record_refusal(&error) { Err(error) } else { Ok(()) };
                }
            };
        }
        Ok(())
    }

    /// Looks up the refused items and rejects the absent items. Returns the error that stops the job.
    ///
    /// If the job has stopped for another reason than a refusal, the items are unknown without a look-up.
    async fn look_up_refused(
        &mut self,
        refused: Vec<RefusedItem<J>>,
        mut stopped: Result<(), Arc<Error>>,
    ) -> Result<(), Arc<Error>> {
        let mut refused = refused.into_iter();
        let is_refusal = |error: &Arc<Error>| FailureClass::of(error) == FailureClass::ItemRefused;
        if refused.len() > 0 && stopped.as_ref().err().is_none_or(is_refusal) {
            self.wait_settle_delay().await;
            for RefusedItem { item, error, earlier_request } in refused.by_ref() {
                match self.look_up_items(vec![item], FoundBy::LookupAfterRefusal).await {
                    Ok(pending) => self.classify_absent(pending, &error, &earlier_request, stopped.is_err()),
                    Err((pending, lookup_error)) => {
                        self.classify_unknown(pending, &Reason::job_stopped(&error, J::OPERATION));
                        stopped = stopped.and(Err(Arc::new(lookup_error)));
                        break;
                    }
                }
            }
        }
        for RefusedItem { item, error, .. } in refused {
            self.classify_unknown([item], &Reason::job_stopped(&error, J::OPERATION));
        }
        stopped
    }

    /// Classifies refused items that a look-up has not found.
    fn classify_absent(
        &mut self,
        items: Vec<PendingItem<J>>,
        error: &Arc<Error>,
        earlier_request: &EarlierRequest,
        is_stopped: bool,
    ) {
        let reason = if is_stopped { Reason::job_stopped } else { Reason::failed };
        if error.is_conflict() && !matches!(earlier_request, EarlierRequest::None) {
            // The earlier request may have caused the conflict.
            self.classify_unknown(items, &reason(earlier_request.first_error(error), J::OPERATION));
        } else {
            self.classify_rejected(items, &reason(error, J::OPERATION));
        }
    }
}
