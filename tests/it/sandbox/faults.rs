//! Answers that go wrong or take their time on purpose.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use reqwest::Method;
use sendblue_contacts::sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use super::{ADA, BOB, DEE, bulk, delete, get, post, request, send};

#[tokio::test]
async fn the_rate_limit_answers_429() {
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
async fn answers_are_held_back_side_by_side() {
    const LATENCY: Duration = Duration::from_millis(400);
    let sandbox = Sandbox::builder().latency(LATENCY).start().unwrap();
    let start = Instant::now();
    let requests = (0..10).map(|line| {
        let request = request(&sandbox, Method::POST, "").json(&json!({ "number": format!("+141555501{line:02}") }));
        tokio::spawn(async move { send(request).await.0 })
    });
    for answer in requests.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), 200);
    }
    // One after the other, they would take ten times as long.
    let taken = start.elapsed();
    assert!(LATENCY <= taken && taken < 10 * LATENCY, "{taken:?}");
}

#[tokio::test]
async fn a_request_is_carried_out_and_remembered_before_its_answer_waits() {
    let sandbox = Sandbox::builder().latency(Duration::from_secs(3600)).start().unwrap();
    let answer = tokio::spawn(request(&sandbox, Method::POST, "").json(&json!({ "number": ADA })).send());
    let remembered = async {
        while sandbox.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), remembered).await.expect("a request");
    assert_eq!((sandbox.len(), sandbox.requests()[0].status()), (1, 200));
    assert!(!answer.is_finished());
}

#[tokio::test]
async fn faults_are_answered_as_queued() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::status(503));
    sandbox.fail_next(
        Fault::status(429)
            .header("retry-after", "2")
            .body("slow down")
            .operation("contacts.verify")
            .times(2)
            .applied(true),
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
async fn a_fault_may_leave_a_bulk_request_half_done() {
    let sandbox = Sandbox::builder().reject_numbers(["+14155550199"], 400).start().unwrap();
    sandbox.fail_next(Fault::status(500).applied_to(2));
    assert_eq!(post(&sandbox, "/bulk", bulk(&[ADA, BOB, DEE])).await.0, 500);
    assert_eq!([ADA, BOB, DEE].map(|number| sandbox.contact(number).is_some()), [true, true, false]);
    sandbox.fail_next(Fault::status(500).applied_to(1));
    let request = request(&sandbox, Method::DELETE, "").json(&json!({ "contact_ids": [ADA, BOB] }));
    assert_eq!(send(request).await.0, 500);
    assert_eq!([ADA, BOB].map(|number| sandbox.contact(number).is_some()), [false, true]);

    sandbox.fail_next(Fault::status(500).applied_to(1));
    assert_eq!(post(&sandbox, "/bulk", bulk(&[DEE, "+14155550199"])).await.0, 500);
    sandbox.fail_next(Fault::status(500).applied_to(0));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert_eq!(sandbox.contact(DEE), None);
    sandbox.fail_next(Fault::status(500).applied_to(1));
    assert_eq!(post(&sandbox, "", json!({ "number": DEE })).await.0, 500);
    assert!(sandbox.contact(DEE).is_some());
}

/// Everything that comes back to a request of the number of contacts, until the connection is closed.
fn raw_count(sandbox: &Sandbox) -> String {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(b"GET /api/v2/contacts/count HTTP/1.1\r\nhost: sandbox\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an end");
    answer
}

#[tokio::test]
async fn a_fault_may_close_the_connection() {
    let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().unwrap();
    sandbox.fail_next(Fault::no_answer());
    assert_eq!(raw_count(&sandbox), "");
    for (bytes, sent) in [(0, ""), (4, "0123"), (9, "012345678")] {
        sandbox.fail_next(Fault::status(201).body("0123456789").cut_after(bytes));
        let answer = raw_count(&sandbox);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 201") && head.contains("content-length: 10"), "{head}");
        assert_eq!(body, sent);
    }
    for bytes in [10, 11] {
        sandbox.fail_next(Fault::status(200).body("0123456789").cut_after(bytes));
        let whole = request(&sandbox, Method::GET, "/count").send().await.unwrap();
        assert_eq!(whole.text().await.unwrap(), "0123456789");
    }
    sandbox.fail_next(Fault::no_answer());
    assert_eq!(request(&sandbox, Method::HEAD, "/count").send().await.unwrap().status(), 500);

    sandbox.fail_next(Fault::no_answer().applied(true));
    let delete = request(&sandbox, Method::DELETE, "/+14155550100").send().await;
    assert!(delete.unwrap_err().is_request());
    assert!(sandbox.is_empty());
    let statuses: Vec<_> = sandbox.requests().iter().map(|request| request.status()).collect();
    assert_eq!(statuses, [0, 201, 201, 201, 200, 200, 0, 0]);
}

#[tokio::test]
async fn a_fault_may_take_its_time() {
    const HALF: Duration = Duration::from_millis(150);
    let sandbox = Sandbox::builder().latency(HALF).start().unwrap();
    sandbox.fail_next(Fault::status(503).delay(HALF));
    let start = Instant::now();
    assert_eq!(get(&sandbox, "/count").await.0, 503);
    assert!(start.elapsed() >= 2 * HALF);
}
