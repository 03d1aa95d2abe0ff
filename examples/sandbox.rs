//! Serves a sandbox to other programs until it is interrupted.
//!
//! ```text
//! cargo run --example sandbox -- --port 4010 --contacts 250
//! ```

use std::{env, io, process::ExitCode, str::FromStr, thread};

use sendblue_contacts::sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Sandbox};

const USAGE: &str = "\
Usage: sandbox [--port PORT] [--contacts COUNT] [--key KEY_ID] [--secret SECRET_KEY]

  --port PORT          listen on 127.0.0.1:PORT; 0 is a free port (default: 4010)
  --contacts COUNT     start with this many made-up contacts (default: 0)
  --key KEY_ID         accept this sb-api-key-id (default: sandbox-key)
  --secret SECRET_KEY  accept this sb-api-secret-key (default: sandbox-secret)";

struct Args {
    port: u16,
    contacts: usize,
    key: String,
    secret: String,
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
        Err(error) => {
            eprintln!("cannot serve on 127.0.0.1:{}: {error}", args.port);
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> io::Result<Sandbox> {
    Sandbox::builder().port(args.port).synthetic_contacts(args.contacts).credentials(&args.key, &args.secret).start()
}

/// The arguments; none when help is asked for.
fn parse(mut given: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args { port: 4010, contacts: 0, key: DEFAULT_KEY_ID.into(), secret: DEFAULT_SECRET_KEY.into() };
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--port" => args.port = number(&name, &value()?)?,
            "--contacts" => args.contacts = number(&name, &value()?)?,
            "--key" => args.key = value()?,
            "--secret" => args.secret = value()?,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown argument: {name}")),
        }
    }
    Ok(Some(args))
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} must be a number in range, not {value:?}"))
}
