//! Formats a report as tables.

use std::fmt::{self, Write};

use crate::{
    scenarios::UNASKED_QUESTIONS,
    suite::{Report, Row, Verdict},
};

/// The column width at which lines wrap.
const WIDTH: usize = 44;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |row: &Row| match row.observation.verdict {
            Verdict::AsExpected => "",
            Verdict::Differs => "DIFFERS",
            Verdict::Skipped => "-",
        };
        let rows = self.rows.iter().map(|row| {
            [
                row.scenario.operations.join(", "),
                row.scenario.expectation.into(),
                row.observation.text.clone(),
                verdict(row).into(),
            ]
        });
        table(f, ["operation", "expectation", "observation", ""], rows)?;

        let answers =
            self.rows.iter().filter_map(|row| Some([row.scenario.question?.into(), row.observation.text.clone()]));
        heading(f, "Open questions about the service")?;
        table(f, ["question", "answer"], answers)?;

        heading(f, "Questions that the suite does not ask")?;
        let unasked = UNASKED_QUESTIONS
            .iter()
            .map(|question| [question.question, question.reason, question.experiment].map(String::from));
        table(f, ["question", "reason", "experiment that answers it"], unasked)?;

        heading(f, "Drift: parts of responses that openapi.yaml does not describe")?;
        match &self.drift[..] {
            [] => writeln!(f, "none")?,
            drift => drift.iter().try_for_each(|note| writeln!(f, "{note}"))?,
        }
        let differing = self.rows.iter().filter(|row| row.observation.verdict == Verdict::Differs).count();
        writeln!(f, "\n{} scenarios, {} requests, {differing} differ", self.rows.len(), self.requests)?;
        self.problems.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}

fn heading(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "\n{text}\n")
}

fn table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let rows: Vec<_> =
        std::iter::once(head.map(String::from)).chain(rows).map(|row| row.map(|cell| wrap(&cell))).collect();
    let width = |column: usize| rows.iter().flat_map(|row| &row[column]).map(|line| line.chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    for row in &rows {
        for line in 0..row.iter().map(Vec::len).max().unwrap_or(0) {
            let mut text = String::new();
            for (cell, width) in row.iter().zip(widths) {
                write!(text, "{:width$}  ", cell.get(line).map_or("", String::as_str))?;
            }
            writeln!(f, "{}", text.trim_end())?;
        }
    }
    Ok(())
}

/// Wraps a text into lines of at most [`WIDTH`] characters.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
