//! Rules for summaries and descriptions, which become the crate's documentation.

use serde_json::Value;

use super::properties;
use crate::codegen::{
    Problem,
    document::{Node, operations},
};

/// Operations have a summary; parameters, schemas and properties have a description.
pub fn everything_is_described(document: &Value) -> Vec<Problem> {
    let operations = operations(document);
    let parameters = operations.iter().flat_map(|operation| operation.parameters());
    let schemas = Node::at(document, "/components").into_iter().flat_map(|node| node.members_of("schemas"));
    let properties = properties(document).into_iter().filter(|(_, property)| !property.has("$ref"));
    let described = parameters.chain(schemas.chain(properties).map(|(_, node)| node));
    let operations = operations.iter().map(|operation| (operation.node.clone(), "summary"));
    let all = operations.chain(described.map(|node| (node, "description")));
    let mut problems: Vec<_> = all
        .filter(|(node, key)| node.string(key).is_none_or(|text| text.trim().is_empty()))
        .map(|(node, key)| Problem::new(node.pointer, format!("there is no {key}"), format!("write a `{key}`")))
        .collect();
    problems.sort();
    problems.dedup();
    problems
}

/// Summaries and descriptions are sentences.
pub fn texts_end_with_a_full_stop(document: &Value) -> Vec<Problem> {
    let unfinished = all(document).into_iter().filter(|(_, text)| !text.ends_with('.'));
    let problem = |(node, text): (Node<'_>, &str)| {
        let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
        Problem::new(
            node.pointer,
            format!("the text ends with `{last}`, without a full stop"),
            "end it with a full stop",
        )
    };
    unfinished.map(problem).collect()
}

/// Returns every summary and description. Skips examples and other values.
pub fn all(document: &Value) -> Vec<(Node<'_>, &str)> {
    const DATA: [&str; 4] = ["default", "enum", "example", "value"];
    let mut found = Vec::new();
    let mut todo = vec![Node::root(document)];
    while let Some(node) = todo.pop() {
        for (key, member) in node.members().filter(|(key, _)| !DATA.contains(key)) {
            if let ("summary" | "description", Some(text)) = (key, member.value.as_str()) {
                found.push((member.clone(), text.trim_end()));
            }
            todo.push(member);
        }
        todo.extend(node.elements());
    }
    found
}
