//! `cargo xtask memory`: does a stream of contacts take the same memory, however many there are?

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Instant,
};

use wait4::Wait4 as _;

use crate::command::{Failure, cargo, repository, unknown, value};

pub const HELP: &str = "
  memory [--contacts N,N,…]
      Exports accounts of 10000, 100000 and 1000000 contacts by the example `export_contacts`, from a sandbox that is a
      process of its own, both optimized, and prints how much memory the export took at the most. Fails if the largest of
      these figures is more than 10 % above the smallest. Takes two minutes, since the export keeps to 10 requests a
      second, and the building some more.

      --contacts N,N,…  Accounts of other sizes.
";

/// How much more memory any of the accounts may take than another, in percent.
const TOLERANCE: u64 = 10;

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut sizes = vec![10_000, 100_000, 1_000_000];
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--contacts" => sizes = numbers(value(argument, &mut arguments)?)?,
            _ => return Err(unknown("memory", argument, "--contacts N,N,…")),
        }
    }
    let examples = build()?;
    println!("{:>10}  {:>8}  {:>11}", "contacts", "seconds", "peak memory");
    let mut peaks = Vec::new();
    for contacts in sizes {
        let Measured { seconds, peak } = measure(&examples, contacts)?;
        println!("{contacts:>10}  {seconds:>8.1}  {peak:>7} KiB");
        peaks.push(peak);
    }
    let (least, most) = peaks.iter().fold((u64::MAX, 0), |(least, most), peak| (least.min(*peak), most.max(*peak)));
    if most * 100 > least * (100 + TOLERANCE) {
        return Err(Failure::Task(format!("{most} KiB is more than {TOLERANCE} % above {least} KiB.")));
    }
    println!("within {TOLERANCE} % of each other");
    Ok(())
}

fn numbers(list: &str) -> Result<Vec<u64>, Failure> {
    let number = |text: &str| text.parse().map_err(|error| Failure::Usage(format!("`--contacts {list}`: {error}.")));
    list.split(',').map(number).collect()
}

/// Builds the two programs; the folder that they are in.
fn build() -> Result<PathBuf, Failure> {
    const ARGUMENTS: [&str; 9] = [
        "build",
        "--quiet",
        "--release",
        "--features",
        "sandbox",
        "--example",
        "sandbox",
        "--example",
        "export_contacts",
    ];
    let status = cargo().args(ARGUMENTS).status().map_err(|error| failed("cargo", &error))?;
    if !status.success() {
        return Err(Failure::Task("the examples could not be built.".into()));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    Ok(target.join("release/examples"))
}

struct Measured {
    seconds: f64,
    /// In KiB.
    peak: u64,
}

fn measure(examples: &Path, contacts: u64) -> Result<Measured, Failure> {
    let (sandbox, url) = serve(examples, contacts)?;
    let begun = Instant::now();
    let mut export = Command::new(examples.join("export_contacts"))
        .args(["--live", "--format", "jsonl"])
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .env("SENDBLUE_API_API_KEY", "sandbox-key")
        .env("SENDBLUE_API_API_SECRET", "sandbox-secret")
        .env("SENDBLUE_API_BASE_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed("export_contacts", &error))?;
    let ended = export.wait4().map_err(|error| failed("export_contacts", &error))?;
    let (status, peak) = (ended.status, ended.rusage.maxrss / 1024);
    drop(sandbox);
    if !status.success() || peak == 0 {
        return Err(Failure::Task(format!("the export of {contacts} contacts ended with {status}.")));
    }
    Ok(Measured { seconds: begun.elapsed().as_secs_f64(), peak })
}

/// Stops with its handle.
struct Sandbox {
    process: Child,
    /// Where it goes on writing.
    output: Option<BufReader<ChildStdout>>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a sandbox with so many contacts, and says where it is.
fn serve(examples: &Path, contacts: u64) -> Result<(Sandbox, String), Failure> {
    let mut process = Command::new(examples.join("sandbox"))
        .args(["--port", "0", "--contacts", &contacts.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed("sandbox", &error))?;
    let mut sandbox = Sandbox { output: process.stdout.take().map(BufReader::new), process };
    let mut line = String::new();
    if let Some(output) = &mut sandbox.output {
        output.read_line(&mut line).map_err(|error| failed("sandbox", &error))?;
    }
    match line.trim_end().strip_prefix("listening on ") {
        Some(url) => Ok((sandbox, url.to_owned())),
        None => Err(Failure::Task("the sandbox did not start.".into())),
    }
}

fn failed(program: &str, error: &std::io::Error) -> Failure {
    Failure::Task(format!("{program}: {error}"))
}
