//! Reads the wait that a response asks for.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header::RETRY_AFTER};

/// Reads `retry-after-ms` (milliseconds), else `Retry-After` (seconds, or a date).
pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let millis = text("retry-after-ms").and_then(parse_rounded_up).map(Duration::from_millis);
    millis.or_else(|| {
        let value = text(RETRY_AFTER.as_str())?;
        parse_rounded_up(value).map(Duration::from_secs).or_else(|| {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        })
    })
}

/// Parses a number without a sign, and rounds a fraction up. A number that overflows `u64` becomes `u64::MAX`.
fn parse_rounded_up(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_fraction = fraction.bytes().any(|digit| digit != b'0');
    let round_up = || whole.parse().unwrap_or(u64::MAX).saturating_add(has_fraction.into());
    (is_number(whole) && is_number(fraction)).then(round_up)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER};

    use super::read;

    #[test]
    fn reads_both_headers_in_every_form() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        for (name, value, expected) in [
            ("retry-after", "0", Some(0)),
            ("retry-after", "120", Some(120_000)),
            ("retry-after", " 7 ", Some(7_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
            ("retry-after", "Sunday, 06-Nov-94 08:50:37 GMT", Some(60_000)),
            ("retry-after", "Sun Nov  6 08:50:37 1994", Some(60_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:36 GMT", Some(0)),
            ("retry-after", "", None),
            ("retry-after", "-1", None),
            ("retry-after", "1.5", Some(2_000)),
            ("retry-after", "0.001", Some(1_000)),
            ("retry-after", "2.000", Some(2_000)),
            ("retry-after", "1.", None),
            ("retry-after", ".5", None),
            ("retry-after", "1.5.2", None),
            ("retry-after", "1.-5", None),
            ("retry-after", "1,5", None),
            ("retry-after", "+1", None),
            ("retry-after", "soon", None),
            ("retry-after", "Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after-ms", "250.5", Some(251)),
            ("retry-after-ms", "x", None),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(read(&headers, now), expected.map(Duration::from_millis), "{name}: {value}");
        }
        let huge =
            HeaderMap::from_iter([("retry-after".parse().expect("a name"), "9".repeat(30).parse().expect("a value"))]);
        assert_eq!(read(&huge, now), Some(Duration::from_secs(u64::MAX)));
        let largest = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("18446744073709551615.5"))]);
        assert_eq!(read(&largest, now), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn milliseconds_win_if_readable() {
        let headers = |millis: &'static str| {
            HeaderMap::from_iter([
                (HeaderName::from_static("retry-after"), HeaderValue::from_static("3")),
                (HeaderName::from_static("retry-after-ms"), HeaderValue::from_static(millis)),
            ])
        };
        assert_eq!(read(&headers("2500"), SystemTime::now()), Some(Duration::from_millis(2500)));
        assert_eq!(read(&headers("?"), SystemTime::now()), Some(Duration::from_secs(3)));
    }
}
