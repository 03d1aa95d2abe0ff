//! The outcome of a call after several attempts.

use sendblue_contacts::{Contacts, Outcome};

use super::{NUMBER, settings};
use crate::server::{Action, Server};

async fn contacts(responses: impl IntoIterator<Item = Action>) -> (Server, Contacts) {
    let server = Server::script(responses).await;
    let client = settings().base_url(server.url()).build().expect("valid");
    (server, client.contacts())
}

/// No response: the service may have applied the request.
fn no_response() -> Action {
    Action::SendAndClose(Vec::new())
}

#[tokio::test]
async fn a_404_to_the_second_attempt_of_a_delete_leaves_the_outcome_unknown() {
    let (server, contacts) = contacts([no_response(), Action::respond("404 Not Found", "")]).await;
    let error = contacts.delete(NUMBER).send().await.expect_err("404");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!((error.attempts(), error.outcome()), (2, Outcome::Unknown));
    assert!(error.to_string().contains("2 attempts; the request may have been carried out"), "{error}");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_bulk_delete_returns_the_amount_of_its_last_attempt() {
    let (server, contacts) =
        contacts([no_response(), Action::respond("200 OK", r#"{"status": "OK", "amount": 0}"#)]).await;
    let response = contacts.bulk().delete([NUMBER, "+14155550100"]).send_raw().await.expect("the second attempt");
    assert_eq!((*response.value(), response.attempts()), (Some(0), 2));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn after_an_unknown_attempt_a_rejected_one_leaves_the_outcome_unknown() {
    for (later_responses, case) in [
        (vec![Action::respond("400 Bad Request", "")], "a status"),
        (vec![Action::respond("429 Too Many", "")], "a status, three times"),
        (vec![Action::respond("200 OK", r#"{"status": "ERROR"}"#)], "a reported error"),
        (vec![Action::respond("307 Temporary", "")], "a redirect"),
    ] {
        let (_server, contacts) = contacts([vec![no_response()], later_responses].concat()).await;
        let error = contacts.update(NUMBER).send().await.expect_err(case);
        assert!(error.attempts() > 1);
        assert_eq!(error.outcome(), Outcome::Unknown, "{case}: {error:?}");
    }
}

#[tokio::test]
async fn a_refused_retry_keeps_the_outcome_of_the_first_attempt() {
    for (status, outcome) in [("503 Unavailable", Outcome::Unknown), ("429 Too Many", Outcome::Rejected)] {
        // The client waits for a second, which is long enough to stop the server.
        let response = format!("HTTP/1.1 {status}\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let (server, contacts) = contacts([Action::send_and_close(response)]).await;
        let call = tokio::spawn(contacts.update(NUMBER).send());
        server.wait_for_sent(1).await;
        let _port = server.refuse_connections().await;
        let error = call.await.expect("no panic").expect_err("refused");
        assert!(error.is_connect(), "{error:?}");
        assert_eq!((error.attempts(), error.outcome()), (3, outcome));
    }
}
