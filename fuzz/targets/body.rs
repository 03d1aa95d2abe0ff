//! Fuzzes response bodies. The input is a digit for the operation, a digit for the status, then the body.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sendblue_contacts::{Error, ErrorKind, NewContact, Outcome, Response};
use sendblue_contacts_fuzz::Harness;
use serde_json::Value;

const STATUSES: [u16; 10] = [200, 201, 202, 206, 299, 400, 404, 429, 500, 503];

static HARNESS: LazyLock<Harness> = LazyLock::new(Harness::start);

fuzz_target!(|input: &[u8]| {
    let [operation, status, body @ ..] = input else { return };
    let digit = |byte: u8| usize::from(byte.wrapping_sub(b'0') % 10);
    let status = STATUSES[digit(*status)];
    HARNESS.call(status, b"", body, async |contacts| {
        const NUMBER: &str = "+14155550100";
        match digit(*operation) {
            0 => check(status, body, contacts.list().send_raw().await),
            1 => check(status, body, contacts.create(NUMBER).send_raw().await),
            2 => check(status, body, contacts.count().send_raw().await),
            3 => check(status, body, contacts.verify(NUMBER).send_raw().await),
            4 => check(status, body, contacts.retrieve(NUMBER).send_raw().await),
            5 => check(status, body, contacts.update(NUMBER).send_raw().await),
            6 => check(status, body, contacts.delete(NUMBER).send_raw().await),
            7 => check(status, body, contacts.opt_out(NUMBER).send_raw().await),
            8 => check(status, body, contacts.bulk().create([NewContact::new(NUMBER).expect("valid")]).send_raw().await),
            _ => check(status, body, contacts.bulk().delete([NUMBER]).send_raw().await),
        }
    });
});

/// Checks that the result keeps the status and the body, and has the outcome of the status.
fn check<T>(status: u16, body: &[u8], result: Result<Response<T>, Error>) {
    let is_success = status < 300;
    match result {
        Ok(response) => {
            assert!(is_success);
            assert_eq!((response.status().as_u16(), &response.bytes()[..]), (status, body));
            let _ = (format!("{response:?}"), response.json::<Value>());
        }
        Err(error) => {
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{error:?}");
            assert_eq!(matches!(error.kind(), ErrorKind::Reported | ErrorKind::Decode), is_success, "{error:?}");
            let expected = match status {
                200..=299 if error.is_decode() => Outcome::Applied,
                500.. => Outcome::Unknown,
                _ => Outcome::Rejected,
            };
            assert_eq!(error.outcome(), expected, "{error:?}");
            // An error keeps at most 64 KiB of the body of a failed request.
            let kept = if is_success { body.len() } else { body.len().min(64 * 1024) };
            assert!(error.body().is_some_and(|actual| actual == &body[..kept]));
            let _ = (error.to_string(), error.message(), error.code());
        }
    }
}
