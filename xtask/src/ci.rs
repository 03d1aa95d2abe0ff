//! `cargo xtask ci`: all checks, as for a commit that is to be kept.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::command::{Failure, repository, unknown};

pub const HELP: &str = "
  ci [--list]
      Runs all checks, as for a commit that is to be kept: the cheap ones first, until one fails. At the end comes a table of
      what has passed, in which time. What needs a tool or a library that is not here is skipped, and said to be.

      --list  Print the commands instead, in their order.
";

/// The Rust that the crate promises to build with.
const MSRV: &str = env!("CARGO_PKG_RUST_VERSION");

/// A check: a command line.
struct Step {
    command: String,
    environment: Option<(&'static str, &'static str)>,
    needs: Option<Need>,
    /// What mends a failure, if a command does.
    remedy: Option<&'static str>,
}

/// What not every machine has.
struct Need {
    /// It is there if this succeeds.
    probe: String,
    what: &'static str,
}

fn step(command: impl Into<String>) -> Step {
    Step { command: command.into(), environment: None, needs: None, remedy: None }
}

impl Step {
    fn with(self, name: &'static str, value: &'static str) -> Self {
        Self { environment: Some((name, value)), ..self }
    }

    fn needs(self, probe: impl Into<String>, what: &'static str) -> Self {
        Self { needs: Some(Need { probe: probe.into(), what }), ..self }
    }

    fn mended_by(self, command: &'static str) -> Self {
        Self { remedy: Some(command), ..self }
    }
}

/// All of them, the cheap ones first.
fn steps() -> Vec<Step> {
    let openssl = |step: Step| step.needs("pkg-config --exists openssl", "OpenSSL with its headers");
    let clippy = |arguments: &str| {
        step(format!("cargo clippy {arguments} -- --deny warnings"))
            .mended_by("cargo clippy --fix --workspace --all-targets")
    };
    let doc = |arguments: &str| step(format!("cargo doc --no-deps {arguments}")).with("RUSTDOCFLAGS", "-D warnings");
    vec![
        step("cargo fmt --all --check").mended_by("cargo fmt --all"),
        step("cargo deny check licenses bans sources").needs("cargo deny --version", "cargo-deny"),
        step("cargo xtask generate --check").mended_by("cargo xtask generate"),
        step("cargo xtask lint"),
        step("cargo xtask bench-report --check").mended_by("cargo xtask bench-report"),
        clippy("--workspace --all-targets --features xtask/lint,xtask/record,xtask/report"),
        clippy("--no-default-features --all-targets"),
        clippy("--all-targets --features rustls,rustls-no-provider,gzip,sandbox,schemars"),
        clippy("--lib --no-default-features --features rustls-no-provider"),
        openssl(clippy("--lib --no-default-features --features native-tls")),
        openssl(clippy("--all-targets --all-features")),
        doc("--features sandbox,schemars"),
        doc("--no-default-features"),
        // The two commands of the README and of CONTRIBUTING. The tests include the doctests and the examples.
        step("cargo run --quiet --example quickstart"),
        step("cargo test --workspace"),
        // Each call of each contender, once.
        step("cargo test --package benches --bench calls"),
        // The snapshot of the generated client, which is what is compiled without the feature `codegen`. What is built on top of
        // it, and takes minutes, is the same in both.
        step(
            "cargo test --no-default-features --lib --test it -- --skip examples:: --skip faults:: --skip jobs:: --skip streams::",
        ),
        step("cargo test --features gzip --test it gzip"),
        step("cargo xtask features"),
        // What would be published, built from nothing but itself.
        step("cargo package --package sendblue-contacts"),
        step("cargo package --package sendblue-contacts --no-default-features"),
        step(format!("rustup run {MSRV} cargo check --workspace --all-targets"))
            .needs(format!("rustup run {MSRV} cargo --version"), "the oldest toolchain that is promised"),
    ]
}

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let steps = steps();
    match arguments {
        [] => {}
        [list] if list == "--list" => {
            steps.iter().for_each(|step| println!("{}", step.command));
            return Ok(());
        }
        [other, ..] => return Err(unknown("ci", other, "--list")),
    }
    let start = Instant::now();
    let outcomes = outcomes(&steps);
    println!("\n{}\n{} s in all", table(&steps, &outcomes), start.elapsed().as_secs());
    let failed = steps.iter().zip(&outcomes).find(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    failed.map_or(Ok(()), |(step, _)| {
        let remedy = step.remedy.map_or_else(String::new, |command| format!("\n    remedy: `{command}`"));
        Err(Failure::Task(format!("`{}` has failed.{remedy}", step.command)))
    })
}

#[derive(Debug)]
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    /// What it needs is not here.
    Skipped(&'static str),
    /// An earlier one has failed.
    NotRun,
}

/// What becomes of the steps, in their order, up to the first that fails.
fn outcomes(steps: &[Step]) -> Vec<Outcome> {
    let mut has_failed = false;
    let outcome = |step: &Step| {
        if has_failed {
            return Outcome::NotRun;
        }
        if let Some(need) = step
            .needs
            .as_ref()
            .filter(|need| !succeeds(command(&need.probe).stdout(Stdio::null()).stderr(Stdio::null())))
        {
            println!("\n== skipped: {}, since {} is not here", step.command, need.what);
            return Outcome::Skipped(need.what);
        }
        println!("\n== {}", step.command);
        let start = Instant::now();
        let passed = succeeds(command(&step.command).envs(step.environment));
        has_failed = !passed;
        if passed { Outcome::Passed(start.elapsed()) } else { Outcome::Failed(start.elapsed()) }
    };
    steps.iter().map(outcome).collect()
}

fn table(steps: &[Step], outcomes: &[Outcome]) -> String {
    let mut table = String::new();
    for (step, outcome) in steps.iter().zip(outcomes) {
        let (word, time, why) = match outcome {
            Outcome::Passed(time) => ("passed", Some(time), String::new()),
            Outcome::Failed(time) => ("FAILED", Some(time), String::new()),
            Outcome::Skipped(what) => ("skipped", None, format!(" ({what} is not here)")),
            Outcome::NotRun => ("not run", None, String::new()),
        };
        let time = time.map_or_else(String::new, |time| format!("{} s", time.as_secs()));
        // A string takes whatever is written to it.
        let _ = writeln!(table, "{word:<7} {time:>6}  {}{why}", step.command);
    }
    table
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// A command line of words, none of which has a space in it; `cargo` is the one that is in the path, which knows toolchains.
fn command(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(repository());
    command
}

#[cfg(test)]
mod tests {
    use super::{Outcome, outcomes, step, steps, table};

    #[test]
    fn the_first_failure_is_the_last_step() {
        let steps = [
            step("cargo --version"),
            step("cargo --version").needs("no-such-program --version", "a program"),
            step("cargo --version").needs("cargo no-such-command", "a command"),
            step("cargo --version").needs("cargo --version", "cargo"),
            step("cargo no-such-command"),
            step("cargo --version"),
        ];
        let outcomes = outcomes(&steps);
        let [
            Outcome::Passed(_),
            Outcome::Skipped("a program"),
            Outcome::Skipped("a command"),
            Outcome::Passed(_),
            Outcome::Failed(_),
            Outcome::NotRun,
        ] = outcomes[..]
        else {
            panic!("{outcomes:?}");
        };
        let expected = "\
passed     0 s  cargo --version
skipped         cargo --version (a program is not here)
skipped         cargo --version (a command is not here)
passed     0 s  cargo --version
FAILED     0 s  cargo no-such-command
not run         cargo --version
";
        let time = |line: &str| line.replace(char::is_numeric, "0");
        assert_eq!(time(&table(&steps, &outcomes)), expected);
    }

    /// What a step sets in the environment arrives, or documentation would be built without `-D warnings`.
    #[test]
    fn environment_is_handed_on() {
        let coloured = |colour| step("cargo locate-project").with("CARGO_TERM_COLOR", colour);
        let outcomes = outcomes(&[coloured("never"), coloured("no-such-colour")]);
        assert!(matches!(outcomes[..], [Outcome::Passed(_), Outcome::Failed(_)]), "{outcomes:?}");
    }

    #[test]
    fn every_feature_is_built_by_some_step() {
        let manifest = include_str!("../../Cargo.toml");
        let features = manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("features");
        let steps = steps();
        for feature in features.lines().filter(|line| line.starts_with(char::is_alphabetic)) {
            let name = feature.split(' ').next().expect("a name");
            // The default ones are built wherever they are not left out.
            let is_named = |line: &str| line.split([' ', ',']).any(|word| word == name);
            let is_built = matches!(name, "default" | "codegen") || steps.iter().any(|step| is_named(&step.command));
            assert!(is_built, "no step builds the feature {name}");
        }
    }
}
