//! What `cargo xtask diff` says of an edit, held against what the compiler says.
//!
//! A case is one edit of the real document, with the verdicts on it and on undoing it written by hand, and a caller of
//! either side. The callers are compiled: against the side they were written for, and against the other one, where they
//! have to fail just where the verdict says so.

#[path = "../src/diff/changes.rs"]
mod changes;
#[path = "../../build/codegen.rs"]
mod codegen;
mod edit;
#[path = "../src/diff/surface.rs"]
mod surface;

#[path = "diff/callers.rs"]
mod callers;
#[path = "diff/cases.rs"]
mod cases;
#[path = "diff/command.rs"]
mod command;

use cases::{CASES, Case};
use changes::{Change, Effect};
use surface::Described;

const DOCUMENT: &str = include_str!("../../openapi.yaml");

impl Case {
    /// The document after the edit.
    fn document(&self) -> String {
        self.edits.iter().fold(DOCUMENT.to_owned(), |text, (find, replace)| edit::edit(&text, find, replace))
    }
}

fn between(old: &str, new: &str) -> Vec<Change> {
    let described = |text| Described::of(text).unwrap_or_else(|error| panic!("{error}"));
    changes::between(&described(old), &described(new))
}

#[test]
fn verdicts_are_those_written_by_hand() {
    for case in CASES {
        let document = case.document();
        let directions = [(between(DOCUMENT, &document), case.edited), (between(&document, DOCUMENT), case.undone)];
        for (direction, (changes, expected)) in directions.into_iter().enumerate() {
            let (subject, effect) = expected;
            assert_eq!(
                changes.iter().map(|change| change.effect).max(),
                Some(effect),
                "{} {direction}: {changes:#?}",
                case.name
            );
            // Nothing is told twice, as a change of Rust and as one of words.
            let words = changes.iter().filter(|change| change.effect == Effect::Neutral).count();
            assert_eq!(words, usize::from(effect == Effect::Neutral), "{} {direction}: {changes:#?}", case.name);
            let found = changes.iter().any(|change| change.subject == subject && change.effect == effect);
            assert!(found, "{} {direction}: {subject} is not said to be {effect:?} in {changes:#?}", case.name);
        }
    }
}

#[test]
fn nothing_is_said_of_what_is_the_same() {
    assert_eq!(between(DOCUMENT, DOCUMENT), []);
    // Comments, and the order of properties.
    let message = "        message: { type: string, nullable: true, description: 'What went wrong, beside the status `ERROR` (recorded).' }\n";
    let moved = edit::edit(DOCUMENT, message, "");
    let moved =
        edit::edit(&moved, "    StatusResponse:\n … properties:\n", &format!("properties: # Moved.\n{message}"));
    assert_eq!(between(DOCUMENT, &moved), []);
}

#[test]
fn callers_compile_where_the_verdict_says_so() {
    let compiled = callers::compile();
    let mut wrong = Vec::new();
    for (name, expected, code) in callers::all() {
        let compiles = *compiled.get(&name).unwrap_or_else(|| panic!("{name} was not compiled"));
        if compiles != expected {
            wrong.push(format!("{name} {}: {code}", if compiles { "compiles" } else { "does not compile" }));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
