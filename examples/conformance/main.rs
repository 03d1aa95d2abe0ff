//! Holds a service against what this crate relies on, and asks it what nobody knows.
//!
//! ```sh
//! cargo run --example conformance                                  # a sandbox of its own
//! cargo run --example conformance -- --live                        # the service
//! cargo run --example conformance -- --live --verify +14155550100  # and sends that contact a message
//! ```
//!
//! With `--live` the credentials and the base URL come from the environment. It creates contacts with the fictional numbers
//! and the tag of `reserved.rs`, stops if one of the numbers has a contact already, and removes them in the end, also after
//! a failure and after Ctrl-C. Of the account's own contacts it looks at the number, the order and the names of properties,
//! shows none of them, and changes none. It sends some 70 requests.
//!
//! It exits with 1 if something differs from what was expected. What `openapi.yaml` does not say of an answer is listed as
//! drift, and is no failure: the client passes over it. `--json` prints all of it for programs.

use std::{
    env, process,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sendblue_contacts::{
    Client, Credentials, DEFAULT_BASE_URL, Error, PhoneNumber, SlidingWindow,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Sandbox, Undated},
};
use serde_json::json;

pub(crate) mod document;
pub(crate) mod probe;
mod report;
pub(crate) mod reserved;
pub(crate) mod scenarios;
pub(crate) mod suite;

use probe::{Probe, Target};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let wrong = |error: Error| probe::chain(&error);
    let (target, _sandbox) = if arguments.live {
        let base_url = env::var("SENDBLUE_API_BASE_URL").ok().filter(|url| !url.is_empty());
        let base_url = base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let credentials = Credentials::from_env().map_err(wrong)?;
        tokio::spawn(clean_up_when_interrupted(Arc::clone(&interrupted)));
        (target(credentials, base_url, arguments.verify.clone(), interrupted).map_err(wrong)?, None)
    } else {
        let sandbox = sandbox().map_err(|error| error.to_string())?;
        (of_sandbox(&sandbox).map_err(wrong)?, Some(sandbox))
    };
    let report = suite::run(&Probe::new(target)?, |_| {}).await?;
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        print!("{report}");
    }
    Ok(report.is_good())
}

/// Enough contacts for the cap of offsets to show, and one without `created_at`, at the end that is looked at.
fn sandbox() -> std::io::Result<Sandbox> {
    let undated = json!({ "phone": "+12025550100" });
    Sandbox::builder().undated(Undated::First).contacts([undated]).synthetic_contacts(10_001).start()
}

/// A sandbox, with a contact of the suite's to be verified.
pub(crate) fn of_sandbox(sandbox: &Sandbox) -> Result<Target, Error> {
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY)?;
    target(credentials, sandbox.url().to_owned(), reserved::ADA.parse().ok(), Arc::default())
}

/// Without retries, so that each answer is seen as it is; within the account's limit.
pub(crate) fn target(
    credentials: Credentials,
    base_url: String,
    verify: Option<PhoneNumber>,
    interrupted: Arc<AtomicBool>,
) -> Result<Target, Error> {
    let client = Client::builder().credentials(credentials).base_url(&base_url).max_retries(0);
    let client = client.rate_limit(SlidingWindow::reported()).build()?;
    Ok(Target { client, base_url, verify, interrupted })
}

/// The request that is under way is waited for, so that nothing is created behind the back of the cleaning up.
async fn clean_up_when_interrupted(interrupted: Arc<AtomicBool>) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    interrupted.store(true, Ordering::Relaxed);
    eprintln!("cleaning up; interrupt once more to leave contacts behind");
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("look for contacts with the tag {}, and remove them by hand", reserved::TAG);
        process::exit(130);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    live: bool,
    json: bool,
    verify: Option<PhoneNumber>,
}

impl Arguments {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => read.live = true,
                "--json" => read.json = true,
                "--verify" => {
                    let number = arguments.next().ok_or("--verify: needs a phone number behind it")?;
                    read.verify = Some(number.parse().map_err(|error| format!("--verify: {error}"))?);
                }
                _ => return Err(format!("unknown argument {argument}; there are --live, --verify NUMBER and --json")),
            }
        }
        if read.verify.is_some() && !read.live {
            return Err("--verify: goes with --live; in a sandbox, a contact of the suite's is verified".into());
        }
        Ok(read)
    }
}
