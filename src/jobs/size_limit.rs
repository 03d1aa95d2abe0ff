//! Estimates from the responses how many items the service accepts in one bulk request.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The largest size that the service accepted and the smallest size that it refused as too large (413).
///
/// The service may limit bytes instead of items. It may thus refuse a size and later accept the same size.
#[derive(Debug)]
pub(super) struct ObservedSizeLimit {
    largest_accepted: AtomicUsize,
    smallest_refused: AtomicUsize,
}

impl Default for ObservedSizeLimit {
    fn default() -> Self {
        Self { largest_accepted: AtomicUsize::new(0), smallest_refused: AtomicUsize::new(usize::MAX) }
    }
}

impl ObservedSizeLimit {
    pub(super) fn record_accepted(&self, items: usize) {
        self.largest_accepted.fetch_max(items, Relaxed);
    }

    pub(super) fn record_refused(&self, items: usize) {
        self.smallest_refused.fetch_min(items, Relaxed);
    }

    /// Returns whether the service would probably refuse a request of this size.
    ///
    /// For a single item the result is `false`, because the job cannot split it.
    pub(super) fn would_refuse(&self, items: usize) -> bool {
        items > 1 && items >= self.smallest_refused.load(Relaxed) && items > self.largest_accepted.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicts_a_refusal_unless_that_size_was_accepted() {
        let limit = ObservedSizeLimit::default();
        assert!(!limit.would_refuse(1000));
        limit.record_refused(100);
        limit.record_refused(50);
        limit.record_refused(75);
        limit.record_accepted(25);
        assert_eq!([1, 25, 49, 50, 100].map(|items| limit.would_refuse(items)), [false, false, false, true, true]);
        limit.record_accepted(80);
        limit.record_accepted(60);
        assert_eq!([50, 80, 81].map(|items| limit.would_refuse(items)), [false, false, true]);
        limit.record_refused(1);
        assert!(!ObservedSizeLimit::default().would_refuse(1) && !limit.would_refuse(1));
    }
}
