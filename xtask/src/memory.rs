//! `cargo xtask memory`: does a stream of contacts take the same memory, however many there are?

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    command::{Failure, cargo, not_run, peak, repository, unknown, value},
    server::Sandbox,
};

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

/// How often it is read.
const INTERVAL: Duration = Duration::from_millis(10);

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
    let (least, most) = peaks.iter().fold((u32::MAX, 0), |(least, most), peak| (least.min(*peak), most.max(*peak)));
    if u64::from(most) * 100 > u64::from(least) * (100 + TOLERANCE) {
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
    let status = cargo().args(ARGUMENTS).status().map_err(|error| not_run("cargo", &error))?;
    if !status.success() {
        return Err(Failure::Task("the examples could not be built.".into()));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    Ok(target.join("release/examples"))
}

struct Measured {
    seconds: f64,
    /// In KiB.
    peak: u32,
}

fn measure(examples: &Path, contacts: u64) -> Result<Measured, Failure> {
    let sandbox = Sandbox::start(&mut Command::new(examples.join("sandbox")), contacts)?;
    let mut export = Command::new(examples.join("export_contacts"));
    export.args(["--live", "--format", "jsonl"]).stdout(Stdio::null()).stderr(Stdio::null());
    export.env("SENDBLUE_API_BASE_URL", &sandbox.url);
    sandbox.admit(&mut export);
    let begun = Instant::now();
    let failed = |error| not_run("export_contacts", &error);
    let (mut export, mut most) = (export.spawn().map_err(failed)?, None);
    // When it has ended, nothing of it can be read any more.
    let status = loop {
        if let Some(status) = export.try_wait().map_err(failed)? {
            break status;
        }
        most = most.max(peak(export.id()));
        thread::sleep(INTERVAL);
    };
    let (true, Some(peak)) = (status.success(), most) else {
        return Err(Failure::Task(format!(
            "the export of {contacts} contacts ended with {status}; its memory: {most:?}."
        )));
    };
    Ok(Measured { seconds: begun.elapsed().as_secs_f64(), peak })
}
