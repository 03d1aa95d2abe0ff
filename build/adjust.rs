//! Adjusts the document for the generator. `openapi.yaml` itself stays free of these changes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{self, Operation};

/// Adjusts a document that has passed the checks.
pub fn run(document: &mut Value) {
    make_request_collections_nullable(document);
    keep_one_success(document);
    drop_unused(document);
}

/// Makes every optional array and object of a request nullable.
///
/// If a collection is not nullable, the generated code omits an empty value. But a request that clears all tags sends
/// an empty array. A nullable collection becomes an `Option`, and the generated code omits only `None`.
fn make_request_collections_nullable(document: &mut Value) {
    let collections: Vec<String> = document::request_schemas(document)
        .values()
        .flat_map(|schema| schema.members_of("properties").filter(|(name, _)| !schema.array_contains("required", name)))
        .filter(|(_, property)| matches!(property.string("type"), Some("array" | "object")))
        .map(|(_, property)| property.pointer)
        .collect();
    for pointer in collections {
        if let Some(property) = document.pointer_mut(&pointer) {
            property["nullable"] = json!(true);
        }
    }
}

/// Replaces the responses of each operation with a single response, `2XX`.
///
/// Drops the error responses. If an error response is declared and fails to decode (for example, a proxy's HTML), the
/// generated code loses its status and headers. It keeps both for an undeclared response.
///
/// Keeps one successful response for every 2xx status. If only some of the successful responses have a body, the
/// generator panics. If a 2xx status is undeclared, the generated code returns an error for it.
fn keep_one_success(document: &mut Value) {
    let merged: Vec<(String, Value)> = document::operations(document)
        .iter()
        .map(|operation| (format!("{}/responses", operation.node.pointer), json!({ "2XX": success(operation) })))
        .collect();
    for (pointer, merged) in merged {
        if let Some(responses) = document.pointer_mut(&pointer) {
            *responses = merged;
        }
    }
}

/// Returns a successful response, preferably with a body. The client decodes an empty body as `{}`.
fn success(operation: &Operation<'_>) -> Value {
    let successes = operation.successes();
    let chosen = successes.iter().find(|response| response.has("content")).or(successes.first());
    chosen.map_or(Value::Null, |response| response.value.clone())
}

/// Drops unused schemas and all response components, so that the generator writes no unused types.
pub fn drop_unused(document: &mut Value) {
    let used: BTreeSet<String> = document::generated_schemas(document).into_keys().collect();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(&document::component(name)));
    }
    if let Some(components) = document["components"].as_object_mut() {
        components.remove("responses");
    }
}
