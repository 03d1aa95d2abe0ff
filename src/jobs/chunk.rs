//! A chunk in flight: its pending items and its classified items.

use std::{pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::time::sleep;

use super::{
    ItemReport, JobKind, Reason,
    class::CommonClass,
    classify::{FoundBy, FoundContact, is_created_since},
    context::JobContext,
    counts::ClassCounts,
};
use crate::{Error, PhoneNumber};

/// An item without a class.
///
/// Only [`Chunk::classify`] turns a pending item into a report, and it consumes the item. An item thus gets at most one
/// class.
pub(super) struct PendingItem<J: JobKind> {
    pub(super) index: u64,
    pub(super) key: J::Key,
    pub(super) item: J::Item,
    pub(super) phone: PhoneNumber,
    /// Whether a look-up since the start of the chunk found no contact with this number.
    pub(super) was_absent: bool,
}

/// A chunk in flight.
pub(super) struct Chunk<J: JobKind> {
    pub(super) context: Arc<JobContext>,
    /// The local time at which this run or an earlier run began the chunk.
    pub(super) begun_at: DateTime<Utc>,
    pub(super) classified: Vec<ItemReport<J>>,
    /// The counts of `classified`.
    pub(super) counts: ClassCounts,
}

/// A function that sends the pending items of a chunk and classifies all of them.
///
/// An error stops the job, but the items still get classes. The last argument, `is_reopened`, is true if an earlier run
/// began the chunk and may have sent its items.
pub(super) type RunChunk<J> = for<'a> fn(&'a J, &'a mut Chunk<J>, Vec<PendingItem<J>>, bool) -> ChunkFuture<'a>;

pub(super) type ChunkFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Arc<Error>>> + Send + 'a>>;

impl<J: JobKind> Chunk<J> {
    pub(super) fn new(context: Arc<JobContext>, begun_at: DateTime<Utc>, classified: Vec<ItemReport<J>>) -> Self {
        let mut counts = ClassCounts::default();
        for item in &classified {
            *J::counter(&item.class, &mut counts) += 1;
        }
        Self { context, begun_at, classified, counts }
    }

    pub(super) fn classify(&mut self, pending: PendingItem<J>, class: J::Class) {
        *J::counter(&class, &mut self.counts) += 1;
        let PendingItem { index, key, item, .. } = pending;
        self.classified.push(ItemReport { index, key, item, class });
    }

    pub(super) fn classify_rejected(&mut self, items: impl IntoIterator<Item = PendingItem<J>>, reason: &Reason) {
        for item in items {
            self.classify(item, J::class(CommonClass::Rejected(reason.clone())));
        }
    }

    pub(super) fn classify_unknown(&mut self, items: impl IntoIterator<Item = PendingItem<J>>, reason: &Reason) {
        for item in items {
            self.classify(item, J::class(CommonClass::Unknown(reason.clone())));
        }
    }

    /// Returns whether this chunk created the contact of an item.
    pub(super) fn has_created(&self, item: &PendingItem<J>, found: &FoundContact, found_by: FoundBy) -> bool {
        let begun_at = self.context.service_clock.service_time(self.begun_at);
        item.was_absent || is_created_since(found, found_by, begun_at)
    }

    /// Returns whether the settle delay has passed since this run opened the journal.
    ///
    /// Until then, an earlier run may have held the lock of the journal and sent requests.
    pub(super) fn settle_delay_has_passed(&self) -> bool {
        let opened = self.context.journal_opened.get();
        opened.is_some_and(|opened| opened.elapsed() > self.context.settle_delay)
    }

    /// Waits for the settle delay, so that earlier requests can reach the service and take effect.
    pub(super) async fn wait_settle_delay(&self) {
        sleep(self.context.settle_delay).await;
    }
}
