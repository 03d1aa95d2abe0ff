//! A client that makes many calls at once, from as many threads as there are processors.
//!
//! `bench-load CONTENDER URL CONTACTS` reads lines of how many calls at once and how many in all, as in `64 20000`, retrieves
//! a contact so often, and answers with nanoseconds: those that passed, and those of a call, the median and the 99th of a
//! hundred.

use std::{
    env,
    io::{self, BufRead as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use benches::{
    Result,
    cases::{Case, Work},
    contenders::{ByHand, Contender, Ours, Socket},
};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [contender, url, contacts] = &arguments[..] else {
        return Err("usage: bench-load CONTENDER URL CONTACTS".into());
    };
    let contacts = contacts.parse()?;
    match contender.as_str() {
        ByHand::NAME => serve(&ByHand::new(url)?, contacts),
        Ours::NAME => serve(&Ours::new(url)?, contacts),
        Socket::NAME => serve(&Socket::new(url)?, contacts),
        other => Err(format!("there is no contender `{other}`").into()),
    }
}

fn serve<C: Contender>(contender: &C, contacts: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let work = Arc::new(Work::new(Case::Retrieve, contacts));
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (concurrency, calls) = line.split_once(' ').ok_or("write CONCURRENCY CALLS")?;
        let (concurrency, calls) = (concurrency.parse()?, calls.parse()?);
        let started = Instant::now();
        let mut took = runtime.block_on(load(contender, &work, concurrency, calls))?;
        let passed = started.elapsed().as_nanos();
        took.sort_unstable();
        let of_100 = |place: usize| took.get(took.len() * place / 100).ok_or("no calls");
        println!("{passed} {} {}", of_100(50)?, of_100(99)?);
    }
    Ok(())
}

/// The nanoseconds of each call. Whoever is done with one makes the next, until all are made.
async fn load<C: Contender>(contender: &C, work: &Arc<Work>, concurrency: usize, calls: usize) -> Result<Vec<u128>> {
    let made = Arc::<AtomicUsize>::default();
    let callers: Vec<_> = (0..concurrency)
        .map(|_| {
            let (contender, work, made) = (contender.clone(), Arc::clone(work), Arc::clone(&made));
            tokio::spawn(async move {
                let mut took = Vec::with_capacity(calls / concurrency * 2);
                while made.fetch_add(1, Relaxed) < calls {
                    let started = Instant::now();
                    work.run(&contender).await?;
                    took.push(started.elapsed().as_nanos());
                }
                Result::<_>::Ok(took)
            })
        })
        .collect();
    let mut took = Vec::with_capacity(calls);
    for caller in callers {
        took.append(&mut caller.await??);
    }
    Ok(took)
}
