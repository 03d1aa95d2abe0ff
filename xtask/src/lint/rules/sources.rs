//! Rules for the source of a fact. The head of openapi.yaml defines the marks and the facts that need no mark.

use std::collections::BTreeMap;

use serde_json::Value;

use super::texts;
use crate::codegen::{
    Problem,
    document::{Node, is_success, operations, response_schemas},
};

/// The marks: phrases that state the source of a fact.
const MARKS: [&str; 4] = ["reported by the official clients", "reported by the guides", "recorded", "presumably"];
/// Words for unknown facts.
const UNKNOWN: [&str; 3] = ["unknown", "not known", "not documented"];
/// Words that hide the source.
#[rustfmt::skip]
const VAGUE: [&str; 12] = [
    "allegedly", "apparently", "assumed", "assumedly", "likely", "maybe", "observed", "perhaps", "probably", "seemingly",
    "seems", "supposedly",
];

/// The operations in the API reference.
const OPERATIONS: [&str; 10] = [
    "DELETE /api/v2/contacts",
    "DELETE /api/v2/contacts/{phone_number}",
    "GET /api/v2/contacts",
    "GET /api/v2/contacts/count",
    "GET /api/v2/contacts/{phone_number}",
    "POST /api/v2/contacts",
    "POST /api/v2/contacts/bulk",
    "POST /api/v2/contacts/opt-out",
    "POST /api/v2/contacts/verify",
    "PUT /api/v2/contacts/{phone_number}",
];
/// The properties of successful responses in the API reference.
#[rustfmt::skip]
const PROPERTIES: [(&str, &[&str]); 7] = [
    ("Contact", &[
        "assigned_to_email", "company_name", "created_at", "custom_variables", "first_name", "last_name", "opt_out", "phone",
        "sendblue_number", "tags", "verified",
    ]),
    ("ContactCount", &["count"]),
    ("ContactResponse", &["contact", "status"]),
    ("CreatedContacts", &["contacts", "status"]),
    ("DeletedContacts", &["amount", "status"]),
    ("OptOut", &["number", "opted_out", "status"]),
    ("StatusResponse", &["status"]),
];

/// Texts name a source with a mark, never with a vague word.
pub fn sources_use_the_fixed_words(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (node, text) in texts::all(document) {
        let words: Vec<_> = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
        let vague = words.iter().find(|word| VAGUE.contains(&word.as_str())).cloned();
        let without_source =
            text.match_indices("reported").find(|(at, _)| !MARKS.iter().any(|mark| text[*at..].starts_with(mark)));
        if let Some(word) = vague.or_else(|| without_source.map(|_| "reported".to_owned())) {
            problems.push(Problem::new(
                node.pointer,
                format!("`{word}` does not say where the fact is known from"),
                format!("say \"{}\"", MARKS.join("\", \"")),
            ));
        }
    }
    problems
}

/// A fact that the API reference lacks has a mark.
pub fn undocumented_facts_have_a_source(document: &Value) -> Vec<Problem> {
    let mut undocumented = Vec::new();
    for operation in operations(document) {
        let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
        if !OPERATIONS.contains(&request.as_str()) {
            undocumented.push((operation.node.clone(), format!("the operation `{request}`"), "OPERATIONS"));
        }
    }
    let documented = BTreeMap::from(PROPERTIES);
    for schema in response_schemas(document).into_values() {
        let name = schema.pointer.rsplit('/').next().unwrap_or_default();
        let known = documented.get(name).copied().unwrap_or_default();
        for (property, node) in schema.members_of("properties").filter(|(property, _)| !known.contains(property)) {
            undocumented.push((node, format!("the property `{property}` of {name}"), "PROPERTIES"));
        }
    }
    let unmarked = undocumented.into_iter().filter(|(node, ..)| !is_marked(node)).map(|(node, what, list)| {
        Problem::new(
            node.pointer,
            format!("{what} is not in the API reference, and does not say where it is known from"),
            format!(
                "say \"{}\" in its description; or, if the reference has it now, add it to {list} in \
                 xtask/src/lint/rules/sources.rs",
                MARKS.join("\", \"")
            ),
        )
    });

    let operations = operations(document);
    let responses = operations.iter().flat_map(|operation| operation.node.members_of("responses"));
    let responses = responses
        .filter(|(status, _)| is_success(status) && *status != "200")
        .map(|(status, node)| (node.resolved(), format!("the status {status}")));
    let parameters = operations.iter().flat_map(|operation| operation.parameters());
    let defaults = parameters.filter(|node| node.get("schema").is_some_and(|schema| schema.resolved().has("default")));
    let defaults = defaults.map(|node| (node, "the default".to_owned()));
    let claims = responses.chain(defaults).filter(|(node, _)| !is_marked(node)).map(|(node, what)| {
        Problem::new(
            node.pointer,
            format!("{what} is not in the API reference, and does not say where it is known from"),
            format!("say \"{}\" in its description", MARKS.join("\", \"")),
        )
    });
    unmarked.chain(claims).collect()
}

fn is_marked(node: &Node<'_>) -> bool {
    let node = node.resolved();
    let text = node.string("description").unwrap_or_default().to_lowercase();
    MARKS.iter().chain(&UNKNOWN).any(|mark| text.contains(mark))
}
