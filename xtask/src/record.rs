//! `cargo xtask record`: what a service answers to the conformance suite, as fixtures.
//!
//! The recording is a program of its own, `xtask-record`: it needs a proxy, which no other task does.

use crate::command::{Failure, become_, cargo, unknown, value};

pub const HELP: &str = "
  record [--live [--verify NUMBER]] [--check] [--to DIR]
      Runs `conformance` through a recording proxy, and writes what was asked and answered to tests/fixtures/conformance,
      from which a test replays it. Keys and headers are not recorded; numbers, names, addresses, tags, ids and times are
      replaced before anything is written, but for the suite's own. Of a sandbox, unless told otherwise.

      --live           Of the service, with the credentials of the environment; see `conformance`.
      --verify NUMBER  With --live: see `conformance`.
      --check          Write nothing; fail if the fixtures are other ones, and show the difference.
      --to DIR         Work on the fixtures of another directory.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let (mut live, mut verify) = (false, false);
    let mut program: Vec<String> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        program.push(argument.clone());
        match argument.as_str() {
            "--live" => live = true,
            "--check" => {}
            "--verify" => {
                verify = true;
                program.push(value(argument, &mut rest)?.to_owned());
            }
            "--to" => {
                // The program runs in the directory of the repository.
                let to = value(argument, &mut rest)?;
                let to = std::path::absolute(to).map_err(|error| crate::command::failure(to.as_ref(), &error))?;
                program.push(to.to_string_lossy().into_owned());
            }
            other => return Err(unknown("record", other, "--live, --verify NUMBER, --check, --to DIR")),
        }
    }
    if verify && !live {
        return Err(Failure::Usage("`--verify` goes with `--live`: in a sandbox, the suite verifies its own.".into()));
    }
    let options = ["run", "--quiet", "--package", "xtask", "--features", "record", "--bin", "xtask-record", "--"];
    become_(cargo().args(options).args(program))
}
