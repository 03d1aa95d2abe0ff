//! Random inputs, accounts, services and faults: whatever happens, each item has one class, and the class is true.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::Config};
use sendblue_contacts::contacts::{Imported, ItemReport, Removed};

use super::*;

/// A number, or none that is valid.
type Item = Option<u64>;

#[derive(Clone, Debug)]
struct Case {
    removes: bool,
    input: Vec<Item>,
    seeded: BTreeSet<u64>,
    rejected: BTreeMap<u64, u16>,
    dropped: BTreeSet<u64>,
    existing: BulkExisting,
    limit: Option<usize>,
    faults: Vec<(u16, usize)>,
    chunk_size: usize,
    concurrency: usize,
    resend: bool,
}

/// No answer at all, for [`Case::faults`].
const NO_ANSWER: u16 = 0;
/// A success that cannot be read.
const NO_JSON: u16 = 1;

fn case() -> impl Strategy<Value = Case> {
    const NUMBERS: std::ops::Range<u64> = 0..24;
    let set = |most: usize| vec(NUMBERS, 0..=most).prop_map(BTreeSet::from_iter);
    let rejected = vec((NUMBERS, select(vec![200, 400, 409, 413, 422])), 0..3).prop_map(BTreeMap::from_iter);
    let existing = select(vec![BulkExisting::LeftOut, BulkExisting::Conflict, BulkExisting::Included]);
    let statuses = vec![NO_ANSWER, NO_JSON, 400, 408, 409, 413, 500, 503, 500, 400, 401, 429];
    let account = (vec(option::weighted(0.95, NUMBERS), 0..40), set(12), rejected, set(2));
    let service = (existing, option::weighted(0.3, 1_usize..8), vec((select(statuses), 0_usize..10), 0..4));
    let job = (any::<bool>(), 1_usize..12, 1_usize..4, any::<bool>());
    (account, service, job).prop_map(|((input, seeded, rejected, dropped), (existing, limit, faults), job)| {
        let (removes, chunk_size, concurrency, resend) = job;
        Case { removes, input, seeded, rejected, dropped, existing, limit, faults, chunk_size, concurrency, resend }
    })
}

impl Case {
    fn sandbox(&self) -> Sandbox {
        let mut sandbox = Sandbox::builder()
            .contacts(seeds(self.seeded.iter().copied()))
            .drop_numbers(self.dropped.iter().map(|n| number(*n)))
            .bulk_existing(self.existing)
            // `created_at` is cut to milliseconds, and on this machine a request takes less.
            .clock(|| (std::time::SystemTime::now() + Duration::from_millis(5)).into());
        for (n, status) in &self.rejected {
            sandbox = sandbox.reject_numbers([number(*n)], *status);
        }
        if let Some(limit) = self.limit {
            sandbox = sandbox.bulk_limit(limit);
        }
        let sandbox = sandbox.start().expect("a sandbox");
        for (status, applied) in &self.faults {
            let fault = match *status {
                NO_ANSWER => Fault::no_answer(),
                NO_JSON => Fault::status(200).body("{"),
                429 => Fault::status(429).header("retry-after-ms", "1"),
                status => Fault::status(status),
            };
            // Those that refuse all do nothing, as far as this crate is concerned.
            let applied = if matches!(status, 401 | 429) { 0 } else { *applied };
            sandbox.fail_next(fault.operation(self.operation()).applied_to(applied));
        }
        sandbox
    }

    fn operation(&self) -> &'static str {
        if self.removes { DELETE } else { CREATE }
    }

    /// The index of the first item of each number.
    fn first(&self) -> BTreeMap<u64, u64> {
        let numbers = self.input.iter().enumerate().rev();
        numbers.filter_map(|(index, item)| Some(((*item)?, index as u64))).collect()
    }

    async fn run(&self) {
        let sandbox = self.sandbox();
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let text = |item: &Item| item.map_or_else(|| "none".to_owned(), number);
        let (items, error) = if self.removes {
            let job = contacts.remove(self.input.iter().map(text).collect::<Vec<_>>());
            self.drain(job, |item, n, first| self.removed(&sandbox, item, n, first)).await
        } else {
            let input: Vec<_> = self.input.iter().map(|item| NewContact::new(text(item))).collect();
            self.drain(contacts.import(input), |item, n, first| self.imported(&sandbox, item, n, first)).await
        };
        let stops = self.faults.iter().any(|(status, _)| *status == 401);
        assert!(error.is_none() || stops, "{error:?}");
        assert!(items == self.input.len() || error.is_some() && items % self.chunk_size == 0, "{items} items");
        self.check_requests(&sandbox);
    }

    /// Runs a job, and looks at each item: with its number, and the index of the first one of that number.
    async fn drain<K: JobKind>(
        &self,
        job: Job<K>,
        check: impl Fn(&ItemReport<K>, Item, Option<u64>),
    ) -> (usize, Option<Error>) {
        let job = job.chunk_size(self.chunk_size).concurrency(self.concurrency).resend_unknown(self.resend);
        let mut running = job.settle_delay(Duration::ZERO).start();
        let mut items = Vec::new();
        let mut failed = None;
        while let Some(report) = running.next().await {
            match report {
                Ok(report) => items.extend(report.items),
                Err(error) => failed = Some(error),
            }
        }
        let first = self.first();
        let mut indexes = BTreeSet::new();
        for item in &items {
            assert!(indexes.insert(item.index), "an item has two classes");
            let n = self.input[item.index as usize];
            assert_eq!(item.phone().map(|phone| phone.to_string()), n.map(number), "another item");
            check(item, n, n.map(|n| first[&n]));
        }
        assert!(indexes.into_iter().eq(0..items.len() as u64), "the first so many");
        assert_eq!(running.summary().items(), items.len() as u64);
        (items.len(), failed)
    }

    fn imported(
        &self,
        sandbox: &Sandbox,
        item: &ItemReport<sendblue_contacts::contacts::Import>,
        n: Item,
        first: Option<u64>,
    ) {
        let is_there = n.is_some_and(|n| sandbox.contact(&number(n)).is_some());
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let is_true = match &item.class {
            Imported::Created => is_there && !was_there,
            Imported::Existing => is_there && was_there,
            Imported::Rejected(_) => !is_there || was_there,
            Imported::Unknown(_) => !is_there,
            Imported::Invalid(_) => n.is_none(),
            Imported::Duplicate { of } => first == Some(*of) && *of < item.index,
        };
        assert!(is_true, "{}: {item:?} of {n:?}", item.class);
        let is_first = first == Some(item.index) || n.is_none();
        assert!(is_first || matches!(item.class, Imported::Duplicate { .. }), "{item:?}");
    }

    fn removed(
        &self,
        sandbox: &Sandbox,
        item: &ItemReport<sendblue_contacts::contacts::Remove>,
        n: Item,
        first: Option<u64>,
    ) {
        let is_there = n.is_some_and(|n| sandbox.contact(&number(n)).is_some());
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let is_true = match &item.class {
            Removed::Gone => !is_there,
            Removed::Rejected(_) => is_there || !was_there,
            Removed::Unknown(_) => is_there,
            Removed::Invalid(_) => n.is_none(),
            Removed::Duplicate { of } => first == Some(*of) && *of < item.index,
        };
        assert!(is_true, "{}: {item:?} of {n:?}", item.class);
        let is_first = first == Some(item.index) || n.is_none();
        assert!(is_first || matches!(item.class, Removed::Duplicate { .. }), "{item:?}");
    }

    /// The bounds that the documentation of `Job` gives, and that nothing is sent again that is in doubt.
    fn check_requests(&self, sandbox: &Sandbox) {
        let first = self.first();
        let chunk_of = |n: u64| first[&n] / self.chunk_size as u64;
        let n_of = |number: &str| number[5..].parse::<u64>().expect("a number");
        let mut sends = BTreeMap::<u64, usize>::new();
        let mut doubts = BTreeMap::<u64, usize>::new();
        for request in sent(sandbox, self.operation()) {
            let numbers: Vec<u64> = numbers_of(&request).iter().map(|number| n_of(number)).collect();
            *sends.entry(chunk_of(numbers[0])).or_default() += 1;
            assert!(numbers.iter().all(|n| chunk_of(*n) == chunk_of(numbers[0])), "a request of two chunks");
            for n in numbers {
                let doubts = doubts.entry(n).or_default();
                assert!(*doubts == 0 || self.resend && *doubts < 2, "{n} is sent again");
                *doubts += usize::from(matches!(request.status(), 408 | 500 | 503));
            }
        }
        let n = self.chunk_size;
        let most = if self.resend { 3 * n - 1 } else { 2 * n - 1 };
        assert!(sends.values().all(|sends| *sends <= most), "more than {most} requests: {sends:?}");
        let mut looked_up = BTreeMap::<u64, usize>::new();
        for request in sent(sandbox, RETRIEVE) {
            let path = request.path();
            *looked_up.entry(n_of(&format!("+{}", &path[path.len() - 11..]))).or_default() += 1;
        }
        let has_conflict = sent(sandbox, self.operation()).iter().any(|request| request.status() == 409);
        let levels = if has_conflict { n.next_power_of_two().ilog2() as usize } else { 0 };
        let most = levels + if self.resend { 5 } else { 3 };
        assert!(looked_up.values().all(|times| *times <= most), "more than {most} look-ups: {looked_up:?}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_item_has_one_class_and_it_is_true(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(case.run());
    }
}
