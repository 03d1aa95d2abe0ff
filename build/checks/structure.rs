//! Checks of the document as a whole.

use serde_json::{Error, Value, from_value};

use super::super::{
    Problem,
    document::{METHODS, Node, Operation, escape, generated_schemas, operations},
};

/// Rejects keys that are not strings, because JSON has only string keys. In YAML, `200:` is a number.
pub fn keys_are_strings(value: &yaml_serde::Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    collect_keys(value, "", &mut problems);
    problems
}

fn collect_keys(value: &yaml_serde::Value, pointer: &str, problems: &mut Vec<Problem>) {
    match value {
        yaml_serde::Value::Mapping(members) => {
            for (key, member) in members {
                let text = match key.as_str() {
                    Some(text) => text.to_owned(),
                    None => {
                        let text = yaml_serde::to_string(key).unwrap_or_default().trim().to_owned();
                        problems.push(Problem::new(
                            format!("{pointer}/{}", escape(&text)),
                            format!("the key {text} is not a string"),
                            format!("quote it: '{text}'"),
                        ));
                        text
                    }
                };
                collect_keys(member, &format!("{pointer}/{}", escape(&text)), problems);
            }
        }
        yaml_serde::Value::Sequence(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect_keys(element, &format!("{pointer}/{index}"), problems);
            }
        }
        _ => {}
    }
}

/// Rejects other versions than OpenAPI 3.0, because the generator does not support them.
pub fn version_is_supported(document: &Value) -> Vec<Problem> {
    let version = &document["openapi"];
    if version.as_str().is_some_and(|version| version.starts_with("3.0.")) {
        return vec![];
    }
    vec![Problem::new(
        "/openapi",
        format!("the version is {version}, but the generator reads OpenAPI 3.0 alone"),
        "write `openapi: 3.0.3`, and the document accordingly (`nullable: true` in place of the type `null`)",
    )]
}

/// Rejects values that are not OpenAPI.
///
/// The parser's error names no place, so this check finds the smallest invalid part.
pub fn document_is_openapi(document: &Value) -> Vec<Problem> {
    let Err(error) = from_value::<openapiv3::OpenAPI>(document.clone()) else { return vec![] };
    let operations = operations(document);
    let parameters =
        operations.iter().flat_map(Operation::parameters).filter_map(parse_error(from_value::<openapiv3::Parameter>));
    let schemas = generated_schemas(document).into_values().filter_map(parse_error(from_value::<openapiv3::Schema>));
    let operations = operations
        .iter()
        .map(|operation| operation.node.clone())
        .filter_map(parse_error(from_value::<openapiv3::Operation>));
    // The parent of an invalid part is also invalid, but has a shorter pointer.
    let smallest = operations.chain(parameters).chain(schemas).max_by_key(|(pointer, _)| pointer.len());
    let (pointer, error) = smallest.unwrap_or((String::new(), error));
    vec![Problem::new(
        pointer,
        format!("not what OpenAPI 3.0 has here: {error}"),
        "write it as the OpenAPI 3.0.3 specification has it",
    )]
}

/// Returns the place and the error of each value that `read` rejects.
fn parse_error<T>(read: fn(Value) -> Result<T, Error>) -> impl Fn(Node<'_>) -> Option<(String, Error)> {
    move |node| Some((node.pointer, read(node.value.clone()).err()?))
}

/// Rejects references that do not lead to a component of the document, because the generator cannot follow them.
pub fn references_lead_to_components(document: &Value) -> Vec<Problem> {
    let check = |(node, target): (Node<'_>, &str)| {
        let pointer = format!("{}/$ref", node.pointer);
        let Some(local) = target.strip_prefix('#') else {
            return Some(Problem::new(
                pointer,
                format!("`{target}` leads out of the document, which the generator does not follow"),
                "copy what it leads to under /components, and refer to that: `#/components/schemas/…`",
            ));
        };
        let names_component = local.starts_with("/components/") && local.split('/').count() == 4;
        (!names_component || document.pointer(local).is_none()).then(|| {
            Problem::new(
                pointer,
                format!("`{target}` is the name of no component"),
                "refer to a component that there is, as `#/components/schemas/NAME`",
            )
        })
    };
    references(document).into_iter().filter_map(check).collect()
}

/// Rejects keys beside a `$ref`. OpenAPI 3.0 ignores them, so a description or a `nullable` would be lost.
pub fn references_stand_alone(document: &Value) -> Vec<Problem> {
    let check = |(node, target): (Node<'_>, &str)| {
        let siblings: Vec<_> = node.members().map(|(key, _)| key).filter(|key| *key != "$ref").collect();
        (!siblings.is_empty()).then(|| {
            Problem::new(
                node.pointer,
                format!("`{}` beside a `$ref` is ignored", siblings.join("`, `")),
                format!("take it away, or write it at {target} itself"),
            )
        })
    };
    references(document).into_iter().filter_map(check).collect()
}

/// Rejects components that only refer to another component. The generator would wrap the target in a new type.
pub fn components_are_no_references(document: &Value) -> Vec<Problem> {
    let sections = Node::root(document).members_of("components").flat_map(|(_, section)| section.members());
    let check = |(name, node): (&str, Node<'_>)| {
        let target = node.string("$ref")?;
        Some(Problem::new(
            node.pointer.clone(),
            format!("the component `{name}` is but another name for `{target}`"),
            format!("refer to `{target}` wherever `{name}` is referred to"),
        ))
    };
    sections.filter_map(check).collect()
}

/// Rejects path items with an unknown key or a `$ref`, and paths without a leading slash.
///
/// The generator would ignore an unknown key, and all operations of a path without a slash.
pub fn path_items_are_understood(document: &Value) -> Vec<Problem> {
    const FIELDS: [&str; 4] = ["description", "parameters", "servers", "summary"];
    let mut problems = Vec::new();
    for (path, item) in Node::root(document).members_of("paths").filter(|(path, _)| !path.starts_with("x-")) {
        if !path.starts_with('/') {
            problems.push(Problem::new(
                item.pointer.clone(),
                format!("the path `{path}` does not start with a slash, so it would be skipped"),
                format!("write `/{path}`"),
            ));
        }
        if let Some(target) = item.string("$ref") {
            problems.push(Problem::new(
                item.pointer.clone(),
                format!("the path is described elsewhere, at `{target}`, where the generator does not look"),
                "write its operations here",
            ));
        }
        for (key, member) in item.members() {
            if key != "$ref" && !METHODS.contains(&key) && !FIELDS.contains(&key) && !key.starts_with("x-") {
                problems.push(Problem::new(
                    member.pointer,
                    format!("`{key}` is no HTTP method in lower case, so it would be skipped"),
                    format!("write one of {}", METHODS.join(", ")),
                ));
            }
        }
    }
    problems
}

/// Returns every object with a `$ref`, and its target. Examples are skipped, because their `$ref` is data.
fn references(document: &Value) -> Vec<(Node<'_>, &str)> {
    let mut found = Vec::new();
    let mut todo = vec![Node::root(document)];
    while let Some(node) = todo.pop() {
        found.extend(node.string("$ref").map(|target| (node.clone(), target)));
        todo.extend(
            node.members().filter(|(key, _)| !matches!(*key, "example" | "examples")).map(|(_, member)| member),
        );
        todo.extend(node.elements());
    }
    found
}
