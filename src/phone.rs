//! Phone numbers in E.164 form.

use std::{borrow::Borrow, convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

/// The most digits that a number has (ITU-T E.164, section 6).
const MAX_DIGITS: usize = 15;

/// A phone number in E.164 form: `+`, then 2 to 15 digits of which the first is not 0.
///
/// ```
/// use sendblue_contacts::PhoneNumber;
///
/// let number: PhoneNumber = "+14155550100".parse()?;
/// assert_eq!(number.as_str(), "+14155550100");
///
/// let written = PhoneNumber::parse_lenient("+1 (415) 555-0100")?;
/// assert_eq!(written, number);
/// # Ok::<(), sendblue_contacts::ParsePhoneNumberError>(())
/// ```
///
/// Every argument that names a contact is one: anything that converts into it (`&str`, `String`, `PhoneNumber`) can be
/// passed. That the digits are assigned to a telephone is not checked.
///
/// It is the caller's data: `Debug` and `Display` show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number written for people, such as `+1 (415) 555-0100`.
    ///
    /// ```
    /// # use sendblue_contacts::PhoneNumber;
    /// assert_eq!(PhoneNumber::parse_lenient("+44 20 7946 0018")?, "+442079460018".parse()?);
    ///
    /// let error = PhoneNumber::parse_lenient("(415) 555-0100").unwrap_err();
    /// assert!(error.to_string().contains("country code"));
    /// # Ok::<(), sendblue_contacts::ParsePhoneNumberError>(())
    /// ```
    ///
    /// White space, hyphens and dashes, dots and round brackets are dropped. Nothing is guessed: a number without `+` and
    /// country code is an error, and so are one with a trunk prefix in brackets (`+44 (0)20 …`) and one with a slash, which
    /// often stands between two numbers.
    pub fn parse_lenient(written: &str) -> Result<Self, ParsePhoneNumberError> {
        let is_dash = |c| matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}');
        let unspaced: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        if unspaced.contains("(0)") {
            return Err(ParsePhoneNumberError::TrunkPrefix);
        }
        let bare: String = unspaced.chars().filter(|c| !is_dash(*c) && !matches!(c, '.' | '(' | ')')).collect();
        match check(&bare) {
            Ok(()) => Ok(Self(bare)),
            // The advice of that one is to come here.
            Err(ParsePhoneNumberError::NotADigit) => Err(ParsePhoneNumberError::NotPunctuation),
            Err(error) => Err(error),
        }
    }

    /// The number as text, `+` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(number: &str) -> Result<(), ParsePhoneNumberError> {
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

impl TryFrom<String> for PhoneNumber {
    type Error = ParsePhoneNumberError;

    fn try_from(number: String) -> Result<Self, Self::Error> {
        check(&number)?;
        Ok(Self(number))
    }
}

impl TryFrom<&str> for PhoneNumber {
    type Error = ParsePhoneNumberError;

    fn try_from(number: &str) -> Result<Self, Self::Error> {
        number.to_owned().try_into()
    }
}

impl TryFrom<&&str> for PhoneNumber {
    type Error = ParsePhoneNumberError;

    fn try_from(number: &&str) -> Result<Self, Self::Error> {
        (*number).try_into()
    }
}

impl TryFrom<&String> for PhoneNumber {
    type Error = ParsePhoneNumberError;

    fn try_from(number: &String) -> Result<Self, Self::Error> {
        number.as_str().try_into()
    }
}

impl FromStr for PhoneNumber {
    type Err = ParsePhoneNumberError;

    fn from_str(number: &str) -> Result<Self, Self::Err> {
        number.try_into()
    }
}

impl From<&PhoneNumber> for PhoneNumber {
    fn from(number: &PhoneNumber) -> Self {
        number.clone()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl AsRef<str> for PhoneNumber {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for PhoneNumber {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    /// Strict, as [`FromStr`] is.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PhoneNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PhoneNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": crate::generated::PHONE_NUMBER_PATTERN })
    }
}

/// Why a text is not a phone number in E.164 form.
///
/// It says what to mend and never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsePhoneNumberError {
    /// There is nothing.
    Empty,
    /// It does not start with `+` and a country code.
    NoPlus,
    /// There is something other than the digits 0 to 9 after the `+`.
    NotADigit,
    /// There is a letter or a sign in it that is not the usual punctuation of phone numbers.
    NotPunctuation,
    /// The first digit is 0; no country code starts so.
    LeadingZero,
    /// There are fewer than 2 digits.
    TooShort,
    /// There are more than 15 digits.
    TooLong,
    /// A `(0)` within the number, which is dialled inside the country alone.
    TrunkPrefix,
}

impl fmt::Display for ParsePhoneNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; give a number such as +14155550100",
            Self::NoPlus => "does not start with `+` and the country code; write it as in +14155550100",
            Self::NotADigit => {
                "has something other than the digits 0 to 9 after the `+`; \
                 for numbers written with spaces or punctuation there is `PhoneNumber::parse_lenient`"
            }
            Self::NotPunctuation => {
                "has a letter or a sign in it that is not usual punctuation; give one number, without extension, in digits"
            }
            Self::LeadingZero => "has a 0 after the `+`, where the country code belongs",
            Self::TooShort => "has fewer than 2 digits",
            Self::TooLong => "has more than 15 digits, the most that E.164 allows",
            Self::TrunkPrefix => "has a `(0)` in it, which is not dialled from abroad; leave it out",
        })
    }
}

impl std::error::Error for ParsePhoneNumberError {}

/// So that a [`PhoneNumber`] itself fits where anything is taken that converts into one.
impl From<Infallible> for ParsePhoneNumberError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{ParsePhoneNumberError as Problem, PhoneNumber};

    #[test]
    fn accepts_e164() {
        for number in ["+14155550100", "+12", "+999999999999999"] {
            assert_eq!(number.parse::<PhoneNumber>().expect(number).as_str(), number);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (number, problem) in [
            ("", Problem::Empty),
            (".", Problem::NoPlus),
            ("..", Problem::NoPlus),
            (r"..\..", Problem::NoPlus),
            ("a/b", Problem::NoPlus),
            (r"a\b", Problem::NoPlus),
            ("+1?x=1", Problem::NotADigit),
            ("+1#f", Problem::NotADigit),
            ("%2e%2e", Problem::NoPlus),
            ("\t..\n", Problem::NoPlus),
            ("+1415\u{0}5550100", Problem::NotADigit),
            ("+１４１５５５５０１００", Problem::NotADigit),
            ("+٤١٥٥٥٥٠١٠٠", Problem::NotADigit),
            ("+1234567890123456", Problem::TooLong),
            ("+04155550100", Problem::LeadingZero),
            ("+", Problem::TooShort),
            ("+1", Problem::TooShort),
            ("++14155550100", Problem::NotADigit),
            ("+14155550100 ", Problem::NotADigit),
            ("count", Problem::NoPlus),
            ("bulk", Problem::NoPlus),
            ("opt-out", Problem::NoPlus),
        ] {
            assert_eq!(number.parse::<PhoneNumber>(), Err(problem), "{number:?}");
        }
    }

    #[test]
    fn lenient_drops_punctuation_and_guesses_nothing() {
        for written in [
            "+1 (415) 555-0100",
            "+1.415.555.0100",
            "+1\u{a0}415\u{202f}555\u{2011}0100",
            "\t+1 415\u{2212}555\u{2013}0100\n",
        ] {
            assert_eq!(PhoneNumber::parse_lenient(written).expect(written).as_str(), "+14155550100");
        }
        for (written, problem) in [
            ("(415) 555-0100", Problem::NoPlus),
            ("0014155550100", Problem::NoPlus),
            ("+44 (0)20 7946 0018", Problem::TrunkPrefix),
            ("+44 ( 0 ) 20 7946 0018", Problem::TrunkPrefix),
            ("+1 415 555 0100 ext. 7", Problem::NotPunctuation),
            ("+1-800-FLOWERS", Problem::NotPunctuation),
            ("+1 415 555 0100/01", Problem::NotPunctuation),
            ("+1 (415) 555-０１００", Problem::NotPunctuation),
            (" - ", Problem::Empty),
        ] {
            assert_eq!(PhoneNumber::parse_lenient(written), Err(problem), "{written:?}");
        }
    }

    #[test]
    fn is_the_same_number_in_every_form() {
        let text = "+14155550100";
        let number: PhoneNumber = text.parse().expect("valid");
        for converted in [PhoneNumber::try_from(&text), PhoneNumber::try_from(&text.to_owned()), Ok((&number).into())] {
            assert_eq!(converted.as_ref(), Ok(&number));
        }
        assert_eq!(
            (AsRef::<str>::as_ref(&number), number.to_string(), format!("{number:?}")),
            (text, text.into(), format!("{text:?}"))
        );
        assert_eq!(format!("{number:>14}|"), "  +14155550100|");
        assert!(HashSet::from([number.clone()]).contains(text), "found by its text");
        assert_eq!(String::from(number), text);
    }

    #[test]
    fn serde_is_strict() {
        let number: PhoneNumber = serde_json::from_str(r#""+14155550100""#).expect("valid");
        assert_eq!(serde_json::to_string(&number).expect("a string"), r#""+14155550100""#);
        let error = serde_json::from_str::<PhoneNumber>(r#""415""#).expect_err("invalid");
        assert!(error.to_string().contains("country code"), "{error}");
    }

    proptest! {
        #[test]
        fn whatever_parses_has_the_form_of_the_document(text in r"\+?[0-9 ()+-]{0,18}|\PC*") {
            let has_form = text.strip_prefix('+').is_some_and(|digits| {
                (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
            });
            prop_assert_eq!(text.parse::<PhoneNumber>().is_ok(), has_form);
            if let Ok(number) = PhoneNumber::parse_lenient(&text) {
                prop_assert!(number.as_str().parse::<PhoneNumber>().is_ok());
            }
        }
    }
}
