//! The query of a list request, checked against the documented schema.

use axum::extract::Query;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use http::Uri;

use super::{
    invalid::Invalid,
    phone,
    settings::OffsetAboveCap,
    store::{ListQuery, SortKey},
};

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;
const MAX_OFFSET: usize = 10_000;

/// Parses the query of a list request.
///
/// Ignores unknown parameters. If `order_by` names an unknown property, sorts by `created_at`.
pub(super) fn parse(uri: &Uri, offset_above_cap: OffsetAboveCap) -> Result<ListQuery, Invalid> {
    let Query(parameters) =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| Invalid::new("the query is not form-encoded"))?;
    let mut query = ListQuery { limit: DEFAULT_LIMIT, ..ListQuery::default() };
    for (name, value) in parameters {
        let invalid = |problem| Invalid::field(&name, problem);
        let number = || parse_number(&value).ok_or_else(|| invalid("must be a number, 0 or greater"));
        match name.as_str() {
            "limit" => match number()? {
                0 => return Err(invalid("must be 1 or greater")),
                limit => query.limit = limit.min(MAX_LIMIT),
            },
            "offset" => {
                let offset = number()?;
                if offset > MAX_OFFSET && offset_above_cap == OffsetAboveCap::Reject {
                    return Err(invalid("must be 10000 or less"));
                }
                query.offset = offset.min(MAX_OFFSET);
            }
            "order_by" => {
                query.sort_key = match value.as_str() {
                    "firstName" => SortKey::FirstName,
                    "lastName" => SortKey::LastName,
                    "phone" => SortKey::Phone,
                    _ => SortKey::CreatedAt,
                }
            }
            "order_direction" => {
                query.ascending = match value.as_str() {
                    "asc" => true,
                    "desc" => false,
                    _ => return Err(invalid("must be asc or desc")),
                }
            }
            "created_at_gte" => {
                let millis = parse_created_at_gte(&value);
                query.created_at_gte = Some(millis.ok_or_else(|| invalid("must be an ISO 8601 date or time"))?);
            }
            "phone_number" => query.phone = Some(phone::check(value)?),
            "cid" => query.contact_id = Some(value),
            _ => {}
        }
    }
    Ok(query)
}

/// Returns a whole number. A number that does not fit is the largest that does, because larger values are lowered.
fn parse_number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

/// Returns the time as Unix milliseconds, rounded up. A time without a UTC offset counts as UTC.
fn parse_created_at_gte(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc()))
        .or_else(|_| text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN).and_utc()))
        .ok()?;
    let has_fraction = !time.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    Some(time.timestamp_millis() + i64::from(has_fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_only_digits_and_may_be_huge() {
        assert_eq!(parse_number("516715026984704278528"), Some(usize::MAX));
        assert_eq!(["7", "", "-1", "+1", "1e3", "1.0"].map(parse_number), [Some(7), None, None, None, None, None]);
    }

    #[test]
    fn created_at_gte_accepts_each_iso_form_and_rounds_up_to_milliseconds() {
        let noon = Some(1_778_328_000_000);
        assert_eq!(parse_created_at_gte("2026-05-09T12:00:00Z"), noon);
        assert_eq!(parse_created_at_gte("2026-05-09T12:00:00.000+00:00"), noon);
        assert_eq!(parse_created_at_gte("2026-05-09T14:30:00+02:30"), noon);
        assert_eq!(parse_created_at_gte("2026-05-09T12:00:00"), noon);
        assert_eq!(parse_created_at_gte("2026-05-09T11:59:59.999001Z"), noon);
        assert_eq!(parse_created_at_gte("2026-05-09"), noon.map(|noon| noon - 12 * 60 * 60 * 1000));
        assert_eq!(parse_created_at_gte("2026-05-09T12:00:00 00:00"), None);
        assert_eq!(parse_created_at_gte("yesterday"), None);
    }
}
