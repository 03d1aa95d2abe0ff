//! Programs of the comparison as child processes: the server and the clients.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::bench::Result;

/// A client that runs cases on request, by the protocol of `bench-client`. Dropping it kills the process.
pub struct ClientProcess {
    pub name: String,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl ClientProcess {
    pub fn start(name: String, command: &mut Command) -> Result<Self> {
        let failed = |error| format!("{name}: {error}");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { name, process, input, output: BufReader::new(output) }),
            _ => Err(format!("{name}: standard input and output are not piped")),
        }
    }

    /// Runs a case `calls` times. Returns the average cost of a call.
    pub fn run(&mut self, case: &str, calls: u32) -> Result<Cost> {
        let request = format!("{case} {calls}");
        writeln!(self.input, "{request}").map_err(|error| format!("{}: {error}", self.name))?;
        let line = self.read_line()?;
        Cost::parse(&line, calls)
            .ok_or_else(|| format!("{}: `{request}` printed `{line}` instead of two durations", self.name))
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err(format!("{}: the process exited early", self.name)),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server with this many contacts, and returns it with its URL.
pub fn start_server(programs: &Path, contacts: usize) -> Result<(ClientProcess, String)> {
    let mut command = Command::new(programs.join("bench-server"));
    let mut server = ClientProcess::start("bench-server".into(), command.arg(contacts.to_string()))?;
    let url = server.read_line()?;
    Ok((server, url))
}

/// The cost of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    pub wall_us: f64,
    /// The CPU time of all threads of the client.
    pub cpu_us: f64,
}

impl Cost {
    /// Parses the elapsed time and the CPU time of `calls` calls in nanoseconds.
    fn parse(line: &str, calls: u32) -> Option<Self> {
        let (wall, cpu) = line.split_once(' ')?;
        let per_call = |nanoseconds: &str| {
            Some(Duration::from_nanos(nanoseconds.parse().ok()?).as_secs_f64() * 1e6 / f64::from(calls))
        };
        Some(Self { wall_us: per_call(wall)?, cpu_us: per_call(cpu)? })
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn a_line_has_two_durations() {
        assert_eq!(Cost::parse("3000000 1000000", 4), Some(Cost { wall_us: 750.0, cpu_us: 250.0 }));
        for line in ["", "12", "12 7 3", "12 7 3 90 1", "12 x", "12  7", "-1 7"] {
            assert_eq!(Cost::parse(line, 1), None, "{line}");
        }
    }
}
