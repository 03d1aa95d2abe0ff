//! Phone numbers in E.164 form.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

pub use error::ParsePhoneNumberError;
use parse::check_e164;

mod characters;
mod error;
mod numbering;
mod parse;
#[cfg(feature = "region")]
mod region;
#[cfg(test)]
mod tests;

/// The `pattern` of `PhoneNumber` in `openapi.yaml`; `tests/it/models.rs` compares the two.
#[cfg(feature = "schemars")]
const PATTERN: &str = r"^\+[1-9][0-9]{1,14}$";

/// A phone number in E.164 form: `+` and 2 to 15 digits, the first of which is not 0.
///
/// ```
/// use sendblue_contacts::PhoneNumber;
///
/// let number: PhoneNumber = "+14155550100".parse()?;
/// assert_eq!(number.as_str(), "+14155550100");
///
/// let punctuated = PhoneNumber::parse_lenient("+1 (415) 555-0100")?;
/// assert_eq!(punctuated, number);
/// # Ok::<(), sendblue_contacts::ParsePhoneNumberError>(())
/// ```
///
/// If an operation takes a phone number, it accepts any type that converts into `PhoneNumber`, such as `&str` or
/// `String`. Parsing checks only the form of the number. The number may still be out of service.
///
/// `Debug` and `Display` print the number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number with punctuation, such as `+1 (415) 555-0100`.
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
    /// This function removes white space, dashes, dots, brackets, quotation marks, invisible characters and `tel:`. It
    /// accepts digits of any script. It never adds a country code.
    ///
    /// It refuses ambiguous texts: texts with decimals, exponents, extensions, letters, two numbers, a trunk prefix or
    /// a wrong length. The [guide](crate::guide::phone_numbers) lists the rules. With the feature `region`, it checks
    /// the length for every country. Without the feature, it checks the length for the country codes 1 and 7.
    ///
    /// # Errors
    ///
    /// [`ParsePhoneNumberError`], which names the problem.
    pub fn parse_lenient(text: &str) -> Result<Self, ParsePhoneNumberError> {
        let number = parse::parse_lenient(text)?;
        #[cfg(feature = "region")]
        region::check_length(&number)?;
        Ok(Self(number))
    }

    /// Parses a number as people write it in one region, such as `(415) 555-0100` in `US`.
    ///
    /// ```
    /// # use sendblue_contacts::PhoneNumber;
    /// assert_eq!(PhoneNumber::parse_in_region("(415) 555-0100", "US")?, "+14155550100".parse()?);
    /// assert_eq!(PhoneNumber::parse_in_region("0044 20 7946 0018", "DE")?, "+442079460018".parse()?);
    /// # Ok::<(), sendblue_contacts::ParsePhoneNumberError>(())
    /// ```
    ///
    /// `region` is a two-letter ISO 3166 code, in upper or lower case. An international number may belong to any
    /// region. It starts with `+`, with `00`, or with the international prefix of the region, such as `011`.
    ///
    /// The number must be valid according to libphonenumber's metadata. This function removes the same punctuation as
    /// [`parse_lenient`](Self::parse_lenient), and refuses the same ambiguous texts.
    ///
    /// # Errors
    ///
    /// [`ParsePhoneNumberError`], which names the problem. If the region is unknown, the error is `UnknownRegion`.
    #[cfg(feature = "region")]
    pub fn parse_in_region(text: &str, region: &str) -> Result<Self, ParsePhoneNumberError> {
        region::parse(text, region).map(Self)
    }

    /// Returns the number as text, including the `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = ParsePhoneNumberError;

    fn try_from(number: String) -> Result<Self, Self::Error> {
        check_e164(&number)?;
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
    /// Accepts the same texts as [`FromStr`].
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
        schemars::json_schema!({ "type": "string", "pattern": PATTERN })
    }
}
