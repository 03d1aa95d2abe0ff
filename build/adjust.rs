//! Changes that the generator needs, and that readers of the document are better off without.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{self, Operation};

/// Adjusts a document that has passed the checks.
pub fn run(document: &mut Value) {
    make_request_collections_nullable(document);
    keep_one_success(document);
    drop_unused(document);
}

/// Makes every optional array and map of a request nullable.
///
/// The generator leaves out an optional collection that is empty, but "no tags" has to be sent to clear them; a nullable
/// one becomes an `Option`, which is left out only when it is `None`.
fn make_request_collections_nullable(document: &mut Value) {
    let collections: Vec<String> = document::request_schemas(document)
        .values()
        .flat_map(|schema| schema.members_of("properties").filter(|(name, _)| !schema.lists("required", name)))
        .filter(|(_, property)| matches!(property.string("type"), Some("array" | "object")))
        .map(|(_, property)| property.pointer)
        .collect();
    for pointer in collections {
        if let Some(property) = document.pointer_mut(&pointer) {
            property["nullable"] = json!(true);
        }
    }
}

/// Leaves an operation a single response, `2XX`.
///
/// Error responses go, because the generated decoder replaces one that it cannot decode (a proxy's HTML) by an error
/// without status and headers; undeclared, each arrives whole. Several successes become one, because the generator
/// panics on the mix of one with a body and one without, and takes a 2xx that is not declared for an error.
fn keep_one_success(document: &mut Value) {
    let folded: Vec<(String, Value)> = document::operations(document)
        .iter()
        .map(|operation| (format!("{}/responses", operation.node.pointer), json!({ "2XX": success(operation) })))
        .collect();
    for (pointer, folded) in folded {
        if let Some(responses) = document.pointer_mut(&pointer) {
            *responses = folded;
        }
    }
}

/// A success with a body if there is one: the transport hands on an empty body as `{}`.
fn success(operation: &Operation<'_>) -> Value {
    let successes = operation.successes();
    let chosen = successes.iter().find(|response| response.has("content")).or(successes.first());
    chosen.map_or(Value::Null, |response| response.value.clone())
}

/// Drops the components that no operation needs any more, lest types are generated that nothing uses.
pub fn drop_unused(document: &mut Value) {
    let used: BTreeSet<String> = document::generated_schemas(document).into_keys().collect();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(&document::component(name)));
    }
    if let Some(components) = document["components"].as_object_mut() {
        components.remove("responses");
    }
}
