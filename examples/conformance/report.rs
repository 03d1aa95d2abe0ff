//! What people read of a report.

use std::fmt::{self, Write};

use super::{
    scenarios::UNASKED,
    suite::{Report, Row, Verdict},
};

/// The width of a column, beyond which its lines are broken.
const WIDTH: usize = 44;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |row: &Row| match row.seen.verdict {
            Verdict::AsExpected => "",
            Verdict::Differs => "DIFFERS",
            Verdict::Skipped => "-",
        };
        let rows = self.rows.iter().map(|row| {
            [
                row.scenario.operations.join(", "),
                row.scenario.expectation.into(),
                row.seen.text.clone(),
                verdict(row).into(),
            ]
        });
        table(f, ["operation", "expectation", "seen", ""], rows)?;

        let answers = self.rows.iter().filter_map(|row| Some([row.scenario.asks?.into(), row.seen.text.clone()]));
        heading(f, "What nobody knew of the service")?;
        table(f, ["question", "answer"], answers)?;

        heading(f, "Not asked")?;
        let unasked = UNASKED.iter().map(|one| [one.asks, one.why, one.how].map(String::from));
        table(f, ["question", "why not", "how to ask on purpose"], unasked)?;

        heading(f, "Drift: what openapi.yaml does not say")?;
        match &self.drift[..] {
            [] => writeln!(f, "none")?,
            drift => drift.iter().try_for_each(|note| writeln!(f, "{note}"))?,
        }
        let differing = self.rows.iter().filter(|row| row.seen.verdict == Verdict::Differs).count();
        writeln!(f, "\n{} scenarios, {} requests, {differing} differ", self.rows.len(), self.requests)?;
        self.trouble.iter().try_for_each(|trouble| writeln!(f, "{trouble}"))
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
        std::iter::once(head.map(String::from)).chain(rows).map(|row| row.map(|cell| lines(&cell))).collect();
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

/// A text in lines that fit.
fn lines(text: &str) -> Vec<String> {
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
