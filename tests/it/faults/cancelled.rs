//! Dropped calls: no further request starts, and the client keeps working.

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
    server::{Action, Server},
};

/// How long the tests watch for a forbidden request. It is many times the back-off delay.
const WATCH_TIME: Duration = Duration::from_millis(200);

fn count_response() -> Action {
    Action::respond("200 OK", r#"{"count": 3}"#)
}

fn client(server: &Server) -> Client {
    settings().base_url(server.url()).build().expect("valid")
}

/// Starts a read, drops it when `reached` returns, and checks that it sends nothing more.
async fn assert_drop_stops_call(server: &Server, client: &Client, reached: impl Future<Output = ()>) {
    let call = tokio::spawn(client.contacts().count().send());
    reached.await;
    call.abort();
    assert!(call.await.expect_err("aborted").is_cancelled(), "the call ended before it was dropped");
    assert_quiet_and_working(server, client).await;
}

/// Checks that the server receives nothing for a while, and that a new call succeeds.
async fn assert_quiet_and_working(server: &Server, client: &Client) {
    let (connections, requests) = (server.connections(), server.requests());
    tokio::time::sleep(WATCH_TIME).await;
    assert_eq!((server.connections(), server.requests()), (connections, requests), "the dropped call went on");
    assert_eq!(client.contacts().count().send().await.expect("the client works"), 3);
    assert_eq!(server.requests(), requests + 1);
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn a_call_dropped_while_connecting_sends_nothing_more() {
    use super::tls;

    // The server accepts the connection and ignores the TLS handshake.
    let acceptor = tls::acceptor(tls::Certificate::Valid);
    let server = Server::tls(acceptor, [Action::HangUnread, count_response()]).await;
    let url = server.url().replace("http:", "https:");
    let client = settings().base_url(url).root_certificate(tls::authority_pem()).build().expect("valid");
    assert_drop_stops_call(&server, &client, server.wait_for_connections(1)).await;
}

#[tokio::test]
async fn a_call_dropped_while_waiting_for_the_response_sends_nothing_more() {
    let server = Server::script([Action::SendAndHang(Vec::new()), count_response()]).await;
    assert_drop_stops_call(&server, &client(&server), server.wait_for_requests(1)).await;
}

#[tokio::test]
async fn a_call_dropped_in_the_response_head_sends_nothing_more() {
    let server = Server::script([Action::SendAndHang(b"HTTP/1.1 200".to_vec()), count_response()]).await;
    assert_drop_stops_call(&server, &client(&server), server.wait_for_sent(1)).await;
}

#[tokio::test]
async fn a_call_dropped_in_the_response_body_sends_nothing_more() {
    let partial = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let server = Server::script([Action::SendAndHang(partial), count_response()]).await;
    let reached = async {
        server.wait_for_sent(1).await;
        // The server cannot see how much the client has read. After 50 ms the client most likely waits for the body.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_drop_stops_call(&server, &client(&server), reached).await;
}

#[tokio::test]
async fn a_call_dropped_while_the_body_arrives_sends_nothing_more() {
    let (head, more) = (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec(), b" ".to_vec());
    let server = Server::script([Action::SendSlowly(head, more, Duration::from_millis(5)), count_response()]).await;
    let reached = async {
        server.wait_for_sent(1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_drop_stops_call(&server, &client(&server), reached).await;
}

#[tokio::test]
async fn a_call_dropped_in_the_back_off_delay_sends_nothing_more() {
    let unavailable = Action::send_and_close("HTTP/1.1 503 Unavailable\r\nretry-after: 9\r\ncontent-length: 0\r\n\r\n");
    let server = Server::script([unavailable, count_response()]).await;
    let client = client(&server);
    let capture = Capture::default();
    let call = tokio::spawn(client.contacts().count().send().with_subscriber(capture.clone()));
    // The client records the event of an attempt before it waits.
    while capture.events().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call.abort();
    assert!(call.await.expect_err("aborted").is_cancelled());
    assert_quiet_and_working(&server, &client).await;
}

#[tokio::test]
async fn a_call_dropped_while_waiting_for_a_token_sends_nothing_more() {
    let server = Server::start(count_response()).await;
    let (calls, reached) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let notify = Arc::clone(&reached);
    let provider = Credentials::bearer_provider(move || {
        let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
        notify.notify_one();
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok::<_, std::convert::Infallible>("token".to_owned())
        }
    });
    let client = settings().base_url(server.url()).credentials(provider).build().expect("valid");
    assert_drop_stops_call(&server, &client, reached.notified()).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_call_dropped_while_rate_limited_sends_nothing_more_and_frees_its_slot() {
    /// A rate limit that notifies the test about each `acquire`.
    struct NotifyingLimit(SlidingWindow, Arc<Notify>);

    impl RateLimit for NotifyingLimit {
        fn acquire(
            &self,
            within: Duration,
        ) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>> {
            self.1.notify_one();
            self.0.acquire(within)
        }
    }

    let server = Server::start(count_response()).await;
    let reached = Arc::new(Notify::new());
    let window = SlidingWindow::new(1, WATCH_TIME + WATCH_TIME).expect("valid");
    let limit = NotifyingLimit(window, Arc::clone(&reached));
    let client = settings().base_url(server.url()).rate_limit(limit).build().expect("valid");
    client.contacts().count().send().await.expect("the first slot");
    reached.notified().await;
    assert_drop_stops_call(&server, &client, reached.notified()).await;
    assert_eq!(server.requests(), 2, "the dropped call kept its slot");
}

/// Polls a future at most `times` times, then drops it. Returns whether the future ended.
async fn poll_then_drop<T>(future: impl Future<Output = T>, times: usize) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left == 0 => Poll::Ready(false),
            poll => poll.map(|_| true),
        }
    })
    .await
}

/// Covers every await point of a call by dropping it after each possible number of polls.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_dropped_after_any_number_of_polls_sends_nothing_more() {
    const POLLS: usize = 12;
    let mut calls = JoinSet::new();
    for times in 0..POLLS {
        calls.spawn(async move {
            let unavailable = Action::send_and_close("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n");
            let server = Server::script([unavailable.clone(), unavailable, count_response()]).await;
            let client = client(&server);
            let capture = Capture::default();
            let call = client.contacts().count().send().with_subscriber(capture.clone());
            let has_ended = poll_then_drop(call, times).await;

            // Each finished attempt has an event. One more attempt may be in flight.
            let attempts = capture.events().len() + usize::from(!has_ended);
            tokio::time::sleep(WATCH_TIME).await;
            let requests = server.requests();
            assert!(
                requests <= attempts && server.connections() <= attempts,
                "{requests} requests in {attempts} attempts after {times} polls"
            );
            assert_eq!(client.contacts().count().send().await.expect("the client works"), 3);
            has_ended
        });
    }
    let mut ended = 0;
    while let Some(has_ended) = calls.join_next().await {
        ended += usize::from(has_ended.expect("no panic"));
    }
    assert!(ended < POLLS, "every call ended before it was dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_dropped_after_any_number_of_polls_is_sent_at_most_once() {
    let mut calls = JoinSet::new();
    for times in 0..8 {
        calls.spawn(async move {
            let server =
                Server::script([Action::send_and_close("HTTP/1.1 503 Unavailable\r\n\r\n"), count_response()]).await;
            let client = client(&server);
            poll_then_drop(client.contacts().verify(NUMBER).send(), times).await;
            tokio::time::sleep(WATCH_TIME).await;
            assert!(server.requests() <= 1, "the verification was sent {} times", server.requests());
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic");
    }
}
