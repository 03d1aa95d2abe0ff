//! Resuming after `kill -9`: a child process of this test binary runs a job. The test kills the child at a chosen
//! moment, resumes the job, and compares the requests with the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead as _, BufReader, Write as _},
    pin::Pin,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use sendblue_contacts::{RateLimit, RateLimitExceeded, jobs::Summary};
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use super::*;

/// The environment variable with the child's task: sandbox URL | journal path | kind of job | moment | count.
const CHILD: &str = "SENDBLUE_CONTACTS_TEST_JOB";

const ITEMS: u64 = 60;
const CHUNK: u64 = 5;
/// The contacts that exist before an import.
const SEEDED: [u64; 2] = [7, 33];

/// Tells the parent to kill this process.
fn announce_ready() {
    println!("\nready to be killed");
    std::io::stdout().flush().expect("a parent");
}

/// A rate limit that admits a number of requests. At the next request, it calls `announce_ready` and waits forever.
struct AnnouncesBeforeSend(AtomicUsize);

impl RateLimit for AnnouncesBeforeSend {
    fn acquire(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        let stops = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
        Box::pin(async move {
            if stops {
                announce_ready();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

/// A subscriber that lets a number of attempts succeed. At the next success, it calls `announce_ready` and blocks.
struct AnnouncesAtResponse(AtomicUsize);

impl Subscriber for AnnouncesAtResponse {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sendblue_contacts")
    }

    fn event(&self, event: &Event<'_>) {
        struct IsAnswered(bool);
        impl tracing::field::Visit for IsAnswered {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 |= field.name() == "message" && format!("{value:?}") == "attempt succeeded";
            }
        }
        let mut answered = IsAnswered(false);
        event.record(&mut answered);
        if answered.0 && self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            announce_ready();
            loop {
                thread::park();
            }
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Import,
    Upsert,
    Remove,
}

impl Kind {
    /// The operation that may be sent only once for each number.
    fn operation(self) -> &'static str {
        match self {
            Self::Import => CREATE,
            Self::Upsert => "contacts.create",
            Self::Remove => DELETE,
        }
    }
}

/// Runs the job; returns the numbers of done, existing and all items.
async fn run(kind: Kind, contacts: &Contacts, journal: &std::path::Path) -> Result<(u64, u64, u64), Error> {
    fn set<K: JobKind>(job: Job<K>, journal: &std::path::Path) -> Job<K> {
        let settle_delay = Duration::from_millis(20);
        job.chunk_size(CHUNK as usize).concurrency(2).settle_delay(settle_delay).journal(journal)
    }
    let created = |summary: Summary<_>| (summary.created(), summary.existing(), summary.items());
    Ok(match kind {
        Kind::Import => created(set(contacts.import(items(0..ITEMS)), journal).run().await?),
        Kind::Upsert => created(set(contacts.import(items(0..ITEMS)), journal).upsert(true).run().await?),
        Kind::Remove => {
            let summary = set(contacts.remove((0..ITEMS).map(number)), journal).run().await?;
            (summary.gone(), 0, summary.items())
        }
    })
}

/// The body of the child process. It does nothing in an ordinary test run.
#[test]
fn child_process() {
    let Ok(task) = env::var(CHILD) else { return };
    let task: Vec<&str> = task.split('|').collect();
    let [url, journal, kind, stop, count] = task[..] else { panic!("{task:?}") };
    let kind = match kind {
        "Import" => Kind::Import,
        "Upsert" => Kind::Upsert,
        _ => Kind::Remove,
    };
    let count = AtomicUsize::new(count.parse().expect("a number"));
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let mut client = Client::builder().credentials(credentials).base_url(url);
    match stop {
        "send" => client = client.rate_limit(AnnouncesBeforeSend(count)),
        "answer" => tracing::subscriber::set_global_default(AnnouncesAtResponse(count)).expect("the first one"),
        _ => announce_ready(),
    }
    let contacts = client.build().expect("valid").contacts();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(kind, &contacts, journal.as_ref())).expect("no error");
}

/// Runs a child until it is ready to be killed, waits for `after`, and kills it. Returns whether it was ready.
fn run_and_kill_child(
    sandbox: &Sandbox,
    journal: &JournalFile,
    kind: Kind,
    stop: &str,
    count: usize,
    after: Duration,
) -> bool {
    let task = format!("{}|{}|{kind:?}|{stop}|{count}", sandbox.url(), journal.0.display());
    let mut child = Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "jobs::killed::child_process", "--nocapture", "--test-threads=1"])
        .env(CHILD, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let is_ready = output.lines().map_while(Result::ok).any(|line| line == "ready to be killed");
    thread::sleep(after);
    child.kill().expect("a child that runs or has finished");
    child.wait().expect("a child");
    // The last requests of the child may still be in flight.
    thread::sleep(Duration::from_millis(10));
    is_ready
}

/// Returns the finished chunks and the open chunks of a journal.
fn chunks(journal: &JournalFile) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let numbers = |name| journal.lines().iter().filter_map(|line| line[name].as_u64()).collect::<BTreeSet<_>>();
    let (begun, finished) = (numbers("begin"), numbers("end"));
    let open = begun.difference(&finished).copied().collect();
    (finished, open)
}

fn sandbox_for(kind: Kind) -> Sandbox {
    let seeded = match kind {
        Kind::Import | Kind::Upsert => seeds(SEEDED),
        Kind::Remove => seeds(0..ITEMS),
    };
    Sandbox::builder().contacts(seeded).latency(Duration::from_millis(2)).start().expect("a sandbox")
}

/// Resumes the job and compares its requests with the journal.
fn resume(sandbox: &Sandbox, journal: &JournalFile, kind: Kind, what: &str) {
    let (finished, open) = chunks(journal);
    let before = sandbox.requests().len();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (done, existing, all) = runtime
        .block_on(async { run(kind, &contacts(sandbox), &journal.0).await })
        .unwrap_or_else(|error| panic!("{what}: {error}"));

    // No item is lost, and each class is true.
    assert_eq!(all, ITEMS, "{what}");
    match kind {
        Kind::Remove => assert!(sandbox.is_empty() && done == ITEMS, "{what}"),
        Kind::Import | Kind::Upsert => {
            assert_eq!((sandbox.len() as u64, done, existing), (ITEMS, ITEMS - 2, 2), "{what}");
            assert!((0..ITEMS).all(|n| sandbox.contact(&number(n)).is_some()), "{what}");
        }
    }
    // No request has an item of a finished chunk. Items of open chunks are looked up twice, then sent at most once.
    let chunk_of = |number: &str| number[5..].parse::<u64>().expect("a number") / CHUNK;
    let mut sends = BTreeMap::new();
    let mut looked_up = BTreeMap::new();
    for request in &sandbox.requests()[before..] {
        if request.operation() == Some(RETRIEVE) {
            let path = request.path();
            *looked_up.entry(format!("+{}", &path[path.len() - 11..])).or_insert(0) += 1;
        }
        if request.operation() != Some(kind.operation()) {
            continue;
        }
        for number in numbers_of(request) {
            let chunk = chunk_of(&number);
            assert!(!finished.contains(&chunk), "{what}: sent an item of the finished chunk {chunk}");
            let asked = looked_up.get(&number).copied().unwrap_or(0);
            assert!(
                !open.contains(&chunk) || asked == 2,
                "{what}: sent an item of an open chunk after {asked} look-ups"
            );
            *sends.entry(number).or_insert(0) += 1;
        }
    }
    assert!(
        looked_up.keys().all(|number| !finished.contains(&chunk_of(number))),
        "{what}: looked up an item of a finished chunk"
    );
    assert!(sends.values().all(|times| *times == 1), "{what}: sent an item twice");
    assert!(!journal.text().contains("141500000"), "{what}: the journal contains a number");
    assert_eq!(chunks(journal), ((0..ITEMS / CHUNK).collect(), BTreeSet::new()), "{what}");
}

/// Asserts that all runs together sent each number only once.
fn assert_nothing_was_done_twice(sandbox: &Sandbox, kind: Kind, what: &str) {
    let mut done = BTreeMap::new();
    for request in requests_of(sandbox, kind.operation()) {
        for number in numbers_of(&request) {
            *done.entry(number).or_insert(0) += 1;
        }
    }
    assert!(done.values().all(|times| *times == 1), "{what}: {done:?}");
}

fn kill_and_resume(kind: Kind, stop: &str, count: usize, after: Duration) {
    let what = format!("{kind:?}, killed at {stop} {count}, after {after:?}");
    let sandbox = sandbox_for(kind);
    let journal = JournalFile::new(&format!("{kind:?}-{stop}-{count}-{}", after.as_micros()));
    assert!(run_and_kill_child(&sandbox, &journal, kind, stop, count, after), "{what}: the moment never came");
    resume(&sandbox, &journal, kind, &what);
    assert_nothing_was_done_twice(&sandbox, kind, &what);
}

#[test]
fn resumes_after_a_kill_before_a_request() {
    for count in [0, 1, 2, 3, 5, 7, 9, 11, 13] {
        kill_and_resume(Kind::Import, "send", count, Duration::ZERO);
    }
    for count in [0, 4, 11] {
        kill_and_resume(Kind::Remove, "send", count, Duration::ZERO);
    }
    for count in [0, 17, 58] {
        kill_and_resume(Kind::Upsert, "send", count, Duration::ZERO);
    }
}

#[test]
fn resumes_after_a_kill_after_a_response() {
    for count in [0, 1, 2, 3, 5, 7, 9, 11, 13] {
        kill_and_resume(Kind::Import, "answer", count, Duration::ZERO);
    }
    for count in [0, 4, 11] {
        kill_and_resume(Kind::Remove, "answer", count, Duration::ZERO);
    }
    for count in [0, 17, 58] {
        kill_and_resume(Kind::Upsert, "answer", count, Duration::ZERO);
    }
}

#[test]
fn resumes_after_a_kill_at_any_time() {
    for kind in [Kind::Import, Kind::Remove, Kind::Upsert] {
        for step in 0..6 {
            kill_and_resume(kind, "any", 0, Duration::from_millis(2 + 7 * step));
        }
    }
}

/// Every run but the last is killed.
#[test]
fn resumes_after_repeated_kills() {
    let sandbox = sandbox_for(Kind::Import);
    let journal = JournalFile::new("again");
    let mut kills = 0;
    // A run may begin with 20 look-ups: two for each item of two open chunks.
    let moments = [("send", 4), ("answer", 2), ("send", 22)];
    while let Some((stop, count)) = moments.into_iter().cycle().nth(kills)
        && run_and_kill_child(&sandbox, &journal, Kind::Import, stop, count, Duration::ZERO)
    {
        kills += 1;
        assert!(kills < 30, "the job makes no progress");
    }
    assert!(kills >= 2);
    resume(&sandbox, &journal, Kind::Import, "repeated kills");
    assert_nothing_was_done_twice(&sandbox, Kind::Import, "repeated kills");
}
