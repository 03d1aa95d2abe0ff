//! Finds drift: parts of a response that `openapi.yaml` does not describe.

use std::collections::BTreeSet;

use sendblue_contacts::http::StatusCode;
use serde_json::Value;

/// The OpenAPI document.
pub struct Document(Value);

impl Document {
    /// Parses `openapi.yaml`.
    pub fn parse() -> Result<Self, String> {
        let text = include_str!("../../openapi.yaml");
        yaml_serde::from_str(text).map(Self).map_err(|error| format!("openapi.yaml: {error}"))
    }

    /// Lists the undocumented parts of a response by their paths and types. The list contains no values.
    pub fn drift(&self, operation: &str, status: StatusCode, body: &[u8]) -> Vec<String> {
        let note = |problem: &str| format!("{operation} {}: {problem}", status.as_u16());
        let mut notes = Vec::new();
        let documented = self.response(operation, status);
        if documented.is_none() {
            notes.push(note("the status is not documented"));
        }
        if body.trim_ascii().is_empty() {
            return notes;
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            notes.push(note("the body is not JSON"));
            return notes;
        };
        // A success with an undocumented status is compared with the documented success.
        let documented =
            documented.or_else(|| self.response(operation, StatusCode::OK).filter(|_| status.is_success()));
        let content = documented.map(|response| &response["content"]["application/json"]);
        let mut documented_in_examples = BTreeSet::new();
        for example in
            content.and_then(|content| content["examples"].as_object()).into_iter().flat_map(|all| all.values())
        {
            collect_paths(&example["value"], "", &mut documented_in_examples);
        }
        let schema = match content {
            Some(content) if !content["schema"].is_null() => &content["schema"],
            _ if status.is_success() => return notes,
            _ => &self.0["components"]["schemas"]["Error"],
        };
        let mut problems = BTreeSet::new();
        self.compare(schema, &body, "", &documented_in_examples, &mut problems);
        notes.extend(problems.iter().map(|problem| note(problem)));
        notes
    }

    /// Returns the documented response for `status`, or for its class, for example `5XX`.
    fn response(&self, operation: &str, status: StatusCode) -> Option<&Value> {
        let paths = self.0["paths"].as_object()?.values().filter_map(Value::as_object);
        let mut operations = paths.flat_map(|path| path.values());
        let responses = &operations.find(|item| item["operationId"] == operation)?["responses"];
        let class = format!("{}XX", status.as_u16() / 100);
        let response = responses.get(status.as_str()).or_else(|| responses.get(&class))?;
        Some(self.resolve(response))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|reference| self.0.pointer(reference.trim_start_matches('#')));
        target.unwrap_or(value)
    }

    fn compare(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        documented_in_examples: &BTreeSet<String>,
        notes: &mut BTreeSet<String>,
    ) {
        let schema = self.resolve(schema);
        let mut differs = |problem: String| {
            notes.insert(if at.is_empty() { problem } else { format!("{at}: {problem}") });
        };
        if let Some(alternatives) = schema["oneOf"].as_array() {
            let fits = |alternative: &&Value| {
                let mut notes = BTreeSet::new();
                self.compare(alternative, value, at, documented_in_examples, &mut notes);
                notes.is_empty()
            };
            if value.is_null() {
                differs("is null".to_owned());
            } else if alternatives.iter().find(fits).is_none() {
                differs(format!("is {}, which matches no documented alternative", kind(value)));
            }
            return;
        }
        match (schema["type"].as_str(), value) {
            (_, Value::Null) => differs("is null".to_owned()),
            (Some("object"), Value::Object(members)) => {
                for (name, value) in members {
                    let place = join(at, name);
                    if let Some(property) = schema["properties"].get(name) {
                        self.compare(property, value, &place, documented_in_examples, notes);
                    } else if let Some(any) = schema.get("additionalProperties") {
                        // The labels of custom variables are personal data: the path shows `*` instead.
                        self.compare(any, value, &join(at, "*"), documented_in_examples, notes);
                    } else if schema["properties"].is_object() && !documented_in_examples.contains(&place) {
                        notes.insert(format!("{}: is not documented", join(at, shown(name))));
                    }
                }
            }
            (Some("array"), Value::Array(items)) => {
                for item in items {
                    self.compare(&schema["items"], item, &format!("{at}[]"), documented_in_examples, notes);
                }
            }
            (Some("string"), Value::String(_))
            | (Some("boolean"), Value::Bool(_))
            | (Some("integer" | "number"), Value::Number(_))
            | (None, _) => {}
            (Some(documented), other) => differs(format!("is {}, not {documented}", kind(other))),
        }
    }
}

/// Returns the paths of all `null` values.
pub fn nulls(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Null => vec![at.to_owned()],
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| nulls(value, &join(at, shown(name)))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| nulls(item, at)).collect(),
        _ => Vec::new(),
    }
}

fn collect_paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(join(at, name));
                collect_paths(value, &join(at, name), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_paths(item, &format!("{at}[]"), found)),
        _ => {}
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// Returns an undocumented property's name, or a placeholder if the name may be personal data.
fn shown(name: &str) -> &str {
    let is_identifier = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_identifier && name.chars().filter(char::is_ascii_digit).count() < 4 { name } else { "(name not shown)" }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
