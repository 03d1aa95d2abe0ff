//! The examples, run as their readers run them: through cargo, so that none is tested from a stale binary.

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use sendblue_contacts::sandbox::{Fault, Sandbox};

use crate::document;

mod import_csv;

#[expect(dead_code, reason = "its `main` is not called")]
#[path = "../../examples/quickstart.rs"]
mod quickstart;

fn cargo(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        // A proxy that does not exist: whoever would leave this machine, fails.
        .envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|variable| (variable, "http://192.0.2.1:1")))
        .env_remove("NO_PROXY")
        .output()
        .expect("cargo");
    assert!(output.status.success() || arguments.contains(&"--live"), "{arguments:?}: {output:#?}");
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn quickstart_shows_all_ten_operations() {
    let shown = stdout(&cargo(&["run", "--quiet", "--example", "quickstart"]));
    let document = document::read();
    for (operation, path, _) in document::operations(&document) {
        let line = shown.lines().find(|line| line.starts_with(&format!("{operation} "))).expect(&operation);
        assert!(line.contains(&path.replace("{phone_number}", "+14155550142")), "{line}");
        assert!(line.contains("  20") && line.contains(" = "), "{line}");
    }
    assert!(!shown.contains("DIFFERS"), "{shown}");
}

#[tokio::test]
async fn quickstart_reaches_the_sandbox_with_all_ten_operations() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = sandbox.client().expect("a client").contacts();
    let number = "+14155550142".parse().expect("a number");
    assert!(quickstart::tour(&contacts, Some(&number), Some(&sandbox)).await.expect("no failure"));

    let received: BTreeSet<_> = sandbox.requests().iter().filter_map(|request| request.operation()).collect();
    let document = document::read();
    let documented = document::operations(&document);
    assert_eq!(received, documented.iter().map(|(id, ..)| id.as_str()).collect());
    assert!(sandbox.is_empty(), "it leaves nothing behind");
}

#[tokio::test]
async fn quickstart_notices_a_value_that_differs() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = sandbox.client().expect("a client").contacts();
    let wrong = r#"{"status": "OK", "contact": {"first_name": "Somebody else"}}"#;
    sandbox.fail_next(Fault::status(200).body(wrong).operation("contacts.retrieve"));
    let number = "+14155550142".parse().expect("a number");
    assert!(!quickstart::tour(&contacts, Some(&number), Some(&sandbox)).await.expect("no failure"));
}

#[test]
fn quickstart_needs_credentials_to_leave_this_machine() {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--example", "quickstart", "--", "--live"])
        .env_remove("SENDBLUE_API_API_KEY")
        .env_remove("SENDBLUE_API_API_SECRET")
        .env_remove("SENDBLUE_API_KEY")
        .env_remove("SENDBLUE_API_SECRET")
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .output()
        .expect("cargo");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("SENDBLUE_API_API_KEY: is not set"), "{error}");
}

#[test]
fn quickstart_live_goes_where_the_environment_says_and_leaves_nothing_behind() {
    let sandbox = Sandbox::builder()
        .contacts([serde_json::json!({"phone": "+14155550111", "first_name": "Already there"})])
        .start()
        .expect("a sandbox");
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--example", "quickstart", "--", "--live", "--verify", "+14155550111"])
        .env("SENDBLUE_API_API_KEY", sendblue_contacts::sandbox::DEFAULT_KEY_ID)
        .env("SENDBLUE_API_API_SECRET", sendblue_contacts::sandbox::DEFAULT_SECRET_KEY)
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .env("SENDBLUE_API_BASE_URL", sandbox.url())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{output:#?}");
    assert_eq!(sandbox.verifications(), ["+14155550111"]);
    assert_eq!(sandbox.len(), 1);
}

#[test]
fn errors_shows_no_call_that_did_not_fail() {
    let shown = stdout(&cargo(&["run", "--quiet", "--example", "errors"]));
    assert_eq!(shown.matches("    do: ").count(), 18, "{shown}");
    assert!(!shown.contains("did not fail"), "{shown}");
    for part in [
        "outcome: NotSent",
        "outcome: Rejected",
        "outcome: Unknown",
        "outcome: Applied",
        "within 200ms",
        "not an answer of HTTP",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn test_your_app_runs() {
    assert_eq!(stdout(&cargo(&["run", "--quiet", "--example", "test_your_app"])), "Up; the sandbox has 1 contact\n");
}
