//! Idle connections: one that the server closes must not make the outcome of a verification unknown.

use std::time::Duration;

use sendblue_contacts::Contacts;
use tokio::task::JoinSet;

use super::{NUMBER, settings};
use crate::server::{Answer, Server, with_length};

/// A body that is enough for each of the calls below.
const BODY: &str = r#"{"status": "OK", "count": 3}"#;

/// A server that answers as if the connection were kept, and closes it after that time.
async fn closing_after(pause: Duration) -> (Server, Contacts) {
    let server = Server::start(Answer::ThenClose(with_length("200 OK", BODY), pause)).await;
    let client = settings().base_url(server.url()).build().expect("valid");
    (server, client.contacts())
}

fn verifications(server: &Server) -> usize {
    String::from_utf8_lossy(&server.received()).matches("POST /api/v2/contacts/verify ").count()
}

/// Leaves an idle connection behind, waits, and verifies, several times.
async fn verify_after(pause: Duration, closed_after: Duration, times: usize) {
    let (server, contacts) = closing_after(closed_after).await;
    for nth in 1..=times {
        // A read may well meet a connection that is just closed, and is sent again.
        assert_eq!(contacts.count().send().await.expect("answered"), 3);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let verified = contacts.verify(NUMBER).send_raw().await.expect("answered");
        assert_eq!(verified.attempts(), 1);
        assert_eq!(verifications(&server), nth);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_right_after_the_answer_is_not_used_to_verify() {
    verify_after(Duration::ZERO, Duration::ZERO, 200).await;
}

/// Around the time when the connection is closed, which is when it is neither open nor known to be closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_when_idle_is_not_used_to_verify() {
    let mut rounds = JoinSet::new();
    for pause in 45..=55 {
        rounds.spawn(verify_after(Duration::from_millis(pause), Duration::from_millis(50), 15));
    }
    while let Some(round) = rounds.join_next().await {
        round.expect("no panic");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_answers_nobody() {
    let twice = [with_length("200 OK", BODY), with_length("200 OK", r#"{"count": 666}"#)].concat();
    let server = Server::start(Answer::KeepAlive(twice)).await;
    let contacts = settings().base_url(server.url()).build().expect("valid").contacts();
    for _ in 0..100 {
        assert_eq!(contacts.count().send().await.expect("answered"), 3);
    }
}
