//! Faults, delays and the rate limit.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use reqwest::Method;
use sendblue_contacts::sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use super::{ADA, BOB, DEE, bulk_body, delete, get, post, request, send};

#[tokio::test]
async fn a_request_above_the_rate_limit_is_a_429_without_retry_after() {
    let sandbox = Sandbox::builder().rate_limit(2, Duration::from_secs(3600)).start().unwrap();
    sandbox.fail_next(Fault::status(500));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = request(&sandbox, Method::GET, "/count").send().await.unwrap();
        assert!(!response.headers().contains_key("retry-after"));
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [500, 200, 200, 429]);
}

#[tokio::test]
async fn delayed_responses_wait_in_parallel() {
    const LATENCY: Duration = Duration::from_millis(400);
    let sandbox = Sandbox::builder().latency(LATENCY).start().unwrap();
    // Building a client is slow in a debug build, so it happens before the clock starts.
    let request = |line| request(&sandbox, Method::POST, "").json(&json!({ "number": format!("+141555501{line:02}") }));
    let requests: Vec<_> = (0..10).map(request).collect();
    let start = Instant::now();
    let responses: Vec<_> = requests.into_iter().map(|request| tokio::spawn(send(request))).collect();
    for response in responses {
        assert_eq!(response.await.unwrap().0, 200);
    }
    // In sequence, the ten responses would take ten times the latency.
    let elapsed = start.elapsed();
    assert!(LATENCY <= elapsed && elapsed < 10 * LATENCY, "{elapsed:?}");
}

#[tokio::test]
async fn a_request_is_applied_and_recorded_before_the_delay() {
    let sandbox = Sandbox::builder().latency(Duration::from_secs(3600)).start().unwrap();
    let response = tokio::spawn(request(&sandbox, Method::POST, "").json(&json!({ "number": ADA })).send());
    let recorded = async {
        while sandbox.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recorded).await.expect("a request");
    assert_eq!((sandbox.len(), sandbox.requests()[0].status()), (1, 200));
    assert!(!response.is_finished());
}

#[tokio::test]
async fn each_request_receives_the_oldest_matching_fault() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::status(503));
    sandbox.fail_next(
        Fault::status(429)
            .header("retry-after", "2")
            .body("slow down")
            .operation("contacts.verify")
            .times(2)
            .apply_request(true),
    );
    sandbox.fail_next(Fault::status(502).operation("contacts.delete"));
    assert_eq!(get(&sandbox, "/count").await, (503, Value::Null));
    assert_eq!(get(&sandbox, "/count").await, (200, json!({ "count": 1 })));
    for sent in 1..=2 {
        let request = request(&sandbox, Method::POST, "/verify").json(&json!({ "number": ADA }));
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"2".parse().unwrap()));
        assert_eq!(response.text().await.unwrap(), "slow down");
        assert_eq!(sandbox.verifications().len(), sent);
    }
    assert_eq!(post(&sandbox, "/verify", json!({ "number": ADA })).await.0, 200);
    assert_eq!(delete(&sandbox, "/+14155550100").await.0, 502);
    assert_eq!(sandbox.len(), 1);
}

#[tokio::test]
async fn applied_items_limits_how_much_of_a_bulk_request_is_applied() {
    let sandbox = Sandbox::builder().reject_numbers(["+14155550199"], 400).start().unwrap();
    sandbox.fail_next(Fault::status(500).apply_items(2));
    assert_eq!(post(&sandbox, "/bulk", bulk_body(&[ADA, BOB, DEE])).await.0, 500);
    assert_eq!([ADA, BOB, DEE].map(|number| sandbox.contact(number).is_some()), [true, true, false]);
    sandbox.fail_next(Fault::status(500).apply_items(1));
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, BOB] }));
    assert_eq!(send(request).await.0, 500);
    assert_eq!([ADA, BOB].map(|number| sandbox.contact(number).is_some()), [false, true]);

    sandbox.fail_next(Fault::status(500).apply_items(1));
    assert_eq!(post(&sandbox, "/bulk", bulk_body(&[DEE, "+14155550199"])).await.0, 500);
    sandbox.fail_next(Fault::status(500).apply_items(0));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert_eq!(sandbox.contact(DEE), None);
    sandbox.fail_next(Fault::status(500).apply_items(1));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert!(sandbox.contact(DEE).is_some());
}

/// Sends a count request and returns the bytes of the response until the connection closes.
fn raw_count(sandbox: &Sandbox) -> String {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(b"GET /api/v2/contacts/count HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).expect("the connection closes");
    response
}

#[tokio::test]
async fn no_response_and_cut_after_close_the_connection() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::no_response());
    assert_eq!(raw_count(&sandbox), "");
    for (bytes, sent) in [(0, ""), (4, "0123"), (9, "012345678")] {
        sandbox.fail_next(Fault::status(201).body("0123456789").cut_after(bytes));
        let response = raw_count(&sandbox);
        let (head, body) = response.split_once("\r\n\r\n").expect("a response head");
        assert!(head.starts_with("HTTP/1.1 201") && head.contains("content-length: 10"), "{head}");
        assert_eq!(body, sent);
    }
    for bytes in [10, 11] {
        sandbox.fail_next(Fault::status(200).body("0123456789").cut_after(bytes));
        let whole = request(&sandbox, Method::GET, "/count").send().await.unwrap();
        assert_eq!(whole.text().await.unwrap(), "0123456789");
    }
    sandbox.fail_next(Fault::no_response());
    assert_eq!(request(&sandbox, Method::HEAD, "/count").send().await.unwrap().status(), 500);

    sandbox.fail_next(Fault::no_response().apply_request(true));
    let delete = request(&sandbox, Method::DELETE, "/+14155550100").send().await;
    assert!(delete.unwrap_err().is_request());
    assert!(sandbox.is_empty());
    let statuses: Vec<_> = sandbox.requests().iter().map(|request| request.status()).collect();
    assert_eq!(statuses, [0, 201, 201, 201, 200, 200, 0, 0]);
}

#[tokio::test]
async fn the_delay_of_a_fault_adds_to_the_latency() {
    const HALF: Duration = Duration::from_millis(150);
    let sandbox = Sandbox::builder().latency(HALF).start().unwrap();
    sandbox.fail_next(Fault::status(503).delay(HALF));
    let start = Instant::now();
    assert_eq!(get(&sandbox, "/count").await.0, 503);
    assert!(start.elapsed() >= 2 * HALF);
}
