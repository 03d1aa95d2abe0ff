//! Fuzzes the wait that a response asks for. The input is a byte that selects the header, then the header's value.
//!
//! `m` selects `retry-after-ms`; any other byte selects `Retry-After`.

#![no_main]

use std::{sync::LazyLock, time::Duration};

use libfuzzer_sys::{Corpus, fuzz_target};
use sendblue_contacts_fuzz::Harness;

static HARNESS: LazyLock<Harness> = LazyLock::new(Harness::start);

fuzz_target!(|input: &[u8]| -> Corpus {
    let [unit, value @ ..] = input else { return Corpus::Reject };
    // A control character in a header makes the response invalid HTTP, which this target does not test.
    if value.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
        return Corpus::Reject;
    }
    let name: &[u8] = if *unit == b'm' { b"retry-after-ms: " } else { b"retry-after: " };
    let headers = [name, value, b"\r\n"].concat();
    let result = HARNESS.call(429, &headers, b"", async |contacts| contacts.count().send().await);
    let error = result.expect_err("a 429");
    assert!(error.is_rate_limited(), "{error:?}");

    let wait = error.retry_after();
    let digits = value.trim_ascii();
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        let count = str::from_utf8(digits).expect("digits").parse().unwrap_or(u64::MAX);
        let expected = if *unit == b'm' { Duration::from_millis(count) } else { Duration::from_secs(count) };
        assert_eq!(wait, Some(expected));
    } else if *unit == b'm' {
        assert_eq!(wait, None);
    }
    assert_eq!(error.to_string().contains("asks to wait"), wait.is_some());
    Corpus::Keep
});
