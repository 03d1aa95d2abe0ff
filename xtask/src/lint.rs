//! `cargo xtask lint`: the document against the rules of the house.
//!
//! The rules are a program of their own, `xtask-lint`: they need a validator of JSON Schema, which no other task does.

use std::path::PathBuf;

use crate::command::{Failure, cargo, failure, not_run, repository, unknown, value};

pub const HELP: &str = "
  lint [--root DIR]
      Checks openapi.yaml: what code generation needs, and the rules of the house. Those are: an operationId is
      `contacts.NAME`; both hosts are servers; everything has a description, which ends with a full stop; names are in
      snake_case, and `number` is not called `phone_number`; examples are valid, and use every property and parameter;
      what the API reference does not have says where it is known from. Each problem comes with line, column and remedy.

      --root DIR  Look at the openapi.yaml of another directory than this repository.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut root = repository();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--root" => root = PathBuf::from(value(argument, &mut arguments)?),
            other => return Err(unknown("lint", other, "--root DIR")),
        }
    }
    // The rules run in the directory of the repository.
    let root = std::path::absolute(&root).map_err(|error| failure(&root, &error))?;
    let status = cargo()
        .args(["run", "--quiet", "--package", "xtask", "--features", "lint", "--bin", "xtask-lint", "--"])
        .arg(root)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        // It has said why.
        Ok(_) => Err(Failure::Task("    then: `cargo xtask lint` once more".to_owned())),
        Err(error) => Err(not_run("cargo", &error)),
    }
}
