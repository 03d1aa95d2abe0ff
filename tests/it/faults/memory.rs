//! The peak memory of a call whose response body never ends, measured in a child process.

use std::{env, fs, process::Command};

use sendblue_contacts::{Client, Credentials};

use super::NUMBER;
use crate::server::{Action, Server};

/// The variable by which the parent passes the server's URL to the child.
const URL_VARIABLE: &str = "ENDLESS_BODY_URL";

const MIB: usize = 1024 * 1024;
/// The body limit. It is not a power of two, so a buffer that doubles its size exceeds it clearly.
const LIMIT: usize = 10 * MIB;
/// The memory that a call may need in addition to the body limit.
///
/// The read buffers of the HTTP library grow to 408 KiB. The measured peak is two buffers, which fit in 1 MiB. On a busy
/// machine, a slow reader holds up to four.
const ALLOWANCE: usize = 2 * MIB;

/// Returns the peak resident size of this process since [`reset_peak`], in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: usize = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    kib * 1024
}

/// Resets the peak to the current resident size.
fn reset_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("allowed for one's own process");
}

/// Runs in a child process of the tests below, so that other tests do not change its memory.
#[tokio::test]
#[ignore = "needs the server that another test starts"]
async fn measure_in_a_child() {
    let settings = Client::builder()
        .credentials(Credentials::key_pair("key", "secret").expect("valid"))
        .base_url(env::var(URL_VARIABLE).expect("set by the parent"))
        .max_retries(0);
    let client = settings.clone().max_body(LIMIT).build().expect("valid");
    // A warm-up call loads code and fills the caches of the runtime, which would count as part of the peak.
    let warm_up = settings.max_body(1).build().expect("valid");
    warm_up.contacts().verify(NUMBER).send().await.expect_err("2 bytes exceed the limit of 1");

    reset_peak();
    let before = peak();
    let error = client.contacts().verify(NUMBER).send().await.expect_err("endless");
    println!("peak: {}", peak() - before);
    println!("kept: {}", error.body().map_or(0, |body| body.len()));
}

/// Returns the peak memory of a call and the size of the body in its error.
///
/// Returns `None` on systems that cannot measure the peak.
async fn measure(status: &str) -> Option<(usize, usize)> {
    if fs::write("/proc/self/clear_refs", "5").is_err() {
        println!("skipped: without /proc/self/clear_refs, the peak memory cannot be measured");
        return None;
    }
    let head = format!("HTTP/1.1 {status}\r\n\r\n").into_bytes();
    let warm_up = Action::send_and_close("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
    let server = Server::script([warm_up, Action::SendEndlessly(head, vec![b'['; 64 * 1024])]).await;
    let mut child = Command::new(env::current_exe().expect("this test"));
    child.args(["--ignored", "--exact", "faults::memory::measure_in_a_child", "--nocapture"]);
    child.env(URL_VARIABLE, server.url());
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("no panic").expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |name: &str| text.lines().find_map(|line| line.split(name).nth(1)?.trim().parse().ok());
    let sizes = number("peak:").zip(number("kept:"));
    Some(sizes.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_2xx_body_needs_no_more_memory_than_its_limit() {
    let Some((peak, kept)) = measure("200 OK").await else { return };
    assert!(peak <= LIMIT + ALLOWANCE, "{peak} bytes");
    assert!(peak >= LIMIT / 2, "{peak} bytes: the measurement misses the body");
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_error_body_needs_64_kib() {
    let Some((peak, kept)) = measure("500 Oops").await else { return };
    assert!(peak <= 64 * 1024 + ALLOWANCE, "{peak} bytes");
    assert_eq!(kept, 64 * 1024);
}
