//! Jobs, over the sandbox: each item has its class, and the class is true of the account.

use std::{fs, path::PathBuf, time::Duration};

use sendblue_contacts::{
    Client, ClientBuilder, Contacts, Credentials, Error, NewContact,
    contacts::{Job, JobKind, RunningJob},
    sandbox::{BulkExisting, DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, ReceivedRequest, Sandbox},
};
use serde_json::{Value, json};

mod classes;
mod flow;
mod journal;
mod killed;
mod random;
mod upsert;

/// The n-th number.
fn number(n: u64) -> String {
    format!("+1415{n:07}")
}

/// A client that does not wait long before it sends again.
fn client(sandbox: &Sandbox) -> ClientBuilder {
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let client = Client::builder().credentials(credentials).base_url(sandbox.url());
    client.retry_delay(Duration::from_millis(1), Duration::from_millis(2))
}

fn contacts(sandbox: &Sandbox) -> Contacts {
    client(sandbox).build().expect("valid").contacts()
}

/// New contacts with the numbers of these.
fn items(numbers: impl IntoIterator<Item = u64>) -> Vec<NewContact> {
    numbers.into_iter().map(|n| NewContact::new(number(n)).first_name(format!("Name {n}"))).collect()
}

/// What a sandbox is seeded with: contacts of a time long ago.
fn seeds(numbers: impl IntoIterator<Item = u64>) -> Vec<Value> {
    let seed = |n| json!({ "phone": number(n), "first_name": "Seed", "created_at": "2025-01-01T00:00:00Z" });
    numbers.into_iter().map(seed).collect()
}

/// A file of its own for a journal, which is removed.
struct JournalFile(PathBuf);

impl JournalFile {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sendblue-job-{}-{name}.journal", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_default()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Drop for JournalFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A job that does not wait long.
fn quick<K: JobKind>(job: Job<K>) -> Job<K> {
    job.settle_delay(Duration::from_millis(5))
}

/// Runs to the end; gives the class of each item, in the order of the input, and the error at the end.
async fn classes<K: JobKind>(job: Job<K>) -> (Vec<String>, Option<Error>) {
    let mut running = quick(job).start();
    let (classes, error) = drain(&mut running).await;
    assert!(running.next().await.is_none(), "goes on after its end");
    (classes, error)
}

async fn drain<K: JobKind>(running: &mut RunningJob<K>) -> (Vec<String>, Option<Error>) {
    let mut classes = Vec::new();
    let mut failed = None;
    while let Some(report) = running.next().await {
        assert!(failed.is_none(), "a report after the error");
        match report {
            Ok(report) => classes.extend(report.items.iter().map(|item| (item.index, item.class.to_string()))),
            Err(error) => failed = Some(error),
        }
    }
    classes.sort();
    let expected = 0..running.summary().items();
    assert!(classes.iter().map(|(index, _)| *index).eq(expected), "an item has no class, or two: {classes:?}");
    (classes.into_iter().map(|(_, class)| class).collect(), failed)
}

/// What the service answers to a number that has no contact.
fn no_contact() -> Fault {
    Fault::status(404).body(r#"{"status": "error", "message": "Contact not found"}"#)
}

/// The requests of an operation.
fn sent(sandbox: &Sandbox, operation: &str) -> Vec<ReceivedRequest> {
    sandbox.requests().into_iter().filter(|request| request.operation() == Some(operation)).collect()
}

/// How many items each request of an operation had.
fn sizes(sandbox: &Sandbox, operation: &str) -> Vec<usize> {
    sent(sandbox, operation).iter().map(|request| numbers_of(request).len()).collect()
}

/// The numbers in the body of a request.
fn numbers_of(request: &ReceivedRequest) -> Vec<String> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(String::from);
    let contacts = body["contacts"].as_array().into_iter().flatten().filter_map(|contact| text(&contact["phone"]));
    let ids = body["contact_ids"].as_array().into_iter().flatten().filter_map(text);
    contacts.chain(ids).chain(text(&body["number"])).collect()
}

const CREATE: &str = "contacts.bulk.create";
const DELETE: &str = "contacts.bulk.delete";
const RETRIEVE: &str = "contacts.retrieve";
const LIST: &str = "contacts.list";
