//! The error of parsing a phone number.

use std::{convert::Infallible, error::Error, fmt};

/// The reason that a text is not accepted as a phone number.
///
/// `Display` names the problem and the remedy, and never prints the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsePhoneNumberError {
    /// The text is empty.
    Empty,
    /// The text has no `+`.
    NoPlus,
    /// The text has other characters before the `+`.
    TextBeforePlus,
    /// The plus sign is not the ASCII character `+`.
    ForeignPlus,
    /// The text contains a character without a glyph, such as a direction mark or a zero-width space.
    InvisibleCharacter,
    /// A character after the `+` is not an ASCII digit.
    NotADigit,
    /// A character is neither a digit nor the punctuation that
    /// [`parse_lenient`](crate::PhoneNumber::parse_lenient) removes.
    InvalidCharacter,
    /// The text contains letters.
    Letters,
    /// The number has decimals, such as `.0`.
    Decimal,
    /// The number is in scientific notation, such as `1.41556E+10`.
    Exponent,
    /// The number has an extension or a pause, such as `x123` or `;ext=123`.
    Extension,
    /// The text contains two numbers.
    TwoNumbers,
    /// The first digit is 0, but no country code starts with 0.
    LeadingZero,
    /// The number does not start with a country calling code.
    UnknownCountryCode,
    /// The number is too short for any country. Strict parsing requires at least 2 digits.
    TooShort,
    /// The number has more than 15 digits.
    TooLong,
    /// The number has too few or too many digits for its country.
    WrongLength,
    /// The area code or the exchange of a number with the country code 1 starts with 0 or 1.
    InvalidAreaCode,
    /// The number contains a trunk prefix, such as `(0)`. Callers from abroad omit this prefix.
    TrunkPrefix,
    /// The number does not belong to a range that the country uses.
    ///
    /// Only [`parse_in_region`](crate::guide::phone_numbers#national-numbers) returns this error.
    UnusedRange,
    /// The region is not a known ISO 3166 code.
    ///
    /// Only [`parse_in_region`](crate::guide::phone_numbers#national-numbers) returns this error.
    UnknownRegion,
}

impl fmt::Display for ParsePhoneNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; pass a number such as +14155550100",
            Self::NoPlus => "does not start with `+`; write `+` and the country code first, as in +14155550100",
            Self::TextBeforePlus => {
                "has characters before the `+`; remove them, or use `PhoneNumber::parse_lenient`, \
                 which accepts spaces and punctuation"
            }
            Self::ForeignPlus => {
                "starts with a plus sign other than the ASCII `+`; write `+`, or use `PhoneNumber::parse_lenient`"
            }
            Self::InvisibleCharacter => {
                "contains an invisible character, such as a direction mark or a zero-width space; \
                 remove it, or use `PhoneNumber::parse_lenient`"
            }
            Self::NotADigit => {
                "has a character other than 0 to 9 after the `+`; \
                 `PhoneNumber::parse_lenient` accepts spaces and punctuation"
            }
            Self::InvalidCharacter => {
                "has a character that is neither a digit nor phone number punctuation; \
                 pass one number in digits, without an extension"
            }
            Self::Letters => "contains letters; pass one number in digits",
            Self::Decimal => {
                "has decimals; if a spreadsheet added them, store the column as text and enter the number again"
            }
            Self::Exponent => {
                "is in scientific notation; if a spreadsheet changed the number, \
                 store the column as text and enter the number again"
            }
            Self::Extension => "has an extension or a pause; remove it, because a message cannot reach an extension",
            Self::TwoNumbers => "contains two numbers; pass one number",
            Self::LeadingZero => "has a 0 after the `+`; start with the country code",
            Self::UnknownCountryCode => "has an unknown country code after the `+`; start with a country calling code",
            Self::TooShort => "has too few digits; pass the country code and the complete number",
            Self::TooLong => "has more than 15 digits, the E.164 limit; pass one number, without an extension",
            Self::WrongLength => "has too few or too many digits for its country; pass one complete number",
            Self::InvalidAreaCode => {
                "has an area code or an exchange that starts with 0 or 1; after +1, both start with 2 to 9"
            }
            Self::TrunkPrefix => "has a trunk prefix, such as `(0)`, after the country code; remove it",
            Self::UnusedRange => "is in a range that its country does not use; check the digits and the region",
            Self::UnknownRegion => "has an unknown region; pass a two-letter ISO 3166 code, such as US or GB",
        })
    }
}

impl Error for ParsePhoneNumberError {}

/// Lets callers pass a [`PhoneNumber`](crate::PhoneNumber) as an argument.
///
/// A `PhoneNumber` converts into itself, and the error of this conversion is [`Infallible`].
impl From<Infallible> for ParsePhoneNumberError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
