//! `cargo xtask generate`: what is derived from the document, checked in.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::{
    codegen,
    command::{Failure, failure, read, repository, unknown, update, value},
    report::{self, DOCUMENT},
};

mod readme;

pub const HELP: &str = "
  generate [--check] [--root DIR]
      Checks openapi.yaml, and writes what is derived from it: the client, to src/generated/snapshot.rs, which is the code
      that is compiled without the feature `codegen`; and the table of operations in README.md. Run it after every edit of
      openapi.yaml, of build/, or of a verb's signature.

      --check     Write nothing; fail if a file is not what openapi.yaml gives, and show the difference.
      --root DIR  Work on the files of another directory than this repository.
";

const SNAPSHOT: &str = "src/generated/snapshot.rs";
const README: &str = "README.md";

struct Options {
    check: bool,
    root: PathBuf,
}

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let Options { check, root } = options(arguments)?;
    let text = read(&root.join(DOCUMENT))?;
    let client =
        codegen::generate(&text).map_err(|error| report::failure(report::DOCUMENT, &text, error.problems()))?;
    let document = codegen::parse(&text).map_err(|error| report::failure(report::DOCUMENT, &text, error.problems()))?;
    // The client first: the table is read from sources that may not be whole yet.
    let refresh = |path: &str, contents: &str| match check {
        true => compare(&root, path, contents),
        false => update(&root, path, contents),
    };
    let client = refresh(SNAPSHOT, &client);
    let readme = readme::refreshed(&root, &read(&root.join(README))?, &document);
    let readme = readme.and_then(|readme| refresh(README, &readme));
    match (client, readme) {
        (Err(Failure::Task(one)), Err(Failure::Task(other))) => Err(Failure::Task(format!("{one}\n\n{other}"))),
        (client, readme) => client.and(readme),
    }
}

fn options(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options { check: false, root: repository() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => options.check = true,
            "--root" => options.root = value(argument, &mut arguments)?.into(),
            other => return Err(unknown("generate", other, "--check, --root DIR")),
        }
    }
    Ok(options)
}

/// Fails if a file is not as `expected`. One that is missing differs in every line.
fn compare(root: &Path, path: &str, expected: &str) -> Result<(), Failure> {
    let found = match fs::read_to_string(root.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failure(&root.join(path), &error)),
        Ok(found) => found,
    };
    if found == expected {
        return Ok(());
    }
    let diff = TextDiff::from_lines(found.as_str(), expected);
    let diff = diff.unified_diff().header(path, "as generated from openapi.yaml").to_string();
    Err(Failure::Task(format!(
        "{diff}\n{path} is not what {DOCUMENT} gives.\n    remedy: run `cargo xtask generate`, and commit the file"
    )))
}
