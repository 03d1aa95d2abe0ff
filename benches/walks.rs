//! A whole account: streams of 100,000 contacts, with and without fetching ahead, and an import of as many.
//!
//! `cargo bench -p benches --bench walks`

use std::time::Duration;

use benches::{
    Result,
    cases::{Case, Work},
    contenders::{ByHand, Generated, Ours},
    server::{Server, Settings},
};
use criterion::{BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main, measurement::WallTime};
use measure::measure;
use tokio::runtime::Builder;

mod measure;

const CONTACTS: usize = 100_000;

/// How long the server waits before each page, and the consumer after each 1000 contacts.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(20)];

fn walks(criterion: &mut Criterion) {
    run(criterion).expect("a server, and contenders that work");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for delay in DELAYS {
        let server = Server::start(Settings { contacts: CONTACTS, latency: delay })?;
        let url = server.url();
        for prefetch in [false, true] {
            let case = Case::Walk { prefetch, pause: delay };
            let mut group = group(criterion, format!("{case}-{CONTACTS}-{}ms", delay.as_millis()));
            let work = Work::new(case, CONTACTS);
            measure::<ByHand>(&mut group, &runtime, &url, &work)?;
            if !prefetch {
                measure::<Generated>(&mut group, &runtime, &url, &work)?;
            }
            measure::<Ours>(&mut group, &runtime, &url, &work)?;
        }
    }
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() })?;
    let url = server.url();
    let case = Case::Import(CONTACTS);
    let mut group = group(criterion, case.to_string());
    let work = Work::new(case, CONTACTS);
    measure::<ByHand>(&mut group, &runtime, &url, &work)?;
    measure::<Generated>(&mut group, &runtime, &url, &work)?;
    measure::<Ours>(&mut group, &runtime, &url, &work)?;
    Ok(())
}

/// Each run takes seconds, so that ten have to do.
fn group(criterion: &mut Criterion, name: String) -> BenchmarkGroup<'_, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_secs(1));
    group
}

criterion_group!(benches, walks);
criterion_main!(benches);
