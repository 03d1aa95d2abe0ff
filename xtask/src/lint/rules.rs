//! The rules of `cargo xtask lint`: code generation does not need them, but readers and tests do.

use serde_json::Value;

use crate::codegen::{self, Problem, document::Node};

mod examples;
mod names;
mod sources;
mod texts;

/// A rule returns the problems that it finds.
type Rule = fn(&Value) -> Vec<Problem>;

const RULES: &[Rule] = &[
    names::operation_ids_start_with_contacts,
    names::names_are_in_snake_case,
    names::request_bodies_use_number,
    names::both_hosts_are_servers,
    texts::everything_is_described,
    texts::texts_end_with_a_full_stop,
    examples::examples_are_valid,
    examples::everything_has_an_example,
    sources::sources_use_the_fixed_words,
    sources::undocumented_facts_have_a_source,
];

/// Returns every problem of a document, including those that prevent code generation.
pub fn problems(text: &str) -> Vec<Problem> {
    let mut problems = codegen::generate(text).err().map_or_else(Vec::new, |error| error.problems().to_vec());
    if let Ok(document) = codegen::parse(text) {
        problems.extend(RULES.iter().flat_map(|rule| rule(&document)));
    }
    problems
}

/// Returns every property in `/components/schemas`, including nested properties.
fn properties(document: &Value) -> Vec<(&str, Node<'_>)> {
    let mut found = Vec::new();
    let mut todo: Vec<_> = Node::at(document, "/components/schemas").into_iter().collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.elements());
        for (key, member) in node.members() {
            if key == "properties" {
                found.extend(member.members());
            }
            todo.push(member);
        }
    }
    found
}
