//! What the tasks of the benchmarks have in common: the programs of `benches/`, and the files with the figures.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::command::{Failure, cargo, failure, not_run, peak, repository};

pub mod calls;
pub mod counts;
pub mod peers;
pub mod report;
pub mod scale;

/// Names of contenders, as the programs know them.
pub const OURS: &str = "sendblue-contacts";
pub const BY_HAND: &str = "by hand";
pub const GENERATED: &str = "generated";
pub const SOCKET: &str = "socket";

/// With these variables, a program keeps the memory that it has freed, where its C library is glibc. By default much of what a
/// page of 1000 contacts has taken is given back, and got again for the next one, or nothing of it: that depends on what
/// else has been allocated, in which order.
pub const KEEPING_MEMORY: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "268435456"), ("MALLOC_MMAP_THRESHOLD_", "268435456")];

/// Where the figures are.
pub fn figures() -> PathBuf {
    repository().join("docs/benchmarks")
}

/// Builds the programs, optimized; the folder that they are in.
pub fn build() -> Result<PathBuf, Failure> {
    let status = cargo().args(["build", "--quiet", "--release", "--package", "benches", "--bins"]).status();
    if !status.map_err(|error| not_run("cargo", &error))?.success() {
        return Err(Failure::Task("the programs of `benches` could not be built.".into()));
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    Ok(target.join("release"))
}

/// A program that answers each line with a line; it ends with this handle.
pub struct Program {
    name: String,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it.
    pub fn start(name: &str, command: &mut Command) -> Result<Self, Failure> {
        let failed = |error| Failure::Task(format!("{name}: {error}"));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let output = process.stdout.take().ok_or_else(|| Failure::Task(format!("{name} has no output.")))?;
        Ok(Self { name: name.into(), input: process.stdin.take(), output: BufReader::new(output), process })
    }

    /// Its next line.
    pub fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line.trim_end().to_owned()),
            Ok(_) => Err(Failure::Task(format!("{} has ended too early.", self.name))),
            Err(error) => Err(Failure::Task(format!("{}: {error}", self.name))),
        }
    }

    /// Its answer to a line.
    pub fn ask(&mut self, line: &str) -> Result<String, Failure> {
        let input = self.input.as_mut().ok_or_else(|| Failure::Task(format!("{} takes no input.", self.name)))?;
        writeln!(input, "{line}").map_err(|error| Failure::Task(format!("{}: {error}", self.name)))?;
        self.line()
    }

    /// Has a client do a case so many times.
    pub fn run(&mut self, case: &str, times: u32) -> Result<Measured, Failure> {
        let answer = self.ask(&format!("{case} {times}"))?;
        let name = &self.name;
        Measured::parse(&answer).ok_or_else(|| Failure::Task(format!("{name} answers `{case}` by `{answer}`.")))
    }

    /// Its answer to a line, which is so many numbers.
    pub fn numbers<const N: usize>(&mut self, line: &str) -> Result<[f64; N], Failure> {
        let answer = self.ask(line)?;
        let numbers: Option<Vec<_>> = answer.split(' ').map(|number| number.parse().ok()).collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
        numbers.ok_or_else(|| Failure::Task(format!("{} answers `{line}` by `{answer}`.", self.name)))
    }

    /// How much memory it has taken at the most, in KiB.
    pub fn peak(&self) -> Result<u32, Failure> {
        let none = || Failure::Task(format!("the memory of {} cannot be read; this needs Linux's /proc.", self.name));
        peak(self.process.id()).ok_or_else(none)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What reads lines ends with its input; the others would not.
        drop(self.input.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server with so many contacts, and its address.
pub fn serve(programs: &Path, contacts: usize) -> Result<(Program, String), Failure> {
    let mut server =
        Program::start("bench-server", Command::new(programs.join("bench-server")).arg(contacts.to_string()))?;
    let url = server.line()?;
    Ok((server, url))
}

/// What a client says that its work took, in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub wall_ns: u64,
    pub cpu_ns: u64,
    /// Those of other languages do not count them.
    pub allocated: Option<Allocated>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    pub allocations: u64,
    pub bytes: u64,
}

impl Measured {
    fn parse(answer: &str) -> Option<Self> {
        let numbers: Vec<u64> = answer.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let (wall_ns, cpu_ns, allocated) = match numbers[..] {
            [wall_ns, cpu_ns] => (wall_ns, cpu_ns, None),
            [wall_ns, cpu_ns, allocations, bytes] => (wall_ns, cpu_ns, Some(Allocated { allocations, bytes })),
            _ => return None,
        };
        Some(Self { wall_ns, cpu_ns, allocated })
    }
}

/// Writes the figures of a task: names of columns, and rows.
pub fn write(name: &str, columns: &str, rows: &[String]) -> Result<(), Failure> {
    let path = figures().join(name);
    fs::create_dir_all(figures()).map_err(|error| failure(&figures(), &error))?;
    let text = format!("{columns}\n{}\n", rows.join("\n"));
    fs::write(&path, text).map_err(|error| failure(&path, &error))?;
    println!("\ndocs/benchmarks/{name} is written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Allocated, Measured};

    #[test]
    fn answers_have_two_or_four_numbers() {
        let measured = |allocated| Some(Measured { wall_ns: 12, cpu_ns: 7, allocated });
        assert_eq!(Measured::parse("12 7"), measured(None));
        assert_eq!(Measured::parse("12 7 3 90"), measured(Some(Allocated { allocations: 3, bytes: 90 })));
        for answer in ["", "12", "12 7 3", "12 7 3 90 1", "12 x", "12  7", "-1 7"] {
            assert_eq!(Measured::parse(answer), None, "{answer}");
        }
    }
}
