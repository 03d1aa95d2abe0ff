//! `cargo xtask sandbox`: a fake of the service, for programs in any language.

use std::{env, fmt::Display, process::Command, str::FromStr};

use crate::{Failure, repository, unknown, value};

/// By cargo, since the sandbox belongs to the library. Without default features: it needs neither TLS nor the generator.
const EXAMPLE: [&str; 8] =
    ["run", "-q", "--no-default-features", "--features", "sandbox", "--example", "sandbox", "--"];

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    check(arguments)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(EXAMPLE)
        .args(arguments)
        .current_dir(repository())
        .status()
        .map_err(|error| Failure::Task(format!("cargo could not be run: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::Task(format!("the sandbox ended with {status}"))) }
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
