//! The rate limit of a sandbox.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A sliding window over the admitted requests. Refused requests do not count.
#[derive(Debug)]
pub(super) struct RequestLimit {
    requests: usize,
    per: Duration,
    admitted: VecDeque<Instant>,
}

impl RequestLimit {
    pub(super) fn new(requests: usize, per: Duration) -> Self {
        Self { requests, per, admitted: VecDeque::new() }
    }

    /// Returns whether a request may start now, and counts it if so.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        while self.admitted.front().is_some_and(|&oldest| now.saturating_duration_since(oldest) >= self.per) {
            self.admitted.pop_front();
        }
        let admitted = self.admitted.len() < self.requests;
        if admitted {
            self.admitted.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_and_ignores_refused_requests() {
        let mut limit = RequestLimit::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let mut admit = |seconds| limit.admit(start + Duration::from_secs(seconds));
        assert_eq!([0, 4, 9, 10, 11, 13, 14].map(&mut admit), [true, true, false, true, false, false, true]);
    }
}
