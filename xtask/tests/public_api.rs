//! Compares the library's public API with docs/public-api.txt, so that a review sees each change of the API.

#![cfg(unix)]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use public_api::Builder;

const LISTING: &str = "docs/public-api.txt";

/// The Rust whose rustdoc writes the JSON that this version of `public-api` reads.
const RUST: &str = "rustc 1.95.";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").to_owned()
}

/// Allows rustdoc, and no other program, to write JSON on a stable toolchain. If `RUSTC_BOOTSTRAP` were set for the whole
/// build, some build scripts would run again.
fn rustdoc() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rustdoc");
    fs::write(&path, "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n").expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable script");
    path
}

/// Returns the public API with the features of docs.rs, without auto traits and blanket implementations.
fn public_api() -> String {
    let features = ["--lib", "--package", "sendblue-contacts", "--features", "region,sandbox,schemars"];
    let status = Command::new(env!("CARGO"))
        .current_dir(repository())
        .env("RUSTDOC", rustdoc())
        .args(["rustdoc", "--quiet"])
        .args(features)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .status();
    assert!(status.expect("cargo runs").success(), "rustdoc failed");
    let json = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("doc").join("sendblue_contacts.json");
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true).build();
    api.expect("rustdoc's JSON in the format that public-api reads").to_string()
}

#[test]
#[ignore = "documents the whole library; `cargo xtask ci` runs it"]
fn the_public_api_is_the_listed_one() {
    let version = Command::new("rustc").arg("--version").output().expect("rustc runs").stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(RUST) {
        println!("skipped: public-api reads the JSON of {RUST}x, and this is {version}");
        return;
    }
    let (path, found) = (repository().join(LISTING), public_api());
    if env::var_os("UPDATE").is_some() {
        return fs::write(path, found).expect("a writable listing");
    }
    let listed = fs::read_to_string(path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(&listed, &found);
    let diff = diff.unified_diff().header(LISTING, "the public API").to_string();
    let remedy = "UPDATE=1 cargo test --package xtask --test public_api -- --ignored";
    assert!(diff.is_empty(), "{diff}\n{LISTING} is out of date\n    remedy: run `{remedy}`, and commit the file");
}
