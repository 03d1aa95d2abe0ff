//! One call after the other: what each contender takes for each kind of call.
//!
//! `cargo bench -p benches --bench calls`

use benches::{
    Result,
    cases::{Case, Work},
    contenders::{ByHand, Generated, Ours, Socket},
    server::{Server, Settings},
};
use criterion::{Criterion, criterion_group, criterion_main};
use measure::measure;
use tokio::runtime::Builder;

mod measure;

const CONTACTS: usize = 1000;

fn calls(criterion: &mut Criterion) {
    run(criterion).expect("a server, and contenders that work");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() })?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let url = server.url();
    for case in [Case::Retrieve, Case::Missing, Case::Create, Case::List(100), Case::List(1000), Case::BulkCreate(1000)]
    {
        let mut group = criterion.benchmark_group(case.to_string());
        let work = Work::new(case, CONTACTS);
        if !matches!(case, Case::Create | Case::BulkCreate(_)) {
            measure::<Socket>(&mut group, &runtime, &url, &work)?;
        }
        measure::<ByHand>(&mut group, &runtime, &url, &work)?;
        measure::<Generated>(&mut group, &runtime, &url, &work)?;
        measure::<Ours>(&mut group, &runtime, &url, &work)?;
        group.finish();
    }
    Ok(())
}

criterion_group!(benches, calls);
criterion_main!(benches);
