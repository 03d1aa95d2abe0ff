//! Jobs against the sandbox: every item gets a class that matches the account.

use std::{fs, path::PathBuf, time::Duration};

use sendblue_contacts::{
    Client, ClientBuilder, Contacts, Credentials, Error, NewContact,
    jobs::{Job, JobKind, RunningJob},
    sandbox::{BulkExisting, DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, ReceivedRequest, Sandbox},
};
use serde_json::{Value, json};

mod classes;
mod flow;
mod items;
mod journal;
mod killed;
mod odd_contacts;
mod options;
mod partly_applied;
mod random;
mod refusals;
mod reports;
mod stops;
mod unknown_outcomes;
mod upsert;

/// Returns the n-th phone number.
fn number(n: u64) -> String {
    format!("+1415{n:07}")
}

/// Returns a client with a short back-off.
fn client(sandbox: &Sandbox) -> ClientBuilder {
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let client = Client::builder().credentials(credentials).base_url(sandbox.url());
    client.retry_delay(Duration::from_millis(1), Duration::from_millis(2))
}

fn contacts(sandbox: &Sandbox) -> Contacts {
    client(sandbox).build().expect("valid").contacts()
}

fn new_contact(n: u64) -> NewContact {
    NewContact::new(number(n)).expect("a number")
}

/// Returns new contacts with these numbers.
fn items(numbers: impl IntoIterator<Item = u64>) -> Vec<NewContact> {
    numbers.into_iter().map(|n| new_contact(n).first_name(format!("Name {n}"))).collect()
}

/// Returns contacts to seed a sandbox with, created long ago.
fn seeds(numbers: impl IntoIterator<Item = u64>) -> Vec<Value> {
    let seed = |n| json!({ "phone": number(n), "first_name": "Seed", "created_at": "2025-01-01T00:00:00Z" });
    numbers.into_iter().map(seed).collect()
}

/// The path of a journal; the file is removed on drop.
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

/// Shortens the settle delay of a job.
fn with_short_delay<K: JobKind>(job: Job<K>) -> Job<K> {
    job.settle_delay(Duration::from_millis(5))
}

/// Runs a job; returns the class of each item, in the order of the input, and the error that stopped the job.
async fn collect_classes<K: JobKind>(job: Job<K>) -> (Vec<String>, Option<Error>) {
    let mut running = with_short_delay(job).start();
    let (classes, error) = collect_reports(&mut running).await;
    assert!(running.next().await.is_none(), "a report after the end");
    (classes, error)
}

async fn collect_reports<K: JobKind>(running: &mut RunningJob<K>) -> (Vec<String>, Option<Error>) {
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
    assert!(classes.iter().map(|(index, _)| *index).eq(expected), "not exactly one class for each item: {classes:?}");
    (classes.into_iter().map(|(_, class)| class).collect(), failed)
}

/// Returns `count` times `class`, with other classes at some indexes.
fn classes_except<const N: usize>(count: usize, class: &str, others: [(usize, &str); N]) -> Vec<String> {
    let mut classes = vec![class.to_owned(); count];
    for (index, class) in others {
        classes[index] = class.to_owned();
    }
    classes
}

/// Returns the label of each class.
fn labels(classes: &[String]) -> Vec<String> {
    classes.iter().map(|class| class.split([':', ';']).next().expect("a label").to_owned()).collect()
}

/// The response of the service for a number without a contact.
fn no_contact() -> Fault {
    Fault::status(404).body(r#"{"status": "error", "message": "Contact not found"}"#)
}

/// Returns the requests of an operation.
fn requests_of(sandbox: &Sandbox, operation: &str) -> Vec<ReceivedRequest> {
    sandbox.requests().into_iter().filter(|request| request.operation() == Some(operation)).collect()
}

/// Returns the number of items in each request of an operation.
fn items_per_request(sandbox: &Sandbox, operation: &str) -> Vec<usize> {
    requests_of(sandbox, operation).iter().map(|request| numbers_of(request).len()).collect()
}

/// Returns the phone numbers in the body of a request.
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
