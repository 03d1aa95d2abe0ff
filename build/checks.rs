//! Checks the document before the generator runs.
//!
//! Each check rejects one kind of mistake. Without the check, the generator would panic, or write code that does not
//! compile, or write code that sends or decodes wrong values.
//!
//! The checks run before the adjustments, so their pointers refer to the text of `openapi.yaml`.
//!
//! The checks of bodies and schemas ignore error responses, because the generator writes no code for them.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde_json::Value;

use super::{
    Problem,
    document::{Node, Schemas},
};

mod operations;
mod responses;
mod schemas;
mod structure;

pub use structure::keys_are_strings;

/// A function that returns the problems of a document.
type Check = fn(&Value) -> Vec<Problem>;

const CHECKS: &[Check] = &[
    structure::version_is_supported,
    structure::document_is_openapi,
    structure::references_lead_to_components,
    structure::references_stand_alone,
    structure::components_are_no_references,
    structure::path_items_are_understood,
    operations::ids_are_names,
    operations::ids_are_distinct,
    operations::parameters_are_supported,
    operations::parameters_are_distinct,
    operations::path_parameters_are_required,
    operations::path_parameters_fit_the_path,
    operations::requests_have_one_media_type,
    operations::statuses_are_understood,
    operations::successes_are_declared,
    operations::successes_are_json,
    operations::successes_share_one_body,
    operations::bodies_have_schemas,
    operations::response_schemas_are_references,
    schemas::names_are_type_names,
    schemas::types_have_names,
    schemas::types_are_not_nullable,
    schemas::property_names_are_distinct,
    schemas::keywords_are_understood,
    schemas::types_are_understood,
    schemas::dependencies_suffice,
    schemas::required_properties_are_described,
    schemas::requests_have_no_defaults,
    responses::properties_are_optional,
    responses::properties_are_nullable,
    responses::objects_are_open,
    responses::unknown_properties_are_ignored,
    responses::values_are_unconstrained,
    responses::schemas_are_plain,
    responses::phone_numbers_are_strings,
];

/// Returns all problems of a document, in no particular order.
pub fn run(document: &Value) -> Vec<Problem> {
    CHECKS.iter().flat_map(|check| check(document)).collect()
}

/// Runs `check` on each schema, and returns the problems.
fn each_schema<'a>(schemas: Schemas<'a>, check: impl Fn(&Node<'a>) -> Option<Problem>) -> Vec<Problem> {
    schemas.values().filter_map(check).collect()
}

/// Returns a problem for each name that has the same snake_case form as an earlier name. The generator uses this form.
fn duplicate_names<'a>(names: impl IntoIterator<Item = (&'a str, Node<'a>)>, what: &str) -> Vec<Problem> {
    let mut first = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, node) in names {
        let snake = name.replace('\'', "").to_snake_case();
        match first.get(&snake) {
            None => {
                first.insert(snake, name);
            }
            Some(earlier) => problems.push(Problem::new(
                node.pointer,
                format!("the {what} `{name}` and the {what} `{earlier}` are both `{snake}` in Rust"),
                "rename one of them, or take one away",
            )),
        }
    }
    problems
}
