//! No argument makes a request leave the path of its operation.

use bytes::Bytes;
use http::{Method, StatusCode};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use sendblue_contacts::{Error, Outcome};
use serde_json::Value;
use url::Url;

use super::{BASE, Harness, number, text};

/// Pieces of paths: dot segments, separators, their encoded forms, and names of other endpoints.
const PIECES: [&str; 24] = [
    ".",
    "..",
    "/",
    "\\",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "%",
    "%00",
    "?x=1",
    "#f",
    ";",
    ":",
    "@",
    "\t",
    "\n",
    "\r",
    "\0",
    " ",
    "count",
    "bulk",
    "opt-out",
    "+14155550100",
];

/// Arguments that are not phone numbers.
const NO_NUMBERS: [&str; 24] = [
    "",
    ".",
    "..",
    r"..\..",
    "a/b",
    r"a\b",
    "+1?x=1",
    "+1#f",
    "%2e%2e",
    "\t.",
    ".\n",
    "\t..",
    "..\n",
    "\t..\n",
    ".\t.",
    "\n.\r.\t",
    "+1415\u{0}5550100",
    "+１４１５５５５０１００",
    "+٤١٥٥٥٥٠١٠٠",
    "+1234567890123456",
    "+04155550100",
    "count",
    "bulk",
    "opt-out",
];

fn pieces() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..4).prop_map(|pieces| pieces.concat())
}

/// Any text, path pieces, numbers, and numbers with a part replaced.
fn argument() -> impl Strategy<Value = String> {
    let mutated = (number(), any::<Index>(), 0_usize..3, prop_oneof![text(), pieces()]).prop_map(
        |(mut number, at, removed, inserted)| {
            let start = at.index(number.len());
            let end = number.len().min(start + removed);
            number.replace_range(start..end, &inserted);
            number
        },
    );
    prop_oneof![3 => text(), 3 => pieces(), 3 => mutated, 1 => number()]
}

/// Restates E.164, because the parser is under test.
fn is_number(argument: &str) -> bool {
    let digits = argument.strip_prefix('+').unwrap_or_default().as_bytes();
    matches!(digits, [b'1'..=b'9', rest @ ..] if (1..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit))
}

/// Calls each operation that has a number in its path, and checks the URL.
fn check_number(harness: &Harness, argument: &str) -> Result<(), TestCaseError> {
    let contacts = harness.client.contacts();
    let run = |call: Call<'_>| harness.run(StatusCode::OK, br#"{"contact": {}}"#, call);
    for (method, (error, sent)) in [
        (Method::GET, run(Box::pin(async { contacts.retrieve(argument).send().await.err() }))),
        (Method::PUT, run(Box::pin(async { contacts.update(argument).send().await.err() }))),
        (Method::DELETE, run(Box::pin(async { contacts.delete(argument).send().await.err() }))),
    ] {
        if is_number(argument) {
            prop_assert!(error.is_none(), "{error:?}");
            let url = format!("http://127.0.0.1:9{BASE}/api/v2/contacts/{argument}");
            let [request] = &sent[..] else { return Err(TestCaseError::fail(format!("sent: {sent:?}"))) };
            prop_assert_eq!((request.method(), request.uri().to_string()), (&method, url));
        } else {
            check_refused(error, &sent)?;
        }
    }
    Ok(())
}

type Call<'a> = std::pin::Pin<Box<dyn Future<Output = Option<Error>> + 'a>>;

fn check_refused(error: Option<Error>, sent: &[http::Request<Bytes>]) -> Result<(), TestCaseError> {
    prop_assert!(sent.is_empty(), "sent: {sent:?}");
    let error = error.expect("not sent, so an error");
    prop_assert!(error.is_input(), "{error:?}");
    prop_assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    Ok(())
}

/// Returns the decoded segments of a path.
fn decoded(path: &str) -> Vec<String> {
    let decode = |segment: &str| {
        let mut parts = segment.split('%');
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits after each %"));
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    path.split('/').skip(1).map(decode).collect()
}

/// Calls an undocumented endpoint with these values as path parameters, and checks the URL.
fn check_segments(harness: &Harness, segments: &[String]) -> Result<(), TestCaseError> {
    let template: String = (0..segments.len()).map(|index| format!("/{{{index}}}")).collect();
    let mut request = harness.client.request::<Value>(Method::GET, &template);
    for (index, segment) in segments.iter().enumerate() {
        request = request.path_param(&index.to_string(), segment);
    }
    let (result, sent) = harness.run(StatusCode::OK, b"{}", request.send());
    let is_bad =
        |segment: &String| matches!(segment.as_str(), "" | "." | "..") || segment.contains(|c: char| c.is_control());
    if segments.is_empty() || segments.iter().any(is_bad) {
        return check_refused(result.err(), &sent);
    }
    prop_assert!(result.is_ok(), "{result:?}");
    let [request] = &sent[..] else { return Err(TestCaseError::fail(format!("sent: {sent:?}"))) };
    let url: Url = request.uri().to_string().parse().expect("a URL");
    let below = url.path().strip_prefix(BASE).expect("the path of the base URL first");
    prop_assert_eq!(decoded(below), segments);
    prop_assert_eq!((url.host_str(), url.query(), url.fragment()), (Some("127.0.0.1"), None, None));
    Ok(())
}

#[test]
fn no_invalid_number_reaches_a_url() {
    let harness = Harness::new();
    for argument in NO_NUMBERS {
        assert!(!is_number(argument), "{argument:?}");
        check_number(&harness, argument).expect(argument);
    }
}

#[test]
fn any_text_is_a_number_in_its_segment_or_an_input_error() {
    let harness = Harness::new();
    proptest!(ProptestConfig::with_cases(100_000), |(argument in argument())| check_number(&harness, &argument)?);
}

#[test]
fn dot_segments_are_encoded_or_an_input_error() {
    let harness = Harness::new();
    let long = "x/..".repeat(5_000);
    for segment in
        NO_NUMBERS.into_iter().chain(PIECES).chain([".%2e", "%2E%2e", "C:", "\u{7f}", "\u{85}", "\u{202e}", &long])
    {
        for segments in [vec![segment], vec!["api", segment, "x"], vec![segment, segment]] {
            let segments: Vec<_> = segments.into_iter().map(str::to_owned).collect();
            check_segments(&harness, &segments).expect(segment);
        }
    }
}

#[test]
fn any_path_parameter_is_one_segment_or_an_input_error() {
    let harness = Harness::new();
    let segments = vec(prop_oneof![text(), pieces()], 0..4);
    proptest!(ProptestConfig::with_cases(20_000), |(segments in segments)| check_segments(&harness, &segments)?);
}
