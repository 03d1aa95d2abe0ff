//! A call whose future is dropped: no further request starts, and the client goes on working.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use sendblue_contacts::{Client, Credentials, RateLimit, RateLimitExceeded, SlidingWindow};
use tokio::{sync::Notify, task::JoinSet};
use tracing::instrument::WithSubscriber as _;

use super::{NUMBER, settings};
use crate::{
    capture::Capture,
    server::{Answer, Server},
};

/// How long a request that should not come is waited for: many times the delay before a retry.
const GRACE: Duration = Duration::from_millis(200);

fn counted() -> Answer {
    Answer::body("200 OK", r#"{"count": 3}"#)
}

fn client(server: &Server) -> Client {
    settings().base_url(server.url()).build().expect("valid")
}

/// Makes a call that is sent again after whatever happens, drops it when it has come to that point, and holds that nothing
/// follows but what follows from another call.
async fn dropped(server: &Server, client: &Client, reached: impl Future<Output = ()>) {
    let call = tokio::spawn(client.contacts().count().send());
    reached.await;
    call.abort();
    assert!(call.await.expect_err("dropped").is_cancelled(), "it ended before it was dropped");
    then_works(server, client).await;
}

async fn then_works(server: &Server, client: &Client) {
    let (connections, requests) = (server.connections(), server.requests());
    tokio::time::sleep(GRACE).await;
    assert_eq!((server.connections(), server.requests()), (connections, requests), "it goes on");
    assert_eq!(client.contacts().count().send().await.expect("the client works"), 3);
    assert_eq!(server.requests(), requests + 1);
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn while_it_connects() {
    use super::tls;

    // The connection is made, but not its TLS.
    let acceptor = tls::acceptor(tls::Certificate::Valid);
    let server = Server::tls(acceptor, [Answer::SilenceUnread, counted()]).await;
    let url = server.url().replace("http:", "https:");
    let client = settings().base_url(url).root_certificate(tls::authority()).build().expect("valid");
    dropped(&server, &client, server.connected(1)).await;
}

#[tokio::test]
async fn while_it_waits_for_an_answer() {
    let server = Server::script([Answer::ThenSilence(Vec::new()), counted()]).await;
    dropped(&server, &client(&server), server.requested(1)).await;
}

#[tokio::test]
async fn in_the_middle_of_the_head() {
    let server = Server::script([Answer::ThenSilence(b"HTTP/1.1 200".to_vec()), counted()]).await;
    dropped(&server, &client(&server), server.answered(1)).await;
}

#[tokio::test]
async fn in_the_middle_of_the_body() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let server = Server::script([Answer::ThenSilence(begun), counted()]).await;
    let reached = async {
        server.answered(1).await;
        // Nothing tells when the client has read it. It holds wherever the call is; most likely it is in the body by then.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    dropped(&server, &client(&server), reached).await;
}

#[tokio::test]
async fn in_the_middle_of_a_body_that_goes_on() {
    let (head, more) = (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec(), b" ".to_vec());
    let server = Server::script([Answer::Drip(head, more, Duration::from_millis(5)), counted()]).await;
    let reached = async {
        server.answered(1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    dropped(&server, &client(&server), reached).await;
}

#[tokio::test]
async fn in_the_delay_before_it_is_sent_again() {
    let unavailable = Answer::bytes("HTTP/1.1 503 Unavailable\r\nretry-after: 9\r\ncontent-length: 0\r\n\r\n");
    let server = Server::script([unavailable, counted()]).await;
    let client = client(&server);
    let capture = Capture::default();
    let call = tokio::spawn(client.contacts().count().send().with_subscriber(capture.clone()));
    // The event is what comes before the delay.
    while capture.events().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call.abort();
    assert!(call.await.expect_err("dropped").is_cancelled());
    then_works(&server, &client).await;
}

#[tokio::test]
async fn while_it_waits_for_a_token() {
    let server = Server::start(counted()).await;
    let (asked, reached) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let notify = Arc::clone(&reached);
    let provider = Credentials::bearer_provider(move || {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        notify.notify_one();
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok::<_, std::convert::Infallible>("token".to_owned())
        }
    });
    let client = settings().base_url(server.url()).credentials(provider).build().expect("valid");
    dropped(&server, &client, reached.notified()).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn while_it_waits_for_a_place() {
    /// A window with a single place, which tells when it is asked for one.
    struct Asked(SlidingWindow, Arc<Notify>);

    impl RateLimit for Asked {
        fn acquire(
            &self,
            within: Duration,
        ) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            self.1.notify_one();
            self.0.acquire(within)
        }
    }

    let server = Server::start(counted()).await;
    let reached = Arc::new(Notify::new());
    let window = SlidingWindow::new(1, GRACE + GRACE).expect("valid");
    let limit = Asked(window, Arc::clone(&reached));
    let client = settings().base_url(server.url()).rate_limit(limit).build().expect("valid");
    client.contacts().count().send().await.expect("the first place");
    reached.notified().await;
    dropped(&server, &client, reached.notified()).await;
    assert_eq!(server.requests(), 2, "the place of the call that was dropped is another's");
}

/// Polls a future so often, and drops it; `true` if it ended before.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left == 0 => Poll::Ready(false),
            polled => polled.map(|_| true),
        }
    })
    .await
}

/// Wherever a call may be: drops it after each number of polls, up to its end.
#[tokio::test(flavor = "multi_thread")]
async fn after_any_number_of_polls() {
    const POLLS: usize = 12;
    let mut calls = JoinSet::new();
    for times in 0..POLLS {
        calls.spawn(async move {
            let unavailable = Answer::bytes("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n");
            let server = Server::script([unavailable.clone(), unavailable, counted()]).await;
            let client = client(&server);
            let capture = Capture::default();
            let call = client.contacts().count().send().with_subscriber(capture.clone());
            let has_ended = polled(call, times).await;

            // Each attempt that ended has left an event. One more may have begun, and may yet arrive.
            let begun = capture.events().len() + usize::from(!has_ended);
            tokio::time::sleep(GRACE).await;
            let requests = server.requests();
            assert!(
                requests <= begun && server.connections() <= begun,
                "{requests} requests of {begun} after {times} polls"
            );
            assert_eq!(client.contacts().count().send().await.expect("the client works"), 3);
            has_ended
        });
    }
    let mut ended = 0;
    while let Some(has_ended) = calls.join_next().await {
        ended += usize::from(has_ended.expect("no panic"));
    }
    assert!(ended < POLLS, "none was dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_sent_once_at_most_however_it_is_dropped() {
    let mut calls = JoinSet::new();
    for times in 0..8 {
        calls.spawn(async move {
            let server = Server::script([Answer::bytes("HTTP/1.1 503 Unavailable\r\n\r\n"), counted()]).await;
            let client = client(&server);
            polled(client.contacts().verify(NUMBER).send(), times).await;
            tokio::time::sleep(GRACE).await;
            assert!(server.requests() <= 1, "sent {} times", server.requests());
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic");
    }
}
