//! `cargo xtask sandbox`: a fake of the service, for programs in any language.

use std::{fmt::Display, io, process::Command, str::FromStr};

use crate::command::{Failure, cargo, unknown, value};

pub const HELP: &str = "
  sandbox [--port N] [--contacts N] [--key K] [--secret S]
      Serves a fake of the service on this machine, for programs in any language, until it is stopped. The options are
      handed to the example `sandbox`, which this runs.

      --port N      Listen on this port; 4010 unless set.
      --contacts N  Start with this many contacts; none unless set.
      --key K       The key's id that requests must carry; sandbox-key unless set.
      --secret S    The key's secret that requests must carry; sandbox-secret unless set.
";

/// By cargo, since the sandbox belongs to the library. Without default features: it needs neither TLS nor the generator.
const EXAMPLE: [&str; 7] = ["run", "--no-default-features", "--features", "sandbox", "--example", "sandbox", "--"];

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    check(arguments)?;
    let mut command = cargo();
    command.args(EXAMPLE).args(arguments);
    become_(command)
}

/// Where a process can become another one, whoever stops this one stops the sandbox.
#[cfg(unix)]
fn become_(mut command: Command) -> Result<(), Failure> {
    Err(not_run(&std::os::unix::process::CommandExt::exec(&mut command)))
}

#[cfg(not(unix))]
fn become_(mut command: Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_run(&error))?;
    if status.success() { Ok(()) } else { Err(Failure::Task(format!("the sandbox ended with {status}"))) }
}

fn not_run(error: &io::Error) -> Failure {
    Failure::Task(format!("cargo could not be run: {error}"))
}

/// Refuses what the example would refuse, before it is built.
fn check(arguments: &[String]) -> Result<(), Failure> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => number::<u16>(argument, value(argument, &mut arguments)?)?,
            "--contacts" => number::<usize>(argument, value(argument, &mut arguments)?)?,
            "--key" | "--secret" => drop(value(argument, &mut arguments)?),
            other => return Err(unknown("sandbox", other, "--port N, --contacts N, --key K, --secret S")),
        }
    }
    Ok(())
}

fn number<T: FromStr<Err: Display>>(option: &str, text: &str) -> Result<(), Failure> {
    text.parse::<T>().map(drop).map_err(|error| Failure::Usage(format!("`{option} {text}`: {error}.")))
}
