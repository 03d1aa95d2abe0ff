//! The task that requests the next page ahead.

use std::time::Duration;

use sendblue_contacts::{
    Contact, Error, Stream,
    sandbox::{Fault, Sandbox},
    stream::{ContactPages, ContactStream},
};
use serde_json::Value;

use super::{raw_page, start};

#[tokio::test]
async fn prefetch_requests_exactly_one_page_ahead() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(50));
    for (prefetch, requests) in [(true, 2), (false, 1)] {
        sandbox.clear_requests();
        let mut stream = contacts.list().limit(10).stream().prefetch(prefetch);
        stream.next().await.expect("an item").expect("a contact");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(sandbox.requests().len(), requests, "prefetch: {prefetch}");
    }
}

#[tokio::test]
async fn a_slow_consumer_causes_no_timeout() {
    let (_sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(30).latency(Duration::from_millis(100)));
    let list = contacts.list().limit(10).timeout(Duration::from_millis(400));
    let mut pages = list.pages();
    let mut listed = 0;
    while let Some(page) = pages.next().await {
        listed += page.expect("a page").len();
        tokio::time::sleep(Duration::from_millis(800)).await;
    }
    assert_eq!(listed, 30);
}

#[tokio::test]
async fn dropping_a_stream_stops_its_requests() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(50).latency(Duration::from_millis(100)));
    let mut stream = contacts.list().limit(10).max_retries(5).stream();
    sandbox.fail_next(Fault::status(200).body(Value::from(raw_page(&contacts).await[..10].to_vec()).to_string()));
    sandbox.clear_requests();
    stream.next().await.expect("an item").expect("a contact");
    // Without the drop, the client would retry the prefetched page.
    sandbox.fail_next(Fault::status(503).times(10));
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(stream);
    let sent_before = sandbox.requests().len();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(sandbox.requests().len() <= sent_before + 1, "{} after {sent_before}", sandbox.requests().len());
}

#[test]
fn streams_are_send_unpin_and_static() {
    fn check<T: Stream<Item = Result<I, Error>> + Send + Unpin + 'static, I>() {}
    check::<ContactStream, Contact>();
    check::<ContactPages, Vec<Contact>>();
}
