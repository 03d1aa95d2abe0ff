//! What has changed from one document to another, and what it does to callers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::surface::{Described, Field, Operation, Type};
use crate::codegen::document;

/// What a change does to callers, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// They cannot tell, unless by what the service does.
    Neutral,
    /// They compile as before, and can do more.
    Addition,
    /// Some of them do not compile any more.
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
    /// In the API's terms: `contacts.list`, `contacts.list.cid`, `Contact`, `Contact.phone`.
    pub subject: String,
    pub kind: Kind,
    pub effect: Effect,
    pub what: String,
    /// In Rust's terms: before, and after.
    pub rust: (Option<String>, Option<String>),
}

/// All changes, sorted by subject.
pub fn between(old: &Described, new: &Described) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, (old, new)) in pairs(&old.operations, &new.operations) {
        operation(id, old, new, &mut changes);
    }
    for (name, (old, new)) in pairs(&old.types, &new.types) {
        type_(name, old, new, &mut changes);
    }
    let told: BTreeSet<String> = changes.iter().map(|change| change.subject.clone()).collect();
    changes.extend(words(&normal(&old.document), &normal(&new.document), &told));
    changes.sort();
    changes
}

/// What either side has, side by side.
fn pairs<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> BTreeMap<&'a str, (Option<&'a T>, Option<&'a T>)> {
    let names = old.keys().chain(new.keys());
    names.map(|name| (name.as_str(), (old.get(name), new.get(name)))).collect()
}

fn operation(id: &str, old: Option<&Operation>, new: Option<&Operation>, changes: &mut Vec<Change>) {
    let verb = |operation: &Operation| {
        let required = operation.parameters.iter().filter(|(_, field)| field.is_required);
        let arguments = required.map(|(name, field)| format!("{name}: {}", field.rust));
        let arguments: Vec<_> = arguments.chain(operation.body.iter().map(|body| format!("body: {body}"))).collect();
        format!("{id}({}) -> {}", arguments.join(", "), operation.gives)
    };
    let (Some(before), Some(after)) = (old, new) else {
        let request = old.or(new).map_or("", |operation| &operation.request);
        return changes.extend(come_or_gone(
            id,
            &format!("the operation `{request}`"),
            false,
            old.map(verb),
            new.map(verb),
        ));
    };
    if before.request != after.request {
        let what = format!("sent as `{}`, which was `{}`", after.request, before.request);
        changes.push(Change {
            subject: id.into(),
            kind: Kind::Changed,
            effect: Effect::Neutral,
            what,
            rust: (None, None),
        });
    }
    if before.body != after.body || before.gives != after.gives {
        let what = "another body is sent or answered";
        changes.push(changed(id.into(), what.into(), verb(before), verb(after)));
    }
    for (name, (old, new)) in pairs(&before.parameters, &after.parameters) {
        changes.extend(field(&format!("{id}.{name}"), "the parameter", true, old, new, &|field| set(name, field)));
    }
}

fn type_(name: &str, old: Option<&Type>, new: Option<&Type>, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (old, new) else {
        let declared = |found: &Type| format!("{} {name}", found.kind);
        return changes.extend(come_or_gone(name, "the schema", false, old.map(declared), new.map(declared)));
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

/// A parameter, a property or a variant. One that `is_set` by callers and required is an argument.
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
        return come_or_gone(subject, what, breaks, old.map(shown), new.map(shown));
    };
    let what = match (before.is_required, after.is_required) {
        _ if before.rust != after.rust => format!("{what} has another type"),
        (false, true) => format!("{what} is required now"),
        (true, false) => format!("{what} is optional now"),
        _ => return None,
    };
    Some(changed(subject.into(), what, shown(before), shown(after)))
}

fn come_or_gone(subject: &str, what: &str, breaks: bool, old: Option<String>, new: Option<String>) -> Option<Change> {
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

fn optional(field: &Field) -> String {
    if field.is_required { field.rust.clone() } else { format!("Option<{}>", field.rust) }
}

/// How callers set what is sent. Setters and arguments are written by hand, before the crate compiles again.
fn set(name: &str, field: &Field) -> String {
    if field.is_required { format!("the argument {name}: {}", field.rust) } else { format!(".{name}({})", field.rust) }
}

/// What has changed of subjects whose Rust is as it was.
fn words(old: &Value, new: &Value, told: &BTreeSet<String>) -> Vec<Change> {
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
            let is_told = told.contains(&subject)
                || subject.rsplit_once('.').is_some_and(|(owner, _)| told.contains(owner))
                // The lists of what is required and of words are told of by what is in them.
                || rest.first().is_some_and(|key| matches!(key.as_str(), "oneOf" | "required"))
                    && told.iter().any(|told| told.starts_with(&format!("{subject}.")));
            if !is_told {
                let example = rest.iter().find(|key| key.starts_with("example"));
                let what = example.map(|_| "examples".to_owned()).or_else(|| rest.last().cloned());
                found.entry(subject).or_default().extend(what);
            }
        }
    }
    let change = |(subject, what): (String, BTreeSet<String>)| Change {
        subject,
        kind: Kind::Changed,
        effect: Effect::Neutral,
        what: what.into_iter().collect::<Vec<_>>().join(", "),
        rust: (None, None),
    };
    found.into_iter().map(change).collect()
}

/// What a path in a normal document leads to, and the rest of the path.
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

/// A document in which things are found by what they are called, wherever they stand.
fn normal(document: &Value) -> Value {
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
