//! Ways through an OpenAPI document that is held as JSON.

use serde_json::{Map, Value};

/// The methods under which a path item may hold an operation.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation, and where it stands.
pub struct Operation<'a> {
    /// `operationId`, empty if there is none.
    pub id: &'a str,
    pub path: &'a str,
    /// In lower case, as in the document.
    pub method: &'a str,
    pub value: &'a Value,
    /// The JSON pointer of `value`.
    pub pointer: String,
}

/// All operations, sorted by path and method, whatever their order in the document.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    members(&document["paths"]).flat_map(|(path, item)| {
        members(item).filter(|(method, _)| METHODS.contains(method)).map(move |(method, value)| Operation {
            id: value["operationId"].as_str().unwrap_or_default(),
            path,
            method,
            value,
            pointer: format!("/paths/{}/{method}", escape(path)),
        })
    })
}

/// All operations, to be changed.
pub fn operations_mut(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.iter_mut())
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .map(|(_, operation)| operation)
}

/// The names under `/components/schemas`.
pub fn schema_names(document: &Value) -> impl Iterator<Item = &str> {
    members(&document["components"]["schemas"]).map(|(name, _)| name)
}

/// The members of an object; none of anything else.
pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

/// Whether a status key stands for success.
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// A key as a token of a JSON pointer (RFC 6901, section 3).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What a local reference (`#/…`) points to, or `value` itself where it is none.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match reference(value).and_then(|pointer| document.pointer(pointer)) {
        Some(target) => target,
        None => value,
    }
}

/// The JSON pointer of a local reference.
pub fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}
