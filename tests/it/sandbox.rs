//! The sandbox, tested with plain HTTP requests.

use reqwest::{Client, Method, RequestBuilder};
use sendblue_contacts::sandbox::Sandbox;
use serde_json::{Value, json};

mod camel_case;
mod checks;
mod document;
mod faults;
mod handle;
mod lists;
mod operations;
mod rules;

const ADA: &str = "+14155550100";
const BOB: &str = "+14155550101";
const DEE: &str = "+14155550103";

fn request(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    anonymous(sandbox, method, path)
        .header("sb-api-key-id", "sandbox-key")
        .header("sb-api-secret-key", "sandbox-secret")
}

/// Returns a request without credentials.
fn anonymous(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().build().unwrap();
    client.request(method, format!("{}/api/v2/contacts{path}", sandbox.url()))
}

async fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

async fn get(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    send(request(sandbox, Method::GET, path)).await
}

async fn post(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    send(request(sandbox, Method::POST, path).json(&body)).await
}

async fn put(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    send(request(sandbox, Method::PUT, path).json(&body)).await
}

async fn delete(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    send(request(sandbox, Method::DELETE, path)).await
}

/// Returns the last two digits of each number in a page.
async fn last_digits(sandbox: &Sandbox, query: &str) -> Vec<u64> {
    let (status, page) = get(sandbox, query).await;
    assert_eq!(status, 200, "{page}");
    let digits = |contact: &Value| contact["phone"].as_str().unwrap()[10..].parse().unwrap();
    page.as_array().expect("a bare array").iter().map(digits).collect()
}

fn error_body(message: &str) -> Value {
    json!({ "status": "ERROR", "message": message })
}

/// Returns the body of a bulk create.
fn bulk_body(numbers: &[&str]) -> Value {
    json!({ "contacts": numbers.iter().map(|number| json!({ "phone": number })).collect::<Vec<_>>() })
}
