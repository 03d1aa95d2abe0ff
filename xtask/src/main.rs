//! The project's own tasks: `cargo xtask TASK`.
//!
//! Nothing here depends on the library: a document that no code can be generated from is when the tasks are needed most.

use std::{env, process::ExitCode};

use command::{Failure, exit};

mod bench;
mod build_cost;
mod ci;
#[path = "../../build/codegen.rs"]
mod codegen;
mod command;
mod conformance;
mod diff;
mod features;
mod generate;
mod lint;
mod memory;
mod mutants;
mod record;
mod report;
mod sandbox;
mod server;

/// A task: its name, what `--help` says of it, and what it does.
type Task = (&'static str, &'static str, fn(&[String]) -> Result<(), Failure>);

/// In the order in which `--help` has them.
const TASKS: &[Task] = &[
    ("generate", generate::HELP, generate::run),
    ("lint", lint::HELP, lint::run),
    ("diff", diff::HELP, diff::run),
    ("ci", ci::HELP, ci::run),
    ("features", features::HELP, features::run),
    ("build-cost", build_cost::HELP, build_cost::run),
    ("memory", memory::HELP, memory::run),
    ("bench", bench::calls::HELP, bench::calls::run),
    ("bench-counts", bench::counts::HELP, bench::counts::run),
    ("bench-peers", bench::peers::HELP, bench::peers::run),
    ("bench-scale", bench::scale::HELP, bench::scale::run),
    ("bench-report", bench::report::HELP, bench::report::run),
    ("mutants", mutants::HELP, mutants::run),
    ("sandbox", sandbox::HELP, sandbox::run),
    ("conformance", conformance::HELP, conformance::run),
    ("record", record::HELP, record::run),
];

const HEAD: &str = "\
The tasks of this repository.

Usage: cargo xtask TASK [OPTIONS]

Tasks:";

const FOOT: &str = "
Options:
  -h, --help  Print this; after a task, what concerns it.

The exit code is 0 on success, 1 if the task failed, and 2 if it was not understood.";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    exit(run(&arguments))
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let names = || TASKS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
    let asks_for_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let task = arguments.first().and_then(|first| TASKS.iter().find(|(name, ..)| name == first));
    match (task, arguments) {
        (Some((_, help, _)), _) if asks_for_help => println!("Usage:\n{}", help.trim_matches('\n')),
        (None, _) if asks_for_help => {
            println!("{HEAD}{}{FOOT}", TASKS.iter().map(|(_, help, _)| *help).collect::<String>());
        }
        (Some((.., run)), [_, options @ ..]) => return run(options),
        (_, [task, ..]) => {
            return Err(Failure::Usage(format!("There is no task `{task}`. The tasks: {}.", names())));
        }
        (_, []) => return Err(Failure::Usage(format!("Which task? The tasks: {}.", names()))),
    }
    Ok(())
}
