//! The program behind `cargo xtask lint`. Its argument is the directory of an `openapi.yaml`.

use std::{env, path::PathBuf, process::ExitCode};

use xtask::{
    command::{Failure, exit_code, read, repository},
    lint::rules,
    problems::{self, DOCUMENT},
};

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<(), Failure> {
    let root = env::args_os().nth(1).map_or_else(repository, PathBuf::from);
    let text = read(&root.join(DOCUMENT))?;
    let found = rules::problems(&text);
    if !found.is_empty() {
        return Err(problems::failure(DOCUMENT, &text, &found));
    }
    println!("{DOCUMENT} has no problems");
    Ok(())
}
