//! `cargo xtask generate`: writes the checked-in files that derive from openapi.yaml.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::{
    codegen,
    command::{Failure, failure, read, repository, update},
    problems::{self, DOCUMENT},
    snapshot,
};

mod readme;

const SNAPSHOT: &str = "src/generated/snapshot.rs";
const README: &str = "README.md";

#[derive(clap::Args)]
pub struct Options {
    /// Writes nothing; fails with a diff if a file is out of date.
    #[arg(long)]
    check: bool,

    /// Works on the files of this directory instead of the repository's.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let root = options.root.clone().unwrap_or_else(repository);
    let text = read(&root.join(DOCUMENT))?;
    let problems = |error: codegen::Error| problems::failure(DOCUMENT, &text, error.problems());
    let client = snapshot::render(&text, &codegen::generate(&text).map_err(problems)?);
    let document = codegen::parse(&text).map_err(problems)?;
    let refresh = |path: &str, contents: &str| match options.check {
        true => compare(&root, path, contents),
        false => update(&root, path, contents),
    };
    // The client comes first: the table needs the source of the methods, which may not parse yet.
    let client = refresh(SNAPSHOT, &client);
    let readme = readme::refreshed(&root, &read(&root.join(README))?, &document);
    let readme = readme.and_then(|readme| refresh(README, &readme));
    match (client, readme) {
        (Err(Failure(client)), Err(Failure(readme))) => Err(Failure(format!("{client}\n\n{readme}"))),
        (client, readme) => client.and(readme),
    }
}

/// Fails if a file does not have these contents. A missing file counts as empty.
fn compare(root: &Path, path: &str, expected: &str) -> Result<(), Failure> {
    let found = match fs::read_to_string(root.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failure(&root.join(path), &error)),
        Ok(found) => found,
    };
    if found == expected {
        return Ok(());
    }
    let cause = match path == SNAPSHOT && snapshot::differs_by_generator(&found, expected) {
        true => "\nThe document is unchanged: the generator has changed, or the file was edited.",
        false => "",
    };
    let diff = TextDiff::from_lines(found.as_str(), expected);
    let diff = diff.unified_diff().header(path, "as generated from openapi.yaml").to_string();
    Err(Failure(format!(
        "{diff}\n{path} does not match {DOCUMENT}{cause}\n    remedy: run `cargo xtask generate`, and commit the file"
    )))
}
