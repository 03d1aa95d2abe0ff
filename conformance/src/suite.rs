//! Runs all scenarios and reports the observations.

use std::pin::Pin;

use serde_json::{Value, json};

use crate::{
    probe::{Probe, Result, Stop},
    reserved,
    scenarios::SCENARIOS,
};

/// A behaviour that the library relies on, or an open question about the service.
pub struct Scenario {
    pub name: &'static str,
    pub operations: &'static [&'static str],
    /// The expected behaviour. For an open question: the behaviours that the library can handle.
    pub expectation: &'static str,
    /// The question that the scenario answers, as listed in the README's section on unknown behaviour.
    pub question: Option<&'static str>,
    pub run: for<'a> fn(&'a Probe) -> ScenarioFuture<'a>,
}

pub type ScenarioFuture<'a> = Pin<Box<dyn Future<Output = Result<Observation>> + Send + 'a>>;

/// The observation of a scenario.
pub struct Observation {
    pub verdict: Verdict,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    AsExpected,
    Differs,
    Skipped,
}

/// Returns an observation with the verdict `AsExpected` or `Differs`.
pub fn observed(as_expected: bool, text: impl Into<String>) -> Observation {
    Observation { verdict: if as_expected { Verdict::AsExpected } else { Verdict::Differs }, text: text.into() }
}

/// Returns an observation of values that the suite read back. The text names the values that differ.
pub fn read_back(status: impl std::fmt::Display, values: &[(&str, bool)]) -> Observation {
    let differing: Vec<_> = values.iter().filter(|(_, as_expected)| !as_expected).map(|(name, _)| *name).collect();
    match differing[..] {
        [] => observed(true, format!("{status}; all values read back")),
        _ => observed(false, format!("{status}; values differ: {}", differing.join(", "))),
    }
}

/// The observations of a run.
pub struct Report {
    pub rows: Vec<Row>,
    pub drift: Vec<String>,
    /// The number of requests that checked whether the reserved numbers are free.
    pub requests_before: usize,
    /// The number of all requests, including the clean-up.
    pub requests: usize,
    /// The reasons why scenarios did not run or contacts may still exist.
    pub problems: Vec<String>,
}

pub struct Row {
    pub scenario: &'static Scenario,
    pub observation: Observation,
    pub requests: usize,
}

impl Report {
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.rows.iter().all(|row| row.observation.verdict != Verdict::Differs)
    }

    /// Returns the report as JSON.
    pub fn to_json(&self) -> Value {
        let row = |Row { scenario, observation, requests }: &Row| {
            json!({
                "scenario": scenario.name,
                "expectation": scenario.expectation,
                "question": scenario.question,
                "observation": observation.text,
                "verdict": format!("{:?}", observation.verdict),
                "requests": requests,
            })
        };
        json!({
            "requests": self.requests,
            "requests_before": self.requests_before,
            "scenarios": self.rows.iter().map(row).collect::<Vec<_>>(),
            "drift": self.drift,
            "problems": self.problems,
        })
    }
}

/// Runs all scenarios in order, then removes the suite's contacts. Calls `before` ahead of each scenario.
///
/// # Errors
///
/// If a reserved number already has a contact, returns an error and changes nothing. The contact may belong to the
/// account's owner.
pub async fn run(probe: &Probe, mut before: impl FnMut(&Scenario)) -> Result<Report, String> {
    for number in reserved::NUMBERS {
        match probe.find(number).await {
            Ok(None) => {}
            Ok(Some(_)) => {
                let tag = reserved::TAG;
                return Err(format!(
                    "the account has a contact with {number}, a number that the suite reserves; nothing was changed. \
                     If the contact has the tag {tag}, an earlier run created it: delete it"
                ));
            }
            Err(Stop::Differs(problem) | Stop::Abort(problem)) => {
                return Err(format!("nothing was changed: {problem}"));
            }
        }
    }
    let requests_before = probe.requests();
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for scenario in &SCENARIOS {
        before(scenario);
        let requests = probe.requests();
        let observation = match (scenario.run)(probe).await {
            Ok(observation) => observation,
            Err(Stop::Differs(problem)) => observed(false, problem),
            Err(Stop::Abort(problem)) => {
                problems.push(format!("{}: {problem}", scenario.name));
                break;
            }
        };
        rows.push(Row { scenario, observation, requests: probe.requests() - requests });
    }
    problems.extend(probe.clean_up().await.err());
    Ok(Report { rows, drift: probe.drift(), requests_before, requests: probe.requests(), problems })
}
