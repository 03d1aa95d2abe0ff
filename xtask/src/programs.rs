//! Runs the programs that use the library as separate processes, so that no task links the library.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::command::{Failure, cargo, not_run, replace_process, repository};

/// The arguments of a program, which parses them itself.
#[derive(clap::Args)]
pub struct Arguments {
    /// Options of the program; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs a sandbox. The build omits TLS and the code generator, because a sandbox needs neither.
pub fn sandbox(arguments: &Arguments) -> Result<(), Failure> {
    run(&["--package", "examples", "--no-default-features", "--example", "sandbox"], arguments)
}

/// Runs the conformance suite. The build includes TLS only for `--live`.
pub fn conformance(arguments: &Arguments) -> Result<(), Failure> {
    let is_live = arguments.arguments.iter().any(|argument| argument == "--live");
    let tls: &[&str] = if is_live { &["--features", "rustls"] } else { &[] };
    run(&[&["--package", "conformance"], tls].concat(), arguments)
}

/// Runs a program in the caller's directory, so that relative paths in its arguments stay valid.
fn run(program: &[&str], Arguments { arguments }: &Arguments) -> Result<(), Failure> {
    let mut command = cargo();
    command.current_dir(".").args(["run", "--quiet", "--manifest-path"]).arg(repository().join("Cargo.toml"));
    replace_process(command.args(program).arg("--").args(arguments))
}

/// A sandbox in another process, which ends when this value is dropped.
pub struct SandboxProcess {
    process: Child,
    pub url: String,
    key_id: String,
    secret_key: String,
}

impl SandboxProcess {
    /// Starts the built example `sandbox` with this number of contacts.
    pub fn start(command: &mut Command, contacts: u64) -> Result<Self, Failure> {
        command.args(["--port", "0", "--contacts", &contacts.to_string()]).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| not_run("the sandbox", &error))?;
        let lines = process.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines());
        // The last word of `listening on URL`, of `sb-api-key-id: KEY` and of `sb-api-secret-key: KEY`.
        let mut words = lines.map_while(|line| line.ok()?.rsplit(' ').next().map(String::from));
        let mut next = || words.next().unwrap_or_default();
        let sandbox = Self { process, url: next(), key_id: next(), secret_key: next() };
        if sandbox.secret_key.is_empty() { Err(Failure("the sandbox did not start".into())) } else { Ok(sandbox) }
    }

    /// Sets the sandbox's URL and credentials in the environment of a command.
    pub fn set_environment(&self, command: &mut Command) {
        command.env_remove("SENDBLUE_API_BEARER_TOKEN").env("SENDBLUE_API_BASE_URL", &self.url);
        command.env("SENDBLUE_API_API_KEY", &self.key_id).env("SENDBLUE_API_API_SECRET", &self.secret_key);
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
