//! `cargo xtask generate`: the generated client, checked in.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::{Failure, codegen, repository, unknown, value};

const DOCUMENT: &str = "openapi.yaml";
const SNAPSHOT: &str = "src/generated/snapshot.rs";

struct Options {
    check: bool,
    root: PathBuf,
}

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let Options { check, root } = options(arguments)?;
    let document = read(&root.join(DOCUMENT))?;
    let client = codegen::generate(&document).map_err(|error| Failure::Task(error.to_string()))?;
    let snapshot = root.join(SNAPSHOT);
    if check { compare(&snapshot, &client) } else { write(&snapshot, &client) }
}

fn options(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options { check: false, root: repository().to_owned() };
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

/// Fails if the snapshot is not `client`. One that is missing differs in every line.
fn compare(path: &Path, client: &str) -> Result<(), Failure> {
    let snapshot = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failure(path, &error)),
        Ok(snapshot) => snapshot,
    };
    if snapshot == client {
        return Ok(());
    }
    let diff = TextDiff::from_lines(snapshot.as_str(), client);
    let diff = diff.unified_diff().header(SNAPSHOT, "as generated from openapi.yaml").to_string();
    Err(Failure::Task(format!(
        "{diff}\n{SNAPSHOT} is not what {DOCUMENT} gives.\n    remedy: run `cargo xtask generate`, and commit the file"
    )))
}

/// Writes the snapshot, unless it is as it should be: its time tells cargo whether to build again.
fn write(path: &Path, client: &str) -> Result<(), Failure> {
    if fs::read_to_string(path).is_ok_and(|snapshot| snapshot == client) {
        println!("{SNAPSHOT} is up to date");
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(|error| failure(directory, &error))?;
    }
    fs::write(path, client).map_err(|error| failure(path, &error))?;
    println!("{SNAPSHOT} is written");
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failure(path, &error))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Task(format!("{}: {error}", path.display()))
}
