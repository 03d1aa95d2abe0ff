//! A contender as a process that runs cases on request.
//!
//! `bench-client CONTENDER URL CONTACTS` reads lines of a case and a number of calls (`retrieve 1000`). For each line
//! it prints the elapsed time and the CPU time in nanoseconds. `benches/peers/` has clients with the same protocol.

use std::{
    env,
    io::{self, BufRead as _},
    time::Instant,
};

use benches::{
    Result,
    cases::Workload,
    contenders::{Contender, Generated, HandWritten, Library, Socket},
};
use cpu_time::ProcessTime;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [contender, url, contacts] = &arguments[..] else {
        return Err("usage: bench-client CONTENDER URL CONTACTS".into());
    };
    let contacts = contacts.parse()?;
    match contender.as_str() {
        HandWritten::NAME => serve(&HandWritten::new(url)?, contacts),
        Generated::NAME => serve(&Generated::new(url)?, contacts),
        Library::NAME => serve(&Library::new(url)?, contacts),
        Socket::NAME => serve(&Socket::new(url)?, contacts),
        other => Err(format!("unknown contender `{other}`").into()),
    }
}

fn serve<C: Contender>(contender: &C, contacts: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (case, calls) = line.split_once(' ').ok_or("write CASE CALLS")?;
        let (workload, calls): (_, u32) = (Workload::new(case.parse()?, contacts), calls.parse()?);
        let (started, cpu) = (Instant::now(), ProcessTime::now());
        runtime.block_on(async {
            for _ in 0..calls {
                workload.run(contender).await?;
            }
            Result::<()>::Ok(())
        })?;
        println!("{} {}", started.elapsed().as_nanos(), cpu.elapsed().as_nanos());
    }
    Ok(())
}
