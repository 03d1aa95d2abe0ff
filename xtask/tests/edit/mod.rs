//! Edits of the document.

use std::ops::Range;

/// Replaces `find` in `text` with `replace`.
///
/// `find` must occur exactly once. In `A … B`, only `A` must occur once, and `replace` replaces the first `B` after it.
pub fn edit(text: &str, find: &str, replace: &str) -> String {
    let mut steps = find.split(" … ");
    let first = steps.next().unwrap_or_default();
    assert_eq!(text.matches(first).count(), 1, "occurs once in openapi.yaml:\n{first}");
    let mut found = place(text, 0, first);
    for step in steps {
        found = place(text, found.end, step);
    }
    format!("{}{replace}{}", &text[..found.start], &text[found.end..])
}

/// Returns the first place of `find` in `text` from `from` on.
pub fn place(text: &str, from: usize, find: &str) -> Range<usize> {
    let start = from + text[from..].find(find).unwrap_or_else(|| panic!("not found in openapi.yaml:\n{find}"));
    start..start + find.len()
}
