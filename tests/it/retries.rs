//! Retries over the wire: the settings, and the rate limit and the token of each attempt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sendblue_contacts::{
    Client, ClientBuilder, Credentials, ErrorKind, Outcome, RateLimit, RateLimitExceeded, SlidingWindow,
    http::Method,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};
use serde_json::Value;

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
    let fail_next = |status: u16| sandbox.fail_next(Fault::status(status));
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
        sandbox.fail_next(Fault::status(429).times(attempts));
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
