//! How much memory a body without end takes, measured in a process of its own.

use std::{env, fs, process::Command};

use sendblue_contacts::{Client, Credentials};

use super::NUMBER;
use crate::server::{Answer, Server};

/// Says where the server is whose bodies have no end.
const URL_VARIABLE: &str = "ENDLESS_BODY_URL";

const MIB: usize = 1024 * 1024;
/// The limit that is measured against. No power of two, so that a buffer that doubles would go well beyond it.
const LIMIT: usize = 10 * MIB;
/// What a call may take besides the limit of its body: the buffers of the HTTP library, which grow to 408 KiB. Two of them were
/// measured, which is within 1 MiB: one that is read into, and one that is copied from. The rest is for one more on the way
/// between the two, should the reader be late.
const BESIDES: usize = MIB + 408 * 1024;

/// The largest resident size that this process has had since [`forget_peak`], in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: usize = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    kib * 1024
}

/// Starts the measurement of the peak anew, from what is resident now.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("allowed for one's own process");
}

/// Run by the tests below in a process of its own, which nothing else shares.
#[tokio::test]
#[ignore = "needs the server that another test starts"]
async fn measure_in_a_child() {
    let settings = Client::builder()
        .credentials(Credentials::key_pair("key", "secret").expect("valid"))
        .base_url(env::var(URL_VARIABLE).expect("set by the parent"))
        .max_retries(0);
    let client = settings.clone().max_body(LIMIT).build().expect("valid");
    // The same on a small scale, for all that is loaded at the first call and stays: code, and what the runtime keeps.
    let small = settings.max_body(1).build().expect("valid");
    small.contacts().verify(NUMBER).send().await.expect_err("2 bytes");

    forget_peak();
    let before = peak();
    let error = client.contacts().verify(NUMBER).send().await.expect_err("endless");
    println!("peak: {}", peak() - before);
    println!("kept: {}", error.body().map_or(0, |body| body.len()));
}

/// What a call takes at its peak, and keeps, of the body of this answer; `None` where that cannot be measured.
async fn measured(status: &str) -> Option<(usize, usize)> {
    if fs::write("/proc/self/clear_refs", "5").is_err() {
        println!(
            "skipped: the peak of a process's memory cannot be measured here, since there is no /proc/self/clear_refs"
        );
        return None;
    }
    let head = format!("HTTP/1.1 {status}\r\n\r\n").into_bytes();
    let small = Answer::bytes("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
    let server = Server::script([small, Answer::Endless(head, vec![b'['; 64 * 1024])]).await;
    let mut child = Command::new(env::current_exe().expect("this test"));
    child.args(["--ignored", "--exact", "faults::memory::measure_in_a_child", "--nocapture"]);
    child.env(URL_VARIABLE, server.url());
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("no panic").expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |name: &str| text.lines().find_map(|line| line.split(name).nth(1)?.trim().parse().ok());
    let measured = number("peak:").zip(number("kept:"));
    Some(measured.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_without_end_takes_its_limit_and_no_more() {
    let Some((peak, kept)) = measured("200 OK").await else { return };
    assert!(peak <= LIMIT + BESIDES, "{peak} bytes");
    assert!(peak >= LIMIT / 2, "{peak} bytes: that measures something else");
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_without_end_takes_64_kib() {
    let Some((peak, kept)) = measured("500 Oops").await else { return };
    assert!(peak <= 64 * 1024 + BESIDES, "{peak} bytes");
    assert_eq!(kept, 64 * 1024);
}
