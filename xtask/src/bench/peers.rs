//! `cargo xtask bench-peers`: what does a call take, beside the clients that one could use instead?

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{BY_HAND, GENERATED, KEEPING_MEMORY, Measured, OURS, Program, build, serve, write};
use crate::command::{Failure, unknown, value};

mod setup;

pub const HELP: &str = "
  bench-peers [--rounds N]
      Does the same calls by this crate, by hand and by the generated client alone, and by the clients of others: the official
      ones for TypeScript and Python, and the Rust client that openapi-generator makes of openapi.yaml. All take turns at one
      server, and are compared within each round. Prints the time that passed and that of the processor, and writes
      docs/benchmarks/peers.csv. Needs python3 with venv, node, npm and java, leaves out what cannot be set up without them,
      and says so. With taskset, all stay on one processor, lest it matters who is on which. Freed memory is kept for the next
      call, where the C library is glibc; a page of 1000 contacts is also measured as it is without that. Takes three
      minutes, and the first time some more, to install the others in target/bench-peers.

      --rounds N  How often it is everybody's turn; 21 if it is not said.
";

/// How often it is everybody's turn, unless it is said.
const ROUNDS: usize = 21;
/// How long a turn is to take, and how long a client may warm up: compile what it runs often, and connect.
const TURN: Duration = Duration::from_millis(50);
const WARM_UP: Duration = Duration::from_millis(750);

/// How many contacts the server has.
const CONTACTS: usize = 1000;
const CASES: [&str; 5] = ["retrieve", "missing", "create", "list-100", "list-1000"];

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let rounds = rounds(arguments)?;
    let programs = build()?;
    stay_on_one_processor();
    let (_server, url) = serve(&programs, CONTACTS)?;
    println!(
        "{:<20}  {:<18}  {:>10}  {:>10}  {:>10}  {:>10}",
        "case", "contender", "wall us", "cpu us", "wall ratio", "cpu ratio"
    );
    let mut rows = Vec::new();
    for (memory, cases) in [(Memory::Kept, &CASES[..]), (Memory::GivenBack, &["list-1000"])] {
        let mut clients = clients(&programs, &url, memory)?;
        // A runtime compiles on, from one case to the next: the first is to find it as warm as the last.
        for case in CASES {
            for client in &mut clients {
                warm_up(&mut client.program, case)?;
            }
        }
        for case in cases {
            let turns = measure(&mut clients, case, rounds)?;
            let ours = clients.iter().position(|client| client.name == OURS);
            let ours = ours.and_then(|ours| turns.get(ours));
            let ours = ours.ok_or_else(|| Failure::Task(format!("{OURS} is missing.")))?;
            let case = format!("{case}{}", memory.suffix());
            for (client, turns) in clients.iter().zip(&turns) {
                let Client { name, version, .. } = client;
                let Compared { wall_us, cpu_us, wall_ratio, cpu_ratio } = Compared::new(turns, ours);
                println!(
                    "{case:<20}  {name:<18}  {wall_us:>10.1}  {cpu_us:>10.1}  {wall_ratio:>10.3}  {cpu_ratio:>10.3}"
                );
                rows.push(format!("{case},{name},{version},{wall_us:.1},{cpu_us:.1},{wall_ratio:.4},{cpu_ratio:.4}"));
            }
        }
    }
    write("peers.csv", "case,contender,version,wall_us,cpu_us,wall_ratio,cpu_ratio", &rows)
}

/// What a client does with memory that it has freed.
#[derive(Clone, Copy)]
enum Memory {
    /// It keeps it, for what comes next.
    Kept,
    /// As the C library of the system has it: glibc gives it back when there is much of it, and gets it again, empty, a page
    /// at a time. How much that is depends on the order in which all of the program has allocated.
    GivenBack,
}

impl Memory {
    fn suffix(self) -> &'static str {
        match self {
            Self::Kept => "",
            Self::GivenBack => "-given-back",
        }
    }
}

fn rounds(arguments: &[String]) -> Result<usize, Failure> {
    let mut rounds = ROUNDS;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => {
                let number = value(argument, &mut arguments)?;
                let usage = |problem: &str| Failure::Usage(format!("`--rounds {number}`: {problem}."));
                rounds = number.parse().map_err(|error: std::num::ParseIntError| usage(&error.to_string()))?;
                if rounds == 0 {
                    return Err(usage("there has to be one"));
                }
            }
            _ => return Err(unknown("bench-peers", argument, "--rounds N")),
        }
    }
    Ok(rounds)
}

/// Keeps this process, and what it starts from now on, on one processor: a short call takes up to three times as long where
/// the server happens to be on another one than the client, for as long as they stay there.
fn stay_on_one_processor() {
    let itself = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["--cpu-list", "--pid", "0", &itself]).stdout(Stdio::null()).status();
    if !pinned.is_ok_and(|status| status.success()) {
        println!(
            "Without taskset (of util-linux), ratios depend on which processors server and clients happen to be on.\n"
        );
    }
}

/// A client that runs.
struct Client {
    name: &'static str,
    version: String,
    program: Program,
}

/// Starts those of this repository, and what can be had of the others.
fn clients(programs: &Path, url: &str, memory: Memory) -> Result<Vec<Client>, Failure> {
    let start = |name, version, command: &mut Command| {
        // What the machine has for a proxy is not asked for what is on it.
        command.args([url, &CONTACTS.to_string()]).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        if let Memory::Kept = memory {
            command.envs(KEEPING_MEMORY);
        }
        let mut program = Program::start(name, command)?;
        program.run("retrieve", 1)?;
        Ok(Client { name, version, program })
    };
    let mut clients = Vec::new();
    for (name, version) in setup::own_versions()? {
        clients.push(start(name, version, Command::new(programs.join("bench-client")).arg(name))?);
    }
    let own = clients.len();
    for peer in setup::PEERS {
        let name = peer.name;
        let installed = peer.set_up().and_then(|mut installed| {
            start(name, installed.version, &mut installed.command).map_err(|failure| match failure {
                Failure::Task(why) | Failure::Usage(why) => why,
            })
        });
        match installed {
            Ok(client) => clients.push(client),
            Err(why) => println!("{name} is left out: {why}\n"),
        }
    }
    if clients.len() == own {
        return Err(Failure::Task("there is nobody to compare with.".into()));
    }
    Ok(clients)
}

/// Of one call, in a turn.
#[derive(Clone, Copy)]
struct Turn {
    wall_us: f64,
    cpu_us: f64,
}

impl Turn {
    fn new(measured: Measured, times: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a turn is far below what f64 counts exactly")]
        let per_call = |nanoseconds: u64| nanoseconds as f64 / 1000.0 / f64::from(times);
        Self { wall_us: per_call(measured.wall_ns), cpu_us: per_call(measured.cpu_ns) }
    }
}

/// The turns of each client. They take them one after the other, and begin with another one in each round.
fn measure(clients: &mut [Client], case: &str, rounds: usize) -> Result<Vec<Vec<Turn>>, Failure> {
    let mut calls = Vec::new();
    for client in clients.iter_mut() {
        calls.push(warm_up(&mut client.program, case)?);
    }
    let mut turns = vec![Vec::with_capacity(rounds); clients.len()];
    for round in 0..rounds {
        let count = clients.len();
        let mut everybody: Vec<_> = clients.iter_mut().zip(&calls).zip(&mut turns).collect();
        everybody.rotate_left(round % count);
        for ((client, calls), turns) in everybody {
            turns.push(Turn::new(client.program.run(case, *calls)?, *calls));
        }
    }
    Ok(turns)
}

/// How many calls a turn has, once the client is warm.
fn warm_up(program: &mut Program, case: &str) -> Result<u32, Failure> {
    let (begun, mut calls) = (Instant::now(), 1);
    while begun.elapsed() < WARM_UP {
        calls = calls_in_a_turn(program.run(case, calls)?.wall_ns, calls);
    }
    Ok(calls)
}

/// How many calls there are in a turn, if so many took so long.
fn calls_in_a_turn(wall_ns: u64, calls: u32) -> u32 {
    let fitting = TURN.as_nanos() * u128::from(calls) / u128::from(wall_ns.max(1));
    u32::try_from(fitting).unwrap_or(u32::MAX).clamp(1, 100_000)
}

/// The medians of a client, and of its ratios to another one's.
#[derive(Debug, PartialEq)]
struct Compared {
    wall_us: f64,
    cpu_us: f64,
    wall_ratio: f64,
    cpu_ratio: f64,
}

impl Compared {
    fn new(turns: &[Turn], ours: &[Turn]) -> Self {
        let ratio = |part: fn(&Turn) -> f64| median(turns.iter().zip(ours).map(|(turn, ours)| part(turn) / part(ours)));
        Self {
            wall_us: median(turns.iter().map(|turn| turn.wall_us)),
            cpu_us: median(turns.iter().map(|turn| turn.cpu_us)),
            wall_ratio: ratio(|turn| turn.wall_us),
            cpu_ratio: ratio(|turn| turn.cpu_us),
        }
    }
}

/// The middle of some values; of two, if there are two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::{Compared, Measured, Turn, calls_in_a_turn, median};

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |values: &[f64]| median(values.iter().copied());
        assert_eq!(of(&[9.0, 1.0, 5.0]).to_string(), "5");
        assert_eq!(of(&[9.0, 1.0, 5.0, 2.0]).to_string(), "3.5");
        assert_eq!(of(&[7.0]).to_string(), "7");
        assert!(of(&[]).is_nan());
    }

    /// In the second round the machine was three times as slow: the ratio within it stays, and that of the medians would not.
    #[test]
    fn ratios_are_taken_within_a_round() {
        let turn = |wall_us, cpu_us| Turn { wall_us, cpu_us };
        let ours = [turn(10.0, 4.0), turn(30.0, 12.0), turn(10.0, 4.0), turn(20.0, 8.0)];
        let theirs = [turn(20.0, 4.0), turn(60.0, 12.0), turn(90.0, 36.0), turn(40.0, 8.0)];
        let expected = Compared { wall_us: 50.0, cpu_us: 10.0, wall_ratio: 2.0, cpu_ratio: 1.0 };
        assert_eq!(Compared::new(&theirs, &ours), expected);
        let itself = Compared { wall_us: 15.0, cpu_us: 6.0, wall_ratio: 1.0, cpu_ratio: 1.0 };
        assert_eq!(Compared::new(&ours, &ours), itself);
    }

    #[test]
    fn a_turn_is_told_by_the_call() {
        let answer = Measured::parse("3000000 1000000").expect("two numbers");
        let Turn { wall_us, cpu_us } = Turn::new(answer, 4);
        assert_eq!((wall_us.to_string(), cpu_us.to_string()), ("750".into(), "250".into()));
    }

    #[test]
    fn a_turn_has_as_many_calls_as_fit() {
        assert_eq!(calls_in_a_turn(1_000_000, 10), 500);
        assert_eq!(calls_in_a_turn(200_000_000, 1), 1);
        assert_eq!(calls_in_a_turn(0, 1), 100_000);
    }
}
