//! How many items a bulk request may have.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// As far as the answers tell. It may be the bytes that count, so that it is no hard limit.
#[derive(Debug)]
pub(super) struct Sizes {
    /// The most items of a request that was a success.
    accepted: AtomicUsize,
    /// The fewest items of a request that was too large.
    too_large: AtomicUsize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { accepted: AtomicUsize::new(0), too_large: AtomicUsize::new(usize::MAX) }
    }
}

impl Sizes {
    pub(super) fn accepted(&self, items: usize) {
        self.accepted.fetch_max(items, Relaxed);
    }

    pub(super) fn too_large(&self, items: usize) {
        self.too_large.fetch_min(items, Relaxed);
    }

    /// Whether so many would be refused, as far as can be foreseen. One alone has to be tried.
    pub(super) fn are_too_large(&self, items: usize) -> bool {
        items > 1 && items >= self.too_large.load(Relaxed) && items > self.accepted.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_too_large_is_foreseen_unless_as_much_was_accepted() {
        let sizes = Sizes::default();
        assert!(!sizes.are_too_large(1000));
        sizes.too_large(100);
        sizes.too_large(50);
        sizes.too_large(75);
        sizes.accepted(25);
        assert_eq!([1, 25, 49, 50, 100].map(|items| sizes.are_too_large(items)), [false, false, false, true, true]);
        sizes.accepted(80);
        sizes.accepted(60);
        assert_eq!([50, 80, 81].map(|items| sizes.are_too_large(items)), [false, false, true]);
        sizes.too_large(1);
        assert!(!Sizes::default().are_too_large(1) && !sizes.are_too_large(1));
    }
}
