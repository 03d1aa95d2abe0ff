//! The files that a recording becomes.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

use serde_json::{Value, json};
use similar::TextDiff;

use super::{
    command::{Failure, failure, read},
    exchange::{Exchange, sorted},
};

/// A file for each scenario of the report, one for what was asked before them and one for what was asked after them.
pub fn of(
    report: &Value,
    of: &str,
    verify: Option<&str>,
    exchanges: &[Exchange],
) -> Result<BTreeMap<String, Value>, String> {
    let mut rest = exchanges.iter();
    let mut next = |requests: &Value| {
        let requests = requests.as_u64().unwrap_or_default() as usize;
        rest.by_ref().take(requests).map(Exchange::to_json).collect::<Vec<_>>()
    };
    let mut files = BTreeMap::new();
    files.insert("before.json".to_owned(), json!({ "exchanges": next(&report["requests_before"]) }));
    for row in report["scenarios"].as_array().into_iter().flatten() {
        let name = row["scenario"].as_str().ok_or("a scenario without a name")?;
        let exchanges = next(&row["requests"]);
        let file = json!({ "scenario": name, "seen": row["seen"], "verdict": row["verdict"], "exchanges": exchanges });
        files.insert(format!("{name}.json"), sorted(&file));
    }
    files.insert("after.json".to_owned(), json!({ "exchanges": next(&json!(u64::from(u32::MAX))) }));
    files.insert("recording.json".to_owned(), sorted(&json!({ "of": of, "verify": verify })));
    let recorded: usize = files.values().filter_map(|file| Some(file["exchanges"].as_array()?.len())).sum();
    let counted = report["requests"].as_u64().unwrap_or_default() as usize;
    if recorded != counted {
        return Err(format!(
            "{counted} requests were sent, and {recorded} recorded: is something else using the proxy?"
        ));
    }
    Ok(files)
}

fn text(file: &Value) -> String {
    format!("{file:#}\n")
}

/// Writes the files, and removes those that the directory has besides.
pub fn write(directory: &Path, files: &BTreeMap<String, Value>) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(|error| failure(directory, &error))?;
    for name in present(directory)?.into_iter().filter(|name| !files.contains_key(name)) {
        let path = directory.join(name);
        fs::remove_file(&path).map_err(|error| failure(&path, &error))?;
    }
    for (name, file) in files {
        let path = directory.join(name);
        fs::write(&path, text(file)).map_err(|error| failure(&path, &error))?;
    }
    println!("{} files in {}", files.len(), directory.display());
    Ok(())
}

/// Fails, with the difference, if the directory has other files than these.
pub fn check(directory: &Path, files: &BTreeMap<String, Value>) -> Result<(), Failure> {
    let mut difference = String::new();
    let present = present(directory)?;
    let names: std::collections::BTreeSet<_> = present.iter().chain(files.keys()).collect();
    for name in names {
        let found = if present.contains(name) { read(&directory.join(name))? } else { String::new() };
        let recorded = files.get(name).map_or_else(String::new, text);
        if found != recorded {
            let diff = TextDiff::from_lines(found.as_str(), recorded.as_str());
            difference += &diff.unified_diff().header(name, "as recorded now").to_string();
        }
    }
    if difference.is_empty() {
        println!("{} files in {} are as recorded now", files.len(), directory.display());
        return Ok(());
    }
    Err(Failure::Task(format!("{difference}\n    remedy: if it is meant, `cargo xtask record`, and commit the files")))
}

/// The fixtures that are there; none if the directory is not.
fn present(directory: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failure(directory, &error))?,
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.ends_with(".json")).collect())
}
