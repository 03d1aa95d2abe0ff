//! Serves a sandbox for programs in any language, until Ctrl-C.
//!
//! ```text
//! cargo run --example sandbox -- --port 4010 --contacts 250 --log
//! ```

use std::{
    env,
    fs::File,
    io::{self, BufRead, BufReader, Write},
    num::NonZeroUsize,
    process::ExitCode,
    str::FromStr,
    thread,
    time::Duration,
};

use sendblue_contacts::sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, ReceivedRequest, Sandbox};
use serde_json::Value;

const USAGE: &str = "\
Usage: sandbox [OPTIONS]

  --port PORT          listen on 127.0.0.1:PORT; 0 is a free port (default: 4010)
  --contacts COUNT     start with COUNT synthetic contacts (default: 0)
  --seed FILE          start with the contacts of FILE, one JSON object per line; repeatable
  --key KEY_ID         accept this sb-api-key-id (default: sandbox-key)
  --secret SECRET_KEY  accept this sb-api-secret-key (default: sandbox-secret)
  --latency MS         delay each response by MS milliseconds (default: 0)
  --fail STATUS[:OPERATION[:TIMES]]
                       respond with this HTTP status to the next request, or to the next TIMES requests of OPERATION;
                       for example 503, 429:contacts.verify, 500:contacts.bulk.create:2; repeatable, in this order
  --log                print a line for each request: method, operation and status";

/// The operations that `--fail` accepts.
pub const OPERATIONS: [&str; 10] = [
    "contacts.list",
    "contacts.create",
    "contacts.count",
    "contacts.verify",
    "contacts.retrieve",
    "contacts.update",
    "contacts.delete",
    "contacts.opt_out",
    "contacts.bulk.delete",
    "contacts.bulk.create",
];

/// The parsed command line.
pub struct Args {
    port: u16,
    contacts: usize,
    seeds: Vec<String>,
    key: String,
    secret: String,
    latency: Duration,
    faults: Vec<Fault>,
    log: bool,
}

fn main() -> ExitCode {
    let args = match parse(env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(&args) {
        Ok(sandbox) => {
            println!("listening on {}", sandbox.url());
            println!("sb-api-key-id: {}", args.key);
            println!("sb-api-secret-key: {}", args.secret);
            loop {
                thread::park();
            }
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the sandbox.
pub fn serve(args: &Args) -> Result<Sandbox, String> {
    let mut builder = Sandbox::builder()
        .port(args.port)
        .contacts(seeds(&args.seeds)?)
        .synthetic_contacts(args.contacts)
        .credentials(&args.key, &args.secret)
        .latency(args.latency);
    if args.log {
        builder = builder.on_request(log);
    }
    let sandbox = builder.start().map_err(|error| format!("cannot serve on 127.0.0.1:{}: {error}", args.port))?;
    for fault in &args.faults {
        sandbox.fail_next(fault.clone());
    }
    Ok(sandbox)
}

/// Prints a line without the path, which may contain a phone number.
fn log(request: &ReceivedRequest) {
    let (method, operation, status) = (request.method(), request.operation().unwrap_or("-"), request.status());
    // Writing fails if the reader has closed the pipe. The sandbox keeps running.
    let _ = writeln!(io::stdout(), "{method} {operation} {status}");
}

/// Reads the contacts of these files.
///
/// Validates each contact in a second sandbox, so that an error names the line of the invalid contact.
fn seeds(files: &[String]) -> Result<Vec<Value>, String> {
    let validating = Sandbox::start().map_err(|error| format!("cannot validate the contacts: {error}"))?;
    let mut contacts = Vec::new();
    for name in files {
        let file = File::open(name).map_err(|error| format!("--seed {name}: {error}"))?;
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let invalid = |problem: String| format!("--seed {name}: line {}: {problem}", index + 1);
            let line = line.map_err(|error| invalid(error.to_string()))?;
            let contact: Value = serde_json::from_str(&line)
                .map_err(|error| invalid(format!("not JSON from column {}", error.column())))?;
            validating.insert(contact.clone()).map_err(|error| invalid(error.to_string()))?;
            contacts.push(contact);
        }
    }
    Ok(contacts)
}

/// Parses the command line. Returns `None` for `--help`.
pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args {
        port: 4010,
        contacts: 0,
        seeds: Vec::new(),
        key: DEFAULT_KEY_ID.into(),
        secret: DEFAULT_SECRET_KEY.into(),
        latency: Duration::ZERO,
        faults: Vec::new(),
        log: false,
    };
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--port" => args.port = number(&name, &value()?)?,
            "--contacts" => args.contacts = number(&name, &value()?)?,
            "--seed" => args.seeds.push(value()?),
            "--key" => args.key = value()?,
            "--secret" => args.secret = value()?,
            "--latency" => args.latency = Duration::from_millis(number(&name, &value()?)?),
            "--fail" => args.faults.push(fault(&value()?)?),
            "--log" => args.log = true,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown argument: {name}")),
        }
    }
    Ok(Some(args))
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} must be a number in range, not {value:?}"))
}

fn fault(value: &str) -> Result<Fault, String> {
    let mut parts = value.splitn(3, ':');
    let status = number("the STATUS of --fail", parts.next().unwrap_or_default())?;
    if !(200..=999).contains(&status) {
        return Err(format!("the STATUS of --fail must be from 200 to 999, not {status}"));
    }
    let mut fault = Fault::status(status);
    if let Some(operation) = parts.next() {
        if !OPERATIONS.contains(&operation) {
            let known = OPERATIONS.join(", ");
            return Err(format!("the OPERATION of --fail must be one of {known}, not {operation:?}"));
        }
        fault = fault.operation(operation);
    }
    if let Some(times) = parts.next() {
        fault = fault.times(number::<NonZeroUsize>("the TIMES of --fail", times)?.get());
    }
    Ok(fault)
}
