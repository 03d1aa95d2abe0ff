use std::collections::HashSet;

use proptest::prelude::*;

use super::{ParsePhoneNumberError as Problem, PhoneNumber, characters};

/// A function that rewrites an E.164 number in another form that `parse_lenient` accepts.
type Decoration = fn(&str) -> String;

#[test]
fn accepts_e164_numbers() {
    for number in ["+14155550100", "+12", "+999999999999999"] {
        assert_eq!(number.parse::<PhoneNumber>().expect(number).as_str(), number);
    }
}

#[test]
fn rejects_numbers_not_in_e164_form_and_names_the_problem() {
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
fn strict_parsing_names_the_kind_of_character() {
    for (number, problem) in [
        ("\u{202a}+14155550100\u{202c}", Problem::InvisibleCharacter),
        ("\u{feff}+14155550100", Problem::InvisibleCharacter),
        ("+1415555\u{200b}0100", Problem::InvisibleCharacter),
        ("+1415555\u{ad}0100", Problem::InvisibleCharacter),
        ("\u{ff0b}14155550100", Problem::ForeignPlus),
        (" +14155550100", Problem::TextBeforePlus),
        ("tel:+14155550100", Problem::TextBeforePlus),
        ("'+14155550100", Problem::TextBeforePlus),
    ] {
        assert_eq!(number.parse::<PhoneNumber>(), Err(problem), "{number:?}");
    }
}

#[test]
fn parse_lenient_removes_punctuation_and_adds_no_digits() {
    for text in [
        "+1 (415) 555-0100",
        "+1.415.555.0100",
        "+1.4155550100",
        "+1 415 555.0100",
        "+1 415\u{b7}555\u{b7}0100",
        "+1\u{a0}415\u{202f}555\u{2011}0100",
        "\t+1 415\u{2212}555\u{2013}0100\n",
        "+1 415\u{2014}555\u{2015}0100",
        "+1 \u{ff08}415\u{ff09}\u{3000}555\u{ff0d}0100",
        "\u{ff0b}\u{ff11}\u{ff14}\u{ff11}\u{ff15}5550100",
        "+\u{661}\u{664}\u{661}\u{665}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}",
        "+\u{6f1}\u{6f4}\u{6f1}\u{6f5}\u{6f5}\u{6f5}\u{6f5}\u{6f0}\u{6f1}\u{6f0}\u{6f0}",
        "tel:+1-415-555-0100",
        "TEL:+14155550100",
        "'+14155550100",
        "=\"+14155550100\"",
        "\"=\"\"+14155550100\"\"\"",
        "\u{201c}+14155550100\u{201d}",
        "\u{202a}+14155550100\u{202c}",
        "\u{feff}\u{2066}+1\u{200b}415\u{ad}555\u{fe0f}0100\u{2069}",
    ] {
        assert_eq!(PhoneNumber::parse_lenient(text).map(String::from), Ok("+14155550100".into()), "{text:?}");
    }
}

#[test]
fn parse_lenient_refuses_ambiguous_texts_and_names_the_problem() {
    for (text, problem) in [
        ("(415) 555-0100", Problem::NoPlus),
        ("0014155550100", Problem::NoPlus),
        (" - ", Problem::Empty),
        ("\u{200b}", Problem::Empty),
        ("+14155550110.0", Problem::Decimal),
        ("14155550110.0", Problem::Decimal),
        ("+14155550110,0", Problem::Decimal),
        ("+1 415 555 0110.00", Problem::Decimal),
        ("+442079460018.123", Problem::Decimal),
        ("+442079460018\u{b7}0", Problem::Decimal),
        ("1.4155550110E+10", Problem::Exponent),
        ("1.41556e10", Problem::Exponent),
        ("1,41556E+10", Problem::Exponent),
        ("+1.41556E+10", Problem::Exponent),
        ("+1 415 555 0100 x123", Problem::Extension),
        ("+1 415 555 0100x123", Problem::Extension),
        ("+1 415 555 0100 ext. 7", Problem::Extension),
        ("+1 415 555 0100 EXT 7", Problem::Extension),
        ("+1 415 555 0100 extension 7", Problem::Extension),
        ("tel:+1-415-555-0100;ext=12", Problem::Extension),
        ("+1 415 555 0100 #12", Problem::Extension),
        ("+14155550100p12", Problem::Extension),
        ("+14155550100w12", Problem::Extension),
        ("+14155550100,,12", Problem::Extension),
        ("+14155550100;12", Problem::Extension),
        ("+1-800-FLOWERS", Problem::Letters),
        ("n/a", Problem::Letters),
        ("+1 415 555 0100 mobile", Problem::Letters),
        ("mobile +1 415 555 0100", Problem::Letters),
        ("+1 415 555 0100/01", Problem::TwoNumbers),
        ("+1 415 555 0100 / +1 415 555 0101", Problem::TwoNumbers),
        ("+14155550100, +14155550101", Problem::TwoNumbers),
        ("+14155550100, 4155550101", Problem::TwoNumbers),
        ("+14155550100;4155550101", Problem::TwoNumbers),
        ("+14155550100 or +14155550101", Problem::TwoNumbers),
        ("+14155550100 or 4155550101", Problem::TwoNumbers),
        ("+14155550100 +14155550101", Problem::TwoNumbers),
        ("+442079460018\n7946001", Problem::TwoNumbers),
        ("++14155550100", Problem::InvalidCharacter),
        ("+1415\u{0}5550100", Problem::InvalidCharacter),
        ("+44 (0)20 7946 0018", Problem::TrunkPrefix),
        ("+44 ( 0 ) 20 7946 0018", Problem::TrunkPrefix),
        ("+44 \u{ff08}\u{ff10}\u{ff09}20 7946 0018", Problem::TrunkPrefix),
        ("+44 0 20 7946 0018", Problem::TrunkPrefix),
        ("+4402079460018", Problem::TrunkPrefix),
        ("+44 (020) 7946 0018", Problem::TrunkPrefix),
        ("+49 030 123456", Problem::TrunkPrefix),
        ("+250 0788 123 456", Problem::TrunkPrefix),
        ("+0044 20 7946 0018", Problem::LeadingZero),
        ("+1 555-0111", Problem::WrongLength),
        ("+1 415 555 01000", Problem::WrongLength),
        ("+7 8 495 123-45-67", Problem::WrongLength),
        ("+225 07 12 34 56", Problem::WrongLength),
        ("+1 115 555 0100", Problem::InvalidAreaCode),
        ("+1 415 155 0100", Problem::InvalidAreaCode),
        ("+210 123 4567", Problem::UnknownCountryCode),
        ("+44 123", Problem::TooShort),
        ("+442079460018 442079460018", Problem::TooLong),
    ] {
        assert_eq!(PhoneNumber::parse_lenient(text), Err(problem), "{text:?}");
    }
}

#[test]
fn parse_lenient_keeps_the_leading_zeros_of_national_numbers() {
    for number in [
        "+390669812345",
        "+4702345",
        "+2250123456789",
        "+22601234567",
        "+22708123456",
        "+2290195123456",
        "+24101441234",
        "+242061234567",
        "+247012345",
        "+25006123456",
        "+3780549886377",
        "+3790669812345",
        "+992012345678",
    ] {
        assert_eq!(PhoneNumber::parse_lenient(number), Ok(number.parse().expect(number)), "{number}");
    }
}

#[test]
fn error_texts_name_the_problem() {
    for (text, words) in [
        ("\u{202a}x", "invisible character"),
        ("+14155550110.0", "if a spreadsheet added them"),
        ("1.41556E+10", "if a spreadsheet changed the number"),
        ("+14155550100x1", "extension"),
        ("+14155550100/01", "two numbers"),
        ("+4402079460018", "trunk prefix"),
    ] {
        let error = text.parse::<PhoneNumber>().and(PhoneNumber::parse_lenient(text)).expect_err(text);
        let lenient = PhoneNumber::parse_lenient(text).expect_err(text);
        assert!(error.to_string().contains(words) || lenient.to_string().contains(words), "{error}; {lenient}");
    }
}

#[test]
fn parses_each_digit_of_each_script() {
    assert!(characters::ZEROS.is_sorted());
    for zero in characters::ZEROS {
        for value in 0..10 {
            let digit = char::from_u32(u32::from(zero) + value).expect("a digit");
            assert_eq!(characters::digit(digit), Some(value), "{digit:?}");
        }
    }
    for other in ['/', ':', 'a', '\u{b2}', '\u{65f}', '\u{66a}'] {
        assert_eq!(characters::digit(other), None, "{other:?}");
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

/// Forms of a number from which `parse_lenient` returns the same number.
const DECORATIONS: [Decoration; 16] = [
    |number| format!("\u{202a}{number}\u{202c}"),
    |number| format!("\u{feff}{number}"),
    |number| splice(number, "\u{200b}"),
    |number| splice(number, "\u{ad}"),
    |number| splice(number, "\u{fe0f}"),
    |number| splice(number, "\u{a0}"),
    |number| splice(number, "\u{2009}"),
    |number| splice(number, "\u{2014}"),
    |number| splice(number, "-"),
    |number| number.replace('+', "\u{ff0b}"),
    |number| foreign_digits(number, '\u{660}'),
    |number| foreign_digits(number, '\u{6f0}'),
    |number| foreign_digits(number, '\u{ff10}'),
    |number| format!("tel:{number}"),
    |number| format!("'{number}"),
    |number| format!("=\"{number}\""),
];

/// The suffixes of a number that make `parse_lenient` refuse the text, with the problem of each.
const REFUSED_SUFFIXES: [(&str, Problem); 12] = [
    (".0", Problem::Decimal),
    (",0", Problem::Decimal),
    ("E+10", Problem::Exponent),
    (" x123", Problem::Extension),
    (" ext. 5", Problem::Extension),
    (";ext=5", Problem::Extension),
    ("#12", Problem::Extension),
    ("p12", Problem::Extension),
    (" home", Problem::Letters),
    (" / 4155550100", Problem::TwoNumbers),
    (", +14155550100", Problem::TwoNumbers),
    (" or 4155550100", Problem::TwoNumbers),
];

/// Inserts `text` between the digits of a number.
fn splice(number: &str, text: &str) -> String {
    let mut digits = number.chars().map(String::from).collect::<Vec<_>>();
    let last = digits.pop().unwrap_or_default();
    format!("{}{text}{last}", digits.join(text).replace(&format!("+{text}"), "+"))
}

/// Replaces ASCII digits by the digits of the script whose zero is `zero`.
fn foreign_digits(number: &str, zero: char) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|value| char::from_u32(u32::from(zero) + value)).unwrap_or(c);
    number.chars().map(digit).collect()
}

/// Numbers of North America, the United Kingdom, Italy and Germany.
fn valid_number() -> impl Strategy<Value = String> {
    prop_oneof![
        r"\+1[2-9][0-9]{2}[2-9][0-9]{6}",
        r"\+4420[378][0-9]{7}",
        r"\+3906[1-9][0-9]{7}",
        r"\+4930[1-9][0-9]{6}",
    ]
}

proptest! {
    #[test]
    fn decorations_never_change_a_number(
        number in valid_number(),
        decorations in proptest::collection::vec(0..DECORATIONS.len(), 0..4),
    ) {
        // `tel:` and quotation marks must surround the whole number, so they are added last. Quotation marks surround
        // `tel:`.
        let (mut inner, mut outer): (Vec<_>, Vec<_>) = decorations.into_iter().partition(|index| *index < 13);
        inner.sort_unstable();
        outer.sort_unstable();
        outer.dedup();
        let text = inner.iter().chain(&outer).fold(number.clone(), |text, index| DECORATIONS[*index](&text));
        let parsed = PhoneNumber::parse_lenient(&text);
        prop_assert_eq!(parsed.map(String::from), Ok(number), "{:?}", text);
    }

    #[test]
    fn refused_suffixes_never_yield_a_number(
        number in valid_number(),
        decoration in 0..13_usize,
        (suffix, problem) in proptest::sample::select(&REFUSED_SUFFIXES[..]),
    ) {
        let text = format!("{}{suffix}", DECORATIONS[decoration](&number));
        prop_assert_eq!(PhoneNumber::parse_lenient(&text), Err(problem), "{:?}", text);
    }

    #[test]
    fn a_trunk_zero_never_yields_a_number(code in "44|49|33|31|61|81|90|353|420", rest in "[1-9][0-9]{5,9}") {
        for text in [format!("+{code}0{rest}"), format!("+{code} (0){rest}"), format!("+{code} 0 {rest}")] {
            prop_assert_eq!(PhoneNumber::parse_lenient(&text), Err(Problem::TrunkPrefix), "{:?}", text);
        }
    }

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
