//! Services that break the rules of lists. A stream yields every contact exactly once, or ends with an error.
//!
//! The service is a transport of its own, and shares no code with the sandbox.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sendblue_contacts::{
    Client, Contacts, Credentials, Error,
    http::{Request, Response},
    transport::{Attempt, Body, Transport, TransportFuture},
};
use serde_json::{Value, json};

use super::number;

/// Returns a time in microseconds after the first contact's.
fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_778_284_800_000_000 + micros).expect("in range")
}

/// What the service does with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounding {
    Exact,
    TruncatedToSeconds,
    RoundedToSeconds,
    RoundedUpToSeconds,
    RoundedUpToHours,
}

impl Rounding {
    fn apply(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let up = |seconds: i64| {
            let over = time.timestamp_micros().rem_euclid(seconds * 1_000_000);
            if over == 0 { time } else { time + TimeDelta::microseconds(seconds * 1_000_000 - over) }
        };
        match self {
            Self::Exact => time,
            Self::TruncatedToSeconds => time.trunc_subsecs(0),
            Self::RoundedToSeconds => time.round_subsecs(0),
            Self::RoundedUpToSeconds => up(1),
            Self::RoundedUpToHours => up(3600),
        }
    }
}

#[derive(Clone, Debug)]
struct Service {
    /// The microsecond of each contact.
    times: Vec<i64>,
    /// Whether each request sorts contacts with the same time in another order.
    shuffles_ties: bool,
    ignores_offset: bool,
    ignores_since: bool,
    /// Whether `created_at_gte` excludes the time itself.
    is_exclusive: bool,
    /// The rounding of the times in the response.
    shown: Rounding,
    /// The rounding of the `created_at_gte` of the request.
    filter: Rounding,
    /// The smallest and the largest number of contacts on a page.
    caps: (usize, usize),
}

impl Service {
    fn new(times: impl IntoIterator<Item = i64>) -> Self {
        Self {
            times: times.into_iter().collect(),
            shuffles_ties: false,
            ignores_offset: false,
            ignores_since: false,
            is_exclusive: false,
            shown: Rounding::Exact,
            filter: Rounding::Exact,
            caps: (1000, 1000),
        }
    }

    fn page(&self, query: &str, random: &mut fastrand::Rng) -> Value {
        let (mut since, mut offset, mut limit, mut is_descending) = (None, 0, 100, false);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "created_at_gte" => {
                    since = Some(self.filter.apply(value.parse().expect("a time"))).filter(|_| !self.ignores_since)
                }
                "offset" if !self.ignores_offset => offset = value.parse().expect("an offset"),
                "limit" => limit = value.parse().expect("a limit"),
                "order_direction" => is_descending = value == "desc",
                _ => {}
            }
        }
        assert!(offset <= 10_000 && limit <= 1000, "{query}");
        let mut rows: Vec<(DateTime<Utc>, u64, usize)> = (self.times.iter().enumerate())
            .map(|(id, micros)| (time(*micros), if self.shuffles_ties { random.u64(..) } else { id as u64 }, id))
            .filter(|(at, ..)| since.is_none_or(|since| if self.is_exclusive { *at > since } else { *at >= since }))
            .collect();
        rows.sort_unstable();
        if is_descending {
            rows.reverse();
        }
        let cap = random.usize(self.caps.0..=self.caps.1);
        let contact = |(at, _, id): &(DateTime<Utc>, u64, usize)| json!({"phone": number(*id), "contact_id": id.to_string(), "created_at": self.shown.apply(*at)});
        rows.iter().skip(offset).take(limit.min(cap)).map(contact).collect()
    }
}

/// A transport to a service, which counts the requests.
struct Host {
    service: Service,
    state: Mutex<(usize, fastrand::Rng)>,
}

impl Transport for Host {
    fn send<'a>(&'a self, request: Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, random) = &mut *state;
        *count += 1;
        assert!(*count < 20_000, "the stream does not end");
        let page = self.service.page(request.uri().query().unwrap_or_default(), random);
        Box::pin(async move { Ok(Response::new(Body::from(page.to_string()))) })
    }
}

fn client(host: &Arc<Host>) -> Contacts {
    Client::builder()
        .credentials(Credentials::key_pair("key", "secret").expect("valid"))
        .base_url("http://127.0.0.1:9/")
        .transport(Arc::clone(host))
        .build()
        .expect("a client")
        .contacts()
}

/// The result of a stream: the numbers it yielded, its error, and the requests it sent.
struct Walked {
    numbers: Vec<String>,
    error: Option<Error>,
    requests: usize,
}

/// Reads a list with this page size, and resumes from the cursor after each of these numbers of contacts.
async fn walk(service: &Service, seed: u64, limit: u32, stops: &[usize]) -> Walked {
    let state = Mutex::new((0, fastrand::Rng::with_seed(seed)));
    let host = Arc::new(Host { service: service.clone(), state });
    let contacts = client(&host);
    let mut stream = contacts.list().limit(limit).stream();
    let mut numbers = Vec::new();
    let mut error = None;
    let mut stops = stops.iter();
    let mut stop = stops.next();
    while let Some(contact) = stream.next().await {
        match contact {
            Ok(contact) => numbers.push(contact.phone.expect("a number")),
            Err(last) => error = Some(last),
        }
        if error.is_none() && stop.is_some_and(|stop| numbers.len() >= *stop) {
            stop = stops.next();
            let saved = serde_json::to_string(&stream.cursor()).expect("JSON");
            let cursor = serde_json::from_str(&saved).expect("a cursor");
            stream = contacts.list().limit(limit).stream().resume(cursor);
        }
    }
    let requests = host.state.lock().unwrap_or_else(PoisonError::into_inner).0;
    Walked { numbers, error, requests }
}

/// Checks that the stream was exact, or ended with an error, and returns whether it was exact.
fn check(service: &Service, walked: &Walked) -> bool {
    let Walked { numbers, error, .. } = walked;
    let distinct: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(distinct.len(), numbers.len(), "a contact is yielded twice");
    if let Some(error) = error {
        assert!(error.is_incomplete(), "{error:?}");
        return false;
    }
    assert_eq!(distinct.len(), service.times.len(), "contacts are missing without an error");
    true
}

#[tokio::test]
async fn ties_in_another_order_at_each_request_are_no_silent_loss() {
    // 12,000 contacts in ties of different sizes, from a few to many pages.
    for (tied, limit, is_exact) in [
        (5, 1000, Some(true)),
        (5, 100, Some(true)),
        (900, 1000, Some(true)),
        (1_500, 1000, None),
        (3_000, 1000, Some(false)),
        (3_000, 100, Some(false)),
        (12_000, 1000, Some(false)),
    ] {
        let service = Service { shuffles_ties: true, ..Service::new((0..12_000).map(|n| n / tied * 1_000_000)) };
        for seed in 0..2 {
            let walked = walk(&service, seed, limit, &[]).await;
            let was_exact = check(&service, &walked);
            assert!(is_exact.is_none_or(|is_exact| is_exact == was_exact), "{tied} {limit}: {:?}", walked.error);
            assert!(walked.requests < 400, "{tied} {limit}: {} requests", walked.requests);
        }
    }
}

#[tokio::test]
async fn an_ignored_offset_ends_the_stream_at_the_first_repeated_page() {
    let tie = (0..12_000).map(|_| 0);
    for (times, limit, requests) in [
        (Vec::from_iter(tie), 1000, 2),
        // The first page repeats where the stream looks for contacts without `created_at`.
        ((0..5).collect(), 1000, 7),
        (vec![0; 50], 2, 12),
        (vec![0; 50], 5, 7),
        ((0..5_000).collect(), 1000, 8),
        ((0..5_000).collect(), 10, 560),
    ] {
        let service = Service { ignores_offset: true, ..Service::new(times) };
        let walked = walk(&service, 0, limit, &[]).await;
        let error = walked.error.as_ref().expect("an error");
        assert!(error.is_incomplete() && error.to_string().contains("ignored `offset`"), "{error}");
        assert!(walked.requests <= requests, "{limit} {}: {} requests", service.times.len(), walked.requests);
        check(&service, &walked);
    }
}

#[tokio::test]
async fn pages_of_one_contact_are_an_error() {
    for (count, spacing) in [(12, 1_000_000), (12, 0), (2, 1), (2, 0)] {
        let service = Service { caps: (1, 1), ..Service::new((0..count).map(|n| n * spacing)) };
        let walked = walk(&service, 0, 1000, &[]).await;
        assert!(!check(&service, &walked), "{count} {spacing}");
        let error = walked.error.expect("an error");
        assert!(error.to_string().contains("only one contact"), "{error}");
        assert!(walked.requests < 100, "{} requests", walked.requests);
    }
    let service = Service { caps: (1, 1), ..Service::new([0]) };
    assert!(check(&service, &walk(&service, 0, 1000, &[]).await));
}

#[tokio::test]
async fn pages_of_random_sizes_lose_no_contact() {
    for seed in 0..20 {
        let service = Service { caps: (1, 4), ..Service::new((0..60).map(|n| n / 7 * 1_000)) };
        let walked = walk(&service, seed, 1000, &[13, 29]).await;
        assert!(check(&service, &walked), "{seed}: {:?}", walked.error);
    }
}

#[tokio::test]
async fn a_filter_that_excludes_its_own_time_is_an_error() {
    for is_one_second in [true, false] {
        let times = (0..2_500).map(|n| if is_one_second { n / 3 * 10 } else { n / 3 * 1_000_000 });
        let service = Service { is_exclusive: true, ..Service::new(times) };
        let walked = walk(&service, 0, 1000, &[]).await;
        assert!(!check(&service, &walked));
        let error = walked.error.expect("an error");
        assert!(error.to_string().contains("left out a contact"), "{error}");
        assert!(walked.requests < 10, "{} requests", walked.requests);
    }
}

#[tokio::test]
async fn times_that_are_shown_with_whole_seconds_lose_no_contact() {
    // About ten contacts a second.
    let times = (0..3_000).map(|n| n * 97_001);
    let service = Service { shown: Rounding::TruncatedToSeconds, ..Service::new(times) };
    assert!(check(&service, &walk(&service, 0, 100, &[]).await));
}

/// A service that breaks one rule, and returns fewer contacts than requested.
fn service() -> impl Strategy<Value = Service> {
    let caps = prop_oneof![4 => Just((1000, 1000)), 1 => Just((1, 1)), 2 => (1_usize..4, 4_usize..9)];
    let spacing = prop_oneof![Just(1_i64), Just(300_000), Just(1_000_000), Just(900_000_000)];
    (vec(0_i64..40, 0..60), spacing, 0..12, caps).prop_map(|(times, spacing, rule, caps)| {
        let mut service = Service { caps, ..Service::new(times.iter().map(|time| time / 3 * spacing)) };
        match rule {
            0..3 => service.shuffles_ties = true,
            3 => service.ignores_offset = true,
            4 => service.ignores_since = true,
            5 => service.is_exclusive = true,
            6 => service.shown = Rounding::TruncatedToSeconds,
            7 => service.shown = Rounding::RoundedToSeconds,
            8 => service.shown = Rounding::RoundedUpToSeconds,
            9 => service.filter = Rounding::TruncatedToSeconds,
            10 => service.filter = Rounding::RoundedUpToSeconds,
            _ => service.filter = Rounding::RoundedUpToHours,
        }
        service
    })
}

#[test]
fn whatever_rule_a_service_breaks_a_stream_is_exact_or_ends_with_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let stops = vec(0_usize..40, 0..3);
    TestRunner::new(config)
        .run(&(service(), any::<u64>(), 2_u32..12, stops), |(service, seed, limit, mut stops)| {
            stops.sort_unstable();
            stops.dedup();
            let walked = runtime.block_on(walk(&service, seed, limit, &stops));
            check(&service, &walked);
            assert!(walked.requests < 3_000, "{} requests", walked.requests);
            Ok(())
        })
        .expect("exact, or an error");
}
