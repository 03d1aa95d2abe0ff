//! Property tests of whole calls, from the public methods to a transport that records the requests.
//!
//! Without sockets, the tests can run many cases.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use proptest::{collection::vec, prelude::*};
use sendblue_contacts::{
    Client, Credentials,
    transport::{Attempt, Body, Transport, TransportFuture},
};
use tokio::runtime::{Builder, Runtime};

mod bodies;
mod models;
mod paths;

/// The path of the base URL. It precedes the path of each operation.
const BASE: &str = "/gate/way";

/// A client whose transport returns the same response to every request.
struct Harness {
    runtime: Runtime,
    client: Client,
    recorder: Arc<Recorder>,
}

/// A transport that records each request.
#[derive(Default)]
struct Recorder {
    response: Mutex<(StatusCode, Bytes)>,
    sent: Mutex<Vec<http::Request<Bytes>>>,
}

impl Transport for Recorder {
    fn send<'a>(&'a self, request: http::Request<Bytes>, _: &'a Attempt) -> TransportFuture<'a> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let (status, body) = self.response.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut response = http::Response::new(Body::from(body));
        *response.status_mut() = status;
        Box::pin(async { Ok(response) })
    }
}

impl Harness {
    fn new() -> Self {
        let recorder = Arc::new(Recorder::default());
        let client = Client::builder()
            .credentials(Credentials::key_pair("key", "secret").expect("valid"))
            .base_url(format!("http://127.0.0.1:9{BASE}/"))
            .transport(Arc::clone(&recorder))
            .max_retries(0)
            .build()
            .expect("valid");
        Self { runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"), client, recorder }
    }

    /// Runs a call that receives this response. Returns its output and the requests that were sent.
    fn run<T>(&self, status: StatusCode, body: &[u8], call: impl Future<Output = T>) -> (T, Vec<http::Request<Bytes>>) {
        *self.recorder.response.lock().unwrap_or_else(PoisonError::into_inner) = (status, body.to_vec().into());
        let output = self.runtime.block_on(call);
        let sent = std::mem::take(&mut *self.recorder.sent.lock().unwrap_or_else(PoisonError::into_inner));
        (output, sent)
    }
}

/// Short texts of any characters, control characters included.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

/// Phone numbers in E.164 form.
fn number() -> impl Strategy<Value = String> {
    (10_u64..999_999_999_999_999).prop_map(|digits| format!("+{digits}"))
}
