//! The rules of the house: what code generation does not need, but readers, users and maintainers do.

use serde_json::Value;

use crate::codegen::{self, Problem, document::Node};

mod examples;
mod names;
mod sources;
mod texts;

/// A rule: the problems that it finds.
type Rule = fn(&Value) -> Vec<Problem>;

const RULES: &[Rule] = &[
    names::ids_are_of_contacts,
    names::names_are_in_snake_case,
    names::a_number_is_called_number,
    names::both_hosts_are_servers,
    texts::everything_is_described,
    texts::texts_end_with_a_full_stop,
    examples::examples_are_valid,
    examples::everything_has_an_example,
    sources::words_are_those_of_the_head,
    sources::what_is_not_documented_is_marked,
];

/// All problems of a document, those of code generation included.
pub fn problems(text: &str) -> Vec<Problem> {
    let mut problems = codegen::generate(text).err().map_or_else(Vec::new, |error| error.problems().to_vec());
    if let Ok(document) = codegen::parse(text) {
        problems.extend(RULES.iter().flat_map(|rule| rule(&document)));
    }
    problems
}

/// All properties of the schemas that have names, with those within them.
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
