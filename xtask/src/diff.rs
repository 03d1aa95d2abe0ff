//! `cargo xtask diff`: what an edit of the document means for callers, and for the next version.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    codegen,
    command::{Failure, not_run, read, repository, unknown, value},
    report::{self, DOCUMENT},
};

mod changes;
mod release;
mod surface;

use changes::{Change, Effect};

pub const HELP: &str = "
  diff [REV] [--root DIR]
      Compares openapi.yaml with what it was at REV, by default at the last tag, or at HEAD if there is none: what of the
      API was added, removed and changed, in Rust's terms too; whether it breaks callers of this crate; which version comes
      next by the rules of cargo; and a draft for CHANGELOG.md. It looks at the code that is generated: types that the
      wrapper keeps to itself, such as `StatusResponse`, count as if callers saw them.

      --root DIR  Work on another directory than this repository; it has to be in a git repository, too.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut root = repository();
    let mut revision = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--root" => root = PathBuf::from(value(argument, &mut arguments)?),
            other if other.starts_with('-') || revision.is_some() => {
                return Err(unknown("diff", other, "REV, --root DIR"));
            }
            other => revision = Some(other.to_owned()),
        }
    }
    let revision = revision
        .or_else(|| Some(git(&root, ["describe", "--tags", "--abbrev=0"]).ok()?.trim().to_owned()))
        .unwrap_or_else(|| "HEAD".to_owned());
    let show = |path: &str| git(&root, ["show", &format!("{revision}:./{path}")]);

    let (name, text) = (format!("{revision}:{DOCUMENT}"), show(DOCUMENT)?);
    let old = surface::Described::of(&text).map_err(|error| problems(&name, &text, &error))?;
    let text = read(&root.join(DOCUMENT))?;
    let new = surface::Described::of(&text).map_err(|error| problems(DOCUMENT, &text, &error))?;
    let version = show("Cargo.toml").ok().and_then(|manifest| release::version(&manifest));
    print!("{DOCUMENT} against {revision}\n\n{}", told(&changes::between(&old, &new), version.as_ref()));
    Ok(())
}

fn problems(name: &str, text: &str, error: &codegen::Error) -> Failure {
    report::failure(name, text, error.problems())
}

/// What git prints.
fn git<A: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = A>) -> Result<String, Failure> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.map_err(|error| not_run("git", &error))?;
    if !output.status.success() {
        return Err(Failure::Task(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| Failure::Task(format!("git: {error}")))
}

/// The two sides of a change in Rust's terms, a line each.
fn in_rust(change: &Change) -> String {
    let sides = [('-', &change.rust.0), ('+', &change.rust.1)].into_iter();
    sides.filter_map(|(mark, side)| Some(format!("    {mark} {}\n", side.as_ref()?))).collect()
}

fn told(changes: &[Change], version: Option<&semver::Version>) -> String {
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
    let Some(effect) = changes.iter().map(|change| change.effect).max() else {
        return "Nothing has changed.\n".to_owned();
    };
    text + &release::advice(effect, version) + &release::changelog(changes)
}
