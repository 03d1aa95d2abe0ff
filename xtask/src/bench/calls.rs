//! `cargo xtask bench`: how long does each kind of call take?

use std::{fs, path::Path};

use serde_json::Value;

use super::{KEEPING_MEMORY, write};
use crate::command::{Failure, cargo, failure, not_run, read, repository, unknown};

pub const HELP: &str = "
  bench
      Runs the benchmarks of `benches/` by criterion: each kind of call, streams of 100000 contacts and an import of as many,
      for what is written by hand, for the generated client alone, and for this crate. Writes
      docs/benchmarks/calls.csv. Takes eight minutes.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let [other, ..] = arguments {
        return Err(unknown("bench", other, "none"));
    }
    // What an earlier run has left there is not of this one.
    let folder = repository().join("target/bench/criterion");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| failure(&folder, &error))?;
    }
    let mut bench = cargo();
    bench
        .args(["bench", "--package", "benches", "--bench", "calls", "--bench", "walks"])
        .env("CRITERION_HOME", &folder);
    bench.envs(KEEPING_MEMORY);
    if !bench.status().map_err(|error| not_run("cargo", &error))?.success() {
        return Err(Failure::Task("a benchmark has failed.".into()));
    }
    let mut rows = Vec::new();
    collect(&folder, &mut rows)?;
    rows.sort();
    write("calls.csv", "case,contender,median_us,low_us,high_us", &rows)
}

/// Finds what criterion has written of each benchmark: a folder with two files.
fn collect(folder: &Path, rows: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| failure(folder, &error))? {
        let path = entry.map_err(|error| failure(folder, &error))?.path();
        if path.ends_with("new") {
            let json = |name| {
                let path = path.join(name);
                serde_json::from_str(&read(&path)?)
                    .map_err(|error| Failure::Task(format!("{}: {error}", path.display())))
            };
            let row = row(&json("benchmark.json")?, &json("estimates.json")?);
            rows.push(row.ok_or_else(|| Failure::Task(format!("{} has no median.", path.display())))?);
        } else if path.is_dir() {
            collect(&path, rows)?;
        }
    }
    Ok(())
}

/// The median with the bounds of its confidence interval, in microseconds.
fn row(benchmark: &Value, estimates: &Value) -> Option<String> {
    let (case, contender) = (benchmark["group_id"].as_str()?, benchmark["function_id"].as_str()?);
    let median = &estimates["median"];
    let interval = &median["confidence_interval"];
    let [middle, low, high] =
        [&median["point_estimate"], &interval["lower_bound"], &interval["upper_bound"]].map(Value::as_f64);
    let us = |ns: f64| ns / 1000.0;
    Some(format!("{case},{contender},{:.2},{:.2},{:.2}", us(middle?), us(low?), us(high?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::row;

    #[test]
    fn a_row_has_the_median_and_its_interval() {
        let benchmark = json!({ "group_id": "retrieve", "function_id": "by hand", "value_str": null });
        let interval = json!({ "confidence_level": 0.95, "lower_bound": 41_000.4, "upper_bound": 43_500.0 });
        let estimates = json!({
            "mean": { "point_estimate": 1.0 },
            "median": { "confidence_interval": interval, "point_estimate": 42_126.6, "standard_error": 1.0 },
        });
        assert_eq!(row(&benchmark, &estimates).as_deref(), Some("retrieve,by hand,42.13,41.00,43.50"));
        assert_eq!(row(&benchmark, &json!({})), None);
        assert_eq!(row(&json!({}), &estimates), None);
    }
}
