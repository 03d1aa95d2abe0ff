//! Reads a time in the formats that services use besides RFC 3339.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Number;

/// The smallest number of milliseconds. A smaller number counts seconds, and means a time before the year 5138.
const MIN_MILLIS: f64 = 100_000_000_000.0;

/// Parses a time. Without an offset, it is in UTC.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = text.parse::<DateTime<Utc>>() {
        return Some(time);
    }
    if let Ok(number) = text.parse() {
        return from_epoch(&number);
    }
    let text = text.strip_suffix("UTC").or(text.strip_suffix("GMT")).or(text.strip_suffix(['Z', 'z'])).unwrap_or(text);
    // In a format, a space matches any number of spaces, also none.
    ["%Y-%m-%dT%H:%M:%S%.f %#z", "%Y-%m-%d %H:%M:%S%.f %#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .map(|time| time.to_utc())
        .or_else(|| {
            let formats = ["%Y-%m-%dT%H:%M:%S%.f ", "%Y-%m-%d %H:%M:%S%.f ", "%Y-%m-%dT%H:%M ", "%Y-%m-%d %H:%M "];
            formats
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .map(|time| time.and_utc())
        })
        .or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?.and_utc()))
}

/// Reads seconds or milliseconds since 1970.
pub(super) fn from_epoch(number: &Number) -> Option<DateTime<Utc>> {
    let magnitude = number.as_f64()?;
    let millis = if magnitude.abs() < MIN_MILLIS { magnitude * 1000.0 } else { magnitude };
    DateTime::from_timestamp_millis(millis.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_formats_of_services_are_read() {
        for text in [
            "2026-05-09T00:00:00Z",
            "2026-05-09T00:00:00.000Z",
            "2026-05-09T00:00:00",
            "2026-05-09T00:00:00.000",
            "2026-05-09 00:00:00",
            "2026-05-09 00:00:00.000",
            "2026-05-09 00:00:00Z",
            "2026-05-09 00:00:00 UTC",
            "2026-05-09T02:00:00+02:00",
            "2026-05-09T02:00:00+0200",
            "2026-05-09T02:00:00+02",
            "2026-05-09 02:00:00+02",
            "2026-05-09 02:00:00 +0200",
            "2026-05-09T00:00:00+0000",
            "2026-05-08T19:00:00-05",
            "2026-05-09 00:00",
            "2026-05-09",
            "1778284800",
            "1778284800.0",
            "1778284800000",
        ] {
            assert_eq!(
                parse(text).map(|time| time.to_rfc3339()).as_deref(),
                Some("2026-05-09T00:00:00+00:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in
            ["", "yesterday", "2026-13-01T00:00:00Z", "09/05/2026", "2026-05-09T25:00:00", "1e300", "-1e300", "NaN"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
