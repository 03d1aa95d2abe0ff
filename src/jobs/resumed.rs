//! The report on a chunk that an earlier run finished.

use std::collections::HashMap;

use super::{
    ItemReport, JobKind, Reason,
    chunk::PendingItem,
    class::CommonClass,
    dedup::DedupedItems,
    journal::{FailureRecord, FinishedRecord, RecordedClass},
};

/// Returns the invalid, duplicate, rejected and unknown items of a finished chunk.
///
/// The job reports these items again, because the earlier run may have ended before the caller received the report.
/// If the journal contradicts the input, returns `None`: the job never sends an invalid or duplicate item, so the item
/// cannot be rejected or unknown.
pub(super) fn items_needing_attention<J: JobKind>(
    deduped: DedupedItems<J>,
    first_index: u64,
    finished: FinishedRecord,
) -> Option<Vec<ItemReport<J>>> {
    let DedupedItems { pending, classified: mut items } = deduped;
    let mut failures = HashMap::new();
    for FailureRecord { class, operation, reason, items } in finished.failures {
        let reason = Reason::recorded(operation, reason);
        failures.extend(items.into_iter().map(|item| (first_index + u64::from(item), (class, reason.clone()))));
    }
    for PendingItem { index, key, item, .. } in pending {
        if let Some((class, reason)) = failures.remove(&index) {
            let class = match class {
                RecordedClass::Rejected => CommonClass::Rejected(reason),
                RecordedClass::Unknown => CommonClass::Unknown(reason),
            };
            items.push(ItemReport { index, key, item, class: J::class(class) });
        }
    }
    items.sort_unstable_by_key(|item| item.index);
    failures.is_empty().then_some(items)
}
