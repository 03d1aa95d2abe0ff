//! Checks of the schemas of successful responses.
//!
//! What the service answers is not ours to decide. A single value that is not as described would fail the whole answer,
//! a page of a thousand contacts perhaps, so a response is described in a way that takes whatever may come.

use serde_json::Value;

use super::{
    super::{
        Problem,
        document::{Node, PHONE_NUMBER, component, response_references, response_schemas},
    },
    each_schema,
};

/// A required property that is missing fails the whole answer.
pub fn properties_are_optional(document: &Value) -> Vec<Problem> {
    each_schema(response_schemas(document), |schema| {
        schema.has("required").then(|| {
            Problem::new(
                format!("{}/required", schema.pointer),
                "an answer without a required property could not be decoded at all",
                "take `required` away; the wrapper says what it cannot do without",
            )
        })
    })
}

/// A property that is `null`, unless it may be, fails the whole answer. One that is a `$ref` may be, as it is optional.
pub fn properties_are_nullable(document: &Value) -> Vec<Problem> {
    let properties = response_schemas(document).into_values().flat_map(|schema| schema.members_of("properties"));
    let strict = properties.filter(|(_, property)| !property.has("$ref") && !property.is("nullable"));
    let problem = |(name, property): (&str, Node<'_>)| {
        Problem::new(
            property.pointer,
            format!("an answer with `{name}: null` could not be decoded at all"),
            "write `nullable: true`",
        )
    };
    strict.map(problem).collect()
}

/// A property that the service adds one day would fail the whole answer.
pub fn objects_are_open(document: &Value) -> Vec<Problem> {
    each_schema(response_schemas(document), |schema| {
        (schema.value.get("additionalProperties") == Some(&Value::Bool(false))).then(|| {
            Problem::new(
                format!("{}/additionalProperties", schema.pointer),
                "an answer with a property that is new could not be decoded at all",
                "take `additionalProperties: false` away",
            )
        })
    })
}

/// Keeping unknown properties beside the known ones doubles the time that decoding takes, and gives them one type.
pub fn unknown_properties_are_ignored(document: &Value) -> Vec<Problem> {
    each_schema(response_schemas(document), |schema| {
        let keeps = schema.value.get("additionalProperties").is_some_and(Value::is_object);
        (keeps && schema.has("properties")).then(|| {
            Problem::new(
                format!("{}/additionalProperties", schema.pointer),
                "keeping unknown properties beside the known ones doubles the time that decoding takes",
                "take it away; the raw body has all properties",
            )
        })
    })
}

/// Constraints are enforced in decoding: in the type, or by code.
pub fn values_are_unconstrained(document: &Value) -> Vec<Problem> {
    #[rustfmt::skip]
    const CONSTRAINTS: [&str; 12] = [
        "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maximum", "minItems", "minLength",
        "minimum", "multipleOf", "pattern", "uniqueItems",
    ];
    // An unsigned integer is how the client counts.
    let is_harmless = |key: &str, value: &Value| key == "minimum" && value.as_f64() == Some(0.0);
    // Of the formats that are parsed in decoding, one is wanted.
    let is_parsed = |value: &Value| matches!(value.as_str(), Some("date" | "ip" | "ipv4" | "ipv6"));
    let is_constraint = |key: &str, value: &Value| match key {
        "format" => is_parsed(value),
        _ => CONSTRAINTS.contains(&key) && !is_harmless(key, value),
    };
    let schemas = response_schemas(document);
    // Reported as what it is: a phone number in a response.
    let schemas = schemas.into_values().filter(|schema| schema.pointer != component(PHONE_NUMBER));
    let found = schemas.flat_map(|schema| schema.members().filter(|(key, node)| is_constraint(key, node.value)));
    let problem = |(key, node): (&str, Node<'_>)| {
        Problem::new(
            node.pointer,
            format!("an answer with a value beyond this `{key}` could not be decoded at all"),
            format!("take `{key}` away, and say it in the description"),
        )
    };
    found.map(problem).collect()
}

/// Alternatives are closed, a new one fails the whole answer; and the generator panics at some combinations.
pub fn schemas_are_plain(document: &Value) -> Vec<Problem> {
    each_schema(response_schemas(document), |schema| {
        let key = ["allOf", "anyOf", "not", "oneOf"].into_iter().find(|key| schema.has(key))?;
        Some(Problem::new(
            format!("{}/{key}", schema.pointer),
            format!("an answer that is not as `{key}` has it could not be decoded at all"),
            "write the properties out; leave the type of one that varies open: `{ nullable: true, description: … }`",
        ))
    })
}

/// The type that stands for this schema parses what it is given, so one odd number would fail the whole answer.
pub fn phone_numbers_are_strings(document: &Value) -> Vec<Problem> {
    let target = format!("#{}", component(PHONE_NUMBER));
    let references = response_references(document).into_values();
    let phone_numbers = references.filter(|reference| reference.string("$ref") == Some(&target));
    let problem = |node: Node<'_>| {
        Problem::new(
            node.pointer,
            "an answer with one number that is not in E.164 form could not be decoded at all",
            "write `type: string` and `nullable: true` in place of the `$ref`",
        )
    };
    phone_numbers.map(problem).collect()
}
