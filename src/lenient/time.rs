//! Reads a time in RFC 3339 format and in other formats that services use.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Number;

/// A number below this limit counts seconds. Any other number counts milliseconds.
///
/// As seconds, the limit is in the year 5138. As milliseconds, it is in 1973.
const MIN_MILLIS: f64 = 100_000_000_000.0;

/// Parses a time. A time without a UTC offset counts as UTC.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = text.parse::<DateTime<Utc>>() {
        return Some(time);
    }
    if let Ok(number) = text.parse() {
        return from_epoch(&number);
    }
    let text = text.strip_suffix("UTC").or(text.strip_suffix("GMT")).or(text.strip_suffix(['Z', 'z'])).unwrap_or(text);
    // In a format string of chrono, a space matches any amount of white space, including none.
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
    fn parse_accepts_the_formats_that_services_use() {
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
    fn parse_refuses_other_texts() {
        for text in
            ["", "yesterday", "2026-13-01T00:00:00Z", "09/05/2026", "2026-05-09T25:00:00", "1e300", "-1e300", "NaN"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
