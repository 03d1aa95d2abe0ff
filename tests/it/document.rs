//! Access to `openapi.yaml` for the tests.

use serde_json::Value;

/// The place of an example in the document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) operation: String,
    /// A status key, or `request`.
    pub(crate) of: String,
    pub(crate) example: String,
}

impl Place {
    pub(crate) fn new(operation: &str, of: &str, example: &str) -> Self {
        Self { operation: operation.into(), of: of.into(), example: example.into() }
    }
}

pub(crate) fn read() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.yaml")).expect("openapi.yaml");
    yaml_serde::from_str(&text).expect("YAML")
}

/// Returns the `operationId`, the path and the node of each operation.
pub(crate) fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let operations: Vec<_> = members(&document["paths"])
        .flat_map(|(path, item)| members(item).map(move |(_, operation)| (path, operation)))
        .filter_map(|(path, operation)| {
            Some((operation.get("operationId")?.as_str()?.to_owned(), path.to_owned(), operation))
        })
        .collect();
    assert_eq!(operations.len(), 10, "the document has ten operations");
    operations
}

/// Returns the examples of requests and responses, with their values.
pub(crate) fn examples(document: &Value) -> Vec<(Place, &Value)> {
    let mut examples = Vec::new();
    for (id, _, operation) in operations(document) {
        let request = operation.get("requestBody").map(|body| ("request".to_owned(), body));
        let responses = members(&operation["responses"]).map(|(status, response)| (status.to_owned(), response));
        for (of, holder) in request.into_iter().chain(responses) {
            for (media_type, content) in members(&resolve(document, holder)["content"]) {
                assert!(content.get("examples").is_some(), "{id} {of} {media_type} has no examples");
                for (name, example) in members(&content["examples"]) {
                    examples.push((Place::new(&id, &of, name), &example["value"]));
                }
            }
        }
    }
    examples
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Returns the target of a local reference, or the value itself.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => value,
    }
}
