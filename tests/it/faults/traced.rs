//! Tracing: one span per call, one event per attempt.

use std::time::Duration;

use tracing::{Level, instrument::WithSubscriber as _};

use super::{KEY, NUMBER, PRIVATE, SECRET, settings};
use crate::{
    capture::{Capture, Captured},
    server::{Action, Server},
};

fn fields(record: &Captured) -> Vec<(&str, &str)> {
    record.fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_call_records_one_span_and_one_event_per_attempt() {
    let unavailable =
        Action::SendAndClose(b"HTTP/1.1 503 Unavailable\r\nretry-after-ms: 7\r\ncontent-length: 0\r\n\r\n".to_vec());
    let no_response = Action::SendAndClose(Vec::new());
    let body = format!(r#"{{"contact": {{"phone": "{NUMBER}"}}, "x": "canary"}}"#);
    let server = Server::script([unavailable, no_response, Action::respond("200 OK", body)]).await;
    let contacts = settings().base_url(server.url()).build().expect("valid").contacts();
    let capture = Capture::default();
    let update = contacts.update(NUMBER).first_name("Canary").query("canary", "canary").header("x-canary", "canary");
    update.send().with_subscriber(capture.clone()).await.expect("the third attempt");

    let [span] = &capture.spans()[..] else { panic!("not one span: {}", capture.text()) };
    assert_eq!((span.name, span.level), ("sendblue_contacts", Level::INFO));
    assert_eq!(
        fields(span),
        [
            ("otel.kind", "client"),
            ("operation", "contacts.update"),
            ("http.request.method", "PUT"),
            ("url.template", "/api/v2/contacts/{phone_number}"),
            ("http.response.status_code", "200"),
            ("http.request.resend_count", "2"),
        ]
    );

    let events = capture.events();
    let [first, second, third] = &events[..] else { panic!("not three events: {events:?}") };
    assert!(events.iter().all(|event| event.span == span.span), "an event is outside the span: {events:?}");
    assert_eq!(first.level, Level::WARN);
    assert_eq!(
        fields(first),
        [
            ("message", "attempt failed, will retry"),
            ("attempt", "1"),
            ("http.response.status_code", "503"),
            ("error.type", "503"),
            ("outcome", "Unknown"),
            ("delay_ms", "7"),
        ]
    );
    assert_eq!(second.level, Level::WARN);
    assert_eq!(second.field("attempt"), Some("2"));
    assert_eq!(
        (second.field("error.type"), second.field("http.response.status_code")),
        (Some("connection_lost"), None)
    );
    assert!(second.field("delay_ms").is_some());
    assert_eq!(third.level, Level::DEBUG);
    assert_eq!(
        fields(third),
        [("message", "attempt succeeded"), ("attempt", "3"), ("http.response.status_code", "200")]
    );

    for private in PRIVATE.into_iter().chain([KEY, SECRET, "127.0.0.1"]) {
        assert!(!capture.text().contains(private), "the trace contains {private}: {}", capture.text());
    }
}

#[tokio::test]
async fn the_span_of_a_failed_call_has_the_error_type_and_the_outcome() {
    let server = Server::send_and_close("").await;
    let contacts = settings().base_url(server.url()).build().expect("valid").contacts();
    let capture = Capture::default();
    contacts.verify(NUMBER).send().with_subscriber(capture.clone()).await.expect_err("no response");

    let [span] = &capture.spans()[..] else { panic!("not one span: {}", capture.text()) };
    assert_eq!(span.field("operation"), Some("contacts.verify"));
    assert_eq!(span.field("error.type"), Some("connection_lost"));
    assert_eq!(span.field("outcome"), Some("Unknown"));
    assert_eq!(span.field("http.response.status_code"), None);
    assert_eq!(span.field("http.request.resend_count"), None, "the call was retried");
    let [event] = &capture.events()[..] else { panic!("not one event: {}", capture.text()) };
    assert_eq!(event.level, Level::DEBUG, "the caller decides how severe the error is");
    assert_eq!((event.field("message"), event.field("attempt")), (Some("attempt failed"), Some("1")));
}

#[tokio::test]
async fn a_call_without_an_attempt_records_a_span_without_events() {
    let contacts = settings().base_url("http://127.0.0.1:9").build().expect("valid").contacts();
    let capture = Capture::default();
    let call = contacts.retrieve("canary").timeout(Duration::from_secs(1)).send();
    call.with_subscriber(capture.clone()).await.expect_err("an invalid number");
    let [span] = &capture.spans()[..] else { panic!("not one span: {}", capture.text()) };
    assert_eq!((span.field("error.type"), span.field("outcome")), (Some("input"), Some("NotSent")));
    assert!(capture.events().is_empty(), "{}", capture.text());
    assert!(!capture.text().contains("canary"), "{}", capture.text());
}
