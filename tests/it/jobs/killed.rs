//! A job that is killed (`kill -9`) and resumed: a child of this test's own binary is killed at a chosen moment, and what the
//! sandbox was asked afterwards is held against the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead as _, BufReader, Write as _},
    pin::Pin,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use sendblue_contacts::{RateLimit, RateLimitExceeded, contacts::Summary};
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use super::*;

/// The URL of the sandbox, the path of the journal, the kind of job, where to stop, and how often before.
const CHILD: &str = "SENDBLUE_CONTACTS_TEST_JOB";

const ITEMS: u64 = 60;
const CHUNK: u64 = 5;
/// There before, for an import.
const SEEDED: [u64; 2] = [7, 33];

/// Announces that the moment has come, and waits to be killed.
fn announce() {
    println!("\nready to be killed");
    std::io::stdout().flush().expect("a parent");
}

/// Lets so many requests start.
struct StopsBeforeSending(AtomicUsize);

impl RateLimit for StopsBeforeSending {
    fn acquire(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        let stops = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
        Box::pin(async move {
            if stops {
                announce();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

/// Lets so many answers arrive.
struct StopsAtAnswer(AtomicUsize);

impl Subscriber for StopsAtAnswer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sendblue_contacts")
    }

    fn event(&self, event: &Event<'_>) {
        struct IsAnswered(bool);
        impl tracing::field::Visit for IsAnswered {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 |= field.name() == "message" && format!("{value:?}") == "answered";
            }
        }
        let mut answered = IsAnswered(false);
        event.record(&mut answered);
        if answered.0 && self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            announce();
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
    /// The operation that changes something, of which each number may be in one request.
    fn operation(self) -> &'static str {
        match self {
            Self::Import => CREATE,
            Self::Upsert => "contacts.create",
            Self::Remove => DELETE,
        }
    }
}

/// What the job amounts to: items done, existing and in all.
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

/// What a killed process was. Does nothing in a run of the tests.
#[test]
fn child() {
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
        "send" => client = client.rate_limit(StopsBeforeSending(count)),
        "answer" => tracing::subscriber::set_global_default(StopsAtAnswer(count)).expect("the first one"),
        _ => announce(),
    }
    let contacts = client.build().expect("valid").contacts();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(kind, &contacts, journal.as_ref())).expect("a whole job");
}

/// Runs a child until it is ready to be killed, and so long on, and kills it. Gives whether it got there.
fn kill_one(sandbox: &Sandbox, journal: &JournalFile, kind: Kind, stop: &str, count: usize, after: Duration) -> bool {
    let task = format!("{}|{}|{kind:?}|{stop}|{count}", sandbox.url(), journal.0.display());
    let mut child = Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "jobs::killed::child", "--nocapture", "--test-threads=1"])
        .env(CHILD, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let is_ready = output.lines().map_while(Result::ok).any(|line| line == "ready to be killed");
    thread::sleep(after);
    child.kill().expect("a child that runs or has ended");
    child.wait().expect("a child");
    // What it has sent may still be under way.
    thread::sleep(Duration::from_millis(10));
    is_ready
}

/// The chunks that have ended, and those that were begun and have not, by the journal.
fn chunks(journal: &JournalFile) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let numbers = |name| journal.lines().iter().filter_map(|line| line[name].as_u64()).collect::<BTreeSet<_>>();
    let (begun, ended) = (numbers("begin"), numbers("end"));
    let open = begun.difference(&ended).copied().collect();
    (ended, open)
}

fn sandbox_for(kind: Kind) -> Sandbox {
    let seeded = match kind {
        Kind::Import | Kind::Upsert => seeds(SEEDED),
        Kind::Remove => seeds(0..ITEMS),
    };
    Sandbox::builder().contacts(seeded).latency(Duration::from_millis(2)).start().expect("a sandbox")
}

/// Resumes the job, and holds what the sandbox was asked against the journal.
fn resume(sandbox: &Sandbox, journal: &JournalFile, kind: Kind, what: &str) {
    let (ended, open) = chunks(journal);
    let before = sandbox.requests().len();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (done, existing, all) = runtime
        .block_on(async { run(kind, &contacts(sandbox), &journal.0).await })
        .unwrap_or_else(|error| panic!("{what}: {error}"));

    // Nothing is lost, and each class is true.
    assert_eq!(all, ITEMS, "{what}");
    match kind {
        Kind::Remove => assert!(sandbox.is_empty() && done == ITEMS, "{what}"),
        Kind::Import | Kind::Upsert => {
            assert_eq!((sandbox.len() as u64, done, existing), (ITEMS, ITEMS - 2, 2), "{what}");
            assert!((0..ITEMS).all(|n| sandbox.contact(&number(n)).is_some()), "{what}");
        }
    }
    // What has ended is not touched; what was open is looked up, and then sent once at the most.
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
            assert!(!ended.contains(&chunk), "{what}: an item of chunk {chunk}, which has ended, is sent");
            let asked = looked_up.get(&number).copied().unwrap_or(0);
            assert!(!open.contains(&chunk) || asked == 2, "{what}: an open item is sent after {asked} look-ups");
            *sends.entry(number).or_insert(0) += 1;
        }
    }
    assert!(looked_up.keys().all(|number| !ended.contains(&chunk_of(number))), "{what}: an ended item is looked up");
    assert!(sends.values().all(|times| *times == 1), "{what}: an item is sent twice");
    assert!(!journal.text().contains("141500000"), "{what}: a number is in the journal");
    assert_eq!(chunks(journal), ((0..ITEMS / CHUNK).collect(), BTreeSet::new()), "{what}");
}

/// Nothing is created or deleted twice: of all requests that were carried out, each number is in one.
fn nothing_was_done_twice(sandbox: &Sandbox, kind: Kind, what: &str) {
    let mut done = BTreeMap::new();
    for request in sent(sandbox, kind.operation()) {
        for number in numbers_of(&request) {
            *done.entry(number).or_insert(0) += 1;
        }
    }
    assert!(done.values().all(|times| *times == 1), "{what}: {done:?}");
}

fn killed_and_resumed(kind: Kind, stop: &str, count: usize, after: Duration) {
    let what = format!("{kind:?}, killed at {stop} {count}, after {after:?}");
    let sandbox = sandbox_for(kind);
    let journal = JournalFile::new(&format!("{kind:?}-{stop}-{count}-{}", after.as_micros()));
    assert!(kill_one(&sandbox, &journal, kind, stop, count, after), "{what}: it never came to that");
    resume(&sandbox, &journal, kind, &what);
    nothing_was_done_twice(&sandbox, kind, &what);
}

#[test]
fn before_a_request_leaves() {
    for count in [0, 1, 2, 3, 5, 7, 9, 11, 13] {
        killed_and_resumed(Kind::Import, "send", count, Duration::ZERO);
    }
    for count in [0, 4, 11] {
        killed_and_resumed(Kind::Remove, "send", count, Duration::ZERO);
    }
    for count in [0, 17, 58] {
        killed_and_resumed(Kind::Upsert, "send", count, Duration::ZERO);
    }
}

#[test]
fn after_an_answer_has_come() {
    for count in [0, 1, 2, 3, 5, 7, 9, 11, 13] {
        killed_and_resumed(Kind::Import, "answer", count, Duration::ZERO);
    }
    for count in [0, 4, 11] {
        killed_and_resumed(Kind::Remove, "answer", count, Duration::ZERO);
    }
    for count in [0, 17, 58] {
        killed_and_resumed(Kind::Upsert, "answer", count, Duration::ZERO);
    }
}

#[test]
fn at_any_time() {
    for kind in [Kind::Import, Kind::Remove, Kind::Upsert] {
        for step in 0..6 {
            killed_and_resumed(kind, "any", 0, Duration::from_millis(2 + 7 * step));
        }
    }
}

/// A job that is killed again and again gets to its end, and does nothing twice on the way.
#[test]
fn time_and_again() {
    let sandbox = sandbox_for(Kind::Import);
    let journal = JournalFile::new("again");
    let mut kills = 0;
    // In the worst case, a run begins with 20 look-ups: two for each item of two chunks.
    let moments = [("send", 4), ("answer", 2), ("send", 22)];
    while let Some((stop, count)) = moments.into_iter().cycle().nth(kills)
        && kill_one(&sandbox, &journal, Kind::Import, stop, count, Duration::ZERO)
    {
        kills += 1;
        assert!(kills < 30, "it gets nowhere");
    }
    assert!(kills >= 2);
    resume(&sandbox, &journal, Kind::Import, "time and again");
    nothing_was_done_twice(&sandbox, Kind::Import, "time and again");
}
