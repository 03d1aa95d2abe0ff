//! One contender, doing one piece of work again and again.

use benches::{Result, cases::Work, contenders::Contender};
use criterion::{BenchmarkGroup, measurement::WallTime};
use tokio::runtime::Runtime;

pub fn measure<C: Contender>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    url: &str,
    work: &Work,
) -> Result<()> {
    // Some contenders set up timers and connections for a runtime.
    let contender = runtime.block_on(async { C::new(url) })?;
    group.bench_function(C::NAME, |bencher| {
        bencher.to_async(runtime).iter(async || work.run(&contender).await.expect("what was asked for"));
    });
    Ok(())
}
