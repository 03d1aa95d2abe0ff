//! Prints the problems of openapi.yaml with line and column, so that editors and terminals can open the place.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Span, StrInput};
use serde_json::Value;

use crate::{
    codegen::{
        self, Problem,
        document::{METHODS, escape},
    },
    command::Failure,
};

pub const DOCUMENT: &str = "openapi.yaml";

/// Describes each problem of the document `name`: place, subject, problem and remedy.
pub fn failure<'a>(name: &str, text: &str, problems: impl IntoIterator<Item = &'a Problem>) -> Failure {
    let places = Places::of(text);
    let document = codegen::parse(text).unwrap_or_default();
    let print = |Problem { pointer, problem, remedy }: &Problem| {
        let (line, column) = places.find(pointer);
        let subject = subject(&document, pointer);
        ((line, column), format!("{name}:{line}:{column}: {subject}{problem}\n    remedy: {remedy}"))
    };
    let mut printed: Vec<_> = problems.into_iter().map(print).collect();
    printed.sort();
    Failure(printed.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n"))
}

/// Names the operation, schema or property that a pointer leads to, as a prefix of a problem.
fn subject(document: &Value, pointer: &str) -> String {
    let mut tokens = pointer.split('/').skip(1).map(unescape);
    let mut next = || tokens.next();
    let name = match (next().as_deref(), next(), next(), next(), next()) {
        (Some("paths"), Some(path), Some(method), ..) if METHODS.contains(&&*method) => {
            let id = document["paths"][&path][&method]["operationId"].as_str();
            id.map_or_else(|| format!("{} {path}", method.to_uppercase()), str::to_owned)
        }
        (Some("paths"), Some(path), ..) => path,
        (Some("components"), Some(_), Some(name), Some(properties), Some(property)) if properties == "properties" => {
            format!("{name}.{property}")
        }
        (Some("components"), Some(_), Some(name), ..) => name,
        (Some(name), ..) => name.to_owned(),
        _ => return String::new(),
    };
    format!("{name}: ")
}

/// The line and column of each value in the document, by its JSON pointer.
struct Places(BTreeMap<String, (usize, usize)>);

impl Places {
    /// Reads the places. If the document is not YAML, the only place is the syntax error.
    fn of(text: &str) -> Self {
        if let Err(error) = yaml_serde::from_str::<yaml_serde::Value>(text) {
            let place = error.location().map_or((1, 1), |location| (location.line(), location.column()));
            return Self(BTreeMap::from([(String::new(), place)]));
        }
        let mut reader =
            Reader { events: Parser::new_from_str(text), places: BTreeMap::from([(String::new(), (1, 1))]) };
        while let Some((event, span)) = reader.next() {
            reader.read(&event, span, "");
        }
        Self(reader.places)
    }

    /// Returns line and column, counted from 1. If the value does not exist, returns the place of its nearest ancestor.
    fn find(&self, pointer: &str) -> (usize, usize) {
        let mut pointer = pointer;
        loop {
            match (self.0.get(pointer), pointer.rsplit_once('/')) {
                (Some(place), _) => return *place,
                (None, Some((parent, _))) => pointer = parent,
                (None, None) => return (1, 1),
            }
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    places: BTreeMap<String, (usize, usize)>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        self.events.next()?.ok()
    }

    /// Reads the value that `event` begins. The place of a member is the place of its key.
    fn read(&mut self, event: &Event<'_>, span: Span, pointer: &str) {
        if !pointer.is_empty() {
            self.places.entry(pointer.to_owned()).or_insert((span.start.line(), span.start.col() + 1));
        }
        match event {
            Event::MappingStart(..) => {
                while let Some((key, span)) = self.next().filter(|(event, _)| *event != Event::MappingEnd) {
                    let name = if let Event::Scalar(text, ..) = &key { escape(text) } else { String::new() };
                    let member = format!("{pointer}/{name}");
                    self.read(&key, span, &member);
                    let Some((value, span)) = self.next() else { return };
                    self.read(&value, span, &member);
                }
            }
            Event::SequenceStart(..) => {
                let mut index = 0;
                while let Some((event, span)) = self.next().filter(|(event, _)| *event != Event::SequenceEnd) {
                    self.read(&event, span, &format!("{pointer}/{index}"));
                    index += 1;
                }
            }
            _ => {}
        }
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
