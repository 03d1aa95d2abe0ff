//! Times each kind of call for each contender.
//!
//! `cargo bench -p benches --bench calls`

use benches::{
    Result,
    cases::{Case, Workload},
    contenders::{Generated, HandWritten, Library, Socket},
    server::{Server, Settings},
};
use criterion::{Criterion, criterion_group, criterion_main};
use measure::measure;
use tokio::runtime::Builder;

mod measure;

const CONTACTS: usize = 1000;

fn calls(criterion: &mut Criterion) {
    run(criterion).expect("a server, and working contenders");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() })?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let url = server.url();
    for case in
        [Case::Retrieve, Case::NotFound, Case::Create, Case::List(100), Case::List(1000), Case::BulkCreate(1000)]
    {
        let mut group = criterion.benchmark_group(case.to_string());
        let workload = Workload::new(case, CONTACTS);
        if !matches!(case, Case::Create | Case::BulkCreate(_)) {
            measure::<Socket>(&mut group, &runtime, &url, &workload)?;
        }
        measure::<HandWritten>(&mut group, &runtime, &url, &workload)?;
        measure::<Generated>(&mut group, &runtime, &url, &workload)?;
        measure::<Library>(&mut group, &runtime, &url, &workload)?;
        group.finish();
    }
    Ok(())
}

criterion_group!(benches, calls);
criterion_main!(benches);
