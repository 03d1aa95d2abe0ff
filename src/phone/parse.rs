//! Parses E.164 numbers, and numbers with punctuation.

use super::{
    ParsePhoneNumberError as Problem,
    characters::{digit, is_dot, is_invisible, is_plus, is_punctuation, is_quote},
    numbering,
};

/// The maximum number of digits in an E.164 number (ITU-T E.164, section 6).
const MAX_DIGITS: usize = 15;

/// If both sides of a separator have at least this many digits, the text contains two numbers.
const MIN_DIGITS_OF_TWO_NUMBERS: usize = 7;

/// If at least this many digits precede the only dot, the digits after the dot may be decimals: see [`has_decimals`].
const MIN_DIGITS_BEFORE_DECIMAL: usize = 8;

/// The words that introduce an extension or a pause.
const EXTENSION_WORDS: [&str; 14] =
    ["x", "xt", "xtn", "ext", "extn", "extension", "extensión", "int", "anexo", "poste", "доб", "p", "w", "\u{ff58}"];

/// Checks that `number` is `+` and 2 to 15 ASCII digits, the first of which is not 0.
pub(super) fn check_e164(number: &str) -> Result<(), Problem> {
    let Some(digits) = number.strip_prefix('+') else {
        return Err(match number.chars().next() {
            None => Problem::Empty,
            Some(_) if number.contains(is_invisible) => Problem::InvisibleCharacter,
            Some(first) if is_plus(first) => Problem::ForeignPlus,
            Some(_) if number.contains(is_plus) => Problem::TextBeforePlus,
            Some(_) => Problem::NoPlus,
        });
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(if digits.contains(is_invisible) { Problem::InvisibleCharacter } else { Problem::NotADigit });
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

/// Parses an international number with punctuation.
pub(super) fn parse_lenient(text: &str) -> Result<String, Problem> {
    let number = ExtractedNumber::new(text)?.into_international()?;
    check_international(&number)?;
    Ok(number)
}

/// Checks the E.164 form of `number`, and the rules of its country that need no libphonenumber metadata.
pub(super) fn check_international(number: &str) -> Result<(), Problem> {
    check_e164(number)?;
    numbering::check(number.trim_start_matches('+'))
}

/// The number in a text, international or national.
pub(super) struct ExtractedNumber {
    /// The ASCII digits, with the `+` if the text has a plus sign.
    number: String,
    /// Whether the text contains `(0)`.
    has_trunk_prefix: bool,
}

impl ExtractedNumber {
    /// Removes punctuation and invisible characters, and converts digits to ASCII.
    ///
    /// Returns an error if the text may contain anything besides one number.
    pub(super) fn new(text: &str) -> Result<Self, Problem> {
        let text: String = text.chars().filter(|c| !is_invisible(*c)).map(to_ascii).collect();
        let text = strip_tel(text.trim_matches(is_surrounding)).trim_matches(is_surrounding);
        if has_exponent(text) {
            return Err(Problem::Exponent);
        }
        if let Some((before, after)) = split_at_foreign(text) {
            return Err(problem_of_split(before, after));
        }
        if has_decimals(text) {
            return Err(Problem::Decimal);
        }
        let unspaced: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let has_trunk_prefix = ["(0)", "[0]", "\u{ff08}0\u{ff09}"].iter().any(|prefix| unspaced.contains(prefix));
        let number = text.chars().filter(|c| !is_punctuation(*c)).collect();
        Ok(Self { number, has_trunk_prefix })
    }

    #[cfg(feature = "region")]
    pub(super) fn number(&self) -> &str {
        &self.number
    }

    #[cfg(feature = "region")]
    pub(super) fn has_trunk_prefix(&self) -> bool {
        self.has_trunk_prefix
    }

    #[cfg(feature = "region")]
    pub(super) fn is_national(&self) -> bool {
        self.number.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Returns the number without punctuation, if it has a `+` and no `(0)`.
    pub(super) fn into_international(self) -> Result<String, Problem> {
        match self.number {
            number if number.is_empty() => Err(Problem::Empty),
            number if !number.starts_with('+') => Err(Problem::NoPlus),
            _ if self.has_trunk_prefix => Err(Problem::TrunkPrefix),
            number => Ok(number),
        }
    }
}

/// Converts a digit of any script, or a plus sign, to ASCII.
fn to_ascii(c: char) -> char {
    if is_plus(c) { '+' } else { digit(c).and_then(|value| char::from_digit(value, 10)).unwrap_or(c) }
}

/// Returns whether a character may surround a number.
fn is_surrounding(c: char) -> bool {
    c.is_whitespace() || is_quote(c)
}

/// Removes the scheme of a `tel:` URI.
fn strip_tel(text: &str) -> &str {
    match text.split_at_checked("tel:".len()) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel:") => number,
        _ => text,
    }
}

/// Splits `text` before the first character that cannot belong to the first number: the foreign character.
fn split_at_foreign(text: &str) -> Option<(&str, &str)> {
    let mut has_begun = false;
    let is_foreign = |(at, c): &(usize, char)| {
        let belongs = match c {
            '+' => !has_begun,
            '\n' | '\r' => !are_two_numbers(text.get(..*at), text.get(*at..)),
            c => c.is_ascii_digit() || is_punctuation(*c),
        };
        has_begun |= *c == '+' || c.is_ascii_digit();
        !belongs
    };
    let (at, _) = text.char_indices().find(is_foreign)?;
    text.split_at_checked(at)
}

/// Returns whether both sides of a separator have enough digits for a number.
fn are_two_numbers(before: Option<&str>, after: Option<&str>) -> bool {
    [before, after].into_iter().flatten().all(|side| count_digits(side) >= MIN_DIGITS_OF_TWO_NUMBERS)
}

fn count_digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// Returns the problem of a text that [`split_at_foreign`] has split.
///
/// `foreign` starts with the foreign character.
fn problem_of_split(before: &str, foreign: &str) -> Problem {
    let first = foreign.chars().next();
    let word_start = foreign.trim_start_matches([',', ';', ' ', '/']);
    let word: String = word_start.chars().take_while(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let is_number_before = before.contains(|c: char| c.is_ascii_digit());
    let digits_after = count_digits(foreign);
    if !is_number_before {
        return if word.is_empty() { Problem::InvalidCharacter } else { Problem::Letters };
    }
    if EXTENSION_WORDS.contains(&word.as_str()) || (matches!(first, Some('#' | '*')) && digits_after > 0) {
        return Problem::Extension;
    }
    let is_decimal =
        matches!(first, Some(',' | '\u{66b}')) && has_decimals(&format!("{before}.{}", after_first(foreign)));
    if is_decimal {
        return Problem::Decimal;
    }
    let is_joined = matches!(first, Some('+' | '/' | '|' | '\\' | '&')) || matches!(word.as_str(), "or" | "and");
    if (is_joined && digits_after > 0) || are_two_numbers(Some(before), Some(foreign)) {
        return Problem::TwoNumbers;
    }
    match first {
        _ if !word.is_empty() => Problem::Letters,
        Some(',' | ';') if digits_after > 0 => Problem::Extension,
        _ => Problem::InvalidCharacter,
    }
}

fn after_first(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// Returns whether `text` contains a digit, `E`, an optional sign, and a digit.
fn has_exponent(text: &str) -> bool {
    text.match_indices(['e', 'E']).any(|(at, e)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + e.len()..).unwrap_or_default());
        let exponent = after.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(after);
        [before.chars().next_back(), exponent.chars().next()].iter().flatten().filter(|c| c.is_ascii_digit()).count()
            == 2
    })
}

/// Returns whether the digits after the last dot are decimals.
///
/// A single digit is a decimal. If the text has only one dot, these digits are decimals too:
///
/// - two digits;
/// - any digits, if at least [`MIN_DIGITS_BEFORE_DECIMAL`] digits without punctuation precede the dot;
/// - zeros, if more than [`MIN_DIGITS_BEFORE_DECIMAL`] digits precede the dot.
///
/// `+1.4155550100` and `+1 415 555.0100` have no decimals.
fn has_decimals(text: &str) -> bool {
    let Some((before, after)) = text.rsplit_once(is_dot) else { return false };
    let len = after.len();
    if len == 0 || !after.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_only_dot = !before.contains(is_dot);
    let whole = before.trim_start_matches('+');
    let is_whole = whole.bytes().all(|byte| byte.is_ascii_digit()) && whole.len() >= MIN_DIGITS_BEFORE_DECIMAL;
    let is_zero = after.bytes().all(|byte| byte == b'0') && count_digits(before) > MIN_DIGITS_BEFORE_DECIMAL;
    len == 1 || (is_only_dot && (len == 2 || is_whole || is_zero))
}
