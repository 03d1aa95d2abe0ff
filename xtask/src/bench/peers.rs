//! `cargo xtask bench peers`: compares the library with other clients of the service.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use clap::Args;

use self::process::{ClientProcess, Cost, start_server};
use super::{KEEP_FREED_MEMORY, Result, locked_version, print_table};
use crate::command::{self, Failure};

mod install;
mod process;

/// The time that a client runs before it is the turn of the next client.
const TURN_DURATION: Duration = Duration::from_millis(50);
/// The time in which a client connects, and compiles its hot code if it has a just-in-time compiler.
const WARM_UP: Duration = Duration::from_millis(750);
const CONTACTS: usize = 1000;
const CASES: [&str; 5] = ["retrieve", "not-found", "create", "list-100", "list-1000"];

#[derive(Args)]
pub struct Peers {
    /// The number of turns of each client
    #[arg(long, default_value = "21", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Let glibc return freed memory to the kernel, as it does by default
    #[arg(long)]
    default_malloc: bool,
}

pub fn run(options: &Peers) -> Result<()> {
    let programs = command::build(&["--package", "benches", "--bins"]).map_err(|Failure(message)| message)?;
    let peers = install::PEERS.map(|(name, install)| (name, install()));
    pin_to_one_processor();
    let (_server, url) = start_server(&programs, CONTACTS)?;
    let mut clients = Vec::new();
    let start = |name, version, mut command: Command| {
        // A proxy from the environment would not reach the local server.
        command.args([&url, &CONTACTS.to_string()]).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        if !options.default_malloc {
            command.envs(KEEP_FREED_MEMORY);
        }
        let mut client = ClientProcess::start(format!("{name} ({version})"), &mut command)?;
        client.run("retrieve", 1)?;
        Ok(client)
    };
    // The names are those of `bench-client`. The library comes first, since the ratios refer to it.
    let own = [("sendblue-contacts", "sendblue-contacts"), ("hand-written", "reqwest"), ("generated", "progenitor")];
    for (name, package) in own {
        let mut command = Command::new(programs.join("bench-client"));
        command.arg(name);
        clients.push(start(name, format!("{package} {}", locked_version(package)?), command)?);
    }
    for (name, installed) in peers {
        match installed.and_then(|(version, command)| start(name, version, command)) {
            Ok(client) => clients.push(client),
            Err(problem) => eprintln!("skipped {name}: {problem}"),
        }
    }
    // A just-in-time compiler optimizes code that cases share. So all cases run before the first measurement.
    for case in CASES {
        for client in &mut clients {
            warm_up(client, case)?;
        }
    }
    let mut rows = Vec::new();
    for case in CASES {
        let turns = measure(&mut clients, case, options.rounds)?;
        let Some(library) = turns.first() else { continue };
        for (client, turns) in clients.iter().zip(&turns) {
            let Comparison { cpu_us, cpu_ratio, wall_us, wall_ratio } = Comparison::new(turns, library);
            let name = &client.name;
            rows.push(format!("`{case}` | {name} | {cpu_us:.1} | {cpu_ratio:.2} | {wall_us:.1} | {wall_ratio:.2}"));
        }
    }
    print_table("case | client | CPU, µs | CPU ratio | time, µs | time ratio", &rows);
    Ok(())
}

/// Pins this process and its future children to one processor.
///
/// If the scheduler puts client and server on different processors, a short call takes up to three times as long.
fn pin_to_one_processor() {
    let process = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["--cpu-list", "--pid", "0", &process]).stdout(Stdio::null()).status();
    if !pinned.is_ok_and(|status| status.success()) {
        eprintln!("taskset failed: the ratios depend on which processors run the server and the clients");
    }
}

/// Measures the turns of each client. In a round, every client has one turn. Each round starts with another client.
fn measure(clients: &mut [ClientProcess], case: &str, rounds: u32) -> Result<Vec<Vec<Cost>>> {
    let calls = clients.iter_mut().map(|client| warm_up(client, case)).collect::<Result<Vec<u32>>>()?;
    let count = clients.len();
    let mut turns = vec![Vec::new(); count];
    for round in 0..rounds as usize {
        let mut clients: Vec<_> = clients.iter_mut().zip(&calls).zip(&mut turns).collect();
        clients.rotate_left(round % count);
        for ((client, calls), turns) in clients {
            turns.push(client.run(case, *calls)?);
        }
    }
    Ok(turns)
}

/// Warms the client up, and returns the number of calls that fill a turn.
fn warm_up(client: &mut ClientProcess, case: &str) -> Result<u32> {
    let (started, mut calls) = (Instant::now(), 1);
    while started.elapsed() < WARM_UP {
        calls = calls_per_turn(client.run(case, calls)?.wall_us);
    }
    Ok(calls)
}

/// Returns the number of calls that fill a turn. Each call takes `wall_us`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped")]
fn calls_per_turn(wall_us: f64) -> u32 {
    (TURN_DURATION.as_secs_f64() * 1e6 / wall_us).clamp(1.0, 100_000.0) as u32
}

/// The median cost of a client, and its median ratio to the library within a round.
#[derive(Debug, PartialEq)]
struct Comparison {
    wall_us: f64,
    cpu_us: f64,
    wall_ratio: f64,
    cpu_ratio: f64,
}

impl Comparison {
    fn new(turns: &[Cost], library: &[Cost]) -> Self {
        let ratio =
            |part: fn(&Cost) -> f64| median(turns.iter().zip(library).map(|(turn, base)| part(turn) / part(base)));
        Self {
            wall_us: median(turns.iter().map(|turn| turn.wall_us)),
            cpu_us: median(turns.iter().map(|turn| turn.cpu_us)),
            wall_ratio: ratio(|turn| turn.wall_us),
            cpu_ratio: ratio(|turn| turn.cpu_us),
        }
    }
}

/// Returns the median, or NaN if there are no values.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Cost, calls_per_turn, median};

    #[test]
    fn the_median_of_an_even_count_is_the_midpoint() {
        let of = |values: &[f64]| median(values.iter().copied());
        assert_eq!(of(&[9.0, 1.0, 5.0]).to_string(), "5");
        assert_eq!(of(&[9.0, 1.0, 5.0, 2.0]).to_string(), "3.5");
        assert_eq!(of(&[7.0]).to_string(), "7");
        assert!(of(&[]).is_nan());
    }

    /// The machine is three times slower in the second round, and the ratio within the round does not change.
    #[test]
    fn ratios_compare_turns_of_the_same_round() {
        let turn = |wall_us, cpu_us| Cost { wall_us, cpu_us };
        let library = [turn(10.0, 4.0), turn(30.0, 12.0), turn(10.0, 4.0), turn(20.0, 8.0)];
        let peer = [turn(20.0, 4.0), turn(60.0, 12.0), turn(90.0, 36.0), turn(40.0, 8.0)];
        let expected = Comparison { wall_us: 50.0, cpu_us: 10.0, wall_ratio: 2.0, cpu_ratio: 1.0 };
        assert_eq!(Comparison::new(&peer, &library), expected);
        let itself = Comparison { wall_us: 15.0, cpu_us: 6.0, wall_ratio: 1.0, cpu_ratio: 1.0 };
        assert_eq!(Comparison::new(&library, &library), itself);
    }

    #[test]
    fn a_turn_has_as_many_calls_as_fit() {
        assert_eq!(calls_per_turn(100.0), 500);
        assert_eq!(calls_per_turn(200_000.0), 1);
        assert_eq!(calls_per_turn(0.0), 100_000);
    }
}
