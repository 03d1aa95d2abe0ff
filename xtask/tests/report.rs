//! The tables and plots of `cargo xtask bench-report`, from small files.

#[path = "../src/bench/report/figures.rs"]
#[allow(dead_code, reason = "names that only plots need")]
mod figures;
#[path = "../src/bench/report/goals.rs"]
mod goals;
#[path = "../src/bench/report/plots.rs"]
mod plots;
#[path = "../src/bench/report/tables.rs"]
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
};

use figures::Figures;
use tables::Table;

const FILES: [(&str, &str); 8] = [
    (
        "calls.csv",
        "case,contender,median_us,low_us,high_us\n\
         retrieve,socket,20,19,21\nretrieve,by hand,50.04,49,51\nretrieve,sendblue-contacts,52.5,52,53\n\
         create,by hand,1234.5,1230,1240\ncreate,sendblue-contacts,0.5,0.4,0.6\n",
    ),
    (
        "counts.csv",
        "case,contender,instructions,allocations,bytes\n\
         retrieve,by hand,100000,60,1000\nretrieve,sendblue-contacts,105000,70,1100\nretrieve,generated,99000,59,900\n\
         list-1000,by hand,1000000,12000,1000000\nlist-1000,sendblue-contacts,1020001,12001,1100000\n",
    ),
    (
        "peers.csv",
        "case,contender,version,wall_us,cpu_us,wall_ratio,cpu_ratio\n\
         retrieve,by hand,,50,40,0.8,0.95\nretrieve,sendblue-contacts,,52,42,1,1\nretrieve,Python,1.2.3,500,400,9.5,6.999\n\
         list-100,openapi-generator,7.1.0,500,400,1.1,0.999\n",
    ),
    (
        "concurrency.csv",
        "contender,concurrency,requests_per_second,p50_us,p99_us,connections\n\
         by hand,1,15000,60,90,1\nby hand,8,30000,250,400,8\nsocket,1,30000,30,40,1\n",
    ),
    ("pages.csv", "contender,limit,us_per_page,us_per_contact\nby hand,10,90,9\nby hand,1000,3300,3.3\n"),
    ("walk.csv", "contender,contacts,us_per_contact,peak_kib\nby hand,1000000,3.3,9000\n"),
    ("import.csv", "contender,contacts,us_per_contact,peak_kib\n"),
    ("build-cost.csv", "program,crates,seconds,program_kib\ndefault,144,57.4,3300\n"),
];

/// A folder with these files, but for one with other contents, or without it.
fn folder(name: &str, other: Option<(&str, Option<&str>)>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a directory");
    for (file, contents) in FILES {
        let contents = other.filter(|(name, _)| *name == file).map_or(Some(contents), |(_, contents)| contents);
        if let Some(contents) = contents {
            fs::write(folder.join(file), contents).expect("a file");
        }
    }
    folder
}

fn figures(name: &str, other: Option<(&str, Option<&str>)>) -> Figures {
    Figures::read(&folder(name, other)).unwrap_or_else(|error| panic!("{error}"))
}

fn table(tables: &[Table], name: &str) -> String {
    tables.iter().find(|(found, _)| *found == name).map(|(_, table)| table.clone()).expect("the table")
}

#[test]
fn tables_have_the_figures_and_leave_out_what_was_not_measured() {
    let tables = tables::all(&figures("tables", None));
    for (name, expected) in [
        (
            "calls",
            "| case | socket | by hand | sendblue-contacts |\n|---|---|---|---|\n\
             | `retrieve` | 20.0 (0.40 ×) | 50.0 | 52.5 (1.05 ×) |\n| `create` | – | 1,235 | 0.500 (0.00 ×) |\n",
        ),
        (
            "counts",
            "| case | contender | instructions | allocations | bytes |\n|---|---|---|---|---|\n\
             | `retrieve` | by hand | 100,000 | 60 | 1,000 |\n\
             | `retrieve` | sendblue-contacts | 105,000 (1.05 ×) | 70 (+10) | 1,100 (1.10 ×) |\n\
             | `retrieve` | generated | 99,000 (0.99 ×) | 59 (-1) | 900 (0.90 ×) |\n\
             | `list-1000` | by hand | 1,000,000 | 12,000 | 1,000,000 |\n\
             | `list-1000` | sendblue-contacts | 1,020,001 (1.02 ×) | 12,001 (+1) | 1,100,000 (1.10 ×) |\n",
        ),
        (
            "peers",
            "| case | client | CPU, µs | CPU ratio | time, µs | time ratio |\n|---|---|---|---|---|---|\n\
             | `retrieve` | by hand | 40.0 | 0.95 | 50.0 | 0.80 |\n| `retrieve` | sendblue-contacts | 42.0 | 1.00 | 52.0 | 1.00 |\n\
             | `retrieve` | Python 1.2.3 | 400 | 7.00 | 500 | 9.50 |\n\
             | `list-100` | openapi-generator 7.1.0 | 400 | 1.00 | 500 | 1.10 |\n",
        ),
        (
            "concurrency",
            "| calls at once | contender | calls a second | median, µs | p99, µs | connections |\n|---|---|---|---|---|---|\n\
             | 1 | by hand | 15,000 | 60.0 | 90.0 | 1 |\n| 1 | socket | 30,000 | 30.0 | 40.0 | 1 |\n\
             | 8 | by hand | 30,000 | 250 | 400 | 8 |\n",
        ),
        (
            "pages",
            "| contacts | by hand |\n|---|---|\n| 10 | 90.0 (9.00 a contact) |\n| 1,000 | 3,300 (3.30 a contact) |\n",
        ),
        ("walk", "| contacts | by hand |\n|---|---|\n| 1,000,000 | 3.30 µs, 9,000 KiB |\n"),
        ("import", "| contacts |\n|---|\n"),
        (
            "build-cost",
            "| program | crates | seconds | program, KiB |\n|---|---|---|---|\n| default | 144 | 57 | 3,300 |\n",
        ),
    ] {
        assert_eq!(table(&tables, name), expected, "{name}");
    }
}

/// Each is judged by what was measured, not by the digits that are shown of it.
#[test]
fn goals_are_met_missed_or_not_measured() {
    let goals = table(&tables::all(&figures("goals", None)), "goals");
    for row in [
        "| `retrieve`: instructions, to by hand | ≤ 1.05 | 1.050 | met |",
        "| `retrieve`: time, to by hand | ≤ 1.05 | 1.250 | missed |",
        "| `list-1000`: instructions, to by hand | ≤ 1.02 | 1.020 | missed |",
        "| `list-1000`: time, to by hand | ≤ 1.02 |  | not measured |",
        "| `retrieve`: allocations more than by hand | ≤ 10 | 10.000 | met |",
        "| `list-1000`: bytes allocated, to by hand | ≤ 1.1 | 1.100 | met |",
        "| `retrieve`: CPU time of TypeScript, to this crate | ≥ 5 |  | not measured |",
        "| `retrieve`: CPU time of Python, to this crate | ≥ 7 | 6.999 | missed |",
        "| `list-100`: CPU time of openapi-generator, to this crate | ≥ 1 | 0.999 | missed |",
    ] {
        assert!(goals.lines().any(|line| line == row), "{row}\nis not in\n{goals}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_the_task_that_writes_it() {
    for (file, contents, problem, task) in [
        ("walk.csv", None, "is not there", "bench-scale"),
        ("calls.csv", None, "is not there", "bench"),
        ("peers.csv", Some("case,contender\nretrieve,by hand\n"), "missing field `version`", "bench-peers"),
        ("pages.csv", Some("contender,limit,us_per_page,us_per_contact\nby hand,ten,1,1\n"), "line: 2", "bench-scale"),
    ] {
        let folder = folder(&format!("unread-{file}"), Some((file, contents)));
        let Err(error) = Figures::read(&folder) else { panic!("{file} is read") };
        assert!(error.starts_with(&format!("docs/benchmarks/{file}: ")), "{error}");
        assert!(error.contains(problem), "{error}");
        assert!(error.ends_with(&format!("\n    remedy: run `cargo xtask {task}`, which writes it")), "{error}");
    }
}

#[test]
fn a_table_is_written_between_its_marks_and_nothing_else_is() {
    let document = "# B\n<!-- table a -->\nold\n<!-- /table -->\ntext\n<!-- table b -->\n<!-- /table -->\nend\n";
    let tables = [("b", "| 2 |\n".to_owned()), ("a", "| 1 |\n".to_owned())];
    let expected =
        "# B\n<!-- table a -->\n| 1 |\n<!-- /table -->\ntext\n<!-- table b -->\n| 2 |\n<!-- /table -->\nend\n";
    assert_eq!(tables::refreshed(document, &tables).as_deref(), Ok(expected));
    assert_eq!(tables::refreshed(expected, &tables).as_deref(), Ok(expected));
    let error = tables::refreshed(document, &[("c", String::new())]).expect_err("no place");
    assert!(error.starts_with("BENCHMARKS.md: no place for the table `c`\n    remedy: "), "{error}");
    assert!(error.ends_with("<!-- table c -->\n<!-- /table -->\n"), "{error}");
}

#[test]
fn plots_show_who_was_measured_and_are_the_same_each_time() {
    let figures = figures("plots", None);
    let plots = plots::all(&figures).expect("plots");
    assert_eq!(plots, plots::all(&figures).expect("plots"));
    for (name, shown, not_shown) in [
        ("calls", &["socket", "1.05", "0.40", "retrieve"][..], "generated"),
        ("peers", &["Python", "7.00", "openapi-generator", "list-100"], "TypeScript"),
        ("concurrency", &["by hand", "10000"], "sendblue-contacts"),
        ("pages", &["by hand", "100"], "not measured"),
        ("walk", &["by hand", "Peak memory"], "not measured"),
        ("import", &["not measured"], "by hand"),
    ] {
        let (_, plot) = plots.iter().find(|(found, _)| *found == name).expect("the plot");
        let has = |text: &str| plot.contains(text);
        assert!(plot.starts_with("<svg ") && plot.ends_with("</svg>\n"), "{name}");
        assert!(shown.iter().all(|text| has(text)), "{name}:\n{plot}");
        assert!(!has(not_shown), "{name}:\n{plot}");
    }
}
