//! `cargo xtask sandbox`: a fake of the service, for programs in any language.

use std::{env, fmt::Display, io, process::Command, str::FromStr};

use crate::{Failure, repository, unknown, value};

/// By cargo, since the sandbox belongs to the library. Without default features: it needs neither TLS nor the generator.
const EXAMPLE: [&str; 6] = ["--no-default-features", "--features", "sandbox", "--example", "sandbox", "--"];

const OPTIONS: &str =
    "--port N, --contacts N, --seed FILE, --key K, --secret S, --latency MS, --fail STATUS[:OPERATION[:TIMES]], --log";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    check(arguments)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // From the directory that it is called in, where the paths among the arguments begin.
    command.arg("run").arg("--manifest-path").arg(repository().join("Cargo.toml")).args(EXAMPLE).args(arguments);
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

/// Refuses most of what the example would refuse, before it is built.
fn check(arguments: &[String]) -> Result<(), Failure> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => number::<u16>(argument, value(argument, &mut arguments)?)?,
            "--contacts" => number::<usize>(argument, value(argument, &mut arguments)?)?,
            "--latency" => number::<u64>(argument, value(argument, &mut arguments)?)?,
            "--key" | "--secret" | "--seed" | "--fail" => drop(value(argument, &mut arguments)?),
            "--log" => {}
            other => return Err(unknown("sandbox", other, OPTIONS)),
        }
    }
    Ok(())
}

fn number<T: FromStr<Err: Display>>(option: &str, text: &str) -> Result<(), Failure> {
    text.parse::<T>().map(drop).map_err(|error| Failure::Usage(format!("`{option} {text}`: {error}.")))
}
