//! The program behind `cargo xtask bench-report`: its arguments are a directory, and `--check` or nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[path = "../../command.rs"]
#[allow(dead_code, reason = "what the other tasks need")]
mod command;
mod figures;
mod goals;
mod plots;
mod tables;

use command::{Failure, exit, read, update};
use figures::{FOLDER, Figures};

const DOCUMENT: &str = "BENCHMARKS.md";

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), Failure> {
    let root = env::args_os().nth(1).map_or_else(command::repository, PathBuf::from);
    let check = env::args_os().nth(2).is_some_and(|argument| argument == "--check");
    let figures = Figures::read(&root.join(FOLDER)).map_err(Failure::Task)?;
    let document = read(&root.join(DOCUMENT))?;
    let document = tables::refreshed(&document, &tables::all(&figures)).map_err(Failure::Task)?;
    let mut files = vec![(DOCUMENT.to_owned(), document)];
    for (name, plot) in plots::all(&figures).map_err(|error| Failure::Task(format!("a plot: {error}")))? {
        files.push((format!("{FOLDER}/{name}.svg"), plot));
    }
    if check {
        return compare(&root, &files);
    }
    files.iter().try_for_each(|(path, contents)| update(&root, path, contents))
}

/// Fails if a file is not as expected. One that is missing is not, either.
fn compare(root: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    let differs =
        |(path, expected): &&(String, String)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(expected);
    let stale: Vec<_> = files.iter().filter(differs).map(|(path, _)| path.as_str()).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::Task(format!(
        "not what {FOLDER}/*.csv give: {}\n    remedy: run `cargo xtask bench-report`, and commit the files",
        stale.join(", ")
    )))
}
