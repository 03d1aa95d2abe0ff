//! The program behind `cargo xtask record`. Its arguments were checked there.
//!
//! Between the suite and the service stands a proxy, which records. What it has recorded stays in memory until everything
//! of it that is somebody's is replaced.

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use httpmock::MockServer;
use serde_json::Value;

#[path = "../command.rs"]
#[allow(dead_code, reason = "what the other tasks need")]
mod command;
mod exchange;
mod fixtures;
mod redact;
#[path = "../../../examples/conformance/reserved.rs"]
#[allow(dead_code, reason = "what only the suite needs")]
mod reserved;
#[path = "../server.rs"]
mod server;

use command::{Failure, cargo, exit, not_run, repository};
use redact::Redactor;
use server::Sandbox;

const KEYS: [&str; 5] = [
    "SENDBLUE_API_API_KEY",
    "SENDBLUE_API_API_SECRET",
    "SENDBLUE_API_KEY",
    "SENDBLUE_API_SECRET",
    "SENDBLUE_API_BEARER_TOKEN",
];

fn main() -> ExitCode {
    exit(run())
}

struct Options {
    live: bool,
    check: bool,
    verify: Option<String>,
    directory: PathBuf,
}

fn options() -> Options {
    let mut options =
        Options { live: false, check: false, verify: None, directory: repository().join("tests/fixtures/conformance") };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--live" => options.live = true,
            "--check" => options.check = true,
            "--verify" => options.verify = arguments.next(),
            _ => options.directory = arguments.next().map(PathBuf::from).unwrap_or(options.directory),
        }
    }
    options
}

fn run() -> Result<(), Failure> {
    // The suite is told as well, and still needs the proxy to clean up.
    ctrlc::set_handler(|| {}).map_err(|error| Failure::Task(error.to_string()))?;
    let options = options();
    let document = command::read(&repository().join("openapi.yaml"))?;
    let document: Value = yaml_serde::from_str(&document).map_err(|error| Failure::Task(error.to_string()))?;

    let sandbox = if options.live { None } else { Some(Sandbox::start(&mut example("sandbox"), 3)?) };
    let (of, target) = match &sandbox {
        Some(sandbox) => ("a sandbox of this crate", sandbox.url.clone()),
        None => ("the service", live_url(&document)),
    };
    let verify = if options.live { options.verify.clone() } else { Some(reserved::ADA.to_owned()) };

    let server = MockServer::start();
    let (origin, path) = split(&target);
    server.forward_to(origin, |rule| {
        rule.filter(|when| {
            when.any_request();
        });
    });
    // No header of a request.
    let recording = server.record(|rule| {
        rule.filter(|when| {
            when.any_request();
        });
    });
    let report = conformance(&format!("{}{path}", server.base_url()), verify.as_deref(), sandbox.as_ref())?;
    let recorded = recording.export().map_err(|_| Failure::Task("the recording cannot be had".into()))?;
    let recorded = String::from_utf8_lossy(&recorded.unwrap_or_default()).into_owned();

    let exchanges = exchange::read(&recorded).map_err(Failure::Task)?;
    let mut redactor = Redactor::new(&document, &exchanges);
    let redacted: Vec<_> = exchanges.iter().map(|exchange| redactor.exchange(exchange)).collect();
    let verify = verify.map(|number| redactor.text(&number));
    let files = fixtures::of(&report, of, verify.as_deref(), &redacted).map_err(Failure::Task)?;

    let keys: Vec<String> = KEYS.into_iter().filter_map(|variable| env::var(variable).ok()).collect();
    if let Some((name, _)) = files.iter().find(|(_, file)| redactor.leaks(file, &keys)) {
        return Err(Failure::Task(format!("{name} would have something private in it; nothing is written")));
    }
    let directory = options.directory.join(if options.live { "live" } else { "sandbox" });
    if options.check { fixtures::check(&directory, &files) } else { fixtures::write(&directory, &files) }
}

/// Runs the suite, and gives its report.
fn conformance(base_url: &str, verify: Option<&str>, sandbox: Option<&Sandbox>) -> Result<Value, Failure> {
    let mut command = example("conformance");
    command.args(["--live", "--json"]).env("SENDBLUE_API_BASE_URL", base_url);
    if let Some(number) = verify {
        command.args(["--verify", number]);
    }
    if let Some(sandbox) = sandbox {
        sandbox.admit(&mut command);
    }
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_run("cargo", &error))?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| Failure::Task("the conformance suite came to nothing; nothing is recorded".into()))?;
    if report["trouble"].as_array().is_none_or(|trouble| !trouble.is_empty()) {
        return Err(Failure::Task(format!("nothing is recorded: {}", report["trouble"])));
    }
    Ok(report)
}

/// An example of the library. What it speaks with is on this machine, so no TLS is needed.
fn example(name: &str) -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--no-default-features", "--features", "sandbox", "--example", name, "--"]);
    command
}

/// The service's base URL, as the library reads it.
fn live_url(document: &Value) -> String {
    let set = env::var("SENDBLUE_API_BASE_URL").ok().filter(|url| !url.is_empty());
    set.unwrap_or_else(|| document["servers"][0]["url"].as_str().unwrap_or_default().to_owned())
}

/// A URL up to its host and port, and its path.
fn split(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    url.split_at(end)
}
