//! Failures that stop a job.

use sendblue_contacts::MAX_RATE_LIMIT_PAUSES;

use super::*;

/// A proxy or a wrong base URL may also cause a 404, but without the service's message.
#[tokio::test]
async fn a_404_without_a_message_stops_the_job() {
    let html = || Fault::status(404).header("content-type", "text/html").body("<html>no such host</html>");
    for other in [html(), Fault::status(404), Fault::status(404).body(r#"{"detail": []}"#)] {
        let sandbox = Sandbox::builder().contacts(seeds(0..4)).start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(DELETE));
        sandbox.fail_next(other.operation(RETRIEVE).times(100));
        let contacts = client(&sandbox).max_retries(0).build().expect("valid").contacts();
        let (classes, error) = collect_classes(contacts.remove((0..4).map(number))).await;
        assert_eq!(error.and_then(|error| error.operation()), Some(RETRIEVE));
        assert_eq!(labels(&classes), classes_except(4, "unknown", []));
        assert_eq!(sandbox.len(), 4);
    }
}

#[tokio::test]
async fn a_failure_not_caused_by_an_item_stops_the_job() {
    for status in [302, 401, 403, 404, 410, 415, 429, 501] {
        let sandbox = Sandbox::start().expect("a sandbox");
        let fault = || Fault::status(status).header("retry-after-ms", "1").body(r#"{"message": "no"}"#).times(100);
        sandbox.fail_next(fault().operation(CREATE));
        sandbox.fail_next(fault().operation(DELETE));
        let contacts = contacts(&sandbox);
        let (classes, error) = collect_classes(contacts.import(items(0..50)).chunk_size(10).concurrency(2)).await;
        let error = error.expect("the job stopped");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((error.operation(), error.message()), (Some(CREATE), Some("no")));
        // Each pause follows a call of 3 attempts, and a last call follows the last pause.
        let sent_once = if status == 429 { 3 * (MAX_RATE_LIMIT_PAUSES as usize + 1) } else { 1 };
        let count = requests_of(&sandbox, CREATE).len();
        assert!((sent_once..=2 * sent_once).contains(&count), "{status}: {count}");
        assert_eq!(sandbox.requests().len(), count, "{status}: a look-up");
        assert!(classes.len() == 10 || classes.len() == 20, "read further chunks");
        assert!(classes.iter().all(|class| class.starts_with("rejected: the job stopped: ")), "{classes:?}");
        let (classes, error) =
            collect_classes(contacts.remove((0..50).map(number)).concurrency(1).chunk_size(10)).await;
        assert_eq!(error.and_then(|error| error.status()).map(|status| status.as_u16()), Some(status));
        assert_eq!(labels(&classes), classes_except(10, "rejected", []));
    }
}

#[tokio::test]
async fn a_failed_connection_stops_the_job() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    drop(sandbox);
    let mut job = contacts.import(items(0..50)).chunk_size(10).concurrency(1).start();
    let (classes, error) = collect_reports(&mut job).await;
    assert!(error.expect("an error").is_connect());
    assert_eq!(labels(&classes), classes_except(10, "rejected", []));
    assert!(job.summary().is_stopped());
    assert!(job.summary().to_string().ends_with("; stopped early"));
    assert!(contacts.remove([number(0)]).run().await.expect_err("no connection").error().is_connect());
}

/// The halves that the job does not resend get a class too.
#[tokio::test]
async fn a_stop_between_two_halves_classifies_every_item() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    for stop in 1..4 {
        sandbox.fail_next(Fault::status(413).operation(CREATE).times(stop));
        sandbox.fail_next(Fault::status(401).operation(CREATE));
        let (classes, error) = collect_classes(contacts.import(items(0..8))).await;
        assert!(error.expect("the job stopped").is_unauthorized());
        assert_eq!(labels(&classes), classes_except(8, "rejected", []), "{stop}");
    }
    assert!(sandbox.is_empty());
}

/// If the service is down, the job must not classify the whole input as unknown.
#[tokio::test]
async fn a_failed_lookup_stops_the_job() {
    for (fault, retrieves) in [(Fault::status(500), 3), (Fault::status(401), 1), (Fault::status(200).body("{"), 1)] {
        let sandbox = Sandbox::start().expect("a sandbox");
        sandbox.fail_next(Fault::status(500).operation(CREATE).apply_items(2));
        sandbox.fail_next(no_contact().operation(RETRIEVE));
        sandbox.fail_next(fault.operation(RETRIEVE).times(9));
        let job = contacts(&sandbox).import(items(0..50)).chunk_size(5).concurrency(1);
        let (classes, error) = collect_classes(job).await;
        assert_eq!(error.expect("the job stopped").operation(), Some(RETRIEVE));
        assert_eq!(labels(&classes), classes_except(5, "unknown", []));
        assert_eq!(requests_of(&sandbox, RETRIEVE).len(), 1 + retrieves);
    }
}
