//! Phone numbers in E.164 format.

use super::invalid::Invalid;

/// Returns whether `text` is a plus sign and 2 to 15 digits, without a leading zero.
pub(super) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Returns `phone` if it is in E.164 format.
pub(super) fn check(phone: String) -> Result<String, Invalid> {
    if is_e164(&phone) { Ok(phone) } else { Err(Invalid::PHONE) }
}

/// Returns the number in a path segment, which may be percent-encoded.
pub(super) fn from_path_segment(segment: &str) -> Result<String, Invalid> {
    percent_decode(segment).ok_or(Invalid::PHONE).and_then(check)
}

fn percent_decode(segment: &str) -> Option<String> {
    let mut encoded = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = encoded.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [encoded.next()?, encoded.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_path_segment_accepts_plain_and_percent_encoded_numbers() {
        for segment in ["+14155550100", "%2B14155550100", "%2b1415555010%30"] {
            assert_eq!(from_path_segment(segment).ok().as_deref(), Some("+14155550100"));
        }
        for segment in ["", "14155550100", "+0", "+1", "+1234567890123456", "%2", "%2B1%ff", "%zz", ".."] {
            assert!(from_path_segment(segment).is_err(), "{segment}");
        }
    }
}
