//! What goes over the wire, held against literal JSON on both sides, one section an operation.
//!
//! A [`Case`] is one exchange. Its texts are written out here, and have to equal the document's examples that they are
//! named after; [`every_example_is_covered`] fails for an example that no case names.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use httpmock::MockServer;
use sendblue_contacts::{Client, Contacts, Credentials, Error};
use serde::Serialize;
use serde_json::Value;

use crate::document::{self, Place};

mod bulk_create;
mod bulk_delete;
mod count;
mod create;
mod delete;
mod failures;
mod list;
mod opt_out;
mod retrieve;
mod update;
mod verify;

const SECTIONS: [&[Case]; 10] = [
    list::CASES,
    create::CASES,
    count::CASES,
    verify::CASES,
    retrieve::CASES,
    update::CASES,
    delete::CASES,
    opt_out::CASES,
    bulk_create::CASES,
    bulk_delete::CASES,
];

/// One exchange: what is called, what is sent for it, what is answered, what comes of it.
struct Case {
    operation: &'static str,
    call: fn(Contacts) -> Pin<Box<dyn Future<Output = Called>>>,
    sends: Sends,
    answer: Answer,
    /// The value, as JSON; or a part of the error's text.
    gives: Result<&'static str, &'static str>,
}

type Called = Result<Value, Error>;

struct Sends {
    method: &'static str,
    /// Path and query as they stand in the request line.
    target: &'static str,
    /// The name of the document's example and its text.
    body: Option<(&'static str, &'static str)>,
}

struct Answer {
    status: u16,
    /// The name of the document's example, if it is one.
    example: Option<&'static str>,
    body: &'static str,
}

/// A value as JSON, to be compared with a literal.
fn json<T: Serialize>(value: Result<T, Error>) -> Called {
    value.map(|value| serde_json::to_value(value).expect("JSON"))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A client whose calls are a single exchange each.
fn client(server: &MockServer) -> Client {
    let credentials = Credentials::key_pair("contract-key", "contract-secret").expect("valid");
    Client::builder()
        .credentials(credentials)
        .base_url(server.base_url())
        .max_retries(0)
        .build()
        .expect("valid settings")
}

async fn check(cases: &[Case]) {
    let server = MockServer::start_async().await;
    let contacts = client(&server).contacts();
    for Case { operation, call, sends, answer, gives } in cases {
        let mock = server
            .mock_async(|when, then| {
                let target = sends.target;
                let when = when
                    .method(sends.method)
                    .is_true(move |request| request.uri().path_and_query().is_some_and(|sent| sent == target))
                    .header("sb-api-key-id", "contract-key")
                    .header("sb-api-secret-key", "contract-secret")
                    .header("accept", "application/json")
                    .header_missing("authorization")
                    .header_missing("api-version")
                    .header_missing("referer");
                match sends.body {
                    Some((_, body)) => when.header("content-type", "application/json").json_body(parse(body)),
                    None => when.header_missing("content-type").is_true(|request| request.body_ref().is_empty()),
                };
                then.status(answer.status).header("content-type", "application/json").body(answer.body);
            })
            .await;
        let result = call(contacts.clone()).await;
        mock.assert_async().await;
        mock.delete_async().await;
        match (result, gives) {
            (Ok(value), Ok(expected)) => assert_eq!(value, parse(expected), "{operation} {}", answer.body),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{operation} {}: {error}", answer.body);
                assert_eq!(error.operation(), Some(*operation));
                assert_eq!(error.status().map(|status| status.as_u16()), Some(answer.status));
                assert_eq!(error.attempts(), 1);
            }
            (result, _) => panic!("{operation} {}: {result:?}, expected {gives:?}", answer.body),
        }
    }
}

fn cases() -> impl Iterator<Item = &'static Case> {
    SECTIONS.into_iter().flatten()
}

#[test]
fn literals_equal_the_examples_of_the_document() {
    let document = document::read();
    let examples = document::examples(&document);
    let value = |place: Place| {
        let found = examples.iter().find(|(candidate, _)| *candidate == place);
        found.unwrap_or_else(|| panic!("the document has no {place:?}")).1
    };
    for case in cases() {
        if let Some((example, body)) = case.sends.body {
            assert_eq!(
                value(Place::new(case.operation, "request", example)),
                &parse(body),
                "{} {example}",
                case.operation
            );
        }
        if let Some(example) = case.answer.example {
            let place = Place::new(case.operation, &case.answer.status.to_string(), example);
            assert_eq!(value(place), &parse(case.answer.body), "{} {example}", case.operation);
        }
    }
}

#[test]
fn every_example_is_covered() {
    let requests = cases().filter_map(|case| Some(Place::new(case.operation, "request", case.sends.body?.0)));
    let answers = cases()
        .filter_map(|case| Some(Place::new(case.operation, &case.answer.status.to_string(), case.answer.example?)));
    let covered: BTreeSet<_> = requests.chain(answers).collect();

    let document = document::read();
    let missing: Vec<_> = document::examples(&document)
        .into_iter()
        .map(|(place, _)| place)
        .filter(|place| !covered.contains(place) && !failures::covers(place))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:#?}");
}

#[test]
fn every_operation_has_a_section() {
    let document = document::read();
    let documented: BTreeSet<_> = document::operations(&document).into_iter().map(|(id, ..)| id).collect();
    let sections: BTreeSet<_> =
        SECTIONS.iter().map(|cases| cases.first().expect("a section is not empty").operation.to_owned()).collect();
    assert_eq!(sections, documented);
}

#[test]
fn every_property_of_a_request_is_sent_by_a_setter() {
    let document = document::read();
    for (id, _, operation) in document::operations(&document) {
        let sent: Vec<Value> =
            cases().filter(|case| case.operation == id).filter_map(|case| Some(parse(case.sends.body?.1))).collect();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            reaches(&document, document::resolve(&document, schema), &sent.iter().collect::<Vec<_>>(), &id);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = format!("{}=", parameter["name"].as_str().expect("a name"));
            let is_sent = cases().any(|case| case.operation == id && case.sends.target.contains(&name));
            assert!(is_sent, "no case of {id} sends the parameter {name}");
        }
    }
}

/// Whether every property of `schema` is in one of `values`, and so on below.
fn reaches(document: &Value, schema: &Value, values: &[&Value], place: &str) {
    for (name, property) in document::members(&schema["properties"]) {
        let found: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
        assert!(!found.is_empty(), "no case sends `{name}` of {place}");
        let items: Vec<&Value> = found.iter().filter_map(|value| value.as_array()).flatten().collect();
        reaches(document, document::resolve(document, &property["items"]), &items, &format!("{place}.{name}"));
    }
}

#[test]
fn the_examples_use_every_property() {
    let document = document::read();
    for (name, schema) in document::members(&document["components"]["schemas"]) {
        for (property, _) in document::members(&schema["properties"]) {
            // By name only: that the examples fit their schemas is a matter of linting the document.
            let used = document::examples(&document).iter().any(|(_, value)| uses(value, property));
            assert!(used, "no example uses `{property}` of {name}");
        }
    }
}

fn uses(value: &Value, property: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| name == property || uses(value, property)),
        Value::Array(items) => items.iter().any(|item| uses(item, property)),
        _ => false,
    }
}
