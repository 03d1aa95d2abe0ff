//! In place of the wire, for tests with more calls than sockets can carry: everything but the sending itself is real.

use std::cell::RefCell;

use bytes::Bytes;
use http::{Method, StatusCode};
use reqwest::{Request, Response, Url};

tokio::task_local! {
    static WIRE: RefCell<Wire>;
}

struct Wire {
    answer: (StatusCode, Bytes),
    sent: Vec<(Method, Url)>,
}

/// Runs a call, whose requests are all answered with `answer`. Gives what came of it, and what was sent.
pub(crate) async fn answering<T>(
    answer: (StatusCode, Bytes),
    call: impl Future<Output = T>,
) -> (T, Vec<(Method, Url)>) {
    let wire = RefCell::new(Wire { answer, sent: Vec::new() });
    let call = async { (call.await, WIRE.with(|wire| std::mem::take(&mut wire.borrow_mut().sent))) };
    WIRE.scope(wire, call).await
}

/// Sends a request, unless it is one of a call that is being [answered](answering).
pub(super) async fn send(http: &reqwest::Client, request: Request) -> reqwest::Result<Response> {
    let answer = WIRE.try_with(|wire| {
        let Wire { answer: (status, body), sent } = &mut *wire.borrow_mut();
        sent.push((request.method().clone(), request.url().clone()));
        let mut response = http::Response::new(body.clone());
        *response.status_mut() = *status;
        response.into()
    });
    match answer {
        Ok(answer) => Ok(answer),
        Err(_) => http.execute(request).await,
    }
}
