//! Response headers with hostile values: no value makes a call panic, abort or outlast its timeout.

use std::time::Duration;

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use sendblue_contacts::ErrorKind;
use tokio::task::JoinSet;

use super::{NUMBER, settings};
use crate::server::{Action, Server};

const NAMES: [&str; 7] =
    ["content-length", "retry-after", "retry-after-ms", "date", "location", "content-type", "transfer-encoding"];

/// Values at the limits of numbers, dates, URLs and encodings.
const VALUES: [&str; 30] = [
    "",
    "0",
    "-1",
    "+1",
    "1.5",
    "1e309",
    "NaN",
    "0x10",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551612",
    "18446744073709551613",
    "18446744073709551615",
    "18446744073709551615.9",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1, 2",
    "1;1",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 00 Xxx 0000 99:99:99 GMT",
    "http://[::1",
    "//",
    "http://127.0.0.1:99999/",
    "application/json; charset=\"",
    "chunked",
    "gzip, chunked",
    "chunked, chunked",
    "identity",
];

/// Makes calls that receive this response.
async fn check(response: Vec<u8>) {
    let shown = String::from_utf8_lossy(&response).into_owned();
    let server = Server::start(Action::SendAndClose(response)).await;
    let client = settings().base_url(server.url()).max_body(usize::MAX).timeout(Duration::from_millis(900)).build();
    let contacts = client.expect("valid").contacts();
    let calls = async {
        let _ = contacts.count().send().await.map_err(|error| format!("{error} {error:?} {:?}", error.retry_after()));
        let _ = contacts.verify(NUMBER).send().await.map_err(|error| error.to_string());
    };
    tokio::time::timeout(Duration::from_secs(20), calls).await.expect(&shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_value_makes_a_call_panic_or_hang() {
    let text = prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(|value| value.as_bytes().to_vec()),
        1 => "[0-9]{1,40}(\\.[0-9]{1,40})?".prop_map(String::into_bytes),
        1 => prop::collection::vec(0x20_u8.., 0..40),
    ];
    let headers = prop::collection::vec((prop::sample::select(&NAMES[..]), text), 1..4);
    let body = prop::sample::select(&["", "{}", "{\"count\": 3}", "2\r\n{}\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n{"][..]);
    let responses = (prop::sample::select(&[200, 204, 303, 404, 429, 503][..]), headers, body);
    let mut runner = TestRunner::new(Config::default());
    let mut calls = JoinSet::new();
    let each = NAMES
        .iter()
        .flat_map(|name| VALUES.iter().map(move |value| (200, vec![(*name, value.as_bytes().to_vec())], "{}")));
    let random = (0..200).map(|_| responses.new_tree(&mut runner).expect("a response").current());
    for (status, headers, body) in each.chain(random.collect::<Vec<_>>()) {
        let mut response = format!("HTTP/1.1 {status} X\r\n").into_bytes();
        for (name, value) in headers {
            response.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        response.extend([b"\r\n", body.as_bytes()].concat());
        calls.spawn(check(response));
        if calls.len() >= 32 {
            calls.join_next().await.expect("a call").expect("no panic");
        }
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic");
    }
}

#[tokio::test]
async fn a_huge_declared_length_is_not_reserved() {
    for length in [1 << 40, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX - 2] {
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{{");
        let server = Server::send_and_close(response).await;
        let client = settings().base_url(server.url()).max_body(usize::MAX).max_retries(0).build().expect("valid");
        let error = client.contacts().count().send().await.expect_err("a body that breaks off");
        assert!(matches!(error.kind(), ErrorKind::BodyTruncated | ErrorKind::Protocol), "{error:?}");
    }
}
