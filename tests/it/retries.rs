//! Retries over the wire: the settings, and the rate limit and the token of each attempt.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sendblue_contacts::{
    Client, ClientBuilder, Credentials, DEFAULT_RETRY_BASE_DELAY, ErrorKind, Outcome, RateLimit, RateLimitExceeded,
    SlidingWindow,
    bytes::Bytes,
    http::{self, Method},
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
    transport::{Attempt, Body, Transport, TransportFuture},
};
use serde_json::Value;
use tokio::{task::JoinSet, time::Instant};

const NUMBER: &str = "+14155550100";

/// Starts a sandbox, and returns a builder of clients with short back-off delays.
fn sandbox() -> (Sandbox, ClientBuilder) {
    let sandbox = Sandbox::builder().bearer_token("token-2").start().expect("a sandbox");
    let builder = Client::builder()
        .credentials(Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid"))
        .base_url(sandbox.url())
        .retry_delay(Duration::from_millis(1), Duration::from_millis(2));
    (sandbox, builder)
}

#[tokio::test]
async fn max_retries_of_a_call_overrides_that_of_the_client() {
    let (sandbox, builder) = sandbox();
    for (of_client, of_call, attempts) in [(0, None, 1), (1, None, 2), (4, None, 5), (0, Some(3), 4), (4, Some(0), 1)] {
        let contacts = builder.clone().max_retries(of_client).build().expect("valid").contacts();
        sandbox.fail_next(Fault::status(503).times(attempts));
        let count = contacts.count();
        let count = match of_call {
            Some(of_call) => count.max_retries(of_call),
            None => count,
        };
        let error = count.send().await.expect_err("each attempt fails");
        assert_eq!(error.attempts() as usize, attempts, "{of_client} {of_call:?}");
        assert!(attempts == 1 || error.to_string().contains(&format!(", {attempts} attempts;")), "{error}");
    }
    assert_eq!(sandbox.requests().len(), 1 + 2 + 5 + 4 + 1);
}

#[tokio::test]
async fn a_response_counts_its_attempts() {
    let (sandbox, builder) = sandbox();
    let contacts = builder.build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(503).times(2));
    let response = contacts.count().send_raw().await.expect("the third succeeds");
    assert_eq!((response.attempts(), *response.value()), (3, 0));
    assert_eq!(contacts.count().send_raw().await.expect("the first succeeds").attempts(), 1);
}

#[tokio::test]
async fn unsafe_retries_need_an_option_and_a_500_to_verify_is_never_retried() {
    let (sandbox, builder) = sandbox();
    let default = builder.clone().build().expect("valid").contacts();
    let opted_in = builder.retry_ambiguous(true).retry_rate_limited(true).build().expect("valid").contacts();
    let fail_next = |status: u16| sandbox.fail_next(Fault::status(status).header("retry-after-ms", "1"));
    default.create(NUMBER).send().await.expect("created");

    let mut attempts = Vec::new();
    for contacts in [&default, &opted_in] {
        fail_next(500);
        attempts.push(match contacts.create("+14155550101").send_raw().await {
            Ok(response) => response.attempts(),
            Err(error) => error.attempts(),
        });
        fail_next(500);
        let error = contacts.verify(NUMBER).send().await.expect_err("no retry");
        assert_eq!((error.attempts(), error.outcome()), (1, Outcome::Unknown));
        fail_next(429);
        attempts.push(match contacts.verify(NUMBER).send_raw().await {
            Ok(response) => response.attempts(),
            Err(error) => error.attempts(),
        });
    }
    assert_eq!(attempts, [1, 1, 2, 2]);

    // A setting of one call overrides that of the client.
    fail_next(500);
    default.create("+14155550102").retry_ambiguous(true).send().await.expect("a retry");
    fail_next(429);
    default.verify(NUMBER).retry_rate_limited(true).send().await.expect("a retry");
    fail_next(500);
    assert!(opted_in.create("+14155550103").retry_ambiguous(false).send().await.is_err());
    fail_next(429);
    assert!(opted_in.verify(NUMBER).retry_rate_limited(false).send().await.is_err());
}

#[tokio::test]
async fn an_untyped_endpoint_is_retried_if_it_reads_or_is_marked_idempotent() {
    let (sandbox, builder) = sandbox();
    let client = builder.build().expect("valid");
    for (method, idempotent, attempts) in [
        (Method::GET, false, 3),
        (Method::HEAD, false, 3),
        (Method::POST, false, 1),
        (Method::PUT, false, 1),
        (Method::DELETE, false, 1),
        (Method::POST, true, 3),
    ] {
        sandbox.clear_requests();
        sandbox.fail_next(Fault::status(500).times(attempts));
        let request = client.request::<Value>(method.clone(), "/api/v2/other").idempotent(idempotent);
        let error = request.send().await.expect_err("each attempt fails");
        assert_eq!(
            (error.attempts() as usize, sandbox.requests().len()),
            (attempts, attempts),
            "{method} {idempotent}"
        );
    }

    // A 429 proves nothing about an undocumented endpoint: it may have acted before it answered.
    let request = client.request::<Value>(Method::POST, "/api/v2/other");
    for (idempotent, attempts, outcome) in [(false, 1, Outcome::Unknown), (true, 3, Outcome::Rejected)] {
        sandbox.fail_next(Fault::status(429).header("retry-after-ms", "1").times(attempts));
        let error = request.clone().idempotent(idempotent).send().await.expect_err("each attempt fails");
        assert_eq!((error.attempts() as usize, error.outcome()), (attempts, outcome));
    }
}

#[tokio::test]
async fn clones_share_the_retry_budget_and_other_credentials_have_their_own() {
    let (sandbox, builder) = sandbox();
    let client = builder.max_retries(1).build().expect("valid");
    sandbox.fail_next(Fault::status(503).times(usize::MAX));
    let attempts = async |client: &Client| client.contacts().count().send().await.expect_err("a failure").attempts();
    for _ in 0..50 {
        assert_eq!(attempts(&client).await, 2);
        assert_eq!(attempts(&client.clone()).await, 2);
    }
    assert_eq!(attempts(&client).await, 1, "the budget allows more than 100 retries at 5 tokens each");
    assert_eq!(attempts(&client.clone()).await, 1);
    let other = client.with_credentials(Credentials::bearer("token-2").expect("valid"));
    assert_eq!(attempts(&other).await, 2);
}

#[tokio::test]
async fn a_retry_after_beyond_the_timeout_ends_the_call_at_once() {
    let (sandbox, builder) = sandbox();
    let contacts = builder.build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(429).header("retry-after", "50"));
    let error = contacts.count().timeout(Duration::from_secs(20)).send().await.expect_err("no retry");
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(50))));
    assert!(error.to_string().contains("retry after 50s; nothing was changed"), "{error}");

    sandbox.fail_next(Fault::status(503).header("retry-after-ms", "20"));
    assert_eq!(contacts.count().send_raw().await.expect("after 20 ms").attempts(), 2);
}

/// A transport that records when each request starts, on Tokio's clock, and responds with a count.
#[derive(Clone, Default)]
struct Starts(Arc<Mutex<Vec<Instant>>>);

impl Transport for Starts {
    fn send<'a>(&'a self, _: http::Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
        self.0.lock().expect("no panic").push(Instant::now());
        Box::pin(async { Ok(http::Response::new(Body::from(r#"{"count": 1}"#))) })
    }
}

#[tokio::test(start_paused = true)]
async fn requests_keep_the_rate_limit_however_long_their_tokens_take() {
    const WINDOW: Duration = Duration::from_millis(500);
    for delay in [|call: u32| WINDOW * (2 - call / 10), |call: u32| Duration::from_millis((call * 37 % 11 * 50).into())]
    {
        let starts = Starts::default();
        let calls = AtomicUsize::new(0);
        let credentials = Credentials::bearer_provider(move || {
            let delay = delay(calls.fetch_add(1, Ordering::SeqCst) as u32);
            async move {
                tokio::time::sleep(delay).await;
                Ok::<_, std::io::Error>("token".to_owned())
            }
        });
        let limit = SlidingWindow::new(10, WINDOW).expect("valid");
        let builder = Client::builder().credentials(credentials).transport(starts.clone()).rate_limit(limit);
        let contacts = builder.build().expect("valid").contacts();
        let mut tasks = JoinSet::new();
        for _ in 0..30 {
            tasks.spawn(contacts.count().send());
        }
        assert!(tasks.join_all().await.iter().all(Result::is_ok));
        let starts = starts.0.lock().expect("no panic").clone();
        for (first, eleventh) in starts.iter().zip(&starts[10..]) {
            assert!(*eleventh - *first >= WINDOW, "11 starts within {:?}", *eleventh - *first);
        }
    }
}

#[tokio::test]
async fn other_credentials_have_a_rate_limit_of_their_own_or_the_given_one() {
    struct Forbids;

    impl RateLimit for Forbids {
        fn acquire(
            &self,
            _: Duration,
        ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            Box::pin(async { Err(RateLimitExceeded::new(None)) })
        }
    }

    let hourly = || SlidingWindow::new(2, Duration::from_secs(3600)).expect("valid");
    let builder = Client::builder().credentials(Credentials::bearer("a").expect("valid")).transport(Starts::default());
    let other = |client: &Client| client.with_credentials(Credentials::bearer("b").expect("valid"));
    let starts = async |client: &Client| {
        let mut starts = 0;
        while starts < 9 && client.contacts().count().send().await.is_ok() {
            starts += 1;
        }
        starts
    };
    for client in [
        builder.clone().rate_limit(hourly()),
        builder.clone().rate_limit(Arc::new(hourly())),
        builder.clone().rate_limit(Arc::new(hourly()) as Arc<dyn RateLimit>),
    ] {
        let client = client.build().expect("valid");
        let second = other(&client);
        assert_eq!((starts(&client).await, starts(&second).await, starts(&second.clone()).await), (2, 2, 0));
        assert_eq!(starts(&other(&second)).await, 2);
    }

    let shared = Arc::new(hourly());
    let client = builder.clone().rate_limit(Arc::clone(&shared)).build().expect("valid");
    let second = other(&client).with_rate_limit(shared);
    assert_eq!((starts(&client).await, starts(&second).await), (2, 0));

    // A custom limiter cannot be copied, so the accounts share it, rather than one has none.
    let custom = builder.clone().rate_limit(Forbids).build().expect("valid");
    assert_eq!(starts(&other(&custom)).await, 0);
    assert_eq!(starts(&other(&builder.build().expect("valid"))).await, 9);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_retry_after_waits_for_the_rate_window_with_jitter() {
    /// Responds to each first request with a 429 and these headers.
    struct Limited(Arc<Mutex<Vec<Instant>>>, &'static [(&'static str, &'static str)]);

    impl Transport for Limited {
        fn send<'a>(&'a self, _: http::Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
            let mut starts = self.0.lock().expect("no panic");
            starts.push(Instant::now());
            let mut response = http::Response::new(Body::from(r#"{"count": 1}"#));
            if starts.len() % 2 == 1 {
                *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
                for (name, value) in self.1 {
                    response.headers_mut().insert(*name, value.parse().expect("a value"));
                }
            }
            Box::pin(async { Ok(response) })
        }
    }

    for (headers, timeout, least) in [
        (&[][..], 60, 10_000),
        (&[("retry-after", "soon")], 60, 10_000),
        (&[], 10, 0),
        (&[("retry-after", "0")], 60, 0),
        (&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], 60, 0),
        (&[("retry-after", "1.5")], 60, 2000),
        (&[("retry-after-ms", "20")], 60, 20),
    ] {
        let starts = Arc::<Mutex<Vec<Instant>>>::default();
        let builder = Client::builder().credentials(Credentials::bearer("a").expect("valid"));
        let client = builder.transport(Limited(Arc::clone(&starts), headers)).build().expect("valid");
        for _ in 0..20 {
            client.contacts().count().timeout(Duration::from_secs(timeout)).send().await.expect("the second attempt");
        }
        let starts = starts.lock().expect("no panic").clone();
        let waits: Vec<_> = starts.chunks(2).map(|pair| pair[1] - pair[0]).collect();
        let least = Duration::from_millis(least);
        for wait in &waits {
            // Tokio's timer rounds up to milliseconds.
            assert!(*wait >= least && *wait <= least + DEFAULT_RETRY_BASE_DELAY + Duration::from_millis(2), "{wait:?}");
        }
        assert!(waits.iter().collect::<BTreeSet<_>>().len() > 1, "no jitter after {headers:?}");
    }
}

#[tokio::test]
async fn each_attempt_counts_against_the_rate_limit() {
    let (sandbox, builder) = sandbox();
    let limit = SlidingWindow::new(3, Duration::from_secs(3600)).expect("valid");
    let client = builder.rate_limit(limit).build().expect("valid");
    sandbox.fail_next(Fault::status(503));
    client.contacts().count().send().await.expect("two attempts");
    client.clone().contacts().count().send().await.expect("the third start");

    let error = client.contacts().count().send().await.expect_err("a fourth start");
    assert!(error.kind() == ErrorKind::Throttled && !error.is_rate_limited(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<RateLimitExceeded>()));
    assert_eq!(sandbox.requests().len(), 3);
}

#[tokio::test]
async fn if_the_rate_limit_prevents_the_retry_the_call_returns_the_first_error() {
    let (sandbox, builder) = sandbox();
    let limit = Arc::new(SlidingWindow::new(1, Duration::from_secs(3600)).expect("valid"));
    let contacts = builder.rate_limit(limit).build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(504));
    let error = contacts.delete(NUMBER).send().await.expect_err("a failure");
    assert!(error.is_server_error(), "not the error of the attempt: {error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
}

#[tokio::test]
async fn the_timeout_covers_waiting_for_the_rate_limit() {
    struct NeverReady;

    impl RateLimit for NeverReady {
        fn acquire(
            &self,
            _: Duration,
        ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            Box::pin(std::future::pending())
        }
    }

    let (sandbox, builder) = sandbox();
    let contacts = builder.rate_limit(NeverReady).build().expect("valid").contacts();
    let error = contacts.count().timeout(Duration::from_millis(50)).send().await.expect_err("a timeout");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn the_token_provider_is_called_before_each_attempt() {
    let (sandbox, builder) = sandbox();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let credentials = Credentials::bearer_provider(move || {
        let count = counter.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok::<_, std::io::Error>(format!("token-{count}")) }
    });
    let contacts = builder.credentials(credentials).build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(503));
    assert_eq!(contacts.count().send().await.expect("the second token is valid"), 0);
    let sent: Vec<_> = sandbox.requests().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-2"]);
    assert!(contacts.count().send().await.expect_err("the third token is invalid").is_unauthorized());
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn if_the_token_provider_fails_no_request_is_sent() {
    let (sandbox, builder) = sandbox();
    let failing = Credentials::bearer_provider(|| async { Err::<String, _>("the vault is locked") });
    let malformed = Credentials::bearer_provider(|| async { Ok::<_, std::io::Error>("canary\n".to_owned()) });
    let pending = Credentials::bearer_provider(std::future::pending::<Result<String, std::io::Error>>);
    for (credentials, source) in [(failing, "the vault is locked"), (malformed, "bearer token: white space around")] {
        let contacts = builder.clone().credentials(credentials).build().expect("valid").contacts();
        let error = contacts.count().send().await.expect_err("no token");
        assert!(error.kind() == ErrorKind::TokenProvider, "{error:?}");
        assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
        assert!(
            std::error::Error::source(&error).is_some_and(|cause| cause.to_string().starts_with(source)),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains("canary"));
    }
    let contacts = builder.credentials(pending).build().expect("valid").contacts();
    let error = contacts.count().timeout(Duration::from_millis(50)).send().await.expect_err("a timeout");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty());
}
