//! Helpers of all tasks: commands, files and errors.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// The message of a failed task.
#[derive(Debug)]
pub struct Failure(pub String);

/// Prints a failure, and returns the exit code of the program.
pub fn exit_code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(message)) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the root of the repository around the current directory.
///
/// Outside a repository, returns the current directory. The task then reports the path of a missing file.
pub fn repository() -> PathBuf {
    let current = env::current_dir().unwrap_or_default();
    let is_root = |folder: &&Path| folder.join("xtask/Cargo.toml").exists();
    current.ancestors().find(is_root).unwrap_or(&current).to_owned()
}

/// Returns a command for the cargo that runs this program. Its directory is the root of the repository.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository());
    command
}

/// Runs a command, and waits for it.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure(format!("{program} ended with {status}"))),
        Err(error) => Err(not_run(&program, &error)),
    }
}

/// Builds optimized programs, and returns their directory.
pub fn build(arguments: &[&str]) -> Result<PathBuf, Failure> {
    run(cargo().args(["build", "--quiet", "--release"]).args(arguments))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    Ok(target.join("release"))
}

/// Replaces this process with the command, so that a signal to this process reaches the command.
#[cfg(unix)]
pub fn replace_process(command: &mut Command) -> Result<(), Failure> {
    Err(not_run("cargo", &std::os::unix::process::CommandExt::exec(command)))
}

/// Runs the command, and waits for it, because only Unix can replace a process.
#[cfg(not(unix))]
pub fn replace_process(command: &mut Command) -> Result<(), Failure> {
    run(command)
}

/// Returns the failure of a program that did not start.
pub fn not_run(program: &str, error: &io::Error) -> Failure {
    Failure(format!("cannot run {program}: {error}"))
}

/// Returns the failure to read or write a file.
pub fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failure(path, &error))
}

/// Writes a file if its contents differ. A newer file would make cargo rebuild the crates that depend on it.
pub fn update(root: &Path, path: &str, contents: &str) -> Result<(), Failure> {
    let file = root.join(path);
    if fs::read_to_string(&file).is_ok_and(|found| found == contents) {
        println!("{path} is up to date");
        return Ok(());
    }
    fs::write(&file, contents).map_err(|error| failure(&file, &error))?;
    println!("{path} is written");
    Ok(())
}
