//! The project's own tasks: `cargo xtask TASK`.
//!
//! Nothing here depends on the library: a document that no code can be generated from is when the tasks are needed most.

use std::{env, path::Path, process::ExitCode};

#[path = "../../build/codegen.rs"]
mod codegen;
mod generate;
mod mutants;
mod sandbox;

const HELP: &str = "\
The tasks of this repository.

Usage: cargo xtask TASK [OPTIONS]

Tasks:
  generate [--check] [--root DIR]
      Checks openapi.yaml, generates the client from it, and writes it to src/generated/snapshot.rs: the code that is
      compiled without the feature `codegen`. Run it after every edit of openapi.yaml or of build/.

      --check     Write nothing; fail if the snapshot is not what openapi.yaml gives, and show the difference.
      --root DIR  Work on the openapi.yaml and the snapshot of another directory than this repository.

  mutants [ARGUMENTS]
      Makes small mistakes in the parts that must not have any (.cargo/mutants.toml names them), and looks whether the tests
      notice: 9 of 10 have to be noticed. Needs cargo-mutants, to which ARGUMENTS are handed, such as `--re src/retry`.
      Takes the better part of an hour.

  sandbox [OPTIONS]
      Serves a fake of the service on this machine, for programs in any language, until it is stopped. The options are
      handed to the example `sandbox`, which this runs.

      --port N      Listen on this port; 4010 unless set.
      --contacts N  Start with this many contacts; none unless set.
      --seed FILE   Start with the contacts of this file, one JSON object a line. Can be repeated.
      --key K       The key's id that requests must carry; sandbox-key unless set.
      --secret S    The key's secret that requests must carry; sandbox-secret unless set.
      --latency MS  Hold back each answer by so many milliseconds; none unless set.
      --fail STATUS[:OPERATION[:TIMES]]
                    Answer the next request, or the next TIMES requests of OPERATION, with this HTTP status; for example
                    503, 429:contacts.verify, 500:contacts.bulk.create:2. Can be repeated, and is done in this order.
      --log         Print a line for each request: method, operation and status.

Options:
  -h, --help  Print this.

The exit code is 0 on success, 1 if the task failed, and 2 if it was not understood.
";

/// Why a task came to nothing.
enum Failure {
    /// The command line was not understood.
    Usage(String),
    /// It was, but the task failed.
    Task(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (message, code) = match run(&arguments) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (format!("{message}\n\n`cargo xtask --help` tells more."), 2),
        Err(Failure::Task(message)) => (message, 1),
    };
    eprintln!("{message}");
    ExitCode::from(code)
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let asks_for_help = |argument: &String| argument == "--help" || argument == "-h";
    if arguments.iter().any(asks_for_help) {
        print!("{HELP}");
        return Ok(());
    }
    match arguments.split_first() {
        Some((task, options)) if task == "generate" => generate::run(options),
        Some((task, options)) if task == "mutants" => mutants::run(options),
        Some((task, options)) if task == "sandbox" => sandbox::run(options),
        Some((task, _)) => {
            Err(Failure::Usage(format!("There is no task `{task}`. The tasks: generate, mutants, sandbox.")))
        }
        None => Err(Failure::Usage("Which task? The tasks: generate, mutants, sandbox.".to_owned())),
    }
}

/// The value of an option that cannot do without.
fn value<'a>(option: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<&'a str, Failure> {
    rest.next().map(String::as_str).ok_or_else(|| Failure::Usage(format!("`{option}` needs a value.")))
}

/// An option that a task does not have.
fn unknown(task: &str, option: &str, known: &str) -> Failure {
    Failure::Usage(format!("`{task}` has no option `{option}`. Its options: {known}."))
}

/// The directory of the repository.
fn repository() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}
