//! `cargo xtask diff`: shows how an edit of openapi.yaml affects callers and the next version.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::{Failure, not_run, read, repository},
    problems::{self, DOCUMENT},
};

pub mod changes;
pub mod release;
pub mod surface;

use changes::{Change, Effect};
use surface::Described;

#[derive(clap::Args)]
pub struct Options {
    /// The git revision to compare with [default: the last tag; without tags, HEAD].
    #[arg(value_name = "REV")]
    revision: Option<String>,

    /// Works on this directory of a git repository instead of the repository's root.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let root = options.root.clone().unwrap_or_else(repository);
    let last_tag = || Some(git(&root, &["describe", "--tags", "--abbrev=0"]).ok()?.trim().to_owned());
    let revision = options.revision.clone().or_else(last_tag).unwrap_or_else(|| "HEAD".to_owned());
    let show = |path: &str| git(&root, &["show", &format!("{revision}:./{path}")]);

    let old = described(&format!("{revision}:{DOCUMENT}"), &show(DOCUMENT)?)?;
    let new = described(DOCUMENT, &read(&root.join(DOCUMENT))?)?;
    let version = show("Cargo.toml").ok().and_then(|manifest| release::version(&manifest));
    print!("{DOCUMENT} against {revision}\n\n{}", report(&changes::between(&old, &new), version.as_ref()));
    Ok(())
}

fn described(name: &str, text: &str) -> Result<Described, Failure> {
    Described::of(text).map_err(|error| problems::failure(name, text, error.problems()))
}

/// Returns the output of git.
fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.map_err(|error| not_run("git", &error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(Failure(text(&output.stderr).trim().into())) }
}

fn report(changes: &[Change], version: Option<&semver::Version>) -> String {
    let Some(effect) = changes.iter().map(|change| change.effect).max() else {
        return "Nothing has changed.\n".to_owned();
    };
    let mut text = String::new();
    for (effect, heading) in [
        (Effect::Breaking, "Breaks callers:"),
        (Effect::Addition, "New to callers, who compile as before:"),
        (Effect::Neutral, "Not to be seen in Rust:"),
    ] {
        let lines = changes.iter().filter(|change| change.effect == effect);
        let lines: String =
            lines.map(|change| format!("  {}: {}\n{}", change.subject, change.what, in_rust(change))).collect();
        if !lines.is_empty() {
            text += &format!("{heading}\n{lines}\n");
        }
    }
    text + &release::advice(effect, version) + &release::changelog(changes)
}

/// Formats the Rust code before and after a change, as lines that start with `-` and `+`.
fn in_rust(change: &Change) -> String {
    let sides = [('-', &change.rust.0), ('+', &change.rust.1)].into_iter();
    sides.filter_map(|(mark, side)| Some(format!("    {mark} {}\n", side.as_ref()?))).collect()
}
