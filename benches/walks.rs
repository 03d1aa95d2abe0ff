//! Times work on a whole account: streams of 100,000 contacts, with and without prefetch, and an import of 100,000.
//!
//! `cargo bench -p benches --bench walks`

use std::time::Duration;

use benches::{
    Result,
    cases::{Case, Workload},
    contenders::{Generated, HandWritten, Library},
    server::{Server, Settings},
};
use criterion::{BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main, measurement::WallTime};
use measure::measure;
use tokio::runtime::Builder;

mod measure;

const CONTACTS: usize = 100_000;

/// The delay of the server before each page, and of the consumer after each 1000 contacts.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(20)];

fn walks(criterion: &mut Criterion) {
    run(criterion).expect("a server, and working contenders");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for delay in DELAYS {
        let server = Server::start(Settings { contacts: CONTACTS, latency: delay })?;
        let url = server.url();
        for prefetch in [false, true] {
            let case = Case::Walk { prefetch, pause: delay };
            let mut group = group(criterion, format!("{case}-{CONTACTS}-{}ms", delay.as_millis()));
            let workload = Workload::new(case, CONTACTS);
            measure::<HandWritten>(&mut group, &runtime, &url, &workload)?;
            if !prefetch {
                measure::<Generated>(&mut group, &runtime, &url, &workload)?;
            }
            measure::<Library>(&mut group, &runtime, &url, &workload)?;
        }
    }
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() })?;
    let url = server.url();
    let case = Case::Import(CONTACTS);
    let mut group = group(criterion, case.to_string());
    let workload = Workload::new(case, CONTACTS);
    measure::<HandWritten>(&mut group, &runtime, &url, &workload)?;
    measure::<Generated>(&mut group, &runtime, &url, &workload)?;
    measure::<Library>(&mut group, &runtime, &url, &workload)?;
    Ok(())
}

/// Creates a group with ten samples, since an iteration takes up to four seconds.
fn group(criterion: &mut Criterion, name: String) -> BenchmarkGroup<'_, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_secs(1));
    group
}

criterion_group!(benches, walks);
criterion_main!(benches);
