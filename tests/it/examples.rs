//! Runs the examples with cargo, so that no test uses an outdated binary.
//!
//! All tests select the feature `csv`, so that cargo compiles the dependencies once.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use sendblue_contacts::{
    Client, Credentials, Error,
    http::Method,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};

use crate::document;

mod export_contacts;
mod import_csv;

#[expect(dead_code, reason = "its `main` is not called")]
#[path = "../../examples/quickstart.rs"]
mod quickstart;

#[expect(dead_code, reason = "its `main` is not called")]
#[path = "../../examples/sandbox.rs"]
mod sandbox_program;

fn cargo(arguments: &[&str]) -> Output {
    static BUILD: Once = Once::new();
    // cargo may have to download dependencies, so it builds the examples before it loses its network.
    BUILD.call_once(|| {
        let build = ["build", "--quiet", "--features", "csv", "--examples"];
        let status = Command::new(env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR")).args(build).status();
        assert!(status.expect("cargo").success(), "{build:?} failed");
    });
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        // A proxy that does not exist: a request that leaves this machine fails.
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
fn quickstart_prints_all_ten_operations() {
    let shown = stdout(&cargo(&["run", "--quiet", "--features", "csv", "--example", "quickstart"]));
    let document = document::read();
    for (operation, path, _) in document::operations(&document) {
        let line = shown.lines().find(|line| line.starts_with(&format!("{operation} "))).expect(&operation);
        assert!(line.contains(&path.replace("{phone_number}", "+14155550142")), "{line}");
        assert!(line.contains("  20") && line.contains(" = "), "{line}");
    }
    assert!(!shown.contains("DIFFERS"), "{shown}");
}

#[tokio::test]
async fn quickstart_sends_all_ten_operations() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = sandbox.client().expect("a client").contacts();
    let number = "+14155550142".parse().expect("a number");
    assert!(quickstart::tour(&contacts, Some(&number), Some(&sandbox)).await.expect("no failure"));

    let received: BTreeSet<_> = sandbox.requests().iter().filter_map(|request| request.operation()).collect();
    let document = document::read();
    let documented = document::operations(&document);
    assert_eq!(received, documented.iter().map(|(id, ..)| id.as_str()).collect());
    assert!(sandbox.is_empty(), "a contact of the quickstart still exists");
}

#[tokio::test]
async fn quickstart_notices_a_value_that_differs() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = sandbox.client().expect("a client").contacts();
    let wrong = r#"{"status": "OK", "contact": {"first_name": "Grace"}}"#;
    sandbox.fail_next(Fault::status(200).body(wrong).operation("contacts.retrieve"));
    let number = "+14155550142".parse().expect("a number");
    assert!(!quickstart::tour(&contacts, Some(&number), Some(&sandbox)).await.expect("no failure"));
}

#[test]
fn quickstart_live_needs_credentials() {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--features", "csv", "--example", "quickstart", "--", "--live"])
        .env_remove("SENDBLUE_API_API_KEY")
        .env_remove("SENDBLUE_API_API_SECRET")
        .env_remove("SENDBLUE_API_KEY")
        .env_remove("SENDBLUE_API_SECRET")
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .output()
        .expect("cargo");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("SENDBLUE_API_API_KEY: not set"), "{error}");
}

#[test]
fn quickstart_live_uses_the_environment_and_deletes_its_contacts() {
    let sandbox = Sandbox::builder()
        .contacts([serde_json::json!({"phone": "+14155550111", "first_name": "Existing"})])
        .start()
        .expect("a sandbox");
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "run",
            "--quiet",
            "--features",
            "csv",
            "--example",
            "quickstart",
            "--",
            "--live",
            "--verify",
            "+14155550111",
        ])
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
fn every_call_of_errors_fails() {
    let shown = stdout(&cargo(&["run", "--quiet", "--features", "csv", "--example", "errors"]));
    assert_eq!(shown.matches("    remedy: ").count(), 18, "{shown}");
    assert!(!shown.contains("no error"), "{shown}");
    for part in [
        "outcome: NotSent",
        "outcome: Rejected",
        "outcome: Unknown",
        "outcome: Applied",
        "within 200ms",
        "the response is not valid HTTP, or its headers are too large",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn test_your_app_runs() {
    assert_eq!(
        stdout(&cargo(&["run", "--quiet", "--features", "csv", "--example", "test_your_app"])),
        "Done; the sandbox has 1 contact\n"
    );
}

/// Writes a file with one contact per line.
fn seed_file(name: &str, lines: &[&str]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, lines.join("\n")).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn sandbox_applies_its_options() {
    const NUMBER: &str = "+14155550111";
    let seeds = seed_file("seeds.jsonl", &[r#"{"phone": "+14155550111"}"#, r#"{"phone": "+14155550112"}"#]);
    let mut options = vec![
        "run",
        "--quiet",
        "--features",
        "csv",
        "--example",
        "sandbox",
        "--",
        "--port",
        "0",
        "--log",
        "--latency",
        "100",
    ];
    options.extend(["--contacts", "3", "--seed", &seeds, "--fail", "422", "--fail", "409:contacts.count:2"]);
    let child = Command::new(env!("CARGO")).args(options).stdout(Stdio::piped()).spawn();
    let mut child = Killed(child.expect("cargo"));
    let mut lines = BufReader::new(child.0.stdout.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
    let url = lines.next().expect("a line").strip_prefix("listening on ").expect("an address").to_owned();
    assert_eq!(lines.next().as_deref(), Some("sb-api-key-id: sandbox-key"));
    assert_eq!(lines.next().as_deref(), Some("sb-api-secret-key: sandbox-secret"));

    let client = Client::builder()
        .credentials(Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid"))
        .base_url(url)
        .build()
        .expect("valid");
    let contacts = client.contacts();
    let status = |error: Error| error.status().map(|status| status.as_u16());
    assert_eq!(contacts.retrieve(NUMBER).send().await.map_err(status).unwrap_err(), Some(422));
    for _ in 0..2 {
        assert_eq!(contacts.count().send().await.map_err(status).unwrap_err(), Some(409));
    }
    assert_eq!(contacts.count().send().await.expect("no failure"), 5);
    let start = Instant::now();
    contacts.retrieve(NUMBER).send().await.expect("seeded");
    assert!(start.elapsed() >= Duration::from_millis(100));
    client
        .request::<()>(Method::GET, "/api/{number}")
        .path_param("number", NUMBER)
        .send()
        .await
        .expect_err("no such route");
    drop(child);
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "GET contacts.retrieve 422",
            "GET contacts.count 409",
            "GET contacts.count 409",
            "GET contacts.count 200",
            "GET contacts.retrieve 200",
            "GET - 404",
        ]
    );
}

#[test]
fn sandbox_rejects_invalid_arguments() {
    let problem_of = |arguments: &[&str]| sandbox_program::parse(arguments.iter().map(|text| text.to_string())).err();
    for (arguments, problem) in [
        (&["--port", "99999"][..], "--port must be a number in range, not \"99999\""),
        (&["--contacts"], "--contacts needs a value"),
        (&["--latency", "1s"], "--latency must be a number in range, not \"1s\""),
        (&["--fail", "x"], "the STATUS of --fail must be a number in range, not \"x\""),
        (&["--fail", "199"], "the STATUS of --fail must be from 200 to 999, not 199"),
        (&["--fail", "500:contacts.list:0"], "the TIMES of --fail must be a number in range, not \"0\""),
        (&["--fail", "500:contacts.list:1:2"], "the TIMES of --fail must be a number in range, not \"1:2\""),
        (&["--log", "--verbose"], "unknown argument: --verbose"),
    ] {
        assert_eq!(problem_of(arguments).as_deref(), Some(problem));
    }
    let unknown = problem_of(&["--fail", "500:contacts"]).expect("an error");
    let document = document::read();
    for (operation, ..) in document::operations(&document) {
        assert!(unknown.contains(&operation), "{unknown}");
        assert_eq!(problem_of(&["--fail", &format!("500:{operation}")]), None);
    }
    assert_eq!(sandbox_program::OPERATIONS.len(), document::operations(&document).len());
}

#[test]
fn sandbox_names_the_line_of_an_invalid_contact() {
    let error_of = |file: &str| {
        let arguments = ["--port", "0", "--seed", file].map(String::from).into_iter();
        sandbox_program::serve(&sandbox_program::parse(arguments).expect("valid").expect("no help"))
            .expect_err("an invalid file")
    };
    let good = r#"{"phone": "+14155550111"}"#;
    for (index, (line, problem)) in [
        ("{\"phone\": ", "not JSON from column 10"),
        (r#"{"phone": "secret"}"#, "the contact: `phone` must be a number in E.164 format"),
        (good, "the contact: `phone` is taken by another contact"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = seed_file(&format!("wrong-{index}.jsonl"), &[good, line]);
        assert_eq!(error_of(&file), format!("--seed {file}: line 2: {problem}"));
    }
    assert!(error_of("no/such/file").starts_with("--seed no/such/file: "));
}

#[test]
fn the_quickstart_compiles_at_most_130_crates_and_no_dependency_of_the_tests() {
    let tree =
        cargo(&["tree", "--package", "examples", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let tree = stdout(&tree);
    let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(crates.len() <= 130, "{} crates: {crates:#?}", crates.len());
    for name in ["aws-lc-rs", "httpmock", "proptest", "rcgen", "rustls"] {
        assert!(!crates.iter().any(|line| line.starts_with(&format!("{name} "))), "the examples depend on {name}");
    }
}
