//! The command line of `cargo xtask`.

use std::process::ExitCode;

use clap::Parser;
use xtask::{bench, ci, command, diff, generate, lint, memory, programs};

/// Runs the tasks of this repository.
///
/// The exit code is 0 on success, 1 if the task fails, and 2 if the command line is wrong.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Writes the generated client and the README's table of operations.
    ///
    /// Writes the client to src/generated/snapshot.rs. A build without the feature `codegen` compiles this file. Run
    /// this task after an edit of openapi.yaml, of build/ or of a method's signature.
    Generate(generate::Options),
    /// Checks openapi.yaml: code generation, names, descriptions, examples, sources of facts.
    Lint(lint::Options),
    /// Compares openapi.yaml with an earlier revision.
    ///
    /// Prints the changes for callers, the next version by cargo's rules, and a draft for CHANGELOG.md. The comparison
    /// uses the generated code, so it includes types that the library does not export.
    Diff(diff::Options),
    /// Runs every check that a commit must pass, cheap checks first.
    Ci(ci::Options),
    /// Checks that exports of small and large accounts need the same memory.
    ///
    /// Runs the example `export_contacts` against a sandbox in another process. It takes about two minutes, because the
    /// export sends at most 10 requests a second.
    Memory(memory::Options),
    /// Measures the cost of a call; BENCHMARKS.md presents the results.
    Bench(bench::Bench),
    /// Serves a fake of the service on this machine.
    Sandbox(programs::Arguments),
    /// Checks that a sandbox, or the service with `--live`, behaves as the library expects.
    Conformance(programs::Arguments),
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Generate(options) => generate::run(&options),
        Task::Lint(options) => lint::run(&options),
        Task::Diff(options) => diff::run(&options),
        Task::Ci(options) => ci::run(&options),
        Task::Memory(options) => memory::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Sandbox(arguments) => programs::sandbox(&arguments),
        Task::Conformance(arguments) => programs::conformance(&arguments),
    };
    command::exit_code(result)
}
