//! Fuzzes the strict and the lenient parsing of phone numbers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sendblue_contacts::PhoneNumber;

fuzz_target!(|text: &str| {
    let parsed = text.parse::<PhoneNumber>();
    assert_eq!(parsed.is_ok(), is_e164(text), "{text:?}");
    match &parsed {
        Ok(number) => {
            assert_eq!(number.as_str(), text);
            // Lenient parsing knows more of numbering plans, so it may refuse the number.
            assert!(PhoneNumber::parse_lenient(text).map_or(true, |lenient| lenient == *number), "{text:?}");
            let json = serde_json::to_string(number).expect("JSON");
            assert_eq!(&serde_json::from_str::<PhoneNumber>(&json).expect("a number"), number);
        }
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
    if let Ok(number) = PhoneNumber::parse_lenient(text) {
        assert!(is_e164(number.as_str()), "{text:?}");
        // Lenient parsing keeps all digits in order and adds no digit. It converts the digits of other scripts.
        let digits = || number.as_str().chars().skip(1);
        assert!(!text.is_ascii() || text.chars().filter(char::is_ascii_digit).eq(digits()), "{text:?}");
        assert!(text.chars().filter(|c| c.is_numeric()).count() == digits().count(), "{text:?}");
    }
});

/// Returns whether the text matches the `pattern` of a phone number in `openapi.yaml`.
fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default().as_bytes();
    matches!(digits, [b'1'..=b'9', rest @ ..] if (1..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit))
}
