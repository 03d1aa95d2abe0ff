//! The error of parsing a phone number.

use std::{convert::Infallible, error::Error, fmt};

/// The reason why a text is not an E.164 phone number.
///
/// The message names the problem and the remedy; it never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsePhoneNumberError {
    /// The text is empty.
    Empty,
    /// The text does not start with `+`.
    NoPlus,
    /// A character after the `+` is not an ASCII digit.
    NotADigit,
    /// A character is neither an ASCII digit nor the punctuation that
    /// [`parse_lenient`](crate::PhoneNumber::parse_lenient) removes.
    InvalidCharacter,
    /// The first digit is 0, but no country code starts with 0.
    LeadingZero,
    /// The number has fewer than 2 digits.
    TooShort,
    /// The number has more than 15 digits.
    TooLong,
    /// The number contains the trunk prefix `(0)`, which callers from abroad omit.
    TrunkPrefix,
}

impl fmt::Display for ParsePhoneNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; pass a number such as +14155550100",
            Self::NoPlus => "does not start with `+`; write `+` and the country code first, as in +14155550100",
            Self::NotADigit => {
                "has a character other than 0 to 9 after the `+`; \
                 `PhoneNumber::parse_lenient` accepts spaces and punctuation"
            }
            Self::InvalidCharacter => {
                "has a character that is neither a digit nor phone number punctuation; \
                 pass one number in digits, without an extension"
            }
            Self::LeadingZero => "has a 0 after the `+`; start with the country code",
            Self::TooShort => "has fewer than 2 digits; pass the country code and the whole number",
            Self::TooLong => "has more than 15 digits, the E.164 limit; pass one number, without an extension",
            Self::TrunkPrefix => "has a trunk prefix `(0)`; remove it",
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
