//! The changes from one document to another, and their effect on callers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::surface::{Described, Field, Operation, Type};
use crate::codegen::document;

/// The effect of a change on callers, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The Rust API stays the same.
    Neutral,
    /// Callers compile as before and can do more.
    Addition,
    /// Some callers no longer compile.
    Breaking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Added,
    Changed,
    Removed,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The name in the API: `contacts.list`, `contacts.list.cid`, `Contact`, `Contact.phone`.
    pub subject: String,
    pub kind: Kind,
    pub effect: Effect,
    pub what: String,
    /// The Rust code before and after.
    pub rust: (Option<String>, Option<String>),
}

/// Returns every change, sorted by subject.
pub fn between(old: &Described, new: &Described) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, (old, new)) in pairs(&old.operations, &new.operations) {
        operation(id, old, new, &mut changes);
    }
    for (name, (old, new)) in pairs(&old.types, &new.types) {
        type_(name, old, new, &mut changes);
    }
    let reported: BTreeSet<String> = changes.iter().map(|change| change.subject.clone()).collect();
    changes.extend(other_changes(&normalized(&old.document), &normalized(&new.document), &reported));
    changes.sort();
    changes
}

/// Joins two maps by their keys.
fn pairs<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> BTreeMap<&'a str, (Option<&'a T>, Option<&'a T>)> {
    let names = old.keys().chain(new.keys());
    names.map(|name| (name.as_str(), (old.get(name), new.get(name)))).collect()
}

fn operation(id: &str, old: Option<&Operation>, new: Option<&Operation>, changes: &mut Vec<Change>) {
    let signature = |operation: &Operation| {
        let required = operation.parameters.iter().filter(|(_, field)| field.is_required);
        let arguments = required.map(|(name, field)| format!("{name}: {}", field.rust));
        let arguments: Vec<_> = arguments.chain(operation.body.iter().map(|body| format!("body: {body}"))).collect();
        format!("{id}({}) -> {}", arguments.join(", "), operation.output)
    };
    let (Some(before), Some(after)) = (old, new) else {
        let request = old.or(new).map_or("", |operation| &operation.request);
        return changes.extend(existence(
            id,
            &format!("the operation `{request}`"),
            false,
            old.map(signature),
            new.map(signature),
        ));
    };
    if before.request != after.request {
        changes.push(neutral(id.into(), format!("sent as `{}`, which was `{}`", after.request, before.request)));
    }
    if before.body != after.body || before.output != after.output {
        let what = "another body is sent or answered";
        changes.push(changed(id.into(), what.into(), signature(before), signature(after)));
    }
    for (name, (old, new)) in pairs(&before.parameters, &after.parameters) {
        changes.extend(field(&format!("{id}.{name}"), "the parameter", true, old, new, &|field| set(name, field)));
    }
}

fn type_(name: &str, old: Option<&Type>, new: Option<&Type>, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (old, new) else {
        let declared = |found: &Type| format!("{} {name}", found.kind);
        return changes.extend(existence(name, "the schema", false, old.map(declared), new.map(declared)));
    };
    if before.kind != after.kind {
        let declared = |found: &Type| format!("{} {name}", found.kind);
        changes.push(changed(name.into(), "another type".into(), declared(before), declared(after)));
        return;
    }
    for (property, (old, new)) in pairs(&before.fields, &after.fields) {
        let subject = format!("{name}.{property}");
        changes.extend(if before.kind == "enum" {
            let shown = |field: &Field| format!("{name}::{property}{}", field.rust);
            field(&subject, "the word", false, old, new, &shown)
        } else {
            let is_sent = before.is_sent || after.is_sent;
            let is_received = before.is_received || after.is_received;
            let shown = |field: &Field| {
                let read = format!("{name}::{property}: {}", optional(field));
                match (is_sent, is_received) {
                    (true, true) => format!("{read}, {name}: {}", set(property, field)),
                    (true, false) => format!("{name}: {}", set(property, field)),
                    (false, _) => read,
                }
            };
            field(&subject, "the property", is_sent, old, new, &shown)
        });
    }
}

/// Compares a parameter, a property or a variant.
///
/// If callers set the field (`is_set`) and it is required, it is an argument. A new argument breaks callers.
fn field(
    subject: &str,
    what: &str,
    is_set: bool,
    old: Option<&Field>,
    new: Option<&Field>,
    shown: &dyn Fn(&Field) -> String,
) -> Option<Change> {
    let (Some(before), Some(after)) = (old, new) else {
        let breaks = is_set && new.is_some_and(|field| field.is_required);
        return existence(subject, what, breaks, old.map(shown), new.map(shown));
    };
    let what = match (before.is_required, after.is_required) {
        _ if before.rust != after.rust => format!("{what} has another type"),
        (false, true) => format!("{what} is required now"),
        (true, false) => format!("{what} is optional now"),
        _ => return None,
    };
    Some(changed(subject.into(), what, shown(before), shown(after)))
}

fn existence(subject: &str, what: &str, breaks: bool, old: Option<String>, new: Option<String>) -> Option<Change> {
    let (kind, effect, what) = match (&old, &new) {
        (None, Some(_)) if breaks => (Kind::Added, Effect::Breaking, format!("{what} is new, and required")),
        (None, Some(_)) => (Kind::Added, Effect::Addition, format!("{what} is new")),
        (Some(_), None) => (Kind::Removed, Effect::Breaking, format!("{what} is gone")),
        _ => return None,
    };
    Some(Change { subject: subject.into(), kind, effect, what, rust: (old, new) })
}

fn changed(subject: String, what: String, old: String, new: String) -> Change {
    Change { subject, kind: Kind::Changed, effect: Effect::Breaking, what, rust: (Some(old), Some(new)) }
}

fn neutral(subject: String, what: String) -> Change {
    Change { subject, kind: Kind::Changed, effect: Effect::Neutral, what, rust: (None, None) }
}

fn optional(field: &Field) -> String {
    if field.is_required { field.rust.clone() } else { format!("Option<{}>", field.rust) }
}

/// Shows the argument or the setter of a field. A maintainer writes it; the generator does not.
fn set(name: &str, field: &Field) -> String {
    if field.is_required { format!("the argument {name}: {}", field.rust) } else { format!(".{name}({})", field.rust) }
}

/// Finds the changes of subjects whose Rust code stays the same.
fn other_changes(old: &Value, new: &Value, reported: &BTreeSet<String>) -> Vec<Change> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    let mut todo = vec![(Vec::new(), old, new)];
    while let Some((path, old, new)) = todo.pop() {
        if let (Value::Object(before), Value::Object(after)) = (old, new) {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let member = |name: &String| {
                let path = path.iter().cloned().chain([name.clone()]).collect();
                (path, before.get(name).unwrap_or(&Value::Null), after.get(name).unwrap_or(&Value::Null))
            };
            todo.extend(names.into_iter().map(member));
        } else if old != new {
            let (subject, rest) = subject(&path);
            let is_reported = reported.contains(&subject)
                || subject.rsplit_once('.').is_some_and(|(owner, _)| reported.contains(owner))
                // A reported property or variant explains the change of the list that contains it.
                || rest.first().is_some_and(|key| matches!(key.as_str(), "oneOf" | "required"))
                    && reported.iter().any(|reported| reported.starts_with(&format!("{subject}.")));
            if !is_reported {
                let example = rest.iter().find(|key| key.starts_with("example"));
                let what = example.map(|_| "examples".to_owned()).or_else(|| rest.last().cloned());
                found.entry(subject).or_default().extend(what);
            }
        }
    }
    let what = |what: BTreeSet<String>| what.into_iter().collect::<Vec<_>>().join(", ");
    found.into_iter().map(|(subject, keys)| neutral(subject, what(keys))).collect()
}

/// Splits a path in a normalized document into its subject and the rest.
fn subject(path: &[String]) -> (String, &[String]) {
    let (name, length) = match path {
        [kind, name, of, part, ..]
            if (kind == "operations" && of == "parameters") || (kind == "schemas" && of == "properties") =>
        {
            (format!("{name}.{part}"), 4)
        }
        [_, name, ..] => (name.clone(), 2),
        _ => (String::new(), path.len()),
    };
    (name, path.get(length..).unwrap_or_default())
}

/// Rearranges a document so that names, and not positions, lead to operations, parameters and schemas.
fn normalized(document: &Value) -> Value {
    let operations: Map<String, Value> = document::operations(document)
        .iter()
        .map(|operation| {
            let mut value = operation.node.value.clone();
            let parameters = operation.parameters();
            let parameters =
                parameters.iter().filter_map(|node| Some((node.string("name")?.to_owned(), node.value.clone())));
            value["parameters"] = Value::Object(parameters.collect());
            (operation.id.to_owned(), value)
        })
        .collect();
    let mut rest = document.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("paths");
    }
    let schemas = rest.pointer_mut("/components/schemas").map(Value::take);
    json!({ "operations": operations, "schemas": schemas, "rest": rest })
}
