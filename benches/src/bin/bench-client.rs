//! A contender as a process of its own, which does what it is told.
//!
//! `bench-client CONTENDER URL CONTACTS` reads lines of a case and how often to do it, as in `retrieve 1000`, and answers
//! each with the nanoseconds that passed, those that its processor was busy with it, and how often and how much memory it has
//! allocated. A client of another language can be told the same; it may leave the memory out.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    env,
    io::{self, BufRead as _},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use benches::{
    Result,
    cases::Work,
    contenders::{ByHand, Contender, Generated, Ours, Socket},
};
use cpu_time::ProcessTime;

/// Counts what is asked for, and leaves the rest to the system.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

impl Counting {
    fn count(size: usize) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as u64, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator with the arguments that came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    /// A new size counts as an allocation of that size, since it may have to be moved.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

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
        let counted = || (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        let (allocations, bytes) = counted();
        let (started, busy) = (Instant::now(), ProcessTime::now());
        runtime.block_on(async {
            for _ in 0..times {
                work.run(contender).await?;
            }
            Result::<()>::Ok(())
        })?;
        let (passed, busy) = (started.elapsed().as_nanos(), busy.elapsed().as_nanos());
        let (more_allocations, more_bytes) = counted();
        println!("{passed} {busy} {} {}", more_allocations - allocations, more_bytes - bytes);
    }
    Ok(())
}
