use std::collections::HashSet;

use proptest::prelude::*;

use super::{ParsePhoneNumberError as Problem, PhoneNumber};

#[test]
fn accepts_e164_numbers() {
    for number in ["+14155550100", "+12", "+999999999999999"] {
        assert_eq!(number.parse::<PhoneNumber>().expect(number).as_str(), number);
    }
}

#[test]
fn rejects_everything_else_and_names_the_problem() {
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
fn parse_lenient_removes_punctuation_and_adds_no_digits() {
    for text in [
        "+1 (415) 555-0100",
        "+1.415.555.0100",
        "+1\u{a0}415\u{202f}555\u{2011}0100",
        "\t+1 415\u{2212}555\u{2013}0100\n",
    ] {
        assert_eq!(PhoneNumber::parse_lenient(text).expect(text).as_str(), "+14155550100");
    }
    for (text, problem) in [
        ("(415) 555-0100", Problem::NoPlus),
        ("0014155550100", Problem::NoPlus),
        ("+44 (0)20 7946 0018", Problem::TrunkPrefix),
        ("+44 ( 0 ) 20 7946 0018", Problem::TrunkPrefix),
        ("+1 415 555 0100 ext. 7", Problem::InvalidCharacter),
        ("+1-800-FLOWERS", Problem::InvalidCharacter),
        ("+1 415 555 0100/01", Problem::InvalidCharacter),
        ("+1 (415) 555-０１００", Problem::InvalidCharacter),
        (" - ", Problem::Empty),
    ] {
        assert_eq!(PhoneNumber::parse_lenient(text), Err(problem), "{text:?}");
    }
}

#[test]
fn every_conversion_and_format_keeps_the_number() {
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
    assert!(HashSet::from([number.clone()]).contains(text), "a set of numbers can be searched by `&str`");
    assert_eq!(String::from(number), text);
}

#[test]
fn deserializing_rejects_a_number_without_a_country_code() {
    let number: PhoneNumber = serde_json::from_str(r#""+14155550100""#).expect("valid");
    assert_eq!(serde_json::to_string(&number).expect("a string"), r#""+14155550100""#);
    let error = serde_json::from_str::<PhoneNumber>(r#""415""#).expect_err("invalid");
    assert!(error.to_string().contains("country code"), "{error}");
}

proptest! {
    #[test]
    fn any_text_that_parses_matches_the_documented_pattern(text in r"\+?[0-9 ()+-]{0,18}|\PC*") {
        let is_e164 = text.strip_prefix('+').is_some_and(|digits| {
            (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
        });
        prop_assert_eq!(text.parse::<PhoneNumber>().is_ok(), is_e164);
        if let Ok(number) = PhoneNumber::parse_lenient(&text) {
            prop_assert!(number.as_str().parse::<PhoneNumber>().is_ok());
        }
    }
}
