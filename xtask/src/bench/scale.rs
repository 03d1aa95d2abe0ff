//! `cargo xtask bench-scale`: what becomes of a call when there are many at once, and of a contact when there are many?

use std::{
    array,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{BY_HAND, KEEPING_MEMORY, OURS, Program, SOCKET, build, serve, write};
use crate::command::{Failure, unknown};

pub const HELP: &str = "
  bench-scale [--quick]
      Measures what is written by hand and this crate, in turn: 1 to 512 calls at once, beside a socket without a client;
      pages of 10 to 1000 contacts; walks and imports of 1000 to 1000000 contacts, with the most memory that each of these
      processes took (on Linux). Writes docs/benchmarks/{concurrency,pages,walk,import}.csv. Takes three minutes.

      --quick  Small sizes, once, which say nothing; writes no file.
";

/// How much is measured. A figure is the median of the rounds.
struct Extent {
    rounds: usize,
    concurrency: &'static [u32],
    /// How many calls are measured at each concurrency.
    calls: u32,
    limits: &'static [u32],
    /// How large the accounts are that are walked and imported.
    sizes: &'static [u32],
    /// How many contacts are received or sent at the least, lest a figure be one of a moment.
    contacts: u32,
}

const WHOLE: Extent = Extent {
    rounds: 5,
    concurrency: &[1, 8, 64, 512],
    calls: 20_000,
    limits: &[10, 30, 100, 300, 1000],
    sizes: &[1000, 10_000, 100_000, 1_000_000],
    contacts: 100_000,
};

const QUICK: Extent =
    Extent { rounds: 1, concurrency: &[1, 8], calls: 200, limits: &[10, 1000], sizes: &[1000, 10_000], contacts: 1000 };

/// How many contacts the server has, where that does not matter.
const CONTACTS: u32 = 1000;

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let (extent, is_whole) = match arguments {
        [] => (WHOLE, true),
        [quick] if quick == "--quick" => (QUICK, false),
        [other, ..] => return Err(unknown("bench-scale", other, "--quick")),
    };
    let bench = Bench { programs: build()?, extent };
    for (name, columns, measure) in TABLES {
        println!("\n{}", line(columns));
        let mut rows = Vec::new();
        measure(&bench, &mut |row| {
            println!("{}", line(&row));
            rows.push(row);
        })?;
        if is_whole {
            write(&format!("{name}.csv"), columns, &rows)?;
        }
    }
    Ok(())
}

/// A table: its name, its columns, and what measures it.
type Table = (&'static str, &'static str, fn(&Bench, &mut dyn FnMut(String)) -> Result<(), Failure>);

const TABLES: [Table; 4] = [
    ("concurrency", "contender,concurrency,requests_per_second,p50_us,p99_us,connections", Bench::concurrency),
    ("pages", "contender,limit,us_per_page,us_per_contact", Bench::pages),
    ("walk", "contender,contacts,us_per_contact,peak_kib", |bench, row| bench.accounts(|_| "walk".into(), row)),
    ("import", "contender,contacts,us_per_contact,peak_kib", |bench, row| {
        bench.accounts(|size| format!("import-{size}"), row)
    }),
];

/// As it is printed.
fn line(row: &str) -> String {
    row.split(',').map(|cell| format!("{cell:<20}")).collect::<String>().trim_end().into()
}

struct Bench {
    programs: PathBuf,
    extent: Extent,
}

impl Bench {
    /// Many calls at once. Each measurement has a process of its own, so that the connections are those that it made.
    fn concurrency(&self, row: &mut dyn FnMut(String)) -> Result<(), Failure> {
        let (mut server, url) = serve(&self.programs, CONTACTS as usize)?;
        let calls = self.extent.calls;
        for concurrency in self.extent.concurrency {
            let measured = self.rounds([SOCKET, BY_HAND, OURS], |contender| {
                let before = connections(&mut server)?;
                let mut client = start(&self.programs, "bench-load", contender, &url, CONTACTS)?;
                client.numbers::<3>(&format!("{concurrency} {}", 4 * concurrency))?;
                let [passed, median, most] = client.numbers(&format!("{concurrency} {calls}"))?;
                let made = connections(&mut server)? - before;
                Ok([f64::from(calls) / passed * 1e9, median / 1e3, most / 1e3, made])
            })?;
            for (contender, [rate, median, most, made]) in measured {
                row(format!("{contender},{concurrency},{rate:.0},{median:.1},{most:.1},{made:.0}"));
            }
        }
        Ok(())
    }

    /// Pages of several sizes.
    fn pages(&self, row: &mut dyn FnMut(String)) -> Result<(), Failure> {
        let (_server, url) = serve(&self.programs, CONTACTS as usize)?;
        for limit in self.extent.limits {
            let (case, pages) = (format!("list-{limit}"), self.extent.contacts.div_ceil(*limit).min(self.extent.calls));
            let measured = self.rounds([BY_HAND, OURS], |contender| {
                let mut client = start(&self.programs, "bench-client", contender, &url, CONTACTS)?;
                client.run(&case, pages.div_ceil(10))?;
                Ok([microseconds(client.run(&case, pages)?.wall_ns) / f64::from(pages)])
            })?;
            for (contender, [page]) in measured {
                row(format!("{contender},{limit},{page:.2},{:.3}", page / f64::from(*limit)));
            }
        }
        Ok(())
    }

    /// Whole accounts of several sizes, each in a process of its own.
    fn accounts(&self, case: fn(u32) -> String, row: &mut dyn FnMut(String)) -> Result<(), Failure> {
        for size in self.extent.sizes {
            let (_server, url) = serve(&self.programs, *size as usize)?;
            let times = self.extent.contacts.div_ceil(*size);
            let measured = self.rounds([BY_HAND, OURS], |contender| {
                let mut command = command(&self.programs, "bench-client", contender, &url, *size);
                let mut client = Program::start(contender, &mut command)?;
                // Makes the connection.
                client.run("retrieve", 1)?;
                let measured = client.run(&case(*size), times)?;
                let each = microseconds(measured.wall_ns) / f64::from(times) / f64::from(*size);
                Ok([each, client.peak()?.into()])
            })?;
            for (contender, [each, peak]) in measured {
                row(format!("{contender},{size},{each:.3},{peak:.0}"));
            }
        }
        Ok(())
    }

    /// Measures contenders in turn, round after round; the medians of each.
    fn rounds<const C: usize, const N: usize>(
        &self,
        contenders: [&'static str; C],
        mut measure: impl FnMut(&str) -> Result<[f64; N], Failure>,
    ) -> Result<[(&'static str, [f64; N]); C], Failure> {
        let mut measured = contenders.map(|contender| (contender, Vec::new()));
        for _ in 0..self.extent.rounds {
            for (contender, rounds) in &mut measured {
                rounds.push(measure(contender)?);
            }
        }
        Ok(measured.map(|(contender, rounds)| (contender, medians(&rounds))))
    }
}

/// Starts a client.
/// Keeps what it has freed, unless it is its memory that is measured.
fn start(programs: &Path, program: &str, contender: &str, url: &str, contacts: u32) -> Result<Program, Failure> {
    Program::start(contender, command(programs, program, contender, url, contacts).envs(KEEPING_MEMORY))
}

fn command(programs: &Path, program: &str, contender: &str, url: &str, contacts: u32) -> Command {
    let mut command = Command::new(programs.join(program));
    command.args([contender, url, &contacts.to_string()]);
    command
}

/// How many were made to a server.
fn connections(server: &mut Program) -> Result<f64, Failure> {
    server.numbers("connections").map(|[connections]| connections)
}

fn microseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
}

/// Of each of the numbers that a round gives.
fn medians<const N: usize>(rounds: &[[f64; N]]) -> [f64; N] {
    array::from_fn(|place| {
        let mut numbers: Vec<f64> = rounds.iter().filter_map(|round| round.get(place).copied()).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
    })
}

#[cfg(test)]
mod tests {
    use super::medians;

    #[test]
    fn each_number_has_its_median() {
        assert_eq!(medians(&[[3.0, 10.0], [1.0, 30.0], [2.0, 20.0]]).map(f64::to_bits), [2.0, 20.0].map(f64::to_bits));
        assert!(medians::<1>(&[])[0].is_nan());
    }
}
