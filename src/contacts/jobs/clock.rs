//! What time it is at the service.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};

/// The time by this machine's clock.
pub(super) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// How far the clock of the service is ahead of this machine's, as far as its answers tell.
///
/// Each `Date` says when an answer was made, which was between the sending of the request and the arrival of the answer. Many
/// of them say more: what all of them allow.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(Mutex<Option<Ahead>>);

/// How old a `Date` may be when it is sent: it is cut to the second, and servers make a new one once a second.
const STALE: TimeDelta = TimeDelta::seconds(2);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Ahead {
    least: TimeDelta,
    most: TimeDelta,
}

impl ServiceClock {
    /// An answer to what was sent at that time has just arrived.
    pub(super) fn answered(&self, headers: &HeaderMap, sent: DateTime<Utc>) {
        self.heard(headers, sent, now());
    }

    fn heard(&self, headers: &HeaderMap, sent: DateTime<Utc>, received: DateTime<Utc>) {
        let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(date) = date.map(DateTime::<Utc>::from) else { return };
        let new = Ahead { least: date - received, most: date - sent + STALE };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = known.map(|old| Ahead { least: old.least.max(new.least), most: old.most.min(new.most) });
        // Where they contradict each other, a clock was set.
        *known = both.filter(|both| both.least <= both.most).or(Some(new));
    }

    /// The service's time at a time of this machine. Where the answers allow that the clocks agree, they do.
    pub(super) fn at(&self, local: DateTime<Utc>) -> DateTime<Utc> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = known.map_or(TimeDelta::zero(), |Ahead { least, most }| TimeDelta::zero().max(least).min(most));
        local.checked_add_signed(ahead).unwrap_or(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(clock: &ServiceClock, date: &str, sent: i64, received: i64) {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, date.parse().expect("a value"));
        let time = |ms| DateTime::from_timestamp_millis(ms).expect("in range");
        clock.heard(&headers, time(sent), time(received));
    }

    /// How far it is ahead, in milliseconds.
    fn ahead(clock: &ServiceClock) -> i64 {
        let local = DateTime::from_timestamp_millis(7_000_000).expect("in range");
        (clock.at(local) - local).num_milliseconds()
    }

    #[test]
    fn answers_narrow_down_how_far_it_is_ahead() {
        let clock = ServiceClock::default();
        assert_eq!(ahead(&clock), 0);
        // 10 s after the epoch, or up to 2 s more: it is 9.5 to 11.6 s ahead.
        heard(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 400, 500);
        assert_eq!(ahead(&clock), 9_500);
        heard(&clock, "Thu, 01 Jan 1970 00:00:11 GMT", 800, 900);
        assert_eq!(ahead(&clock), 10_100);
        heard(&clock, "no date", 0, 0);
        assert_eq!(ahead(&clock), 10_100);
    }

    #[test]
    fn agrees_with_this_machine_where_it_can() {
        let clock = ServiceClock::default();
        heard(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 10_400, 10_500);
        assert_eq!(ahead(&clock), 0);
        // It is behind by 5 s.
        heard(&clock, "Thu, 01 Jan 1970 00:00:10 GMT", 15_900, 16_000);
        assert_eq!(ahead(&clock), -3_900);
    }
}
