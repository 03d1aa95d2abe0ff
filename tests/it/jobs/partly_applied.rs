//! A hostile service that applies a part of the requests that it refuses. It shares no code with the sandbox.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig as Config, Strategy, any, proptest},
    sample::select,
};
use sendblue_contacts::{
    Client, Credentials, NewContact, Outcome,
    bytes::Bytes,
    chrono::{DateTime, Utc},
    http,
    jobs::{Import, ImportClass, Job, MAX_EQUAL_REFUSALS},
    transport::{Attempt, Body, Transport, TransportFuture},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{JournalFile, number};

/// The order in which the service works through a bulk request that it refuses.
#[derive(Clone, Copy, Debug)]
enum Applies {
    InOrderUntilTheFirstBadItem,
    InReverseUntilTheFirstBadItem,
    EveryGoodItem,
    EverySecondGoodItem,
    EveryItem,
    Nothing,
}

/// The response to a refused request.
#[derive(Clone, Debug)]
struct Refusal {
    status: u16,
    message: &'static str,
}

#[derive(Clone)]
struct Service(Arc<ServiceState>);

struct ServiceState {
    bad: BTreeSet<String>,
    applies: Applies,
    refusal: Refusal,
    /// A created contact becomes visible after this delay.
    delay: Duration,
    /// The response to a look-up of an absent contact.
    not_found: (u16, &'static str),
    /// Whether `count` succeeds.
    counts: bool,
    contacts: Mutex<BTreeMap<String, Stored>>,
    sent: Mutex<Vec<(String, usize)>>,
}

struct Stored {
    /// How often the contact was created.
    created: u32,
    created_at: DateTime<Utc>,
    visible_at: Instant,
}

const SERVICE_404: (u16, &str) = (404, r#"{"status":"error","message":"Contact not found"}"#);

impl Service {
    fn new(bad: impl IntoIterator<Item = String>, applies: Applies, refusal: Refusal) -> Self {
        Self(Arc::new(ServiceState {
            bad: bad.into_iter().collect(),
            applies,
            refusal,
            delay: Duration::ZERO,
            not_found: SERVICE_404,
            counts: true,
            contacts: Mutex::default(),
            sent: Mutex::default(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut ServiceState)) -> Self {
        change(Arc::get_mut(&mut self.0).expect("not shared yet"));
        self
    }

    fn client(&self) -> Client {
        let key = Credentials::key_pair("key", "secret").expect("valid");
        Client::builder().credentials(key).transport(self.clone()).max_retries(0).build().expect("valid")
    }

    fn import(&self, numbers: Vec<String>) -> Job<Import> {
        let people = numbers.into_iter().map(|number| NewContact::new(number).expect("a number"));
        self.client().contacts().import(people.collect::<Vec<_>>()).settle_delay(Duration::from_secs(5))
    }

    fn created(&self, number: &str) -> u32 {
        self.0.contacts.lock().expect("no panic").get(number).map_or(0, |stored| stored.created)
    }

    fn requests(&self, path: &str) -> Vec<usize> {
        let sent = self.0.sent.lock().expect("no panic");
        sent.iter().filter(|(of, _)| of == path).map(|(_, items)| *items).collect()
    }

    fn create(&self, number: &str) {
        let mut contacts = self.0.contacts.lock().expect("no panic");
        // Truncated to milliseconds, `created_at` could precede the chunk's start.
        let created_at = DateTime::from(std::time::SystemTime::now()) + Duration::from_millis(5);
        let visible_at = Instant::now() + self.0.delay;
        let stored = contacts.entry(number.to_owned()).or_insert(Stored { created: 0, created_at, visible_at });
        stored.created += 1;
    }

    fn respond(&self, request: &http::Request<Bytes>) -> (u16, String) {
        let path = request.uri().path().trim_start_matches("/api/v2/contacts").to_owned();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let numbers: Vec<String> = body["contacts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|contact| contact["phone"].as_str().expect("a number").to_owned())
            .collect();
        let kind = if path.starts_with("/+") || path.starts_with("/%2B") { "look-up" } else { path.as_str() };
        self.0.sent.lock().expect("no panic").push((kind.to_owned(), numbers.len()));
        match kind {
            "/count" if self.0.counts => (200, json!({ "count": 7 }).to_string()),
            "/bulk" => self.respond_to_bulk(&numbers),
            "look-up" => self.respond_to_look_up(&path.trim_start_matches('/').replace("%2B", "+")),
            _ => (404, "<html>not here</html>".to_owned()),
        }
    }

    fn respond_to_bulk(&self, numbers: &[String]) -> (u16, String) {
        let is_good = |number: &&String| !self.0.bad.contains(*number);
        if numbers.iter().all(|number| is_good(&number)) {
            numbers.iter().for_each(|number| self.create(number));
            let contacts: Vec<_> = numbers.iter().map(|number| json!({ "phone": number })).collect();
            return (201, json!({ "status": "OK", "contacts": contacts }).to_string());
        }
        let applied: Vec<&String> = match self.0.applies {
            Applies::InOrderUntilTheFirstBadItem => numbers.iter().take_while(is_good).collect(),
            Applies::InReverseUntilTheFirstBadItem => numbers.iter().rev().take_while(is_good).collect(),
            Applies::EveryGoodItem => numbers.iter().filter(is_good).collect(),
            Applies::EverySecondGoodItem => numbers.iter().filter(is_good).step_by(2).collect(),
            Applies::EveryItem => numbers.iter().collect(),
            Applies::Nothing => Vec::new(),
        };
        applied.into_iter().for_each(|number| self.create(number));
        let Refusal { status, message } = self.0.refusal;
        (status, json!({ "status": "ERROR", "message": message }).to_string())
    }

    fn respond_to_look_up(&self, number: &str) -> (u16, String) {
        let contacts = self.0.contacts.lock().expect("no panic");
        match contacts.get(number).filter(|stored| Instant::now() >= stored.visible_at) {
            Some(Stored { created_at, .. }) => {
                (200, json!({ "contact": { "phone": number, "created_at": created_at } }).to_string())
            }
            None => (self.0.not_found.0, self.0.not_found.1.to_owned()),
        }
    }
}

impl Transport for Service {
    fn send<'a>(&'a self, request: http::Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
        let (status, body) = self.respond(&request);
        let response = http::Response::builder().status(status).body(Body::from(body)).expect("a response");
        Box::pin(async { Ok(response) })
    }
}

/// Runs a job; returns the label of each item's class.
async fn classes(job: Job<Import>) -> (Vec<&'static str>, Option<sendblue_contacts::Error>) {
    let (mut items, mut failed) = (Vec::new(), None);
    let mut job = job.start();
    while let Some(report) = job.next().await {
        match report {
            Ok(report) => items.extend(report.items.into_iter().map(|item| (item.index, item.class.label()))),
            Err(error) => failed = Some(error),
        }
    }
    items.sort_unstable();
    (items.into_iter().map(|(_, label)| label).collect(), failed)
}

fn invalid_number(status: u16) -> Refusal {
    Refusal { status, message: "Invalid phone number" }
}

#[tokio::test(start_paused = true)]
async fn a_good_item_between_bad_ones_is_created_once() {
    let numbers: Vec<String> = (0..4).map(number).collect();
    let bad = [0, 1, 3].map(number);
    let service = Service::new(bad, Applies::InOrderUntilTheFirstBadItem, invalid_number(400));
    let (labels, error) = classes(service.import(numbers)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(labels, ["rejected", "rejected", "created", "rejected"]);
    assert_eq!(service.created(&number(2)), 1);
}

/// The service creates the contact, but refuses the request, and shows the contact a second later.
#[tokio::test(start_paused = true)]
async fn a_refused_item_that_was_created_after_all_is_created() {
    for chunk_size in [1, 3] {
        let service = Service::new([number(1)], Applies::EveryItem, invalid_number(400));
        let service = service.with(|state| state.delay = Duration::from_secs(1));
        let (labels, error) = classes(service.import((0..3).map(number).collect()).chunk_size(chunk_size)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels, ["created"; 3]);
        assert!((0..3).all(|n| service.created(&number(n)) == 1));
    }
}

#[derive(Clone, Debug)]
struct Case {
    numbers: Vec<u64>,
    bad: BTreeSet<u64>,
    applies: Applies,
    refusal: Refusal,
    delay: Duration,
    chunk_size: usize,
    concurrency: usize,
    resend: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let applies = select(vec![
        Applies::InOrderUntilTheFirstBadItem,
        Applies::InReverseUntilTheFirstBadItem,
        Applies::EveryGoodItem,
        Applies::EverySecondGoodItem,
        Applies::Nothing,
    ]);
    let numbers = Just((0..30).collect::<Vec<u64>>()).prop_shuffle();
    let size = (1_usize..=30, vec(0_u64..30, 0..12), 1_usize..20, 1_usize..4);
    let service = (applies, select(vec![200_u16, 400, 409, 413, 422]), select(vec![0_u64, 1, 4]), any::<bool>());
    (numbers, size, service).prop_map(|(mut numbers, (len, bad, chunk_size, concurrency), service)| {
        let (applies, status, delay, resend) = service;
        numbers.truncate(len);
        Case {
            numbers,
            bad: bad.into_iter().collect(),
            applies,
            refusal: invalid_number(status),
            delay: Duration::from_secs(delay),
            chunk_size,
            concurrency,
            resend,
        }
    })
}

impl Case {
    async fn run(&self) {
        let service = Service::new(self.bad.iter().map(|n| number(*n)), self.applies, self.refusal.clone());
        let service = service.with(|state| state.delay = self.delay);
        let job = service.import(self.numbers.iter().map(|n| number(*n)).collect());
        let job = job.chunk_size(self.chunk_size).concurrency(self.concurrency).resend_unknown(self.resend);
        let (labels, error) = classes(job).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(labels.len(), self.numbers.len());
        for (n, label) in self.numbers.iter().zip(labels) {
            let is_bad = self.bad.contains(n);
            assert_eq!(service.created(&number(*n)), u32::from(!is_bad), "{n}");
            assert_eq!(label, if is_bad { "rejected" } else { "created" }, "{n}");
        }
        let chunks = self.numbers.chunks(self.chunk_size).map(|chunk| 2 * chunk.len() - 1);
        assert!(service.requests("/bulk").len() <= chunks.sum());
        assert!(service.requests("/count").len() <= 1);
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn nothing_is_created_twice_by_a_service_that_applies_refused_requests_in_part(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(case.run());
    }
}

/// The shapes of 404 responses that gateways and wrong paths return.
#[tokio::test(start_paused = true)]
async fn a_404_in_another_shape_than_the_service_s_stops_the_job() {
    for body in [
        r#"{"error":"Not Found"}"#,
        r#"{"message":"no Route matched with those values"}"#,
        r#"{"status":404,"error":"Not Found","message":"No message available","path":"/x"}"#,
        r#"{"detail":"Not Found"}"#,
        r#"{"status":"error"}"#,
        r#"{"status":"OK","message":"Contact not found"}"#,
        r#"[{"status":"error","message":"Contact not found"}]"#,
        "<html>404</html>",
        "",
    ] {
        let service = Service::new([number(1)], Applies::Nothing, invalid_number(400));
        let service = service.with(|state| state.not_found = (404, body));
        let (labels, error) = classes(service.import((0..4).map(number).collect())).await;
        assert_eq!(error.and_then(|error| error.operation()), Some("contacts.retrieve"), "{body}");
        assert_eq!(labels, ["unknown"; 4], "{body}");
        assert_eq!(service.requests("/bulk"), [4], "{body}");

        let gone = service.client().contacts().remove([number(0)]);
        // The removal sends a request that this service does not know, so the job stops at once.
        assert!(gone.run().await.is_err());
    }
}

/// Some gateways copy the shape of the service. Then `count` must show that the base URL is right.
#[tokio::test(start_paused = true)]
async fn a_404_is_believed_only_after_another_response_of_the_service() {
    let refused = || Service::new((0..4).map(number), Applies::Nothing, invalid_number(400));
    let service = refused();
    let (labels, error) = classes(service.import((0..4).map(number).collect())).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(labels, ["rejected"; 4]);
    assert_eq!(service.requests("/count").len(), 1);

    let service = refused().with(|state| state.counts = false);
    let (labels, error) = classes(service.import((0..4).map(number).collect())).await;
    assert_eq!(error.and_then(|error| error.operation()), Some("contacts.count"));
    assert_eq!(labels, ["unknown"; 4]);

    // A bulk create that succeeded is proof enough.
    let service = Service::new([number(5)], Applies::Nothing, invalid_number(400)).with(|state| state.counts = false);
    let job = service.import((0..6).map(number).collect()).chunk_size(3).concurrency(1);
    let (labels, error) = classes(job).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(labels, ["created", "created", "created", "created", "created", "rejected"]);
}

/// A gateway that refuses every look-up does not prove that a contact is absent.
#[tokio::test(start_paused = true)]
async fn a_refused_look_up_counts_only_in_the_shape_of_the_service() {
    let bad = || Service::new([number(1)], Applies::EveryGoodItem, invalid_number(400));
    let service = bad().with(|state| {
        state.not_found = (400, r#"{"message":"Did not get inputs for authorization"}"#);
        state.delay = Duration::from_secs(3600);
    });
    let (labels, error) = classes(service.import((0..3).map(number).collect())).await;
    assert_eq!(error.and_then(|error| error.operation()), Some("contacts.retrieve"));
    assert_eq!(labels, ["unknown"; 3]);
    assert_eq!(service.requests("/bulk"), [3], "resent an item that may exist");

    let service = bad().with(|state| state.not_found = (400, r#"{"status":"ERROR","message":"Invalid phone number"}"#));
    let (labels, error) = classes(service.import((0..3).map(number).collect())).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(labels, ["created", "rejected", "created"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_stops_if_the_service_refuses_every_item_for_a_reason_of_its_own() {
    for status in [200, 400, 422] {
        let journal = JournalFile::new(&format!("account-full-{status}"));
        let full = Refusal { status, message: "Contact limit reached: upgrade your plan" };
        let service = Service::new((0..1000).map(number), Applies::Nothing, full);
        let job = service.import((0..1000).map(number).collect()).concurrency(1).journal(&journal.0);
        let mut job = job.start();
        let mut items = Vec::new();
        let error = loop {
            match job.next().await.expect("an error") {
                Ok(report) => items.extend(report.items),
                Err(error) => break error,
            }
        };
        assert_eq!(error.message(), Some("Contact limit reached: upgrade your plan"));
        assert_eq!(error.outcome(), Outcome::Rejected);
        assert!(job.summary().is_stopped());
        assert_eq!(items.len(), 100);
        for item in &items {
            let ImportClass::Rejected(reason) = &item.class else { panic!("{item:?}") };
            assert!(reason.is_stop() && reason.message().is_some());
        }
        assert_eq!(service.requests("/bulk").len(), 1 + MAX_EQUAL_REFUSALS as usize);
        let total = service.0.sent.lock().expect("no panic").len();
        assert!(total <= 1 + 100 + 2 * MAX_EQUAL_REFUSALS as usize + 1, "{total} requests");
        assert_eq!(journal.lines().len(), 2, "the chunk stays open");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_of_bad_numbers_never_stops_the_job() {
    for (status, message) in
        [(400, "Invalid phone number"), (422, "Number not accepted"), (409, "Account full"), (400, "")]
    {
        let service = Service::new((0..150).map(number), Applies::Nothing, Refusal { status, message });
        let (labels, error) = classes(service.import((0..250).map(number).collect())).await;
        assert!(error.is_none(), "{message}: {error:?}");
        assert_eq!(labels.iter().filter(|label| **label == "rejected").count(), 150, "{message}");
        assert_eq!(labels.iter().filter(|label| **label == "created").count(), 100, "{message}");
    }
}
