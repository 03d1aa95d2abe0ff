//! Removes punctuation from phone numbers and checks that they are in E.164 form.

use super::ParsePhoneNumberError;

/// The maximum number of digits in an E.164 number (ITU-T E.164, section 6).
const MAX_DIGITS: usize = 15;

/// Checks that `number` is `+` and 2 to 15 ASCII digits, the first of which is not 0.
pub(super) fn check_e164(number: &str) -> Result<(), ParsePhoneNumberError> {
    use ParsePhoneNumberError as Problem;
    if number.is_empty() {
        return Err(Problem::Empty);
    }
    let digits = number.strip_prefix('+').ok_or(Problem::NoPlus)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotADigit);
    }
    if digits.starts_with('0') {
        return Err(Problem::LeadingZero);
    }
    match digits.len() {
        0 | 1 => Err(Problem::TooShort),
        2..=MAX_DIGITS => Ok(()),
        _ => Err(Problem::TooLong),
    }
}

/// Removes white space, dashes, dots and round brackets, then checks the rest.
pub(super) fn normalize(text: &str) -> Result<String, ParsePhoneNumberError> {
    let is_dash = |c| matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}');
    let unspaced: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if unspaced.contains("(0)") {
        return Err(ParsePhoneNumberError::TrunkPrefix);
    }
    let number: String = unspaced.chars().filter(|c| !is_dash(*c) && !matches!(c, '.' | '(' | ')')).collect();
    match check_e164(&number) {
        Ok(()) => Ok(number),
        // The message of `NotADigit` recommends the lenient parser, but this is the lenient parser.
        Err(ParsePhoneNumberError::NotADigit) => Err(ParsePhoneNumberError::InvalidCharacter),
        Err(error) => Err(error),
    }
}
