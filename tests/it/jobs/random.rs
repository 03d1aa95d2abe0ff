//! Random inputs, accounts, services and faults: whatever happens, each item has one class, and the class is true.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::Config};
use sendblue_contacts::contacts::{Import, Imported, ItemReport, Reason, Remove, Removed};

use super::*;

const ONE: &str = "contacts.create";
const UPDATE: &str = "contacts.update";

/// A number, or none that is valid.
type Item = Option<u64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Import,
    Upsert,
    Remove,
}

#[derive(Clone, Debug)]
struct Case {
    mode: Mode,
    input: Vec<Item>,
    seeded: BTreeSet<u64>,
    rejected: BTreeMap<u64, u16>,
    dropped: BTreeSet<u64>,
    existing: BulkExisting,
    limit: Option<usize>,
    faults: Vec<(On, u16, usize)>,
    chunk_size: usize,
    concurrency: usize,
    resend: bool,
    /// Until it comes to its end, the job is run again.
    has_journal: bool,
}

/// What a fault is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Send,
    Update,
    LookUp,
    Page,
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
    let statuses = vec![NO_ANSWER, NO_JSON, 400, 404, 408, 409, 413, 500, 503, 500, 400, 401, 429];
    let on = select(vec![On::Send, On::Send, On::Send, On::Update, On::LookUp, On::LookUp, On::Page]);
    let account = (vec(option::weighted(0.95, NUMBERS), 0..40), set(12), rejected, set(2));
    let faults = vec((on, select(statuses), 0_usize..10), 0..5);
    let service = (existing, option::weighted(0.3, 1_usize..8), faults);
    let mode = select(vec![Mode::Import, Mode::Upsert, Mode::Remove]);
    let job = (mode, 1_usize..16, 1_usize..4, any::<bool>(), any::<bool>());
    (account, service, job).prop_map(|((input, seeded, rejected, dropped), (existing, limit, faults), job)| {
        let (mode, chunk_size, concurrency, resend, has_journal) = job;
        let mut case = Case {
            mode,
            input,
            seeded,
            rejected,
            dropped,
            existing,
            limit,
            faults,
            chunk_size,
            concurrency,
            resend,
            has_journal,
        };
        case.make_honest();
        case
    })
}

impl Case {
    /// Leaves out faults that say of one contact what is not true, or that a request was refused which was not.
    fn make_honest(&mut self) {
        let mode = self.mode;
        self.faults.retain_mut(|(on, status, applied)| {
            let is_refusal = (400..500).contains(status) && *status != 408;
            // What refuses all does nothing, as far as this crate is concerned; nor does a refusal of one contact.
            if matches!(status, 401 | 404 | 429) || is_refusal && mode == Mode::Upsert {
                *applied = 0;
            }
            // That a number is refused counts as its absence, but for what is to be removed.
            *on != On::LookUp || mode == Mode::Remove || *status != 400
        });
    }

    fn has(&self, of: impl Fn(On, u16, usize) -> bool) -> bool {
        self.faults.iter().any(|(on, status, applied)| of(*on, *status, *applied))
    }

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
        for (on, status, applied) in &self.faults {
            let fault = match *status {
                NO_ANSWER => Fault::no_answer(),
                NO_JSON => Fault::status(200).body("{"),
                // Of a proxy.
                404 => Fault::status(404).body("<html>"),
                429 => Fault::status(429).header("retry-after-ms", "1"),
                status => Fault::status(status),
            };
            let operation = match on {
                On::Send => self.operation(),
                On::Update => UPDATE,
                On::LookUp => RETRIEVE,
                On::Page => LIST,
            };
            sandbox.fail_next(fault.operation(operation).applied_to(*applied));
        }
        sandbox
    }

    fn operation(&self) -> &'static str {
        match self.mode {
            Mode::Import => CREATE,
            Mode::Upsert => ONE,
            Mode::Remove => DELETE,
        }
    }

    /// The index of the first item of each number.
    fn first(&self) -> BTreeMap<u64, u64> {
        let numbers = self.input.iter().enumerate().rev();
        numbers.filter_map(|(index, item)| Some(((*item)?, index as u64))).collect()
    }

    fn contact(&self, item: &Item) -> NewContact {
        let Some(n) = *item else { return NewContact::new("none") };
        let contact = NewContact::new(number(n)).first_name("New");
        if n % 3 == 0 { contact.company_name("Works") } else { contact }
    }

    async fn run(&self) {
        static CASES: AtomicUsize = AtomicUsize::new(0);
        let sandbox = self.sandbox();
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let journal = JournalFile::new(&format!("random-{}", CASES.fetch_add(1, Ordering::Relaxed)));
        let mut classed = BTreeSet::new();
        // Each run but the last has been stopped by a fault.
        for run in 0..=self.faults.len() {
            let ended: BTreeSet<u64> = journal.lines().iter().filter_map(|line| line["end"].as_u64()).collect();
            let before = sandbox.requests().len();
            let text = |item: &Item| item.map_or_else(|| "none".to_owned(), number);
            let (indexes, done, error) = if self.mode == Mode::Remove {
                let job = contacts.remove(self.input.iter().map(text).collect::<Vec<_>>());
                self.drain(job, &journal, |item, n| self.removed(&sandbox, item, n)).await
            } else {
                let input: Vec<_> = self.input.iter().map(|item| self.contact(item)).collect();
                let job = contacts.import(input).upsert(self.mode == Mode::Upsert);
                self.drain(job, &journal, |item, n| self.imported(&sandbox, item, n)).await
            };
            self.check_requests(&sandbox.requests()[before..], &ended, run > 0);
            classed.extend(indexes);
            assert!(classed.iter().copied().eq(0..classed.len() as u64), "the first so many: {classed:?}");
            let Some(error) = error else {
                assert_eq!((done, classed.len()), (self.input.len(), self.input.len()), "an item has no class");
                return;
            };
            let stops = |on, status, _| match on {
                On::Send | On::Update => matches!(status, 401 | 404),
                On::LookUp => !matches!(status, 400 | 429),
                On::Page => status != 429,
            };
            assert!(self.has(stops) && (done == self.input.len() || done % self.chunk_size == 0), "{error:?}");
            if !self.has_journal {
                return;
            }
        }
        panic!("it never comes to its end");
    }

    /// Runs a job, and looks at each item. Gives the indexes of those, and how many have a class in all.
    async fn drain<K: JobKind>(
        &self,
        mut job: Job<K>,
        journal: &JournalFile,
        is_true: impl Fn(&ItemReport<K>, Item) -> bool,
    ) -> (BTreeSet<u64>, usize, Option<Error>) {
        if self.has_journal {
            job = job.journal(&journal.0);
        }
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
        let mut indexes = BTreeSet::new();
        for item in &items {
            assert!(indexes.insert(item.index), "an item has two classes");
            let n = self.input[item.index as usize];
            assert_eq!(item.phone().map(|phone| phone.to_string()), n.map(number), "another item");
            assert!(is_true(item, n), "{}: {item:?} of {n:?}", item.class);
        }
        let summary = running.summary();
        assert_eq!(summary.items(), summary.resumed() + items.len() as u64);
        (indexes, summary.items() as usize, failed)
    }

    fn imported(&self, sandbox: &Sandbox, item: &ItemReport<Import>, n: Item) -> bool {
        let contact = n.and_then(|n| sandbox.contact(&number(n)));
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let is_upsert = self.mode == Mode::Upsert;
        let is_new = contact.as_ref().is_some_and(|contact| {
            contact["first_name"] == "New" && (n.is_none_or(|n| n % 3 != 0) || contact["company_name"] == "Works")
        });
        let is_there = contact.is_some();
        match &item.class {
            Imported::Created => is_new && !was_there,
            Imported::Existing => is_there && was_there && is_new == is_upsert,
            Imported::Rejected(reason) if reason.operation() == UPDATE => is_there && !is_new,
            Imported::Rejected(reason) => !is_there || was_there || self.may_be_wrong(reason),
            Imported::Unknown(reason) => reason.is_stop() || if is_upsert { !is_new } else { !is_there },
            Imported::Invalid(_) => n.is_none(),
            Imported::Duplicate { of } => self.is_first(item.index, n) == Some(*of),
        }
    }

    fn removed(&self, sandbox: &Sandbox, item: &ItemReport<Remove>, n: Item) -> bool {
        let is_there = n.is_some_and(|n| sandbox.contact(&number(n)).is_some());
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let look_ups_are_refused = self.has(|on, status, _| on == On::LookUp && status == 400);
        match &item.class {
            Removed::Gone => !is_there,
            Removed::Rejected(reason) => is_there || !was_there || self.may_be_wrong(reason) || look_ups_are_refused,
            Removed::Unknown(reason) => reason.is_stop() || is_there || look_ups_are_refused,
            Removed::Invalid(_) => n.is_none(),
            Removed::Duplicate { of } => self.is_first(item.index, n) == Some(*of),
        }
    }

    /// The index of the first item of the number, of an item that is not the first one.
    fn is_first(&self, index: u64, n: Item) -> Option<u64> {
        self.first().get(&n?).copied().filter(|first| *first < index)
    }

    /// The service said that a request was refused, carried it out in part, and then stopped the job.
    fn may_be_wrong(&self, reason: &Reason) -> bool {
        reason.is_stop() && self.has(|_, status, applied| matches!(status, 400 | 409 | 413) && applied > 0)
    }

    /// The bounds that the documentation of `Job` gives, and that nothing is sent again that is in doubt or has ended.
    fn check_requests(&self, requests: &[ReceivedRequest], ended: &BTreeSet<u64>, is_resumed: bool) {
        let first = self.first();
        let chunk_of = |n: u64| first[&n] / self.chunk_size as u64;
        let n_of = |number: &str| number[5..].parse::<u64>().expect("a number");
        // What is refused with 429 is sent again.
        let of = |operation| {
            let is =
                move |request: &&ReceivedRequest| request.operation() == Some(operation) && request.status() != 429;
            requests.iter().filter(is)
        };
        let mut sends = BTreeMap::<u64, usize>::new();
        let mut doubts = BTreeMap::<u64, usize>::new();
        for request in of(self.operation()) {
            let numbers: Vec<u64> = numbers_of(request).iter().map(|number| n_of(number)).collect();
            let chunk = chunk_of(numbers[0]);
            *sends.entry(chunk).or_default() += 1;
            assert!(numbers.iter().all(|n| chunk_of(*n) == chunk), "a request of two chunks");
            assert!(!ended.contains(&chunk), "chunk {chunk} has ended, and is sent");
            for n in numbers {
                let doubts = doubts.entry(n).or_default();
                assert!(*doubts == 0 || self.resend && *doubts < 2, "{n} is sent again");
                *doubts += usize::from(matches!(request.status(), 408 | 500 | 503));
            }
        }
        let n = self.chunk_size;
        let most = match (self.mode, self.resend) {
            (Mode::Upsert, false) => n,
            (Mode::Upsert, true) => 2 * n,
            (_, false) => 2 * n - 1,
            (_, true) => 3 * n - 1,
        };
        assert!(sends.values().all(|sends| *sends <= most), "more than {most} requests: {sends:?}");
        let mut looked_up = BTreeMap::<u64, usize>::new();
        for request in of(RETRIEVE) {
            let path = request.path();
            let n = n_of(&format!("+{}", &path[path.len() - 11..]));
            assert!(!ended.contains(&chunk_of(n)), "an item that has ended is looked up");
            *looked_up.entry(n).or_default() += 1;
        }
        let has_conflict = of(self.operation()).any(|request| request.status() == 409);
        let levels = if has_conflict { n.next_power_of_two().ilog2() as usize } else { 0 };
        let most = match self.mode {
            Mode::Upsert => 4 * (1 + usize::from(self.resend)) + 2 * usize::from(is_resumed),
            Mode::Import | Mode::Remove => levels + if self.resend || is_resumed { 5 } else { 3 },
        };
        assert!(looked_up.values().all(|times| *times <= most), "more than {most} look-ups: {looked_up:?}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_item_has_one_class_and_it_is_true(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(case.run());
    }
}
