//! The tables of the document.

use super::{
    figures::{Account, BY_HAND, CONTENDERS, Figures, distinct},
    goals::{Limit, goals, ratio},
};

/// The name of a table, and its text.
pub type Table = (&'static str, String);

/// The document with the tables as they should be.
pub fn refreshed(document: &str, tables: &[Table]) -> Result<String, String> {
    let mut text = document.to_owned();
    for (name, table) in tables {
        let (start, end) = (format!("<!-- table {name} -->\n"), "<!-- /table -->\n");
        let parts = text.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) = parts.ok_or_else(|| {
            format!(
                "BENCHMARKS.md: no place for the table `{name}`\n    remedy: write these two lines where it belongs:\n{start}{end}"
            )
        })?;
        text = format!("{before}{start}{table}{end}{after}");
    }
    Ok(text)
}

/// All tables, in the order of the document.
pub fn all(figures: &Figures) -> Vec<Table> {
    vec![
        ("goals", goals_met(figures)),
        ("calls", calls(figures)),
        ("counts", counts(figures)),
        ("peers", peers(figures)),
        ("concurrency", concurrency(figures)),
        ("pages", pages(figures)),
        ("walk", accounts(&figures.walk)),
        ("import", accounts(&figures.import)),
        ("build-cost", build_cost(figures)),
    ]
}

fn goals_met(figures: &Figures) -> String {
    let rows = goals(figures).into_iter().map(|goal| {
        let limit = match goal.limit {
            Limit::AtMost(most) => format!("≤ {most}"),
            Limit::AtLeast(least) => format!("≥ {least}"),
        };
        let figure = goal.figure.map_or_else(String::new, |figure| format!("{figure:.3}"));
        let verdict = goal.verdict().to_owned();
        vec![goal.what, limit, figure, verdict]
    });
    table(&["goal", "limit", "measured", ""], rows)
}

fn calls(figures: &Figures) -> String {
    let cases = distinct(figures.calls.iter().map(|row| row.case.as_str()));
    let who = present(figures.calls.iter().map(|row| row.contender.as_str()));
    pivot("case", &cases.iter().map(|case| format!("`{case}`")).collect::<Vec<_>>(), &who, |case, contender| {
        let case = case.trim_matches('`');
        let row = figures.call(case, contender)?;
        let to_by_hand = figures.call(case, BY_HAND).filter(|_| contender != BY_HAND);
        let to_by_hand = to_by_hand.map_or_else(String::new, |by_hand| times(row.median_us / by_hand.median_us));
        Some(format!("{}{to_by_hand}", number(row.median_us)))
    })
}

fn counts(figures: &Figures) -> String {
    let rows = figures.counts.iter().map(|row| {
        let by_hand = figures.count(&row.case, BY_HAND).filter(|_| row.contender != BY_HAND);
        let to = |one, other: Option<u64>| {
            format!("{}{}", whole(one), other.map_or_else(String::new, |other| times(ratio(one, other))))
        };
        let more = by_hand.map(|by_hand| i128::from(row.allocations) - i128::from(by_hand.allocations));
        vec![
            format!("`{}`", row.case),
            row.contender.clone(),
            to(row.instructions, by_hand.map(|by_hand| by_hand.instructions)),
            format!("{}{}", whole(row.allocations), more.map_or_else(String::new, |more| format!(" ({more:+})"))),
            to(row.bytes, by_hand.map(|by_hand| by_hand.bytes)),
        ]
    });
    table(&["case", "contender", "instructions", "allocations", "bytes"], rows)
}

fn peers(figures: &Figures) -> String {
    let rows = figures.peers.iter().map(|row| {
        vec![
            format!("`{}`", row.case),
            format!("{} {}", row.contender, row.version).trim_end().to_owned(),
            number(row.cpu_us),
            format!("{:.2}", row.cpu_ratio),
            number(row.wall_us),
            format!("{:.2}", row.wall_ratio),
        ]
    });
    table(&["case", "client", "CPU, µs", "CPU ratio", "time, µs", "time ratio"], rows)
}

fn concurrency(figures: &Figures) -> String {
    let mut rows: Vec<_> = figures.concurrency.iter().collect();
    rows.sort_by_key(|row| row.concurrency);
    let rows = rows.into_iter().map(|row| {
        vec![
            whole(row.concurrency),
            row.contender.clone(),
            number(row.requests_per_second),
            number(row.p50_us),
            number(row.p99_us),
            whole(row.connections),
        ]
    });
    table(&["calls at once", "contender", "calls a second", "median, µs", "p99, µs", "connections"], rows)
}

fn pages(figures: &Figures) -> String {
    let limits = distinct(figures.pages.iter().map(|row| row.limit));
    let who = present(figures.pages.iter().map(|row| row.contender.as_str()));
    pivot("contacts", &limits.iter().map(|limit| whole(*limit)).collect::<Vec<_>>(), &who, |limit, contender| {
        let row = figures.pages.iter().find(|row| whole(row.limit) == limit && row.contender == contender)?;
        Some(format!("{} ({} a contact)", number(row.us_per_page), number(row.us_per_contact)))
    })
}

fn accounts(rows: &[Account]) -> String {
    let sizes = distinct(rows.iter().map(|row| whole(row.contacts)));
    let who = present(rows.iter().map(|row| row.contender.as_str()));
    pivot("contacts", &sizes, &who, |size, contender| {
        let row = rows.iter().find(|row| whole(row.contacts) == size && row.contender == contender)?;
        Some(format!("{} µs, {} KiB", number(row.us_per_contact), whole(row.peak_kib)))
    })
}

fn build_cost(figures: &Figures) -> String {
    let rows = figures
        .build_cost
        .iter()
        .map(|row| vec![row.program.clone(), whole(row.crates), format!("{:.0}", row.seconds), whole(row.program_kib)]);
    table(&["program", "crates", "seconds", "program, KiB"], rows)
}

/// Who has a row, in the order of all; somebody new comes last.
pub fn present<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names = distinct(names);
    names.sort_by_key(|name| CONTENDERS.iter().position(|known| known == name).unwrap_or(CONTENDERS.len()));
    names
}

/// A row for each key, and a column for each contender.
fn pivot<K: AsRef<str>>(
    key: &str,
    keys: &[K],
    contenders: &[&str],
    cell: impl Fn(&str, &str) -> Option<String>,
) -> String {
    let rows = keys.iter().map(|key| {
        let key = key.as_ref();
        let cells = contenders.iter().map(|contender| cell(key, contender).unwrap_or_else(|| "–".to_owned()));
        std::iter::once(key.to_owned()).chain(cells).collect()
    });
    table(&[&[key], contenders].concat(), rows)
}

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        table += &format!("| {} |\n", row.join(" | "));
    }
    table
}

/// As many digits as can be relied on.
fn number(value: f64) -> String {
    match value {
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a time or a rate, and rounded"
        )]
        _ => whole(value.round() as u64),
    }
}

fn times(ratio: f64) -> String {
    format!(" ({ratio:.2} ×)")
}

/// With a comma between thousands.
fn whole(value: u64) -> String {
    let digits = value.to_string();
    let first = digits.len() % 3;
    let separated = digits.char_indices().map(|(at, digit)| match at % 3 == first && at > 0 {
        true => format!(",{digit}"),
        false => digit.to_string(),
    });
    separated.collect()
}
