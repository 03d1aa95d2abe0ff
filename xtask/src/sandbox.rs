//! `cargo xtask sandbox`: a fake of the service, for programs in any language.

use std::{fmt::Display, str::FromStr};

use crate::command::{Failure, example, unknown, value};

pub const HELP: &str = "
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
";

const OPTIONS: &str =
    "--port N, --contacts N, --seed FILE, --key K, --secret S, --latency MS, --fail STATUS[:OPERATION[:TIMES]], --log";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    check(arguments)?;
    // It needs neither TLS nor the generator.
    example("sandbox", &["--no-default-features", "--features", "sandbox"], arguments)
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
