//! Checks of operations: their names, parameters, request bodies and responses.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::Value;

use super::{
    super::{
        Problem,
        document::{Node, Operation, is_success, operations},
    },
    duplicate_names,
};

const JSON: &str = "application/json";

/// Rejects a missing id, and an id that cannot name the generated method and the route constant.
pub fn ids_are_names(document: &Value) -> Vec<Problem> {
    first_problem_per_operation(document, |operation| {
        let id = operation.id;
        let words = |id: &str| id.split('.').all(|part| !part.is_empty() && part == part.to_snake_case());
        let sound = id.starts_with(|first: char| first.is_ascii_lowercase()) && words(id);
        let found = if id.is_empty() { "there is no operationId".to_owned() } else { format!("`{id}` is no name") };
        (!sound).then(|| {
            Problem::new(
                format!("{}/operationId", operation.node.pointer),
                format!("{found} that a method and a constant could be called by"),
                "write an operationId in lower case, like `contacts.opt_out`",
            )
        })
    })
}

/// Rejects duplicate ids, which would name the same method and route.
pub fn ids_are_distinct(document: &Value) -> Vec<Problem> {
    let operations = operations(document);
    let ids = operations.iter().filter_map(|operation| Some((operation.id, operation.node.get("operationId")?)));
    duplicate_names(ids, "operationId")
}

/// Rejects cookies, styles other than the default, and parameters without a schema, which the generator cannot handle.
pub fn parameters_are_supported(document: &Value) -> Vec<Problem> {
    each_parameter(document, |parameter| {
        let default_style = match parameter.string("in") {
            Some("query") => "form",
            Some("path" | "header") => "simple",
            other => {
                let place = other.unwrap_or("nowhere");
                return Some(Problem::new(
                    format!("{}/in", parameter.pointer),
                    format!("a parameter in `{place}` is not supported by the generator"),
                    "write `in: query`, `in: path` or `in: header`",
                ));
            }
        };
        if let Some(style) = parameter.string("style").filter(|style| *style != default_style) {
            return Some(Problem::new(
                format!("{}/style", parameter.pointer),
                format!("the style `{style}` is not supported by the generator here"),
                format!("leave it out; it is `{default_style}` then"),
            ));
        }
        (!parameter.has("schema")).then(|| {
            Problem::new(
                parameter.pointer.clone(),
                "the parameter has no schema, so the generator cannot give it a type",
                "write a `schema`, in place of `content` if there is one",
            )
        })
    })
}

/// Rejects parameters with the same name. The generated function would have two arguments of that name.
pub fn parameters_are_distinct(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let parameters = operation.parameters();
        let named = parameters.into_iter().filter_map(|node| Some((node.string("name")?, node)));
        // The generator uses this name for the request body.
        let body = operation.request_body().map(|body| ("body", body));
        duplicate_names(body.into_iter().chain(named), "parameter")
    })
}

/// Rejects an optional path parameter. The generator would panic.
pub fn path_parameters_are_required(document: &Value) -> Vec<Problem> {
    each_parameter(document, |parameter| {
        (parameter.string("in") == Some("path") && !parameter.is("required")).then(|| {
            Problem::new(
                parameter.pointer.clone(),
                "a parameter of the path may not be left out",
                "write `required: true`",
            )
        })
    })
}

/// Rejects a difference between the path and the declared path parameters. The generator would panic.
pub fn path_parameters_fit_the_path(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let parameters = operation.parameters();
        let declared: Vec<_> = parameters.iter().filter(|node| node.string("in") == Some("path")).collect();
        let is_declared = |name: &&str| declared.iter().any(|node| node.string("name") == Some(name));
        let in_path: Vec<&str> = template_names(operation.path).collect();
        let undeclared = in_path.iter().copied().filter(|name| !is_declared(name)).map(|name| {
            Problem::new(
                operation.node.pointer.clone(),
                format!("the path has a parameter `{name}` that is not declared"),
                format!("declare it under `parameters`: `name: {name}`, `in: path`, `required: true`, and its schema"),
            )
        });
        let superfluous = declared.iter().filter_map(|node| {
            let name = node.string("name")?;
            (!in_path.contains(&name)).then(|| {
                Problem::new(
                    format!("{}/name", node.pointer),
                    format!("the path {} has no parameter `{name}`", operation.path),
                    format!("write `{{{name}}}` into the path, or take the parameter away"),
                )
            })
        });
        undeclared.chain(superfluous).collect()
    })
}

/// Returns the names between braces.
fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Rejects request bodies that are not described as JSON alone.
///
/// The generator panics at several media types. Without a media type, it sends no body.
pub fn requests_have_one_media_type(document: &Value) -> Vec<Problem> {
    first_problem_per_operation(document, |operation| {
        let body = operation.request_body()?;
        let found: Vec<_> = body.members_of("content").map(|(media_type, _)| media_type).collect();
        (found != [JSON]).then(|| {
            Problem::new(
                format!("{}/content", body.pointer),
                format!("the request body has {}, but it is sent in one way, as JSON", listed("media type", &found)),
                format!("describe `{JSON}` alone"),
            )
        })
    })
}

/// Rejects an invalid status key. The generator would ignore it, or return an error without a place.
pub fn statuses_are_understood(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let statuses = operation.node.members_of("responses").filter(|(status, _)| !is_status(status));
        let problem = |(status, node): (&str, Node<'_>)| {
            Problem::new(
                node.pointer,
                format!("`{status}` is no status"),
                "write a status from '100' to '599', a class like `5XX`, or `default`",
            )
        };
        statuses.map(problem).collect()
    })
}

fn is_status(key: &str) -> bool {
    let class = |rest: &str| rest == "XX" || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    key == "default" || key.starts_with("x-") || key.strip_prefix(['1', '2', '3', '4', '5']).is_some_and(class)
}

/// Rejects an operation without a 2xx response. The generated method would not decode the body.
pub fn successes_are_declared(document: &Value) -> Vec<Problem> {
    first_problem_per_operation(document, |operation| {
        operation.successes().is_empty().then(|| {
            Problem::new(
                format!("{}/responses", operation.node.pointer),
                "no response stands for success, so nothing would be decoded",
                "describe the successful response under '200' (`default` does not count: it covers the errors as well)",
            )
        })
    })
}

/// Rejects a successful response that is not JSON. The generated code would not decode its body.
pub fn successes_are_json(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let check = |response: Node<'_>| {
            let found: Vec<_> = response.members_of("content").map(|(media_type, _)| media_type).collect();
            (response.has("content") && found != [JSON]).then(|| {
                Problem::new(
                    format!("{}/content", response.pointer),
                    format!("the response has {}, but it is read in one way, as JSON", listed("media type", &found)),
                    format!("describe `{JSON}` alone, or take `content` away if the body is empty"),
                )
            })
        };
        operation.successes().into_iter().filter_map(check).collect()
    })
}

/// Rejects 2xx responses with different schemas. The generator would panic. A method has one return type.
pub fn successes_share_one_body(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let successes = operation.node.members_of("responses").filter(|(status, _)| is_success(status));
        let schemas =
            successes.filter_map(|(_, response)| response.resolved().get("content")?.get(JSON)?.get("schema"));
        let schemas: Vec<_> = schemas.collect();
        let Some((first, others)) = schemas.split_first() else { return vec![] };
        let different = others.iter().filter(|schema| schema.value != first.value);
        let problem = |schema: &Node<'_>| {
            Problem::new(
                schema.pointer.clone(),
                format!("the operation succeeds with another body too, at {}", first.pointer),
                "give all 2xx responses of the operation the same schema, one that has the properties of each",
            )
        };
        different.map(problem).collect()
    })
}

/// Rejects a body without a schema. The generator would panic.
pub fn bodies_have_schemas(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let bodies = operation.request_body().into_iter().chain(operation.successes());
        let media_types = bodies.flat_map(|body| body.members_of("content"));
        let bare = media_types.filter(|(_, media_type)| !media_type.has("schema"));
        let problem = |(name, media_type): (&str, Node<'_>)| {
            Problem::new(
                media_type.pointer,
                format!("the body of type `{name}` has no schema"),
                "write `schema: { $ref: '#/components/schemas/NAME' }`",
            )
        };
        bare.map(problem).collect()
    })
}

/// Rejects inline response schemas, because the generator derives their type names and omits our attributes.
pub fn response_schemas_are_references(document: &Value) -> Vec<Problem> {
    problems_per_operation(document, |operation| {
        let media_types = operation.successes().into_iter().filter_map(|response| response.get("content")?.get(JSON));
        let schemas = media_types.filter_map(|media_type| media_type.get("schema"));
        let is_list = |schema: &Node<'_>| {
            schema.string("type") == Some("array") && schema.get("items").is_some_and(|items| items.has("$ref"))
        };
        let inline = schemas.filter(|schema| !schema.has("$ref") && !is_list(schema));
        let problem = |schema: Node<'_>| {
            Problem::new(
                schema.pointer,
                "the schema of the response is written in place, so its type would have no name of ours",
                "move it to /components/schemas, and refer to it, or to an array of it",
            )
        };
        inline.map(problem).collect()
    })
}

/// Runs `check` on each operation, and returns at most one problem for each.
fn first_problem_per_operation(document: &Value, check: impl Fn(&Operation<'_>) -> Option<Problem>) -> Vec<Problem> {
    operations(document).iter().filter_map(check).collect()
}

/// Runs `check` on each operation, and returns the problems.
fn problems_per_operation(document: &Value, check: impl Fn(&Operation<'_>) -> Vec<Problem>) -> Vec<Problem> {
    distinct(operations(document).iter().flat_map(check))
}

/// Runs `check` on each parameter, and returns at most one problem for each.
fn each_parameter(document: &Value, check: impl Fn(&Node<'_>) -> Option<Problem>) -> Vec<Problem> {
    let parameters = operations(document).into_iter().flat_map(|operation| operation.parameters());
    distinct(parameters.filter_map(|parameter| check(&parameter)))
}

/// Removes duplicates, because operations may share a parameter or a body.
fn distinct(problems: impl Iterator<Item = Problem>) -> Vec<Problem> {
    problems.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Describes the names that were found, for a message.
fn listed(what: &str, found: &[&str]) -> String {
    match found {
        [] => format!("no {what}"),
        [one] => format!("the {what} `{one}`"),
        many => format!("the {what}s `{}`", many.join("`, `")),
    }
}
