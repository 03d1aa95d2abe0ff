//! What the tasks have in common: options, files, failures.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// Why a task came to nothing.
pub enum Failure {
    /// The command line was not understood.
    Usage(String),
    /// It was, but the task failed.
    Task(String),
}

/// What a program ends with; says why, if a task has failed.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    let (message, code) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (format!("{message}\n\n`cargo xtask --help` tells more."), 2),
        Err(Failure::Task(message)) => (message, 1),
    };
    eprintln!("{message}");
    ExitCode::from(code)
}

/// The value of an option that cannot do without.
pub fn value<'a>(option: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<&'a str, Failure> {
    rest.next().map(String::as_str).ok_or_else(|| Failure::Usage(format!("`{option}` needs a value.")))
}

/// An option that a task does not have.
pub fn unknown(task: &str, option: &str, known: &str) -> Failure {
    Failure::Usage(format!("`{task}` has no option `{option}`. Its options: {known}."))
}

/// The directory of the repository.
pub fn repository() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The cargo that runs this, in the directory of the repository.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository());
    command
}

/// Runs an example of the library in place of this program, since nothing here depends on the library.
pub fn example(name: &str, options: &[&str], arguments: &[String]) -> Result<(), Failure> {
    let mut command = cargo();
    // From the directory that it is called in, where the paths among the arguments begin.
    command.current_dir(".").args(["run", "--manifest-path"]).arg(repository().join("Cargo.toml"));
    become_(command.args(options).args(["--example", name, "--"]).args(arguments))
}

/// Where a process can become another one, whoever stops this one stops that one.
#[cfg(unix)]
pub fn become_(command: &mut Command) -> Result<(), Failure> {
    Err(not_run("cargo", &std::os::unix::process::CommandExt::exec(command)))
}

#[cfg(not(unix))]
pub fn become_(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_run("cargo", &error))?;
    if status.success() { Ok(()) } else { Err(Failure::Task(format!("it ended with {status}"))) }
}

pub fn not_run(program: &str, error: &io::Error) -> Failure {
    Failure::Task(format!("{program} could not be run: {error}"))
}

/// How much memory a running process has taken at the most, in KiB. What `wait4` tells is no less than what this program took
/// when it started that one, which may be more.
pub fn peak(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok())
}

pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failure(path, &error))
}

/// Writes a file, unless it is as it should be: its time tells cargo whether to build again.
pub fn update(root: &Path, path: &str, contents: &str) -> Result<(), Failure> {
    let file = root.join(path);
    if fs::read_to_string(&file).is_ok_and(|found| found == contents) {
        println!("{path} is up to date");
        return Ok(());
    }
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).map_err(|error| failure(directory, &error))?;
    }
    fs::write(&file, contents).map_err(|error| failure(&file, &error))?;
    println!("{path} is written");
    Ok(())
}

pub fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Task(format!("{}: {error}", path.display()))
}
