//! `cargo xtask mutants`: do the tests notice when the code is wrong?

use std::fs;

use serde_json::Value;

use crate::command::{Failure, cargo, not_run, repository};

pub const HELP: &str = "
  mutants [ARGUMENTS]
      Makes small mistakes in the parts that must not have any (.cargo/mutants.toml names them), and looks whether the tests
      notice: 9 of 10 have to be noticed. Needs cargo-mutants, to which ARGUMENTS are handed, such as `--re src/retry`.
      Takes the better part of an hour.
";

/// The share of mutants that the tests have to notice, in percent.
const GOAL: u64 = 90;
const OUTCOMES: &str = "target/mutants/mutants.out/outcomes.json";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let is_there = cargo().args(["mutants", "--version"]).output().is_ok_and(|output| output.status.success());
    if !is_there {
        return Err(Failure::Task(
            "cargo-mutants is not there.\n    remedy: `cargo install --locked cargo-mutants`".into(),
        ));
    }
    // Mutants that survive make it fail as well; what counts here is how many.
    cargo()
        .args(["mutants", "--package", "sendblue-contacts", "--output", "target/mutants"])
        .args(arguments)
        .status()
        .map_err(|error| not_run("cargo-mutants", &error))?;

    let path = repository().join(OUTCOMES);
    let text = fs::read_to_string(&path).map_err(|error| Failure::Task(format!("{OUTCOMES}: {error}")))?;
    let outcomes = serde_json::from_str(&text).map_err(|error| Failure::Task(format!("{OUTCOMES}: {error}")))?;
    judge(&outcomes)
}

/// Says how many mutants were noticed, and fails if those are too few.
fn judge(outcomes: &Value) -> Result<(), Failure> {
    let count = |key: &str| outcomes[key].as_u64().unwrap_or_default();
    let noticed = count("caught") + count("timeout");
    let viable = noticed + count("missed");
    if viable == 0 {
        return Err(Failure::Task(format!("{OUTCOMES} has no mutants that compile: was anything examined?")));
    }
    let summary = format!("{noticed} of {viable} mutants noticed: {} %", noticed * 100 / viable);
    if noticed * 100 < viable * GOAL {
        return Err(Failure::Task(format!(
            "{summary}, less than {GOAL} %.\n    remedy: write tests for what target/mutants/mutants.out/missed.txt lists"
        )));
    }
    println!("{summary}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::judge;

    #[test]
    fn nine_of_ten_suffice_and_nothing_does_not() {
        assert!(judge(&json!({"caught": 8, "timeout": 1, "missed": 1, "unviable": 50})).is_ok());
        assert!(judge(&json!({"caught": 89, "timeout": 0, "missed": 11})).is_err());
        assert!(judge(&json!({"caught": 0, "missed": 0, "unviable": 7})).is_err());
        assert!(judge(&json!({})).is_err());
    }
}
