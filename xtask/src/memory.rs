//! `cargo xtask memory`: checks that an export needs the same memory for every size of account.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    command::{Failure, build, not_run},
    programs::SandboxProcess,
};

/// The percentage by which the highest peak may exceed the lowest.
const TOLERANCE: u64 = 10;

/// The time between two readings of the peak.
const INTERVAL: Duration = Duration::from_millis(10);

#[derive(clap::Args)]
pub struct Options {
    /// The sizes of the accounts.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    contacts: Vec<u64>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let examples =
        ["--package", "examples", "--features", "csv", "--example", "sandbox", "--example", "export_contacts"];
    let examples = build(&examples)?.join("examples");
    println!("{:>10}  {:>8}  {:>11}", "contacts", "seconds", "peak memory");
    let mut peaks = Vec::new();
    for &contacts in &options.contacts {
        let start = Instant::now();
        let peak = export(&examples, contacts)?;
        println!("{contacts:>10}  {:>8.1}  {peak:>7} KiB", start.elapsed().as_secs_f64());
        peaks.push(peak);
    }
    let (lowest, highest) = (peaks.iter().min().copied(), peaks.iter().max().copied());
    let (Some(lowest), Some(highest)) = (lowest, highest) else { return Ok(()) };
    if highest * 100 > lowest * (100 + TOLERANCE) {
        return Err(Failure(format!("{highest} KiB is more than {TOLERANCE} % above {lowest} KiB")));
    }
    println!("the peaks are within {TOLERANCE} % of each other");
    Ok(())
}

/// Exports an account of this size, and returns the export's peak memory in KiB.
fn export(examples: &Path, contacts: u64) -> Result<u64, Failure> {
    let sandbox = SandboxProcess::start(&mut Command::new(examples.join("sandbox")), contacts)?;
    let mut command = Command::new(examples.join("export_contacts"));
    command.args(["--live", "--format", "jsonl"]).stdout(Stdio::null()).stderr(Stdio::null());
    sandbox.set_environment(&mut command);
    let failed = |error| not_run("export_contacts", &error);
    let (mut process, mut peak) = (command.spawn().map_err(failed)?, None);
    // When a process ends, its entry in /proc disappears. So the loop reads the peak while the process runs.
    let status = loop {
        if let Some(status) = process.try_wait().map_err(failed)? {
            break status;
        }
        peak = peak.max(peak_memory(process.id()));
        thread::sleep(INTERVAL);
    };
    let peak = peak.filter(|_| status.success());
    peak.ok_or_else(|| {
        Failure(format!("the export of {contacts} contacts ended with {status}; /proc gave {peak:?} KiB"))
    })
}

/// Returns the peak memory of a running process in KiB.
///
/// The figure of `wait4` is unsuitable, because it includes the parent's memory at the time of the fork.
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok())
}
