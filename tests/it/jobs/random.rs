//! Random inputs, accounts, services and faults: every item gets exactly one class, and the class is true.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::Config};
use sendblue_contacts::{
    ParsePhoneNumberError,
    jobs::{Import, ImportClass, ItemReport, Remove, RemoveClass},
};

use super::*;

const CREATE_ONE: &str = "contacts.create";
const UPDATE: &str = "contacts.update";

/// A phone number, or `None` for an invalid item.
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
    /// Whether the job keeps a journal. If so, the test runs it until it ends without an error.
    has_journal: bool,
}

/// The kind of request that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Send,
    Update,
    LookUp,
    Page,
}

/// Stands for a lost response in [`Case::faults`].
const NO_RESPONSE: u16 = 0;
/// Stands for a 2xx response that fails to decode.
const INVALID_JSON: u16 = 1;

fn case() -> impl Strategy<Value = Case> {
    const NUMBERS: std::ops::Range<u64> = 0..24;
    let set = |max: usize| vec(NUMBERS, 0..=max).prop_map(BTreeSet::from_iter);
    let rejected = vec((NUMBERS, select(vec![200, 400, 409, 413, 422])), 0..3).prop_map(BTreeMap::from_iter);
    let existing = select(vec![BulkExisting::Omitted, BulkExisting::Conflict, BulkExisting::Included]);
    let statuses = vec![NO_RESPONSE, INVALID_JSON, 400, 404, 408, 409, 413, 500, 503, 500, 400, 401, 429];
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
        case.remove_untrue_faults();
        case
    })
}

impl Case {
    /// Changes or removes faults whose status would contradict the account.
    fn remove_untrue_faults(&mut self) {
        let mode = self.mode;
        self.faults.retain_mut(|(on, status, applied)| {
            let is_refusal = (400..500).contains(status) && *status != 408;
            // The crate assumes that the service applied nothing if it returns these statuses.
            if matches!(status, 401 | 404 | 429) || is_refusal && mode == Mode::Upsert {
                *applied = 0;
            }
            // For an import, a refused look-up means that the contact is absent.
            *on != On::LookUp || mode == Mode::Remove || *status != 400
        });
    }

    fn has_fault(&self, of: impl Fn(On, u16, usize) -> bool) -> bool {
        self.faults.iter().any(|(on, status, applied)| of(*on, *status, *applied))
    }

    fn sandbox(&self) -> Sandbox {
        let mut sandbox = Sandbox::builder()
            .contacts(seeds(self.seeded.iter().copied()))
            .drop_numbers(self.dropped.iter().map(|n| number(*n)))
            .bulk_existing(self.existing)
            // Truncated to milliseconds, `created_at` could precede the chunk's start. So the clock is 5 ms ahead.
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
                NO_RESPONSE => Fault::no_response(),
                INVALID_JSON => Fault::status(200).body("{"),
                // The response of a proxy.
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
            sandbox.fail_next(fault.operation(operation).apply_items(*applied));
        }
        sandbox
    }

    fn operation(&self) -> &'static str {
        match self.mode {
            Mode::Import => CREATE,
            Mode::Upsert => CREATE_ONE,
            Mode::Remove => DELETE,
        }
    }

    /// Returns the index of the first item with each number.
    fn first_indexes(&self) -> BTreeMap<u64, u64> {
        let numbers = self.input.iter().enumerate().rev();
        numbers.filter_map(|(index, item)| Some(((*item)?, index as u64))).collect()
    }

    fn contact(&self, item: &Item) -> Result<NewContact, ParsePhoneNumberError> {
        let Some(n) = *item else { return NewContact::new("none") };
        let contact = NewContact::new(number(n))?.first_name("New");
        Ok(if n % 3 == 0 { contact.company_name("Works") } else { contact })
    }

    async fn run(&self) {
        static CASES: AtomicUsize = AtomicUsize::new(0);
        let sandbox = self.sandbox();
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let journal = JournalFile::new(&format!("random-{}", CASES.fetch_add(1, Ordering::Relaxed)));
        let mut classified = BTreeSet::new();
        // Each fault stops at most one run.
        for run in 0..=self.faults.len() {
            let finished: BTreeSet<u64> = journal.lines().iter().filter_map(|line| line["end"].as_u64()).collect();
            let before = sandbox.requests().len();
            let text = |item: &Item| item.map_or_else(|| "none".to_owned(), number);
            let (indexes, done, error) = if self.mode == Mode::Remove {
                let job = contacts.remove(self.input.iter().map(text).collect::<Vec<_>>());
                self.run_and_check(job, &journal, |item, n| self.remove_class_is_true(&sandbox, item, n)).await
            } else {
                let input: Vec<_> = self.input.iter().map(|item| self.contact(item)).collect();
                let job = contacts.import(input).upsert(self.mode == Mode::Upsert);
                self.run_and_check(job, &journal, |item, n| self.import_class_is_true(&sandbox, item, n)).await
            };
            self.check_requests(&sandbox.requests()[before..], &finished, run > 0);
            classified.extend(indexes);
            assert!(
                classified.iter().copied().eq(0..classified.len() as u64),
                "not the first items of the input: {classified:?}"
            );
            let Some(error) = error else {
                assert_eq!((done, classified.len()), (self.input.len(), self.input.len()), "an item has no class");
                return;
            };
            let stops = |on, status, _| match on {
                On::Send | On::Update => matches!(status, 401 | 404),
                On::LookUp => !matches!(status, 400 | 429),
                On::Page => status != 429,
            };
            assert!(self.has_fault(stops) && (done == self.input.len() || done % self.chunk_size == 0), "{error:?}");
            if !self.has_journal {
                return;
            }
        }
        panic!("the job never ends");
    }

    /// Runs a job and checks each reported item.
    ///
    /// Returns the reported indexes, the number of items in the summary, and the error that stopped the job.
    async fn run_and_check<K: JobKind>(
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
        let mut resumed_items = 0;
        let mut failed = None;
        while let Some(report) = running.next().await {
            match report {
                Ok(report) => {
                    resumed_items += if report.is_resumed { report.items.len() } else { 0 };
                    items.extend(report.items);
                }
                Err(error) => failed = Some(error),
            }
        }
        let mut indexes = BTreeSet::new();
        for item in &items {
            assert!(indexes.insert(item.index), "two reports of an item");
            let n = self.input[item.index as usize];
            assert_eq!(item.phone().map(|phone| phone.to_string()), n.map(number), "the report of another item");
            assert!(is_true(item, n), "{}: {item:?} of {n:?}", item.class);
        }
        let summary = running.summary();
        assert_eq!(summary.items(), summary.resumed() + (items.len() - resumed_items) as u64);
        (indexes, summary.items() as usize, failed)
    }

    fn import_class_is_true(&self, sandbox: &Sandbox, item: &ItemReport<Import>, n: Item) -> bool {
        let contact = n.and_then(|n| sandbox.contact(&number(n)));
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let is_upsert = self.mode == Mode::Upsert;
        let is_new = contact.as_ref().is_some_and(|contact| {
            contact["first_name"] == "New" && (n.is_none_or(|n| n % 3 != 0) || contact["company_name"] == "Works")
        });
        let is_there = contact.is_some();
        match &item.class {
            ImportClass::Created => is_new && !was_there,
            ImportClass::Existing => is_there && was_there && is_new == is_upsert,
            ImportClass::Rejected(reason) if reason.operation() == UPDATE => is_there && !is_new,
            ImportClass::Rejected(_) => !is_there || was_there,
            ImportClass::Unknown(reason) => reason.is_stop() || if is_upsert { !is_new } else { !is_there },
            ImportClass::Invalid(_) => n.is_none(),
            ImportClass::Duplicate { first_index } => self.first_index_before(item.index, n) == Some(*first_index),
        }
    }

    fn remove_class_is_true(&self, sandbox: &Sandbox, item: &ItemReport<Remove>, n: Item) -> bool {
        let is_there = n.is_some_and(|n| sandbox.contact(&number(n)).is_some());
        let was_there = n.is_some_and(|n| self.seeded.contains(&n));
        let look_ups_are_refused = self.has_fault(|on, status, _| on == On::LookUp && status == 400);
        match &item.class {
            RemoveClass::Gone => !is_there,
            RemoveClass::Rejected(_) => is_there || !was_there || look_ups_are_refused,
            RemoveClass::Unknown(reason) => reason.is_stop() || is_there || look_ups_are_refused,
            RemoveClass::Invalid(_) => n.is_none(),
            RemoveClass::Duplicate { first_index } => self.first_index_before(item.index, n) == Some(*first_index),
        }
    }

    /// Returns the index of the first item with the number, if it is before `index`.
    fn first_index_before(&self, index: u64, n: Item) -> Option<u64> {
        self.first_indexes().get(&n?).copied().filter(|first| *first < index)
    }

    /// Asserts the documented bounds of `Job`, and that the job sends no item of a finished chunk.
    ///
    /// Asserts that the job resends an item of unknown outcome only with `resend_unknown`, and only once.
    fn check_requests(&self, requests: &[ReceivedRequest], finished: &BTreeSet<u64>, is_resumed: bool) {
        let first = self.first_indexes();
        let chunk_of = |n: u64| first[&n] / self.chunk_size as u64;
        let n_of = |number: &str| number[5..].parse::<u64>().expect("a number");
        // A request that received a 429 does not count.
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
            assert!(numbers.iter().all(|n| chunk_of(*n) == chunk), "a request with items of two chunks");
            assert!(!finished.contains(&chunk), "sent an item of the finished chunk {chunk}");
            for n in numbers {
                let doubts = doubts.entry(n).or_default();
                assert!(*doubts == 0 || self.resend && *doubts < 2, "sent {n} again");
                *doubts += usize::from(matches!(request.status(), 408 | 500 | 503));
            }
        }
        let n = self.chunk_size;
        let max = match (self.mode, self.resend) {
            (Mode::Upsert, false) => n,
            (Mode::Upsert, true) => 2 * n,
            (_, false) => 2 * n - 1,
            (_, true) => 3 * n - 1,
        };
        assert!(sends.values().all(|sends| *sends <= max), "more than {max} requests: {sends:?}");
        let mut looked_up = BTreeMap::<u64, usize>::new();
        for request in of(RETRIEVE) {
            let path = request.path();
            let n = n_of(&format!("+{}", &path[path.len() - 11..]));
            assert!(!finished.contains(&chunk_of(n)), "looked up an item of a finished chunk");
            *looked_up.entry(n).or_default() += 1;
        }
        let was_too_large = of(self.operation()).any(|request| request.status() == 413);
        let levels = if was_too_large { n.next_power_of_two().ilog2() as usize } else { 0 };
        let max = match self.mode {
            Mode::Upsert => 4 * (1 + usize::from(self.resend)) + 2 * usize::from(is_resumed),
            Mode::Import | Mode::Remove => levels + if self.resend || is_resumed { 6 } else { 4 },
        };
        assert!(looked_up.values().all(|times| *times <= max), "more than {max} look-ups: {looked_up:?}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_item_has_exactly_one_true_class(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(case.run());
    }
}
