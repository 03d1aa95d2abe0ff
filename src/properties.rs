//! Properties of whole calls, over more cases than sockets can carry: from the public methods to the wire's
//! [stand-in](crate::transport::wire) and back.

use http::{Method, StatusCode};
use proptest::{collection::vec, prelude::*};
use reqwest::Url;
use tokio::runtime::{Builder, Runtime};

use crate::{Client, Credentials, transport::wire};

mod bodies;
#[path = "../tests/it/document.rs"]
mod document;
mod models;
mod paths;

/// What is put before the path of each operation.
const BASE: &str = "/gate/way";

/// Calls without a wire.
struct Harness {
    runtime: Runtime,
    client: Client,
}

impl Harness {
    fn new() -> Self {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        // Nothing listens there: a request that gets past the stand-in fails.
        let client = Client::builder().credentials(credentials).base_url(format!("http://127.0.0.1:9{BASE}/"));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, client: client.max_retries(0).build().expect("valid") }
    }

    /// Runs a call that is answered so; gives what came of it, and what was sent.
    fn run<T>(&self, status: StatusCode, body: &[u8], call: impl Future<Output = T>) -> (T, Vec<(Method, Url)>) {
        self.runtime.block_on(wire::answering((status, body.to_vec().into()), call))
    }
}

/// Short texts of any characters, control characters included.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

/// A phone number in E.164 form.
fn number() -> impl Strategy<Value = String> {
    (10_u64..999_999_999_999_999).prop_map(|digits| format!("+{digits}"))
}
