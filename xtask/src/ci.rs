//! `cargo xtask ci`: every check that a commit must pass.

use std::{
    env,
    fmt::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    command::{Failure, repository},
    diff::release,
};

/// The folder where the checks install their tools.
const TOOLS: &str = "target/tools";

const CARGO_HACK: &str = "0.6.46";

/// The oldest Rust that compiles the library.
const MSRV: &str = env!("CARGO_PKG_RUST_VERSION");

#[derive(clap::Args)]
pub struct Options {
    /// Prints the commands instead of running them.
    #[arg(long)]
    list: bool,
}

/// One check.
pub struct Step {
    command: String,
    environment: Option<(&'static str, &'static str)>,
    /// A tool or library that some machines lack, and the command that succeeds if the machine has it.
    requirement: Option<(&'static str, &'static str)>,
    /// The command that repairs a failure.
    remedy: Option<&'static str>,
}

pub fn step(command: impl Into<String>) -> Step {
    Step { command: command.into(), environment: None, requirement: None, remedy: None }
}

impl Step {
    pub fn with(self, name: &'static str, value: &'static str) -> Self {
        Self { environment: Some((name, value)), ..self }
    }

    pub fn requires(self, name: &'static str, probe: &'static str) -> Self {
        Self { requirement: Some((name, probe)), ..self }
    }

    fn remedy(self, command: &'static str) -> Self {
        Self { remedy: Some(command), ..self }
    }
}

/// Returns the checks, the cheap ones first.
fn steps() -> Vec<Step> {
    let clippy = |arguments: &str| {
        step(format!("cargo clippy {arguments} -- --deny warnings"))
            .remedy("cargo clippy --fix --workspace --all-targets")
    };
    let doc = |arguments: &str| {
        step(format!("cargo doc --no-deps --package sendblue-contacts {arguments}")).with("RUSTDOCFLAGS", "-D warnings")
    };
    let package = release::version(include_str!("../../Cargo.toml"))
        .map_or_else(String::new, |version| format!("target/package/sendblue-contacts-{version}"));
    // Each pair of features. `codegen` does not change the code: a test compares the generated client with the snapshot.
    let features = "--feature-powerset --depth 2 --exclude-features default,codegen,native-tls";
    vec![
        step("cargo fmt --all --check").remedy("cargo fmt --all"),
        step("cargo deny check licenses bans sources").requires("cargo-deny", "cargo deny --version"),
        step("cargo xtask generate --check").remedy("cargo xtask generate"),
        step("cargo xtask lint"),
        clippy(
            "--workspace --all-targets --features xtask/lint,sendblue-contacts/gzip,sendblue-contacts/region,examples/csv",
        ),
        clippy("--package sendblue-contacts --no-default-features --all-targets"),
        clippy("--package sendblue-contacts --all-features --lib").requires("OpenSSL", "pkg-config --exists openssl"),
        doc("--features region,sandbox,schemars"),
        doc("--no-default-features"),
        step("cargo test --package xtask --test public_api -- --ignored").remedy(
            "UPDATE=1 cargo test --package xtask --test public_api -- --ignored, then review docs/public-api.txt",
        ),
        step("cargo run --quiet --example quickstart"),
        // Also runs the doctests and the examples.
        step("cargo test --workspace"),
        step("cargo test --package sendblue-contacts --features region --lib -- phone::"),
        // In test mode, criterion runs each benchmark once.
        step("cargo test --package benches --bench calls"),
        // Without `codegen`, cargo compiles the snapshot. The skipped tests are slow, and do not depend on `codegen`.
        step(
            "cargo test --package sendblue-contacts --no-default-features --features gzip --lib --test it \
             -- --skip examples:: --skip faults:: --skip jobs:: --skip streams::",
        ),
        // Builds the published package without the rest of the workspace.
        step("cargo package --package sendblue-contacts --allow-dirty --no-default-features"),
        step("cargo package --package sendblue-contacts --allow-dirty"),
        step(format!("cargo install --quiet --locked cargo-hack --version {CARGO_HACK} --root {TOOLS}")),
        // In the workspace, cargo-hack would select the default members instead of the library.
        step(format!("cargo hack clippy --manifest-path {package}/Cargo.toml --lib {features} -- --deny warnings"))
            .with("CARGO_TARGET_DIR", "target"),
        step(format!("rustup run {MSRV} cargo check --workspace --all-targets")).requires(
            "the oldest supported Rust",
            concat!("rustup run ", env!("CARGO_PKG_RUST_VERSION"), " cargo --version"),
        ),
    ]
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let steps = steps();
    if options.list {
        steps.iter().for_each(|step| println!("{}", step.command));
        return Ok(());
    }
    let start = Instant::now();
    let outcomes = outcomes(&steps);
    println!("\n{}\n{} s in all", table(&steps, &outcomes), start.elapsed().as_secs());
    let failed = steps.iter().zip(&outcomes).find(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    failed.map_or(Ok(()), |(step, _)| {
        let remedy = step.remedy.map_or_else(String::new, |command| format!("\n    remedy: `{command}`"));
        Err(Failure(format!("`{}` failed{remedy}", step.command)))
    })
}

#[derive(Debug)]
pub enum Outcome {
    Passed(Duration),
    Failed(Duration),
    /// The machine lacks the requirement.
    Skipped(&'static str),
    /// An earlier step failed.
    NotRun,
}

/// Runs the steps in their order, up to the first that fails.
pub fn outcomes(steps: &[Step]) -> Vec<Outcome> {
    let mut has_failed = false;
    let outcome = |step: &Step| {
        if has_failed {
            return Outcome::NotRun;
        }
        let is_missing = |(_, probe): &(_, &str)| !succeeds(command(probe).stdout(Stdio::null()).stderr(Stdio::null()));
        if let Some((name, _)) = step.requirement.filter(is_missing) {
            println!("\n== skipped, without {name}: {}", step.command);
            return Outcome::Skipped(name);
        }
        println!("\n== {}", step.command);
        let start = Instant::now();
        has_failed = !succeeds(command(&step.command).envs(step.environment));
        if has_failed { Outcome::Failed(start.elapsed()) } else { Outcome::Passed(start.elapsed()) }
    };
    steps.iter().map(outcome).collect()
}

pub fn table(steps: &[Step], outcomes: &[Outcome]) -> String {
    let mut table = String::new();
    for (step, outcome) in steps.iter().zip(outcomes) {
        let (word, time, reason) = match outcome {
            Outcome::Passed(time) => ("passed", Some(time), String::new()),
            Outcome::Failed(time) => ("FAILED", Some(time), String::new()),
            Outcome::Skipped(name) => ("skipped", None, format!(" (without {name})")),
            Outcome::NotRun => ("not run", None, String::new()),
        };
        let time = time.map_or_else(String::new, |time| format!("{} s", time.as_secs()));
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{word:<7} {time:>6}  {}{reason}", step.command);
    }
    table
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// Splits a command line at its spaces. Its `cargo` is that of the PATH: with rustup, it takes a toolchain.
fn command(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(repository());
    // cargo finds a subcommand, such as `hack`, on the PATH.
    let path = env::var_os("PATH").unwrap_or_default();
    let tools = repository().join(TOOLS).join("bin");
    if let Ok(path) = env::join_paths(env::split_paths(&path).chain([tools])) {
        command.env("PATH", path);
    }
    command
}
