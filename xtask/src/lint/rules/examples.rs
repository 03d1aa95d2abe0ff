//! Rules for examples. The contract tests use the examples, so they must be valid and complete.

use std::collections::BTreeSet;

use jsonschema::Draft;
use serde_json::{Map, Value, json};

use super::properties;
use crate::codegen::{
    Problem,
    document::{COMBINERS, Node, operations, request_schemas},
};

/// The depth limit for examples: schemas may contain themselves.
const DEPTH: usize = 64;

/// A JSON Schema validator accepts every example. If not, the example or the schema is wrong.
pub fn examples_are_valid(document: &Value) -> Vec<Problem> {
    let bodies: BTreeSet<String> = request_schemas(document).into_keys().collect();
    let schemas = translated(Node::at(document, "/components/schemas"), &bodies);
    let options = jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(true).offline();
    let mut problems = Vec::new();
    for Example { schema, value } in examples(document) {
        let whole =
            json!({ "allOf": [translated(Some(schema.clone()), &bodies)], "components": { "schemas": schemas } });
        let validator = match options.build(&whole) {
            Ok(validator) => validator,
            // The checks of code generation find most problems of the schema itself.
            Err(error) => {
                problems.push(Problem::new(
                    schema.pointer,
                    format!("no validator can be made of the schema: {error}"),
                    "write it as the OpenAPI 3.0.3 specification has it",
                ));
                continue;
            }
        };
        problems.extend(validator.iter_errors(value.value).map(|error| {
            Problem::new(
                format!("{}{}", value.pointer, error.instance_path()),
                format!("the example is not as {} has it: {error}", schema.string("$ref").unwrap_or("its schema")),
                "correct the example, or the schema if the example is what the service takes or answers",
            )
        }));
    }
    problems.sort();
    problems.dedup();
    problems
}

/// Every property and parameter has an example other than `null`. Otherwise, no contract test covers it.
pub fn everything_has_an_example(document: &Value) -> Vec<Problem> {
    let mut used = BTreeSet::new();
    for Example { schema, value } in examples(document) {
        use_properties(&schema, value.value, &mut used, DEPTH);
    }
    let unused = properties(document).into_iter().filter(|(_, node)| !used.contains(&node.pointer));
    let properties = unused.map(|(name, node)| {
        Problem::new(
            node.pointer,
            format!("no example has a value of `{name}`"),
            "give it one, in the example of a request or of an answer that has it",
        )
    });
    let parameters = operations(document).into_iter().flat_map(|operation| operation.parameters());
    let without = parameters.filter(|node| !node.has("example") && node.members_of("examples").next().is_none());
    let parameters: BTreeSet<_> = without
        .map(|node| {
            Problem::new(
                node.pointer,
                "the parameter has no example",
                "write one, under `examples: { NAME: { value: … } }`",
            )
        })
        .collect();
    properties.chain(parameters).collect()
}

struct Example<'a> {
    schema: Node<'a>,
    value: Node<'a>,
}

/// Returns the examples of parameters, requests and all responses, and the defaults.
fn examples(document: &Value) -> Vec<Example<'_>> {
    let mut examples = Vec::new();
    for operation in operations(document) {
        let responses = operation.node.members_of("responses").map(|(_, response)| response.resolved());
        let bodies = operation.request_body().into_iter().chain(responses);
        let media_types = bodies.flat_map(|body| body.members_of("content")).map(|(_, media_type)| media_type);
        for holder in operation.parameters().into_iter().chain(media_types) {
            let Some(schema) = holder.get("schema") else { continue };
            let named = holder.members_of("examples").filter_map(|(_, example)| example.resolved().get("value"));
            let values = named.chain(holder.get("example")).chain(schema.get("default")).chain(schema.get("example"));
            examples.extend(values.map(|value| Example { schema: schema.clone(), value }));
        }
    }
    examples
}

fn use_properties(schema: &Node<'_>, value: &Value, used: &mut BTreeSet<String>, depth: usize) {
    let schema = schema.resolved();
    let Some(depth) = depth.checked_sub(1).filter(|_| !value.is_null()) else { return };
    used.insert(schema.pointer.clone());
    for combiner in COMBINERS {
        schema.elements_of(combiner).for_each(|part| use_properties(&part, value, used, depth));
    }
    for (name, property) in schema.members_of("properties") {
        if let Some(value) = value.get(name).filter(|value| !value.is_null()) {
            // `use_properties` marks the target of a reference, not the reference.
            used.insert(property.pointer.clone());
            use_properties(&property, value, used, depth);
        }
    }
    for (key, items) in [("items", value.as_array().map(|items| items.iter().collect::<Vec<_>>()))]
        .into_iter()
        .chain([("additionalProperties", value.as_object().map(|members| members.values().collect()))])
    {
        if let Some(part) = schema.get(key) {
            items.into_iter().flatten().for_each(|item| use_properties(&part, item, used, depth));
        }
    }
}

/// Translates a schema of OpenAPI 3.0 to JSON Schema draft 4.
///
/// Translates `nullable` and the ranges of number formats. If `closed` contains the pointer of an object, the object
/// accepts only the described properties.
fn translated(node: Option<Node<'_>>, closed: &BTreeSet<String>) -> Value {
    let Some(node) = node else { return Value::Null };
    if !node.value.is_object() {
        let elements = node.elements().map(|element| translated(Some(element), closed)).collect::<Vec<_>>();
        return if node.value.is_array() { Value::Array(elements) } else { node.value.clone() };
    }
    // These keywords contain values, not schemas.
    let is_data = |key: &str| matches!(key, "default" | "enum" | "example");
    let member = |key: &str, member: Node<'_>| {
        if is_data(key) { member.value.clone() } else { translated(Some(member), closed) }
    };
    let mut schema: Map<String, Value> =
        node.members().map(|(key, node)| (key.to_owned(), member(key, node))).collect();
    if let (true, Some(name)) = (node.is("nullable"), node.string("type")) {
        schema.insert("type".to_owned(), json!([name, "null"]));
    }
    let range = match node.string("format") {
        Some("int32") => Some((json!(i32::MIN), json!(i32::MAX))),
        Some("int64") => Some((json!(i64::MIN), json!(i64::MAX))),
        Some("uint32") => Some((json!(0), json!(u32::MAX))),
        Some("uint64") => Some((json!(0), json!(u64::MAX))),
        _ => None,
    };
    if let Some((minimum, maximum)) = range {
        schema.entry("minimum").or_insert(minimum);
        schema.entry("maximum").or_insert(maximum);
    }
    if closed.contains(&node.pointer) && schema.contains_key("properties") {
        schema.entry("additionalProperties").or_insert(json!(false));
    }
    Value::Object(schema)
}
