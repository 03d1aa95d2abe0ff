//! `cargo xtask bench-report`: BENCHMARKS.md, with the figures that were measured.
//!
//! The report is a program of its own, `xtask-report`: it draws plots, which no other task does.

use std::path::PathBuf;

use crate::command::{Failure, become_, cargo, failure, repository, unknown, value};

pub const HELP: &str = "
  bench-report [--check] [--root DIR]
      Writes the tables of BENCHMARKS.md, and the plots next to the figures, from what the other tasks of the benchmarks have
      written to docs/benchmarks. Run it after each of them.

      --check     Write nothing; fail if a file is not what the figures give.
      --root DIR  Work on the files of another directory than this repository.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let (mut root, mut program) = (repository(), Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => program.push("--check"),
            "--root" => root = PathBuf::from(value(argument, &mut arguments)?),
            other => return Err(unknown("bench-report", other, "--check, --root DIR")),
        }
    }
    // The program runs in the directory of the repository.
    let root = std::path::absolute(&root).map_err(|error| failure(&root, &error))?;
    let options = ["run", "--quiet", "--package", "xtask", "--features", "report", "--bin", "xtask-report", "--"];
    become_(cargo().args(options).arg(root).args(program))
}
