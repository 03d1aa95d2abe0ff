//! A run of all scenarios, and what it came to.

use std::pin::Pin;

use serde_json::{Value, json};

use super::{
    probe::{Probe, Result, Stop},
    reserved,
    scenarios::SCENARIOS,
};

/// One thing that this crate relies on, or a question that nobody could answer so far.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) operations: &'static [&'static str],
    /// In words; of a question, what any answer has to be to be understood.
    pub(crate) expectation: &'static str,
    /// A line of the README's section "What is not known of the service".
    pub(crate) asks: Option<&'static str>,
    pub(crate) run: for<'a> fn(&'a Probe) -> Running<'a>,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Seen>> + Send + 'a>>;

/// What a scenario saw.
pub(crate) struct Seen {
    pub(crate) verdict: Verdict,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    AsExpected,
    Differs,
    Skipped,
}

/// What was seen, and whether it is what was expected.
pub(crate) fn seen(as_expected: bool, text: impl Into<String>) -> Seen {
    Seen { verdict: if as_expected { Verdict::AsExpected } else { Verdict::Differs }, text: text.into() }
}

/// As [`seen`], of values that were read back: names those that differ.
pub(crate) fn read_back(status: impl std::fmt::Display, values: &[(&str, bool)]) -> Seen {
    let differing: Vec<_> = values.iter().filter(|(_, as_expected)| !as_expected).map(|(name, _)| *name).collect();
    match differing[..] {
        [] => seen(true, format!("{status}; read back as expected")),
        _ => seen(false, format!("{status}; read back, other than expected: {}", differing.join(", "))),
    }
}

/// What a run came to.
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) drift: Vec<String>,
    /// Sent to see whether the reserved numbers are free.
    pub(crate) requests_before: usize,
    /// All of them, those of the cleaning up included.
    pub(crate) requests: usize,
    /// Why not all scenarios were run, or not everything was cleaned up.
    pub(crate) trouble: Vec<String>,
}

pub(crate) struct Row {
    pub(crate) scenario: &'static Scenario,
    pub(crate) seen: Seen,
    pub(crate) requests: usize,
}

impl Report {
    pub(crate) fn is_good(&self) -> bool {
        self.trouble.is_empty() && self.rows.iter().all(|row| row.seen.verdict != Verdict::Differs)
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let row = |Row { scenario, seen, requests }: &Row| {
            json!({
                "scenario": scenario.name,
                "expectation": scenario.expectation,
                "asks": scenario.asks,
                "seen": seen.text,
                "verdict": format!("{:?}", seen.verdict),
                "requests": requests,
            })
        };
        json!({
            "requests": self.requests,
            "requests_before": self.requests_before,
            "scenarios": self.rows.iter().map(row).collect::<Vec<_>>(),
            "drift": self.drift,
            "trouble": self.trouble,
        })
    }
}

/// Runs all scenarios, one after another, and cleans up. `before` is told of each that is next.
///
/// If one of the reserved numbers has a contact, nothing is done: it is somebody's.
pub(crate) async fn run(probe: &Probe, mut before: impl FnMut(&Scenario)) -> std::result::Result<Report, String> {
    for number in reserved::NUMBERS {
        match probe.contact(number).await {
            Ok(None) => {}
            Ok(Some(_)) => {
                let tag = reserved::TAG;
                return Err(format!(
                    "the account has a contact with the number {number}, which is reserved for this suite; nothing was done. \
                     If it has the tag {tag}, an earlier run has left it: remove it by hand"
                ));
            }
            Err(Stop::Differs(problem) | Stop::Ended(problem)) => return Err(format!("nothing was done: {problem}")),
        }
    }
    let requests_before = probe.requests();
    let (mut rows, mut trouble) = (Vec::new(), Vec::new());
    for scenario in &SCENARIOS {
        before(scenario);
        let requests = probe.requests();
        let seen = match (scenario.run)(probe).await {
            Ok(seen) => seen,
            Err(Stop::Differs(problem)) => seen(false, problem),
            Err(Stop::Ended(problem)) => {
                trouble.push(format!("{}: {problem}", scenario.name));
                break;
            }
        };
        rows.push(Row { scenario, seen, requests: probe.requests() - requests });
    }
    trouble.extend(probe.clean_up().await.err());
    Ok(Report { rows, drift: probe.drift(), requests_before, requests: probe.requests(), trouble })
}
