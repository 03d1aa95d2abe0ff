//! Changes that the generator needs, and that readers of the document are better off without.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{is_success, members, operations, operations_mut, reference};

/// Adjusts a document that has passed the checks.
pub fn run(document: &mut Value) {
    make_request_collections_nullable(document);
    for operation in operations_mut(document) {
        keep_one_success(operation);
    }
    drop_unused(document);
}

/// Leaves an operation a single response, `2XX`.
///
/// Error responses go, because the generated decoder replaces one that it cannot decode (a proxy's HTML) by an error
/// without status and headers; undeclared, each arrives whole. Several successes become one, because the generator
/// panics on the mix of one with a body and one without, and takes a 2xx that is not declared for an error.
fn keep_one_success(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let successes: Vec<Value> =
        responses.iter().filter(|(status, _)| is_success(status)).map(|(_, response)| response.clone()).collect();
    let with_body = successes.iter().find(|response| response.get("content").is_some()).or(successes.first());
    let success = with_body.cloned();
    responses.clear();
    responses.extend(success.map(|response| ("2XX".to_owned(), response)));
}

/// Makes every optional array and map of a request nullable.
///
/// The generator leaves out an optional collection that is empty, but "no tags" has to be sent to clear them; a nullable
/// one becomes an `Option`, which is left out only when it is `None`.
fn make_request_collections_nullable(document: &mut Value) {
    let roots: Vec<Value> = operations(document).map(|operation| operation.value["requestBody"].clone()).collect();
    for name in reachable(document, roots) {
        let schema = &mut document["components"]["schemas"][name];
        let required = schema["required"].clone();
        let Some(properties) = schema["properties"].as_object_mut() else { continue };
        for (name, property) in properties {
            let optional = !required.as_array().is_some_and(|required| required.contains(&json!(name)));
            if optional && (property["type"] == "array" || property["type"] == "object") {
                property["nullable"] = json!(true);
            }
        }
    }
}

/// Drops the components that no operation needs any more, lest types are generated that nothing uses.
fn drop_unused(document: &mut Value) {
    let used = reachable(document, vec![document["paths"].clone()]);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
    if let Some(components) = document["components"].as_object_mut() {
        components.remove("responses");
    }
}

/// The names of the schemas that can be reached from `roots` by references.
fn reachable(document: &Value, mut todo: Vec<Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    while let Some(value) = todo.pop() {
        if let Some(pointer) = reference(&value) {
            let fresh = match pointer.strip_prefix("/components/schemas/") {
                Some(name) => found.insert(name.to_owned()),
                None => true,
            };
            if fresh {
                todo.extend(document.pointer(pointer).cloned());
            }
        }
        todo.extend(members(&value).map(|(_, member)| member.clone()));
        todo.extend(value.as_array().into_iter().flatten().cloned());
    }
    found
}
