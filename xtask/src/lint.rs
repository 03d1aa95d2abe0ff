//! `cargo xtask lint`: checks openapi.yaml by rules that code generation does not need.
//!
//! The rules run in a second program, `xtask-lint`. Its JSON Schema validator would double the build time of the other
//! tasks.

use std::path::PathBuf;

use crate::command::{Failure, cargo, failure, replace_process, repository};

#[cfg(feature = "lint")]
pub mod rules;

#[derive(clap::Args)]
pub struct Options {
    /// Checks the openapi.yaml of this directory instead of the repository's.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let root = options.root.clone().unwrap_or_else(repository);
    // cargo runs at the root of the repository, where a relative path would lead elsewhere.
    let root = std::path::absolute(&root).map_err(|error| failure(&root, &error))?;
    let program = ["run", "--quiet", "--package", "xtask", "--features", "lint", "--bin", "xtask-lint", "--"];
    replace_process(cargo().args(program).arg(root))
}
