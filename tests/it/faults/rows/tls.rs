//! TLS that fails, and faults over TLS.

use super::{
    BODY, BODY_INTERRUPTED, CONNECT, LOST, NOT_SENT, NOT_SENT_NO_RETRY, REJECTED, UNKNOWN, UNKNOWN_UNREAD, no_response,
    ok, row, status, text,
};
use crate::{
    faults::{
        CANARY,
        row::{ExpectedError, Limits, Row, Source},
        tls::Certificate,
    },
    server::{Action, http_response},
};

pub(super) fn rows() -> Vec<Row> {
    const TLS: ExpectedError = ExpectedError::of_kind(&["is_connect", "is_tls"]);
    let tls_row = |id, fault, certificate, response, error, cells| {
        row(id, fault, no_response(), error, cells).with_source(Source::Tls(certificate, response))
    };
    let invalid_certificate =
        |id, fault, certificate| tls_row(id, fault, certificate, ok("{}"), TLS, NOT_SENT_NO_RETRY);
    let bad_request = Action::SendEarly(http_response("400 Bad Request", CANARY));
    vec![
        invalid_certificate("tls-self-signed", "a self-signed certificate", Certificate::SelfSigned),
        invalid_certificate("tls-expired", "a certificate that has expired", Certificate::Expired),
        invalid_certificate("tls-not-yet-valid", "a certificate that is not valid yet", Certificate::NotYetValid),
        invalid_certificate("tls-other-host", "a certificate for another host", Certificate::OtherHost),
        row("tls-plain", "plain http on the https port", no_response(), TLS, NOT_SENT_NO_RETRY)
            .with_source(Source::PlainServer(bad_request)),
        row("tls-closed", "closes during the TLS handshake", no_response(), CONNECT, NOT_SENT)
            .with_source(Source::PlainServer(Action::SendEarly(Vec::new()))),
        row(
            "tls-silent",
            "silence during the TLS handshake",
            no_response(),
            ExpectedError::of_kind(&["is_connect", "is_timeout"]),
            NOT_SENT,
        )
        .with_source(Source::PlainServer(Action::HangUnread))
        .with_limits(Limits::SHORT_CONNECT),
        tls_row(
            "tls-asks",
            "requires a client certificate, and the client has none",
            Certificate::ValidAndClientAuth,
            ok("{}"),
            LOST,
            UNKNOWN_UNREAD,
        ),
        row("tls-redirect", "a 307 to another host over plain http", no_response(), status(307), REJECTED).with_source(
            Source::TlsRedirect(|other| {
                text(format!("HTTP/1.1 307 Temporary\r\nlocation: {other}/{CANARY}\r\ncontent-length: 0\r\n\r\n"))
            }),
        ),
        tls_row(
            "tls-closed-unanswered",
            "closes after reading the whole request, over TLS",
            Certificate::Valid,
            no_response(),
            LOST,
            UNKNOWN,
        ),
        tls_row(
            "tls-cut",
            "a body without a length; the connection closes without a TLS `close_notify`",
            Certificate::Valid,
            Action::SendAndDrop(text(format!("HTTP/1.1 200 OK\r\n\r\n{{\"{CANARY}\": 1}}"))),
            BODY,
            BODY_INTERRUPTED,
        ),
    ]
}
