//! The task that requests the next page ahead.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use sendblue_contacts::{
    Client, Contact, Credentials, Error, ErrorKind, RateLimit, RateLimitExceeded, Stream,
    http::{Request, Response},
    sandbox::{Fault, Sandbox},
    stream::{ContactPages, ContactStream},
    transport::{Attempt, Body, Transport, TransportFuture},
};
use serde_json::Value;
use tracing::{Instrument as _, info_span, instrument::WithSubscriber as _};

use super::{number, raw_page, start};
use crate::capture::Capture;

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

#[tokio::test]
async fn prefetched_requests_keep_the_span_and_the_subscriber_of_the_caller() {
    let (_sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(30));
    let capture = Capture::default();
    let walk = async {
        let mut stream = contacts.list().limit(10).stream();
        while let Some(contact) = stream.next().await {
            contact.expect("a contact");
        }
    };
    let walk = async move { walk.instrument(info_span!(target: "sendblue_contacts", "export")).await };
    walk.with_subscriber(capture.clone()).await;
    let spans = capture.spans();
    let (export, calls): (Vec<_>, Vec<_>) = spans.iter().partition(|span| span.name == "export");
    assert_eq!((export.len(), calls.len()), (1, 7), "{spans:?}");
    for call in calls {
        assert_eq!(call.parent, export[0].span, "{call:?}");
    }
}

/// The caller's code that panics at the second request.
#[derive(Default)]
struct Panics(AtomicUsize);

impl Panics {
    fn check(&self) {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) == 0, "canary");
    }
}

impl RateLimit for Panics {
    fn acquire(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
        self.check();
        Box::pin(async { Ok(()) })
    }
}

impl Transport for Panics {
    fn send<'a>(&'a self, _: Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
        self.check();
        let page = (0..2).map(|n| format!(r#"{{"phone":"{}","created_at":"2026-05-09T00:00:0{n}Z"}}"#, number(n)));
        let page = format!("[{}]", page.collect::<Vec<_>>().join(","));
        Box::pin(async { Ok(Response::new(Body::from(page))) })
    }
}

#[tokio::test]
async fn a_panic_in_the_code_of_the_caller_is_told_as_one() {
    let sandbox = Sandbox::builder().synthetic_contacts(30).start().expect("a sandbox");
    let keys = || Credentials::key_pair("sandbox-key", "sandbox-secret").expect("valid");
    let builder = || Client::builder().credentials(keys()).base_url(sandbox.url());
    let panics = Arc::new(Panics::default());
    let token = Credentials::bearer_provider(move || {
        panics.check();
        std::future::ready(Ok::<_, std::io::Error>("sandbox-token".to_owned()))
    });
    for (name, client) in [
        ("token provider", builder().credentials(token).transport(Panics::default())),
        ("rate limit", builder().rate_limit(Panics::default())),
        ("transport", builder().transport(Panics::default())),
    ] {
        let mut stream = client.build().expect("a client").contacts().list().limit(2).stream();
        for _ in 0..2 {
            stream.next().await.expect("an item").expect("a contact");
        }
        let error = stream.next().await.expect("an item").expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Task, "{name}: {error:?}");
        let text = "contacts.list: the caller's token provider, rate limit or transport panicked; \
                    the request may have been carried out";
        assert_eq!(error.to_string(), text);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert!(stream.next().await.is_none());
    }
}
