//! A contender as a process of its own, which does what it is told.
//!
//! `bench-client CONTENDER URL CONTACTS` reads lines of a case and how often to do it, as in `retrieve 1000`, and answers
//! each with the nanoseconds that passed, those that its processor was busy with it, and how often and how much memory it has
//! allocated. A client of another language can be told the same; it may leave the memory out.

use std::{
    env,
    io::{self, BufRead as _},
    time::Instant,
};

use benches::{
    Result,
    cases::Work,
    contenders::{ByHand, Contender, Generated, Ours, Socket},
};
use counting::{Counting, allocated};
use cpu_time::ProcessTime;

#[path = "../counting.rs"]
mod counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [contender, url, contacts] = &arguments[..] else {
        return Err("usage: bench-client CONTENDER URL CONTACTS".into());
    };
    let contacts = contacts.parse()?;
    match contender.as_str() {
        ByHand::NAME => serve(&ByHand::new(url)?, contacts),
        Generated::NAME => serve(&Generated::new(url)?, contacts),
        Ours::NAME => serve(&Ours::new(url)?, contacts),
        Socket::NAME => serve(&Socket::new(url)?, contacts),
        other => Err(format!("there is no contender `{other}`").into()),
    }
}

fn serve<C: Contender>(contender: &C, contacts: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (case, times) = line.split_once(' ').ok_or("write CASE TIMES")?;
        let (work, times): (_, u32) = (Work::new(case.parse()?, contacts), times.parse()?);
        let (allocations, bytes) = allocated();
        let (started, busy) = (Instant::now(), ProcessTime::now());
        runtime.block_on(async {
            for _ in 0..times {
                work.run(contender).await?;
            }
            Result::<()>::Ok(())
        })?;
        let (passed, busy) = (started.elapsed().as_nanos(), busy.elapsed().as_nanos());
        let (more_allocations, more_bytes) = allocated();
        println!("{passed} {busy} {} {}", more_allocations - allocations, more_bytes - bytes);
    }
    Ok(())
}
