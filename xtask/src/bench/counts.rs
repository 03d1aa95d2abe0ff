//! `cargo xtask bench-counts`: how many instructions and allocations does a call take?

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use super::{BY_HAND, GENERATED, OURS, Program, build, serve, write};
use crate::command::{Failure, unknown};

pub const HELP: &str = "
  bench-counts
      Counts the instructions of a call, by callgrind (of valgrind), and its allocations, by an allocator that counts: for what
      is written by hand, for the generated client alone, and for this crate. The same on a busy machine as on a quiet one.
      Writes docs/benchmarks/counts.csv. Takes a minute.
";

/// How many contacts the server has.
const CONTACTS: usize = 1000;

/// What is counted, and how many calls are enough for it.
const CASES: [(&str, u32); 6] = [
    ("retrieve", 500),
    ("missing", 500),
    ("create", 500),
    ("list-100", 50),
    ("list-1000", 20),
    ("bulk-create-1000", 20),
];

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let [other, ..] = arguments {
        return Err(unknown("bench-counts", other, "none"));
    }
    let has_valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !has_valgrind.is_ok_and(|status| status.success()) {
        return Err(Failure::Task("valgrind is not here, which counts the instructions; install it.".into()));
    }
    let programs = build()?;
    let (_server, url) = serve(&programs, CONTACTS)?;
    println!("{:<18}  {:<18}  {:>12}  {:>11}  {:>10}", "case", "contender", "instructions", "allocations", "bytes");
    let mut rows = Vec::new();
    for (case, calls) in CASES {
        for contender in [BY_HAND, GENERATED, OURS] {
            let Counted { instructions, allocations, bytes } = count(&programs, &url, contender, case, calls)?;
            println!("{case:<18}  {contender:<18}  {instructions:>12}  {allocations:>11}  {bytes:>10}");
            rows.push(format!("{case},{contender},{instructions},{allocations},{bytes}"));
        }
    }
    write("counts.csv", "case,contender,instructions,allocations,bytes", &rows)
}

/// Of one call.
struct Counted {
    instructions: u64,
    allocations: u64,
    bytes: u64,
}

fn count(programs: &Path, url: &str, contender: &str, case: &str, calls: u32) -> Result<Counted, Failure> {
    let client = programs.join("bench-client");
    let arguments = [contender, url, &CONTACTS.to_string()];
    let mut program = Program::start(contender, Command::new(&client).args(arguments))?;
    // The first call makes the connection.
    program.run(case, 1)?;
    let allocated = program.run(case, calls)?.allocated;
    let allocated = allocated.ok_or_else(|| Failure::Task(format!("{contender} does not count its allocations.")))?;

    // What is not of a call, the start of the program and its connection, is in both and falls out.
    let few = instructions(&client, &arguments, case, calls)?;
    let many = instructions(&client, &arguments, case, 2 * calls)?;
    let each = u64::from(calls);
    Ok(Counted {
        instructions: many.saturating_sub(few) / each,
        allocations: allocated.allocations / each,
        bytes: allocated.bytes / each,
    })
}

/// How many instructions a client takes from its start to its end.
fn instructions(client: &Path, arguments: &[&str], case: &str, calls: u32) -> Result<u64, Failure> {
    let failed = |error| Failure::Task(format!("valgrind: {error}"));
    let mut process = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(client)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = process.stdin.take() {
        writeln!(input, "{case} {calls}").map_err(failed)?;
    }
    let output = process.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = collected(&said).filter(|_| output.status.success());
    count.ok_or_else(|| Failure::Task(format!("valgrind has counted nothing, and says:\n{said}")))
}

/// The count, in what callgrind says: `==123== Collected : 4567`.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn callgrind_says_what_it_has_collected() {
        assert_eq!(collected("==1== Events    : Ir\n==1== Collected : 4567\n==1==\n"), Some(4567));
        assert_eq!(collected("==1== Collected : \n"), None);
        assert_eq!(collected("valgrind: no such file"), None);
    }
}
