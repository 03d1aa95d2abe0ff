//! Rules for names and servers.

use heck::ToSnakeCase;
use serde_json::Value;

use super::properties;
use crate::codegen::{
    Problem,
    document::{Node, operations, request_schemas},
};

/// The hosts of the service.
const HOSTS: [&str; 2] = ["https://api.sendblue.co", "https://api.sendblue.com"];

/// An operationId matches the call: `contacts.bulk.create` is `contacts.bulk().create(…)`.
pub fn operation_ids_start_with_contacts(document: &Value) -> Vec<Problem> {
    let others = operations(document).into_iter().filter(|operation| !operation.id.starts_with("contacts."));
    let problem = |pointer, id| {
        Problem::new(
            pointer,
            format!("the operationId `{id}` is not what a call of this crate looks like"),
            "write `contacts.NAME`, or `contacts.bulk.NAME` for one on many contacts",
        )
    };
    others.map(|operation| problem(format!("{}/operationId", operation.node.pointer), operation.id)).collect()
}

/// Names are in snake_case. The service also accepts camelCase, which its clients call deprecated.
pub fn names_are_in_snake_case(document: &Value) -> Vec<Problem> {
    let parameters = operations(document).into_iter().flat_map(|operation| operation.parameters());
    let parameters = parameters.filter_map(|node| Some((node.string("name")?, node.get("name")?)));
    let names = properties(document).into_iter().chain(parameters);
    let mut problems: Vec<_> = names
        .filter(|(name, _)| *name != name.to_snake_case())
        .map(|(name, node)| {
            Problem::new(
                node.pointer,
                format!("`{name}` is a deprecated spelling"),
                format!("write `{}`", name.to_snake_case()),
            )
        })
        .collect();
    // Operations may share a parameter, whose problem would be listed twice.
    problems.sort();
    problems.dedup();
    problems
}

/// Request bodies have `number`: `phone_number` is deprecated there, but correct in paths and queries.
pub fn request_bodies_use_number(document: &Value) -> Vec<Problem> {
    let schemas = request_schemas(document).into_values();
    let found = schemas.filter_map(|schema| schema.get("properties")?.get("phone_number"));
    let problem = |node: Node<'_>| {
        Problem::new(node.pointer, "`phone_number` is a deprecated name in a request body", "write `number`")
    };
    found.map(problem).collect()
}

/// The document lists both hosts, so that users of either find theirs.
pub fn both_hosts_are_servers(document: &Value) -> Vec<Problem> {
    let root = Node::root(document);
    let is_there = |host: &&str| root.elements_of("servers").any(|server| server.string("url") == Some(host));
    let missing = HOSTS.into_iter().filter(|host| !is_there(host));
    let problem = |host| {
        Problem::new(
            "/servers",
            format!("{host} is not among the servers"),
            format!("write `- url: {host}`, and which it is"),
        )
    };
    missing.map(problem).collect()
}
