//! Runs the conformance suite against the service or a sandbox.
//!
//! ```sh
//! cargo run -p conformance                                                    # a sandbox
//! cargo run -p conformance --features rustls -- --live                        # the service
//! cargo run -p conformance --features rustls -- --live --verify +14155550100  # also sends a verification message
//! ```
//!
//! With `--live`, the credentials and the base URL come from the environment. A run sends about 70 requests. If a
//! reserved number already has a contact, the suite stops before it changes anything.
//!
//! The exit code is 1 if an observation differs from the expectation, or if the suite or its clean-up fails. It is 2 if
//! the command line is wrong. Drift is listed and does not change the exit code, because the client ignores
//! undocumented parts of a response.

use std::{
    env, process,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use conformance::{
    arguments::{Arguments, USAGE},
    probe::{Probe, Target, error_chain},
    reserved, suite,
};
use sendblue_contacts::{
    Credentials, DEFAULT_BASE_URL, Error,
    sandbox::{Sandbox, Undated},
};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
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
    let message = |error: Error| error_chain(&error);
    let (target, _sandbox) = if arguments.live {
        let base_url = env::var("SENDBLUE_API_BASE_URL").ok().filter(|url| !url.is_empty());
        let base_url = base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let credentials = Credentials::from_env().map_err(message)?;
        tokio::spawn(stop_on_ctrl_c(Arc::clone(&interrupted)));
        (Target::new(credentials, base_url, arguments.verify.clone(), interrupted).map_err(message)?, None)
    } else {
        let sandbox = start_sandbox().map_err(|error| error.to_string())?;
        (Target::sandbox(&sandbox).map_err(message)?, Some(sandbox))
    };
    let report = suite::run(&Probe::new(target)?, |_| {}).await?;
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        print!("{report}");
    }
    Ok(report.is_good())
}

/// Starts a sandbox with more contacts than the largest offset, and one contact without `created_at`.
fn start_sandbox() -> std::io::Result<Sandbox> {
    let undated = json!({ "phone": "+12025550100" });
    Sandbox::builder().undated(Undated::First).contacts([undated]).synthetic_contacts(10_001).start()
}

/// Sets `interrupted` on the first Ctrl-C, and exits on the second.
///
/// The suite completes the request that is in flight. Otherwise a contact could be created after the clean-up.
async fn stop_on_ctrl_c(interrupted: Arc<AtomicBool>) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    interrupted.store(true, Ordering::Relaxed);
    eprintln!("removing the suite's contacts; press Ctrl-C again to leave them in the account");
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("find contacts with the tag {}, and delete them", reserved::TAG);
        process::exit(130);
    }
}
