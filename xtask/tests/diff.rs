//! `cargo xtask diff` predicts what the compiler reports.
//!
//! A case is one edit of the real document: its effect, the effect of its reversal, and a caller of either document. The
//! test compiles each caller against both documents. A caller of the other document must fail exactly if the effect is
//! breaking.

mod edit;

#[path = "diff/callers.rs"]
mod callers;
#[path = "diff/cases.rs"]
mod cases;
#[path = "diff/command.rs"]
mod command;

use cases::{CASES, Case};
use xtask::{
    codegen,
    diff::{
        changes::{self, Change, Effect},
        surface::{self, Described},
    },
};

const DOCUMENT: &str = include_str!("../../openapi.yaml");

impl Case {
    /// Returns the document after the edit.
    fn document(&self) -> String {
        self.edits.iter().fold(DOCUMENT.to_owned(), |text, (find, replace)| edit::edit(&text, find, replace))
    }
}

fn between(old: &str, new: &str) -> Vec<Change> {
    let described = |text| Described::of(text).unwrap_or_else(|error| panic!("{error}"));
    changes::between(&described(old), &described(new))
}

#[test]
fn each_edit_has_the_expected_effect() {
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
            // No change is listed twice, as breaking and as neutral.
            let neutral = changes.iter().filter(|change| change.effect == Effect::Neutral).count();
            assert_eq!(neutral, usize::from(effect == Effect::Neutral), "{} {direction}: {changes:#?}", case.name);
            let found = changes.iter().any(|change| change.subject == subject && change.effect == effect);
            assert!(found, "{} {direction}: {subject} is not {effect:?} in {changes:#?}", case.name);
        }
    }
}

#[test]
fn comments_and_the_order_of_properties_are_no_changes() {
    assert_eq!(between(DOCUMENT, DOCUMENT), []);
    // Comments, and the order of properties.
    let message = "        message: { type: string, nullable: true, description: 'The error message if `status` is `ERROR` (recorded).' }\n";
    let moved = edit::edit(DOCUMENT, message, "");
    let moved =
        edit::edit(&moved, "    StatusResponse:\n … properties:\n", &format!("properties: # Moved.\n{message}"));
    assert_eq!(between(DOCUMENT, &moved), []);
}

#[test]
fn callers_fail_to_compile_exactly_after_a_breaking_change() {
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
