//! Parses national numbers, and checks international numbers, with libphonenumber's metadata.

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL as METADATA, ParseError, PhoneNumber, PhoneNumberFormat,
    Region,
};

use super::{
    ParsePhoneNumberError as Problem, numbering,
    parse::{self, ExtractedNumber},
};

/// Parses a number as people write it in `region`.
pub(super) fn parse(text: &str, region: &str) -> Result<String, Problem> {
    let region = region.parse::<Region>().ok();
    let is_known = |region: &Region| METADATA.get_country_code_for_region(*region).is_some();
    let region = region.filter(is_known).ok_or(Problem::UnknownRegion)?;
    match ExtractedNumber::new(text)? {
        extracted if extracted.is_national() => parse_national(&extracted, region),
        extracted => valid_international(extracted.into_international()?),
    }
}

/// Checks the length of an E.164 number.
///
/// The metadata lacks a few country codes, which are assigned but not in use. A number with such a code has no known
/// length, so it passes.
pub(super) fn check_length(number: &str) -> Result<(), Problem> {
    let parsed = match METADATA.parse(number, None) {
        Err(ParseError::InvalidCountryCode) => return Ok(()),
        parsed => parsed.map_err(|error| problem(&error, number))?,
    };
    // libphonenumber drops a trunk prefix, such as 80 in Belarus. The parsed number is then shorter.
    match (e164(&parsed).len(), parsed.is_possible_with_reason()) {
        (len, _) if len < number.len() => Err(Problem::TrunkPrefix),
        (len, Ok(NumberLengthType::IsPossible)) if len == number.len() => Ok(()),
        _ => Err(Problem::WrongLength),
    }
}

fn parse_national(extracted: &ExtractedNumber, region: Region) -> Result<String, Problem> {
    let digits = extracted.number();
    let parsed = METADATA.parse_and_keep_raw_input(digits, Some(region));
    if let Ok(parsed) = &parsed {
        let number = e164(parsed);
        if parsed.country_code_source() == CountryCodeSource::FromNumberWithIdd {
            // If libphonenumber dropped digits of the number, they were a trunk prefix.
            let is_verbatim = number.strip_prefix('+').is_some_and(|dialled| digits.ends_with(dialled));
            return if is_verbatim && !extracted.has_trunk_prefix() {
                valid_international(number)
            } else {
                Err(Problem::TrunkPrefix)
            };
        }
        if parsed.is_valid() {
            parse::check_e164(&number)?;
            return Ok(number);
        }
    }
    // People also write 00 in regions with another international prefix. The text is not a valid national number.
    if let Some(international) = digits.strip_prefix("00") {
        return if extracted.has_trunk_prefix() {
            Err(Problem::TrunkPrefix)
        } else {
            valid_international(format!("+{international}"))
        };
    }
    let parsed = parsed.map_err(|error| problem(&error, digits))?;
    match parsed.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => Err(Problem::UnusedRange),
        _ => Err(Problem::WrongLength),
    }
}

/// Returns an international number if it is in a range that its country uses.
fn valid_international(number: String) -> Result<String, Problem> {
    parse::check_international(&number)?;
    check_length(&number)?;
    let is_valid = METADATA.parse(&number, None).is_ok_and(|parsed| parsed.is_valid());
    if is_valid { Ok(number) } else { Err(Problem::UnusedRange) }
}

fn e164(number: &PhoneNumber) -> String {
    number.format_as(PhoneNumberFormat::E164).into_owned()
}

fn problem(error: &ParseError, digits: &str) -> Problem {
    match error {
        ParseError::InvalidCountryCode => Problem::UnknownCountryCode,
        ParseError::NotANumber(_) if digits.len() < numbering::MIN_NATIONAL_DIGITS => Problem::TooShort,
        _ => Problem::WrongLength,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{METADATA, PhoneNumberFormat, Problem};
    use crate::PhoneNumber;

    fn parse(text: &str, region: &str) -> Result<String, Problem> {
        PhoneNumber::parse_in_region(text, region).map(String::from)
    }

    #[test]
    fn reads_national_numbers_and_international_prefixes() {
        for (text, region, number) in [
            ("(415) 555-0100", "US", "+14155550100"),
            ("(415) 555-0100", "us", "+14155550100"),
            ("1 415 555 0100", "US", "+14155550100"),
            ("020 7946 0018", "GB", "+442079460018"),
            ("(0)20 7946 0018", "GB", "+442079460018"),
            ("06 698 12345", "IT", "+390669812345"),
            ("8 (495) 123-45-67", "RU", "+74951234567"),
            ("+44 20 7946 0018", "US", "+442079460018"),
            ("0044 20 7946 0018", "DE", "+442079460018"),
            ("0044 20 7946 0018", "US", "+442079460018"),
            ("0044 20 7946 0018", "AU", "+442079460018"),
            ("0011 44 20 7946 0018", "AU", "+442079460018"),
            ("011 44 20 7946 0018", "US", "+442079460018"),
            ("00 1 415 555 0100", "FR", "+14155550100"),
            ("0113 496 0018", "GB", "+441134960018"),
            ("\u{202a}'\u{ff10}20\u{2014}7946\u{a0}0018", "GB", "+442079460018"),
        ] {
            assert_eq!(parse(text, region), Ok(number.into()), "{text:?} in {region}");
        }
    }

    #[test]
    fn names_the_problem_of_each_refused_text() {
        for (text, region, problem) in [
            ("4155550100", "", Problem::UnknownRegion),
            ("4155550100", "USA", Problem::UnknownRegion),
            ("4155550100", "UK", Problem::UnknownRegion),
            ("4155550100", "001", Problem::UnknownRegion),
            ("", "US", Problem::Empty),
            ("555-0111", "US", Problem::WrongLength),
            ("+1 555-0111", "US", Problem::WrongLength),
            ("4155550100.0", "US", Problem::Decimal),
            ("4.15555E+09", "US", Problem::Exponent),
            ("(415) 555-0100 x7", "US", Problem::Extension),
            ("(415) 555-0100 / (415) 555-0101", "US", Problem::TwoNumbers),
            ("415-555-0100, 415-555-0101", "US", Problem::TwoNumbers),
            ("1-800-FLOWERS", "US", Problem::Letters),
            ("+44 (0)20 7946 0018", "GB", Problem::TrunkPrefix),
            ("0044 (0)20 7946 0018", "DE", Problem::TrunkPrefix),
            ("0044 020 7946 0018", "DE", Problem::TrunkPrefix),
            ("0039 (0)6 698 12345", "DE", Problem::TrunkPrefix),
            ("011 44 020 7946 0018", "US", Problem::TrunkPrefix),
            ("0044 (0)20 7946 0018", "US", Problem::TrunkPrefix),
            ("(999) 555-0100", "US", Problem::UnusedRange),
            ("00210 123 4567", "DE", Problem::UnknownCountryCode),
        ] {
            assert_eq!(parse(text, region), Err(problem), "{text:?} in {region}");
        }
    }

    #[test]
    fn parse_lenient_checks_the_length_by_country() {
        for (text, problem) in [
            ("+44 20 7946 00", Problem::WrongLength),
            ("+44 20 7946 00188", Problem::WrongLength),
            ("+33 1 42 68 53", Problem::WrongLength),
            ("+375 8 029 123 45 67", Problem::TrunkPrefix),
        ] {
            assert_eq!(PhoneNumber::parse_lenient(text), Err(problem), "{text:?}");
        }
        // A country may start to use another range, so `parse_lenient` checks only the length.
        assert!(PhoneNumber::parse_lenient("+1 999 555 0100").is_ok());
        assert!(PhoneNumber::parse_lenient("+379 06 698 12345").is_ok());
    }

    #[test]
    fn parses_the_example_numbers_of_every_region() {
        for region in METADATA.get_supported_regions() {
            let example = METADATA.get_example_number(region).expect("an example");
            let number = example.format_as(PhoneNumberFormat::E164).into_owned();
            let region = region.to_string();
            assert_eq!(PhoneNumber::parse_lenient(&number).map(String::from), Ok(number.clone()), "{region}");
            for format in [PhoneNumberFormat::National, PhoneNumberFormat::International, PhoneNumberFormat::RFC3966] {
                let text = example.format_as(format);
                assert_eq!(parse(&text, &region), Ok(number.clone()), "{text:?} in {region}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_parsed_number_is_e164(text in r"[+0-9 ().-]{0,20}|\PC*", region in "[A-Z]{2}") {
            if let Ok(number) = PhoneNumber::parse_in_region(&text, &region) {
                prop_assert_eq!(number.as_str().parse::<PhoneNumber>(), Ok(number.clone()));
            }
            if let Ok(number) = PhoneNumber::parse_lenient(&text) {
                prop_assert_eq!(number.as_str().parse::<PhoneNumber>(), Ok(number.clone()));
            }
        }
    }
}
