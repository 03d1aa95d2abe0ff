//! The call options of a job apply to each of its requests.

use super::*;

#[tokio::test]
async fn a_header_is_on_every_request() {
    let sandbox = Sandbox::builder().drop_numbers([number(1)]).start().expect("a sandbox");
    sandbox.fail_next(Fault::no_response().operation(CREATE).apply_request(true));
    let job = contacts(&sandbox).import(items(0..12)).header("x-job", "nightly");
    with_short_delay(job).run().await.expect("no error");
    let upserts = [new_contact(20).company_name("Works")];
    let job = contacts(&sandbox).import(upserts).upsert(true).header("x-job", "nightly");
    job.run().await.expect("no error");
    contacts(&sandbox).remove([number(0)]).header("x-job", "nightly").run().await.expect("no error");
    for operation in [CREATE, LIST, RETRIEVE, "contacts.create", "contacts.update", DELETE] {
        assert!(!requests_of(&sandbox, operation).is_empty(), "no {operation}");
    }
    for request in sandbox.requests() {
        assert_eq!(request.headers().get("x-job").map(|value| value.as_bytes()), Some(&b"nightly"[..]), "{request:?}");
    }
}

#[tokio::test]
async fn max_retries_replaces_that_of_the_client() {
    let sandbox = Sandbox::builder().contacts(seeds([0])).start().expect("a sandbox");
    sandbox.fail_next(Fault::status(503).operation(DELETE).times(9));
    let job = contacts(&sandbox).remove([number(0)]).max_retries(0);
    let summary = with_short_delay(job).run().await.expect("no error");
    assert_eq!((summary.unknown(), requests_of(&sandbox, DELETE).len()), (1, 1));
}

#[tokio::test]
async fn timeouts_replace_those_of_the_client() {
    type Set = fn(Job<sendblue_contacts::jobs::Import>) -> Job<sendblue_contacts::jobs::Import>;
    let limits: [Set; 2] =
        [|job| job.timeout(Duration::from_millis(50)), |job| job.attempt_timeout(Duration::from_millis(50))];
    for set in limits {
        let sandbox = Sandbox::builder().latency(Duration::from_millis(400)).start().expect("a sandbox");
        let job = set(contacts(&sandbox).import(items([0])).max_retries(0));
        let failed = with_short_delay(job).run().await.expect_err("the look-up times out");
        assert!(failed.error().is_timeout(), "{failed:?}");
        assert_eq!(failed.summary().unknown(), 1);
    }
}

#[tokio::test]
async fn an_invalid_option_is_an_error_before_anything_is_read() {
    type Set = fn(Job<sendblue_contacts::jobs::Import>) -> Job<sendblue_contacts::jobs::Import>;
    let wrong: [(Set, &str); 4] = [
        (|job| job.timeout(Duration::ZERO), "timeout: "),
        (|job| job.attempt_timeout(Duration::ZERO), "attempt_timeout: "),
        (|job| job.header("host", "example.com").header("", ""), "header `host`: "),
        (|job| job.header("x-job", "two\nlines"), "header `x-job`: "),
    ];
    let sandbox = Sandbox::start().expect("a sandbox");
    for (set, field) in wrong {
        let failed = set(contacts(&sandbox).import(items([0]))).run().await.expect_err("invalid");
        let error = failed.into_error();
        assert!(error.is_input() && error.to_string().starts_with(field), "{error}");
    }
    assert!(sandbox.requests().is_empty());
}
