//! Streams over the contacts of a sandbox.

use sendblue_contacts::{
    Client, Contacts, Credentials, Error, OrderDirection,
    sandbox::{Sandbox, SandboxBuilder},
    stream::ContactStream,
};
use serde_json::{Value, json};

mod completeness;
mod cursor;
mod decoding;
mod hostile;
mod options;
mod prefetch;
mod random;
mod requests;

fn number(n: usize) -> String {
    format!("+1999{n:07}")
}

/// Returns contacts with the same `created_at`.
fn tied(count: usize, created_at: &str) -> impl Iterator<Item = Value> {
    (0..count).map(move |n| json!({"phone": number(n), "created_at": created_at}))
}

/// Starts a sandbox, and a client without retries, so that each failed request is visible.
fn start(builder: SandboxBuilder) -> (Sandbox, Contacts) {
    let sandbox = builder.start().expect("a sandbox");
    let client = Client::builder()
        .credentials(Credentials::key_pair("sandbox-key", "sandbox-secret").expect("valid credentials"))
        .base_url(sandbox.url())
        .max_retries(0)
        .build()
        .expect("a client");
    (sandbox, client.contacts())
}

/// Reads a stream to its end. Returns the phone numbers, and the error that ended the stream.
async fn collect(stream: &mut ContactStream) -> (Vec<String>, Option<Error>) {
    let mut numbers = Vec::new();
    while let Some(contact) = stream.next().await {
        match contact {
            Ok(contact) => numbers.push(contact.phone.expect("a number")),
            Err(error) => {
                assert!(stream.next().await.is_none(), "the stream is not fused");
                return (numbers, Some(error));
            }
        }
    }
    assert!(stream.next().await.is_none(), "the stream is not fused");
    (numbers, None)
}

/// Returns the contacts in ascending order, as the JSON of the response.
async fn raw_page(contacts: &Contacts) -> Vec<Value> {
    let asc = OrderDirection::Asc;
    contacts.list().order_direction(asc).limit(1000).send_raw().await.expect("a page").json().expect("a list")
}
