//! Checks of the schemas of successful responses.
//!
//! If one value does not match its schema, the whole response fails to decode, for example a page of 1000 contacts. So
//! the schemas of responses must accept every value that the service may send.

use serde_json::Value;

use super::{
    super::{
        Problem,
        document::{Node, PHONE_NUMBER, component, response_references, response_schemas},
    },
    each_schema,
};

/// Rejects required properties. If one were missing, the whole response would fail to decode.
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

/// Rejects properties that do not accept `null`. One `null` would fail the whole response.
///
/// An optional `$ref` accepts `null`.
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

/// Rejects closed objects. A new property of the service would fail the whole response.
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

/// Rejects objects that keep unknown properties, which would double the decoding time.
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

/// Rejects constraints on values, because the generated code would enforce them when it decodes.
pub fn values_are_unconstrained(document: &Value) -> Vec<Problem> {
    #[rustfmt::skip]
    const CONSTRAINTS: [&str; 12] = [
        "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maximum", "minItems", "minLength",
        "minimum", "multipleOf", "pattern", "uniqueItems",
    ];
    // The minimum 0 makes the Rust type of a count unsigned.
    let is_harmless = |key: &str, value: &Value| key == "minimum" && value.as_f64() == Some(0.0);
    // The generated code parses these formats, so an invalid value would fail the response.
    let is_parsed = |value: &Value| matches!(value.as_str(), Some("date" | "ip" | "ipv4" | "ipv6"));
    let is_constraint = |key: &str, value: &Value| match key {
        "format" => is_parsed(value),
        _ => CONSTRAINTS.contains(&key) && !is_harmless(key, value),
    };
    let schemas = response_schemas(document);
    // `phone_numbers_are_strings` reports this schema.
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

/// Rejects combined schemas. A value that matches no alternative would fail the whole response.
///
/// The generator also panics at some combinations.
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

/// Rejects the validated `PhoneNumber` type. One invalid number would fail the whole response.
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
