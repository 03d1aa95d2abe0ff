//! Checks of the schemas from which code is generated. Some checks concern only the schemas of requests.

use heck::ToPascalCase;
use serde_json::Value;

use super::{
    super::{
        Problem,
        document::{
            Node, PHONE_NUMBER, component, generated_schemas, is_combined, is_component, members, parameter_schemas,
            request_schemas,
        },
    },
    duplicate_names, each_schema,
};

/// The keywords of a schema in OpenAPI 3.0.
#[rustfmt::skip]
const KEYWORDS: [&str; 35] = [
    "additionalProperties", "allOf", "anyOf", "default", "deprecated", "description", "discriminator", "enum", "example",
    "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "items", "maxItems", "maxLength", "maxProperties",
    "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "nullable", "oneOf", "pattern",
    "properties", "readOnly", "required", "title", "type", "uniqueItems", "writeOnly", "xml",
];

/// The types of OpenAPI 3.0.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Rejects names that are not PascalCase. The generator would change them and omit our attributes.
pub fn names_are_type_names(document: &Value) -> Vec<Problem> {
    let schemas = members(&document["components"]["schemas"]);
    let not_pascal_case = schemas.filter(|(name, _)| *name != name.to_pascal_case());
    let problem = |(name, _): (&str, _)| {
        let pascal = name.to_pascal_case();
        Problem::new(
            component(name),
            format!("the type of `{name}` would be called `{pascal}`"),
            format!("call it `{pascal}`"),
        )
    };
    not_pascal_case.map(problem).collect()
}

/// Rejects inline schemas that become types, because the generator derives their names and omits our attributes.
pub fn types_have_names(document: &Value) -> Vec<Problem> {
    const MAKE_A_TYPE: [&str; 9] =
        ["allOf", "anyOf", "enum", "maxLength", "minLength", "not", "oneOf", "pattern", "properties"];
    each_schema(generated_schemas(document), |schema| {
        let key = MAKE_A_TYPE.into_iter().find(|key| schema.has(key))?;
        (!is_component(&schema.pointer) && !is_combined(&schema.pointer)).then(|| {
            Problem::new(
                schema.pointer.clone(),
                format!("`{key}` makes this a type of its own, which would have no name of ours"),
                "move the schema to /components/schemas, and refer to it",
            )
        })
    })
}

/// Rejects nullable component schemas. Their generated types would wrap an `Option`.
pub fn types_are_not_nullable(document: &Value) -> Vec<Problem> {
    each_schema(generated_schemas(document), |schema| {
        (is_component(&schema.pointer) && schema.is("nullable")).then(|| {
            Problem::new(
                format!("{}/nullable", schema.pointer),
                "a schema that is referred to cannot be nullable: its type would be a wrapper of itself",
                "take `nullable` away; a property that refers to it may be null as it is, if it is not required",
            )
        })
    })
}

/// Rejects properties with the same name in snake_case. Their fields would not compile.
pub fn property_names_are_distinct(document: &Value) -> Vec<Problem> {
    let schemas = generated_schemas(document).into_values();
    schemas.flat_map(|schema| duplicate_names(schema.members_of("properties"), "property")).collect()
}

/// Rejects misspelled keywords and keywords of other OpenAPI versions, which the generator ignores.
pub fn keywords_are_understood(document: &Value) -> Vec<Problem> {
    let is_unknown = |key: &str| !KEYWORDS.contains(&key) && !key.starts_with("x-");
    let schemas = generated_schemas(document).into_values();
    let unknown = schemas.flat_map(|schema| schema.members().filter(|(key, _)| is_unknown(key)));
    let problem = |(key, node): (&str, Node<'_>)| {
        Problem::new(
            node.pointer,
            format!("`{key}` is no keyword of a schema in OpenAPI 3.0, so it would be skipped"),
            "correct the spelling, or take it away",
        )
    };
    unknown.map(problem).collect()
}

/// Rejects unknown types. The generator would panic.
pub fn types_are_understood(document: &Value) -> Vec<Problem> {
    each_schema(generated_schemas(document), |schema| {
        let found = schema.value.get("type")?;
        let known = found.as_str().is_some_and(|found| TYPES.contains(&found));
        (!known).then(|| {
            Problem::new(
                format!("{}/type", schema.pointer),
                format!("{found} is no type of OpenAPI 3.0"),
                format!("write one of {}; of something that may be null, `nullable: true` as well", TYPES.join(", ")),
            )
        })
    })
}

/// Rejects schemas whose code needs a crate that is not a dependency of this package.
pub fn dependencies_suffice(document: &Value) -> Vec<Problem> {
    let mut sent = request_schemas(document);
    sent.extend(parameter_schemas(document));
    // The Rust type `PhoneNumber` replaces this schema, so its pattern generates no code.
    sent.remove(&component(PHONE_NUMBER));
    let patterns = each_schema(sent, |schema| {
        schema.has("pattern").then(|| {
            Problem::new(
                format!("{}/pattern", schema.pointer),
                "the code that checks a `pattern` needs the crate `regress`, on which this one does not depend",
                "say it in the description; the service checks it in any case",
            )
        })
    });
    let uuids = each_schema(generated_schemas(document), |schema| {
        (schema.string("format") == Some("uuid")).then(|| {
            Problem::new(
                format!("{}/format", schema.pointer),
                "the type of a UUID is in the crate `uuid`, on which this one does not depend",
                "leave the format out; say it in the description",
            )
        })
    });
    patterns.into_iter().chain(uuids).collect()
}

/// Rejects required properties without a schema, for example after a rename. They would accept any JSON value.
pub fn required_properties_are_described(document: &Value) -> Vec<Problem> {
    let schemas = request_schemas(document).into_values();
    let undescribed = schemas.flat_map(|schema| {
        let missing =
            |node: &Node<'_>| node.value.as_str().is_some_and(|name| schema.value["properties"].get(name).is_none());
        schema.elements_of("required").filter(missing)
    });
    let problem = |node: Node<'_>| {
        Problem::new(
            node.pointer,
            format!("the required property {} is not among the properties", node.value),
            "describe it under `properties`, or take it away here",
        )
    };
    undescribed.map(problem).collect()
}

/// Rejects defaults, which the generated code would send whenever the caller sets no value.
pub fn requests_have_no_defaults(document: &Value) -> Vec<Problem> {
    each_schema(request_schemas(document), |schema| {
        schema.has("default").then(|| {
            Problem::new(
                format!("{}/default", schema.pointer),
                "a default in a request body is always sent, even where the caller has left the property out",
                "say in the description what the service does without it",
            )
        })
    })
}
