//! What is sent again over the wire, by which settings, and what stands before each attempt: a place, and a token.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sendblue_contacts::{
    Client, ClientBuilder, Credentials, Outcome, RateLimit, RateLimitExceeded, SlidingWindow,
    http::Method,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};
use serde_json::Value;

const NUMBER: &str = "+14155550100";

/// A sandbox, and settings for a client of it whose delays are short.
fn sandbox() -> (Sandbox, ClientBuilder) {
    let sandbox = Sandbox::builder().bearer_token("token-2").start().expect("a sandbox");
    let builder = Client::builder()
        .credentials(Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid"))
        .base_url(sandbox.url())
        .retry_delay(Duration::from_millis(1), Duration::from_millis(2));
    (sandbox, builder)
}

#[tokio::test]
async fn a_client_and_a_call_say_how_often() {
    let (sandbox, builder) = sandbox();
    for (retries, of_call, attempts) in [(0, None, 1), (1, None, 2), (4, None, 5), (0, Some(3), 4), (4, Some(0), 1)] {
        let contacts = builder.clone().max_retries(retries).build().expect("valid").contacts();
        sandbox.fail_next(Fault::status(503).times(attempts));
        let count = contacts.count();
        let count = match of_call {
            Some(of_call) => count.max_retries(of_call),
            None => count,
        };
        let error = count.send().await.expect_err("a failure each time");
        assert_eq!(error.attempts() as usize, attempts, "{retries} {of_call:?}");
        assert!(attempts == 1 || error.to_string().contains(&format!(", at attempt {attempts};")), "{error}");
    }
    assert_eq!(sandbox.requests().len(), 1 + 2 + 5 + 4 + 1);
}

#[tokio::test]
async fn a_success_tells_how_many_attempts_it_took() {
    let (sandbox, builder) = sandbox();
    let contacts = builder.build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(503).times(2));
    let response = contacts.count().send_raw().await.expect("the third succeeds");
    assert_eq!((response.attempts(), *response.value()), (3, 0));
    assert_eq!(contacts.count().send_raw().await.expect("the first succeeds").attempts(), 1);
}

#[tokio::test]
async fn creating_twice_has_to_be_accepted_and_verifying_twice_is_not_for_the_taking() {
    let (sandbox, builder) = sandbox();
    let careful = builder.clone().build().expect("valid").contacts();
    let careless = builder.retry_ambiguous(true).retry_rate_limited(true).build().expect("valid").contacts();
    let status = |status: u16| sandbox.fail_next(Fault::status(status));
    careful.create(NUMBER).send().await.expect("created");

    let mut attempts = Vec::new();
    for contacts in [&careful, &careless] {
        status(500);
        attempts.push(match contacts.create("+14155550101").send_raw().await {
            Ok(response) => response.attempts(),
            Err(error) => error.attempts(),
        });
        status(500);
        let error = contacts.verify(NUMBER).send().await.expect_err("never sent again");
        assert_eq!((error.attempts(), error.outcome()), (1, Outcome::Unknown));
        status(429);
        attempts.push(match contacts.verify(NUMBER).send_raw().await {
            Ok(response) => response.attempts(),
            Err(error) => error.attempts(),
        });
    }
    assert_eq!(attempts, [1, 1, 2, 2]);

    // For one call.
    status(500);
    careful.create("+14155550102").retry_ambiguous(true).send().await.expect("sent again");
    status(429);
    careful.verify(NUMBER).retry_rate_limited(true).send().await.expect("sent again");
    status(500);
    assert!(careless.create("+14155550103").retry_ambiguous(false).send().await.is_err());
    status(429);
    assert!(careless.verify(NUMBER).retry_rate_limited(false).send().await.is_err());
}

#[tokio::test]
async fn an_endpoint_is_sent_again_if_it_reads_or_is_said_to_be_idempotent() {
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
        let request = client.request::<Value>(method.clone(), ["api", "v2", "other"]).idempotent(idempotent);
        let error = request.send().await.expect_err("a failure each time");
        assert_eq!(
            (error.attempts() as usize, sandbox.requests().len()),
            (attempts, attempts),
            "{method} {idempotent}"
        );
    }

    // Whether what is refused for now was done is not known of endpoints that nobody described.
    let request = client.request::<Value>(Method::POST, ["api", "v2", "other"]);
    for (idempotent, attempts, outcome) in [(false, 1, Outcome::Unknown), (true, 3, Outcome::Rejected)] {
        sandbox.fail_next(Fault::status(429).times(attempts));
        let error = request.clone().idempotent(idempotent).send().await.expect_err("a failure each time");
        assert_eq!((error.attempts() as usize, error.outcome()), (attempts, outcome));
    }
}

#[tokio::test]
async fn the_budget_is_shared_by_clones_and_not_by_other_credentials() {
    let (sandbox, builder) = sandbox();
    let client = builder.max_retries(1).build().expect("valid");
    sandbox.fail_next(Fault::status(503).times(usize::MAX));
    let attempts = async |client: &Client| client.contacts().count().send().await.expect_err("a failure").attempts();
    for _ in 0..50 {
        assert_eq!(attempts(&client).await, 2);
        assert_eq!(attempts(&client.clone()).await, 2);
    }
    assert_eq!(attempts(&client).await, 1, "100 retries at 5 tokens each are all");
    assert_eq!(attempts(&client.clone()).await, 1);
    let other = client.with_credentials(Credentials::bearer("token-2").expect("valid"));
    assert_eq!(attempts(&other).await, 2);
}

#[tokio::test]
async fn a_wait_beyond_the_time_of_the_call_ends_it_at_once() {
    let (sandbox, builder) = sandbox();
    let contacts = builder.build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(429).header("retry-after", "50"));
    let error = contacts.count().timeout(Duration::from_secs(20)).send().await.expect_err("no time");
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(50))));
    assert!(error.to_string().contains("and asks to wait 50s; nothing was done"), "{error}");

    sandbox.fail_next(Fault::status(503).header("retry-after-ms", "20"));
    assert_eq!(contacts.count().send_raw().await.expect("after 20 ms").attempts(), 2);
}

#[tokio::test]
async fn each_attempt_takes_a_place() {
    let (sandbox, builder) = sandbox();
    let limit = SlidingWindow::new(3, Duration::from_secs(3600)).expect("valid");
    let client = builder.rate_limit(limit).build().expect("valid");
    sandbox.fail_next(Fault::status(503));
    client.contacts().count().send().await.expect("two attempts");
    client.clone().contacts().count().send().await.expect("the third place");

    let error = client.contacts().count().send().await.expect_err("no place");
    assert!(error.is_throttled() && !error.is_rate_limited(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<RateLimitExceeded>()));
    assert_eq!(sandbox.requests().len(), 3);
}

#[tokio::test]
async fn without_a_place_for_the_retry_the_first_failure_is_that_of_the_call() {
    let (sandbox, builder) = sandbox();
    let limit = Arc::new(SlidingWindow::new(1, Duration::from_secs(3600)).expect("valid"));
    let contacts = builder.rate_limit(limit).build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(504));
    let error = contacts.delete(NUMBER).send().await.expect_err("a failure");
    assert!(error.is_server_error(), "what is known is what the attempt came to: {error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
}

#[tokio::test]
async fn a_limit_that_never_answers_does_not_outlast_the_call() {
    struct Never;

    impl RateLimit for Never {
        fn acquire(
            &self,
            _: Duration,
        ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            Box::pin(std::future::pending())
        }
    }

    let (sandbox, builder) = sandbox();
    let contacts = builder.rate_limit(Never).build().expect("valid").contacts();
    let error = contacts.count().timeout(Duration::from_millis(50)).send().await.expect_err("never");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_provider_is_asked_for_a_token_before_each_attempt() {
    let (sandbox, builder) = sandbox();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let credentials = Credentials::bearer_provider(move || {
        let count = counter.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok::<_, std::io::Error>(format!("token-{count}")) }
    });
    let contacts = builder.credentials(credentials).build().expect("valid").contacts();
    sandbox.fail_next(Fault::status(503));
    assert_eq!(contacts.count().send().await.expect("let in with the second token"), 0);
    let sent: Vec<_> = sandbox.requests().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-2"]);
    assert!(contacts.count().send().await.expect_err("the third is wrong").is_unauthorized());
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let (sandbox, builder) = sandbox();
    let failing = Credentials::bearer_provider(|| async { Err::<String, _>("the vault is locked") });
    let malformed = Credentials::bearer_provider(|| async { Ok::<_, std::io::Error>("canary\n".to_owned()) });
    let never = Credentials::bearer_provider(std::future::pending::<Result<String, std::io::Error>>);
    for (credentials, source) in
        [(failing, "the vault is locked"), (malformed, "bearer token: has white space around it")]
    {
        let contacts = builder.clone().credentials(credentials).build().expect("valid").contacts();
        let error = contacts.count().send().await.expect_err("no token");
        assert!(error.is_token(), "{error:?}");
        assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
        assert!(
            std::error::Error::source(&error).is_some_and(|cause| cause.to_string().starts_with(source)),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains("canary"));
    }
    let contacts = builder.credentials(never).build().expect("valid").contacts();
    let error = contacts.count().timeout(Duration::from_millis(50)).send().await.expect_err("no token in time");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 0));
    assert!(sandbox.requests().is_empty());
}
