//! What a call says that was sent more than once.

use sendblue_contacts::{Contacts, Outcome};

use super::{NUMBER, settings};
use crate::server::{Answer, Server};

async fn contacts(answers: impl IntoIterator<Item = Answer>) -> (Server, Contacts) {
    let server = Server::script(answers).await;
    let client = settings().base_url(server.url()).build().expect("valid");
    (server, client.contacts())
}

/// An attempt that may have been carried out.
fn lost() -> Answer {
    Answer::Bytes(Vec::new())
}

#[tokio::test]
async fn a_delete_that_finds_nothing_at_the_second_attempt_may_have_deleted_at_the_first() {
    let (server, contacts) = contacts([lost(), Answer::body("404 Not Found", "")]).await;
    let error = contacts.delete(NUMBER).send().await.expect_err("404");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!((error.attempts(), error.outcome()), (2, Outcome::Unknown));
    assert!(error.to_string().contains("at attempt 2; whether the request was carried out is unknown"), "{error}");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn the_amount_of_a_bulk_delete_is_that_of_the_last_attempt() {
    let (server, contacts) = contacts([lost(), Answer::body("200 OK", r#"{"status": "OK", "amount": 0}"#)]).await;
    let response = contacts.bulk().delete([NUMBER, "+14155550100"]).send_raw().await.expect("the second attempt");
    assert_eq!((*response.value(), response.attempts()), (Some(0), 2));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn what_an_earlier_attempt_may_have_done_is_not_forgotten() {
    for (later, last) in [
        (vec![Answer::body("400 Bad Request", "")], "a status"),
        (vec![Answer::body("429 Too Many", "")], "a status, three times"),
        (vec![Answer::body("200 OK", r#"{"status": "ERROR"}"#)], "a success that is reported to be none"),
        (vec![Answer::body("307 Temporary", "")], "a redirect"),
    ] {
        let (_server, contacts) = contacts([vec![lost()], later].concat()).await;
        let error = contacts.update(NUMBER).send().await.expect_err(last);
        assert!(error.attempts() > 1);
        assert_eq!(error.outcome(), Outcome::Unknown, "{last}: {error:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_gone_after_the_first_attempt_does_not_mean_that_nothing_was_sent() {
    for (status, outcome) in [("503 Unavailable", Outcome::Unknown), ("429 Too Many", Outcome::Rejected)] {
        // The wait is long enough to take the server away.
        let answer = format!("HTTP/1.1 {status}\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let (server, contacts) = contacts([Answer::bytes(answer)]).await;
        let call = tokio::spawn(contacts.update(NUMBER).send());
        server.answered(1).await;
        let _port = server.gone().await;
        let error = call.await.expect("no panic").expect_err("gone");
        assert!(error.is_connect(), "{error:?}");
        assert_eq!((error.attempts(), error.outcome()), (3, outcome));
    }
}
