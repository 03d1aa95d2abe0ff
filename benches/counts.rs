//! Counts the instructions and allocations of each kind of call for each contender, with Valgrind's Callgrind and DHAT.
//!
//! `cargo xtask bench counts`

use benches::{
    Result,
    cases::{Case, Workload},
    contenders::{Contender, Generated, HandWritten, Library},
    server::{Server, Settings},
};
use gungraun::{Callgrind, Dhat, DhatMetric, EntryPoint, EventKind, prelude::*};
use tokio::runtime::{Builder, Runtime};

const CONTACTS: usize = 1000;
const WARM_UP_CALLS: usize = 10;

/// A contender with an open connection to a server.
struct Prepared<C> {
    contender: C,
    workload: Workload,
    runtime: Runtime,
    /// The server runs on another thread, which the tools do not count.
    _server: Server,
}

/// Connects the contender and runs the case until hyper's read buffer has its final size.
fn prepare<C: Contender>(case: Case) -> Prepared<C> {
    let prepare = || -> Result<_> {
        let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() })?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let contender = runtime.block_on(async { C::new(&server.url()) })?;
        let workload = Workload::new(case, CONTACTS);
        for _ in 0..WARM_UP_CALLS {
            runtime.block_on(workload.run(&contender))?;
        }
        Ok(Prepared { contender, workload, runtime, _server: server })
    };
    prepare().expect("a server and a working contender")
}

/// Runs one call. Returns its input, so that dropping the input is not counted.
#[inline(never)]
fn measured_call<C: Contender>(prepared: Prepared<C>) -> Prepared<C> {
    prepared.runtime.block_on(prepared.workload.run(&prepared.contender)).expect("the expected contacts");
    prepared
}

macro_rules! benchmark {
    ($name:ident, $contender:ty) => {
        #[library_benchmark]
        #[bench::retrieve(args = (Case::Retrieve), setup = prepare)]
        #[bench::not_found(args = (Case::NotFound), setup = prepare)]
        #[bench::create(args = (Case::Create), setup = prepare)]
        #[bench::list_100(args = (Case::List(100)), setup = prepare)]
        #[bench::list_1000(args = (Case::List(1000)), setup = prepare)]
        #[bench::bulk_create_1000(args = (Case::BulkCreate(1000)), setup = prepare)]
        fn $name(prepared: Prepared<$contender>) -> Prepared<$contender> {
            measured_call(prepared)
        }
    };
}

benchmark!(hand_written, HandWritten);
benchmark!(generated, Generated);
benchmark!(sendblue_contacts, Library);

library_benchmark_group!(name = calls, compare_by_id = true, benchmarks = [hand_written, generated, sendblue_contacts]);

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().format([EventKind::Ir]))
        // Without this selection of frames, DHAT would count the setup too.
        .tool(
            Dhat::with_args(["--num-callers=400"])
                .entry_point(EntryPoint::None)
                .frames(["*measured_call*"])
                .format([DhatMetric::TotalBlocks, DhatMetric::TotalBytes])
        ),
    library_benchmark_groups = calls
);
