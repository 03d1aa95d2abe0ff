//! The clock of the service, estimated from the `Date` headers of its responses.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};

/// Returns the time by the local clock.
pub(super) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// The offset of the service's clock from the local clock.
///
/// The service writes `Date` between the start of the request and the arrival of the response.
/// Each response thus bounds the offset. The estimate is the offset closest to zero that all bounds allow.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(Mutex<Option<OffsetBounds>>);

/// The maximum age of a `Date` header when the service sends it.
///
/// `Date` is truncated to the second, and servers may update it only once a second.
const MAX_DATE_AGE: TimeDelta = TimeDelta::seconds(2);

/// The minimum and maximum by which the service's clock is ahead of the local clock.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OffsetBounds {
    min: TimeDelta,
    max: TimeDelta,
}

impl ServiceClock {
    /// Records the headers of a response that has just arrived.
    pub(super) fn record_response(&self, headers: &HeaderMap, sent: DateTime<Utc>) {
        self.record_date(headers, sent, now());
    }

    fn record_date(&self, headers: &HeaderMap, sent: DateTime<Utc>, received: DateTime<Utc>) {
        let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(date) = date.map(DateTime::<Utc>::from) else { return };
        let new = OffsetBounds { min: date - received, max: date - sent + MAX_DATE_AGE };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = known.map(|old| OffsetBounds { min: old.min.max(new.min), max: old.max.min(new.max) });
        // If the bounds contradict each other, a clock was adjusted. Only the new bounds hold.
        *known = both.filter(|both| both.min <= both.max).or(Some(new));
    }

    /// Converts a local time into the service's time. The offset is zero if the bounds allow zero.
    pub(super) fn service_time(&self, local: DateTime<Utc>) -> DateTime<Utc> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = known.map_or(TimeDelta::zero(), |OffsetBounds { min, max }| TimeDelta::zero().max(min).min(max));
        local.checked_add_signed(offset).unwrap_or(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(clock: &ServiceClock, date: &str, sent_ms: i64, received_ms: i64) {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, date.parse().expect("a value"));
        let time = |ms| DateTime::from_timestamp_millis(ms).expect("in range");
        clock.record_date(&headers, time(sent_ms), time(received_ms));
    }

    /// Returns the estimated offset in milliseconds.
    fn offset(clock: &ServiceClock) -> i64 {
        let local = DateTime::from_timestamp_millis(7_000_000).expect("in range");
        (clock.service_time(local) - local).num_milliseconds()
    }

    #[test]
    fn each_response_narrows_the_offset() {
        let clock = ServiceClock::default();
        assert_eq!(offset(&clock), 0);
        // The service's time is 10 to 12 s, the local time 0.4 to 0.5 s: the offset is 9.5 to 11.6 s.
        record(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 400, 500);
        assert_eq!(offset(&clock), 9_500);
        record(&clock, "Thu, 01 Jan 1970 00:00:11 GMT", 800, 900);
        assert_eq!(offset(&clock), 10_100);
        record(&clock, "no date", 0, 0);
        assert_eq!(offset(&clock), 10_100);
    }

    #[test]
    fn the_offset_is_zero_if_the_bounds_allow_it() {
        let clock = ServiceClock::default();
        record(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 10_400, 10_500);
        assert_eq!(offset(&clock), 0);
        // The service's clock is behind.
        record(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 15_900, 16_000);
        assert_eq!(offset(&clock), -3_900);
    }
}
