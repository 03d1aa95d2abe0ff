//! Stale connections: `verify` must not use an idle connection that the server may be closing.

use std::time::Duration;

use sendblue_contacts::Contacts;
use tokio::task::JoinSet;

use super::{NUMBER, settings};
use crate::server::{Action, Server, http_response};

/// A body that each call below accepts.
const BODY: &str = r#"{"status": "OK", "count": 3}"#;

/// Starts a server that announces keep-alive, and closes each connection after `pause`.
async fn server_closing_after(pause: Duration) -> (Server, Contacts) {
    let server = Server::start(Action::SendAndCloseAfter(http_response("200 OK", BODY), pause)).await;
    let client = settings().base_url(server.url()).build().expect("valid");
    (server, client.contacts())
}

fn verifications(server: &Server) -> usize {
    String::from_utf8_lossy(&server.received()).matches("POST /api/v2/contacts/verify ").count()
}

/// Leaves an idle connection in the pool, waits for `pause`, and verifies; `times` times.
async fn verify_after(pause: Duration, closed_after: Duration, times: usize) {
    let (server, contacts) = server_closing_after(closed_after).await;
    for nth in 1..=times {
        // A read may use a stale connection, since the client retries it.
        assert_eq!(contacts.count().send().await.expect("a 2xx"), 3);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let verified = contacts.verify(NUMBER).send_raw().await.expect("a 2xx");
        assert_eq!(verified.attempts(), 1);
        assert_eq!(verifications(&server), nth);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_does_not_use_a_connection_closed_right_after_a_response() {
    verify_after(Duration::ZERO, Duration::ZERO, 200).await;
}

/// Verifies at moments around the close, when the pool may hold a connection that the server is closing.
#[tokio::test(flavor = "multi_thread")]
async fn verify_does_not_use_a_connection_closed_while_idle() {
    let mut rounds = JoinSet::new();
    for pause in 45..=55 {
        rounds.spawn(verify_after(Duration::from_millis(pause), Duration::from_millis(50), 15));
    }
    while let Some(round) = rounds.join_next().await {
        round.expect("no panic");
    }
}

#[tokio::test]
async fn an_unrequested_response_is_not_taken_for_that_of_the_next_request() {
    let two_responses = [http_response("200 OK", BODY), http_response("200 OK", r#"{"count": 666}"#)].concat();
    let server = Server::start(Action::SendAndKeepAlive(two_responses)).await;
    let contacts = settings().base_url(server.url()).build().expect("valid").contacts();
    for _ in 0..100 {
        assert_eq!(contacts.count().send().await.expect("a 2xx"), 3);
    }
}
