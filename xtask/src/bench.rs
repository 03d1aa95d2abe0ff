//! `cargo xtask bench`: measures the cost of a call.
//!
//! The measured programs are in `benches/`. `BENCHMARKS.md` contains the printed figures.

use std::{fmt::Display, fs, path::Path, process::Command};

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::command::{self, Failure, cargo, repository};

mod peers;

/// Keeps glibc from returning freed memory to the kernel. By default, the cost of the next allocation depends on how
/// much memory glibc has returned, which varies with unrelated allocations.
const KEEP_FREED_MEMORY: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "268435456"), ("MALLOC_MMAP_THRESHOLD_", "268435456")];

#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// Times calls, walks and imports with criterion (8 minutes)
    Calls,
    /// Counts the instructions and allocations of a call with gungraun (needs valgrind)
    Counts,
    /// Compares a call with other clients (3 minutes; needs python3, node, npm, java)
    Peers(peers::Peers),
}

pub fn run(bench: &Bench) -> Result<(), Failure> {
    let result = match &bench.measurement {
        Measurement::Calls => calls(),
        Measurement::Counts => counts(),
        Measurement::Peers(peers) => peers::run(peers),
    };
    result.map_err(Failure)
}

/// A result with a message as its error.
type Result<T, E = String> = std::result::Result<T, E>;

/// Runs the criterion benchmarks and prints the medians.
fn calls() -> Result<()> {
    let results = repository().join("target/bench-calls");
    if results.exists() {
        fs::remove_dir_all(&results).map_err(|error| at(&results, error))?;
    }
    let arguments = ["bench", "--package", "benches", "--bench", "calls", "--bench", "walks"];
    run_command(cargo().args(arguments).env("CRITERION_HOME", &results).envs(KEEP_FREED_MEMORY))?;
    let mut rows = Vec::new();
    collect_medians(&results, &mut rows)?;
    rows.sort();
    print_table("case | contender | median, µs | 95 % interval, µs", &rows);
    Ok(())
}

/// Collects a row from each result directory of criterion (`GROUP/FUNCTION/new`).
fn collect_medians(directory: &Path, rows: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(|error| at(directory, error))? {
        let path = entry.map_err(|error| at(directory, error))?.path();
        if path.ends_with("new") {
            let row = median_row(&read_json(&path.join("benchmark.json"))?, &read_json(&path.join("estimates.json"))?);
            rows.push(row.ok_or_else(|| at(&path, "no median"))?);
        } else if path.is_dir() {
            collect_medians(&path, rows)?;
        }
    }
    Ok(())
}

/// Formats the median and its confidence interval in microseconds.
fn median_row(benchmark: &Value, estimates: &Value) -> Option<String> {
    let (case, contender) = (benchmark["group_id"].as_str()?, benchmark["function_id"].as_str()?);
    let median = &estimates["median"];
    let interval = &median["confidence_interval"];
    let [middle, low, high] =
        [&median["point_estimate"], &interval["lower_bound"], &interval["upper_bound"]].map(Value::as_f64);
    let us = |ns: f64| ns / 1000.0;
    Some(format!("`{case}` | {contender} | {:.2} | {:.2}–{:.2}", us(middle?), us(low?), us(high?)))
}

/// Runs the gungraun benchmark, which prints the counts.
fn counts() -> Result<()> {
    let root = repository().join("target/bench-counts");
    // gungraun requires a runner of its own version.
    let version = locked_version("gungraun-runner")?;
    let install = ["install", "--quiet", "--locked", "gungraun-runner", "--version", &version, "--root"];
    run_command(cargo().args(install).arg(&root))?;
    let bench = ["bench", "--package", "benches", "--bench", "counts"];
    run_command(cargo().args(bench).env("GUNGRAUN_RUNNER", root.join("bin/gungraun-runner")))
}

fn run_command(command: &mut Command) -> Result<()> {
    command::run(command).map_err(|Failure(message)| message)
}

/// Returns the standard output of a command. If the command fails, returns its output as the error.
fn stdout(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} failed with {}\n{stdout}{stderr}", output.status))
}

/// Prints a Markdown table. The cells of a row are separated by ` | `.
fn print_table(header: &str, rows: &[String]) {
    println!("\n| {header} |\n|{}", "---|".repeat(header.split(" | ").count()));
    for row in rows {
        println!("| {row} |");
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| at(path, error))
}

fn read_json(path: &Path) -> Result<Value> {
    serde_json::from_str(&read(path)?).map_err(|error| at(path, error))
}

/// Prefixes a problem with the path of its file.
fn at(path: &Path, problem: impl Display) -> String {
    format!("{}: {problem}", path.display())
}

/// Returns the version of a package in `Cargo.lock`.
fn locked_version(package: &str) -> Result<String> {
    // For example `registry+https://…#reqwest@0.13.5`.
    let id = stdout(cargo().args(["pkgid", "--package", package]))?;
    Ok(id.trim().rsplit(['@', '#']).next().unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::{median_row, stdout};

    #[test]
    fn a_row_shows_the_median_and_its_interval() {
        let benchmark = json!({ "group_id": "retrieve", "function_id": "hand-written", "value_str": null });
        let interval = json!({ "confidence_level": 0.95, "lower_bound": 41_000.4, "upper_bound": 43_500.0 });
        let estimates = json!({
            "mean": { "point_estimate": 1.0 },
            "median": { "confidence_interval": interval, "point_estimate": 42_126.6, "standard_error": 1.0 },
        });
        let row = median_row(&benchmark, &estimates);
        assert_eq!(row.as_deref(), Some("`retrieve` | hand-written | 42.13 | 41.00–43.50"));
        assert_eq!(median_row(&benchmark, &json!({})), None);
        assert_eq!(median_row(&json!({}), &estimates), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_command_returns_its_output() {
        assert_eq!(stdout(Command::new("echo").arg("3.11")), Ok("3.11\n".into()));
        let failed = stdout(Command::new("sh").args(["-c", "echo started; echo no network >&2; exit 3"]));
        assert_eq!(failed, Err("sh failed with exit status: 3\nstarted\nno network\n".into()));
        let missing = stdout(&mut Command::new("/no/such/program"));
        assert!(missing.is_err_and(|error| error.starts_with("/no/such/program: ")));
    }
}
