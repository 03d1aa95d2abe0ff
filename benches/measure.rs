//! Measures one contender with one workload.

use benches::{Result, cases::Workload, contenders::Contender};
use criterion::{BenchmarkGroup, measurement::WallTime};
use tokio::runtime::Runtime;

pub fn measure<C: Contender>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    url: &str,
    workload: &Workload,
) -> Result<()> {
    // Contenders create timers, which need the context of a runtime.
    let contender = runtime.block_on(async { C::new(url) })?;
    group.bench_function(C::NAME, |bencher| {
        bencher.to_async(runtime).iter(async || workload.run(&contender).await.expect("the expected contacts"));
    });
    Ok(())
}
