//! Edits of the document, for tests that look at what comes of one.

use std::ops::Range;

/// `text` with one edit: `find` becomes `replace`.
///
/// `find` must be in `text` exactly once, lest the edit be another than the test means. In `A … B` it is `A` that must be,
/// and what becomes `replace` is the first `B` after it.
pub fn edit(text: &str, find: &str, replace: &str) -> String {
    let mut steps = find.split(" … ");
    let first = steps.next().unwrap_or_default();
    assert_eq!(text.matches(first).count(), 1, "to be found once in openapi.yaml:\n{first}");
    let mut found = place(text, 0, first);
    for step in steps {
        found = place(text, found.end, step);
    }
    format!("{}{replace}{}", &text[..found.start], &text[found.end..])
}

/// Where `find` is in `text`, for the first time from `from` on.
pub fn place(text: &str, from: usize, find: &str) -> Range<usize> {
    let start = from + text[from..].find(find).unwrap_or_else(|| panic!("not found in openapi.yaml:\n{find}"));
    start..start + find.len()
}
