//! Redirects, which the client does not follow.

use super::{REJECTED, UNKNOWN, no_response, row, status};
use crate::{
    faults::{
        CANARY,
        row::{Row, Source},
    },
    server::http_response,
};

pub(super) fn rows() -> Vec<Row> {
    fn to(status: &str, location: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\nlocation: {location}/{CANARY}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    }
    let redirect = |id, fault, code, cells, redirect| {
        row(id, fault, no_response(), status(code), cells).with_source(Source::Redirect(redirect))
    };
    vec![
        redirect("redirect-301", "a 301 to another host", 301, REJECTED, |_, other| to("301 Moved", other)),
        redirect("redirect-302", "a 302 to another host", 302, REJECTED, |_, other| to("302 Found", other)),
        redirect(
            "redirect-303",
            "a 303 to another host; the request may have been applied",
            303,
            UNKNOWN,
            |_, other| to("303 See Other", other),
        ),
        redirect("redirect-307", "a 307 to another host", 307, REJECTED, |_, other| to("307 Temporary", other)),
        redirect("redirect-308", "a 308 to another host", 308, REJECTED, |_, other| to("308 Permanent", other)),
        redirect("redirect-to-itself", "a 307 to the same host", 307, REJECTED, |own, _| to("307 Temporary", own)),
        redirect("redirect-without-scheme", "a 308 to another host, without a scheme", 308, REJECTED, |_, other| {
            to("308 Permanent", other.trim_start_matches("http:"))
        }),
        redirect("redirect-nowhere", "a 302 without a Location", 302, REJECTED, |_, _| http_response("302 Found", "")),
    ]
}
