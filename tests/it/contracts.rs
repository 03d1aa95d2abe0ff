//! Compares requests and results with literal JSON, one module per operation.
//!
//! A [`Case`] is one exchange. A test checks that its JSON equals the example of `openapi.yaml` that the case names, and
//! another test checks that each example has a case.

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

const OPERATIONS: [&[Case]; 10] = [
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

/// One exchange: the call, the expected request, the response and the expected result.
struct Case {
    operation: &'static str,
    call: fn(Contacts) -> Pin<Box<dyn Future<Output = CallResult>>>,
    request: Request,
    response: Response,
    /// The value as JSON, or a part of the error's text.
    returns: Result<&'static str, &'static str>,
}

type CallResult = Result<Value, Error>;

struct Request {
    method: &'static str,
    /// Path and query, as in the request line.
    target: &'static str,
    /// The name and the text of the documented example.
    body: Option<(&'static str, &'static str)>,
}

struct Response {
    status: u16,
    /// The name of the documented example; `None` if the body is not documented.
    example: Option<&'static str>,
    body: &'static str,
}

/// Converts a value to JSON, to compare it with a literal.
fn to_json<T: Serialize>(value: Result<T, Error>) -> CallResult {
    value.map(|value| serde_json::to_value(value).expect("JSON"))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Builds a client without retries, so that each call is one exchange.
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
    for Case { operation, call, request, response, returns } in cases {
        let mock = server
            .mock_async(|when, then| {
                let target = request.target;
                let when = when
                    .method(request.method)
                    .is_true(move |received| received.uri().path_and_query().is_some_and(|sent| sent == target))
                    .header("sb-api-key-id", "contract-key")
                    .header("sb-api-secret-key", "contract-secret")
                    .header("accept", "application/json")
                    .header_missing("authorization")
                    .header_missing("api-version")
                    .header_missing("referer");
                match request.body {
                    Some((_, body)) => when.header("content-type", "application/json").json_body(parse(body)),
                    None => when.header_missing("content-type").is_true(|received| received.body_ref().is_empty()),
                };
                then.status(response.status).header("content-type", "application/json").body(response.body);
            })
            .await;
        let result = call(contacts.clone()).await;
        mock.assert_async().await;
        mock.delete_async().await;
        match (result, returns) {
            (Ok(value), Ok(expected)) => assert_eq!(value, parse(expected), "{operation} {}", response.body),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{operation} {}: {error}", response.body);
                assert_eq!(error.operation(), Some(*operation));
                assert_eq!(error.status().map(|status| status.as_u16()), Some(response.status));
                assert_eq!(error.attempts(), 1);
            }
            (result, _) => panic!("{operation} {}: {result:?}, expected {returns:?}", response.body),
        }
    }
}

fn cases() -> impl Iterator<Item = &'static Case> {
    OPERATIONS.into_iter().flatten()
}

#[test]
fn literals_equal_the_documented_examples() {
    let document = document::read();
    let examples = document::examples(&document);
    let value = |place: Place| {
        let found = examples.iter().find(|(candidate, _)| *candidate == place);
        found.unwrap_or_else(|| panic!("the document has no {place:?}")).1
    };
    for case in cases() {
        if let Some((example, body)) = case.request.body {
            assert_eq!(
                value(Place::new(case.operation, "request", example)),
                &parse(body),
                "{} {example}",
                case.operation
            );
        }
        if let Some(example) = case.response.example {
            let place = Place::new(case.operation, &case.response.status.to_string(), example);
            assert_eq!(value(place), &parse(case.response.body), "{} {example}", case.operation);
        }
    }
}

#[test]
fn every_documented_example_has_a_case() {
    let requests = cases().filter_map(|case| Some(Place::new(case.operation, "request", case.request.body?.0)));
    let responses = cases()
        .filter_map(|case| Some(Place::new(case.operation, &case.response.status.to_string(), case.response.example?)));
    let covered: BTreeSet<_> = requests.chain(responses).collect();

    let document = document::read();
    let missing: Vec<_> = document::examples(&document)
        .into_iter()
        .map(|(place, _)| place)
        .filter(|place| !covered.contains(place) && !failures::covers(place))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:#?}");
}

#[test]
fn every_operation_has_a_module() {
    let document = document::read();
    let documented: BTreeSet<_> = document::operations(&document).into_iter().map(|(id, ..)| id).collect();
    let modules: BTreeSet<_> =
        OPERATIONS.iter().map(|cases| cases.first().expect("a module has cases").operation.to_owned()).collect();
    assert_eq!(modules, documented);
}

#[test]
fn a_case_sends_each_documented_property_and_parameter() {
    let document = document::read();
    for (id, _, operation) in document::operations(&document) {
        let sent: Vec<Value> =
            cases().filter(|case| case.operation == id).filter_map(|case| Some(parse(case.request.body?.1))).collect();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            assert_all_properties_sent(
                &document,
                document::resolve(&document, schema),
                &sent.iter().collect::<Vec<_>>(),
                &id,
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = format!("{}=", parameter["name"].as_str().expect("a name"));
            let is_sent = cases().any(|case| case.operation == id && case.request.target.contains(&name));
            assert!(is_sent, "no case of {id} sends the parameter {name}");
        }
    }
}

/// Checks that one of `values` has each property of `schema`, and the same for the items of its arrays.
fn assert_all_properties_sent(document: &Value, schema: &Value, values: &[&Value], place: &str) {
    for (name, property) in document::members(&schema["properties"]) {
        let found: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
        assert!(!found.is_empty(), "no case sends `{name}` of {place}");
        let items: Vec<&Value> = found.iter().filter_map(|value| value.as_array()).flatten().collect();
        assert_all_properties_sent(
            document,
            document::resolve(document, &property["items"]),
            &items,
            &format!("{place}.{name}"),
        );
    }
}

#[test]
fn the_documented_examples_use_every_property() {
    let document = document::read();
    for (name, schema) in document::members(&document["components"]["schemas"]) {
        for (property, _) in document::members(&schema["properties"]) {
            // Compares names only; the linter checks the examples against their schemas.
            let used = document::examples(&document).iter().any(|(_, value)| has_property(value, property));
            assert!(used, "no example uses `{property}` of {name}");
        }
    }
}

fn has_property(value: &Value, property: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| name == property || has_property(value, property)),
        Value::Array(items) => items.iter().any(|item| has_property(item, property)),
        _ => false,
    }
}
