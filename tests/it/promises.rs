//! Checks that the tests named in `SECURITY.md` and `docs/FAULTS.md` exist.

use std::{collections::BTreeSet, process::Command};

#[test]
fn every_test_named_in_the_documents_exists() {
    let promises = named_tests(include_str!("../../SECURITY.md"));
    let faults = named_tests(include_str!("../../docs/FAULTS.md"));
    assert!(promises.len() > 20, "SECURITY.md names only {} tests", promises.len());
    assert!(faults.len() > 10, "docs/FAULTS.md names only {} tests", faults.len());
    let named: BTreeSet<&str> = promises.union(&faults).copied().collect();

    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "--quiet", "--package", "sendblue-contacts", "--lib", "--test", "it", "--", "--list"])
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{output:#?}");
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let tests: BTreeSet<&str> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "the documents name tests that do not exist: {missing:#?}");
}

/// Returns the names in the last column of the tables.
fn named_tests(document: &str) -> BTreeSet<&str> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let last_columns = rows.map(|row| row.rsplit('|').nth(1).expect("two columns"));
    last_columns.flat_map(|tests| tests.split('`').skip(1).step_by(2)).collect()
}
