//! Checks that the tests named in `SECURITY.md` exist.

use std::{collections::BTreeSet, process::Command};

#[test]
fn every_test_named_in_security_md_exists() {
    let text = include_str!("../../SECURITY.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let named: BTreeSet<&str> = rows
        .map(|row| row.rsplit('|').nth(1).expect("two columns"))
        .flat_map(|tests| tests.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 20, "SECURITY.md names only {} tests", named.len());

    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "--quiet", "--package", "sendblue-contacts", "--lib", "--test", "it", "--", "--list"])
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{output:#?}");
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let tests: BTreeSet<&str> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:#?}");
}
