//! The program behind `cargo xtask lint`: what is wrong with the `openapi.yaml` of a directory, its only argument.

use std::{env, path::PathBuf, process::ExitCode};

#[path = "../../../build/codegen.rs"]
mod codegen;
#[path = "../command.rs"]
#[allow(dead_code, reason = "what the other tasks need")]
mod command;
#[path = "../report.rs"]
mod report;
mod rules;

use command::{Failure, exit};

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Result<(), Failure> {
    let root = env::args_os().nth(1).map_or_else(command::repository, PathBuf::from);
    let text = command::read(&root.join(report::DOCUMENT))?;
    let problems = rules::problems(&text);
    if !problems.is_empty() {
        return Err(report::failure(report::DOCUMENT, &text, &problems));
    }
    println!("{} is as it should be", report::DOCUMENT);
    Ok(())
}
