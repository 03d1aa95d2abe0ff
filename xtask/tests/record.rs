//! `cargo xtask record`: what is somebody's is in no fixture.

#[path = "../src/record/exchange.rs"]
mod exchange;
#[path = "../src/record/redact.rs"]
mod redact;
#[allow(dead_code, reason = "what only the suite needs")]
#[path = "../../examples/conformance/reserved.rs"]
mod reserved;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use exchange::{Body, Exchange};
use redact::Redactor;
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../openapi.yaml");

const NUMBER: &str = "+14155559876";
const LINE: &str = "+12065559876";
const ADDRESS: &str = "canary@canary.example";
const KEYS: [&str; 2] = ["canary-key-id", "canary-secret-key"];
/// What no fixture may have in it, in any casing.
const PRIVATE: [&str; 5] = ["canary", "lovejoy", "4155559876", "2065559876", "555-9876"];

fn canary() -> Value {
    json!({
        "phone": NUMBER,
        "first_name": "Canary",
        "last_name": "Lovejoy",
        "company_name": "Canary & \"Sons\"",
        "assigned_to_email": ADDRESS,
        "sendblue_number": LINE,
        "tags": ["canary", "vip canary"],
        "custom_variables": { "Canary label": "canary value", "canary": NUMBER },
        "created_at": "2024-02-29T12:34:56.789Z",
    })
}

fn document() -> Value {
    yaml_serde::from_str(DOCUMENT).expect("YAML")
}

fn pairs(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// An exchange with something private in each place that it has.
fn exchanges() -> Vec<Exchange> {
    let message = format!("No contact Canary Lovejoy for +1 (415) 555-9876 or {NUMBER}, {ADDRESS}");
    let mut listed = canary();
    listed["contact_id"] = json!("canary-id");
    listed["nickname"] = json!("Lovejoy");
    listed["Canary Lovejoy"] = json!(14155559876_u64);
    listed[NUMBER] = json!({ "deep": [[canary()]] });
    vec![
        Exchange {
            method: "PUT".into(),
            path: format!("/api/v2/contacts/{NUMBER}"),
            query: pairs(&[("phone_number", NUMBER), ("cid", "canary-id"), ("q", "Canary"), ("limit", "50")]),
            sent: Body::Json(canary()),
            status: 200,
            headers: pairs(&[
                ("content-type", "canary/json"),
                ("retry-after", "canary"),
                ("set-cookie", "canary"),
                ("x-request-id", "canary"),
                ("x-ratelimit-limit", "canary"),
            ]),
            answered: Body::Json(json!([listed, { "first_name": reserved::NAMES[0].0, "phone": reserved::ADA }])),
        },
        Exchange {
            method: "DELETE".into(),
            path: "/api/v2/contacts".into(),
            query: pairs(&[("created_at_gte", "2024-02-29T12:34:56.789Z")]),
            sent: Body::Json(json!({ "contact_ids": ["canary-id", NUMBER] })),
            status: 404,
            headers: pairs(&[]),
            answered: Body::Json(json!({
                "status": "Canary",
                "message": message,
                "error_message": message,
                "error_code": "CANARY",
                "error": { "code": "LOVEJOY", "message": message, "details": { "trace": message } },
            })),
        },
        Exchange {
            method: "GET".into(),
            path: "/api/v2/contacts/count".into(),
            query: pairs(&[]),
            sent: Body::Nothing,
            status: 502,
            headers: pairs(&[("content-type", "text/html; charset=canary")]),
            answered: Body::Other("<p>Canary Lovejoy</p>".into()),
        },
    ]
}

fn assert_nothing_private(text: &str) {
    for private in PRIVATE {
        assert!(!text.to_lowercase().contains(private), "shows {private}:\n{text}");
    }
}

#[test]
fn nothing_private_is_left_and_requests_and_answers_still_fit() {
    let exchanges = exchanges();
    let mut redactor = Redactor::new(&document(), &exchanges);
    let keys = KEYS.map(String::from);
    let fixtures: Vec<_> = exchanges.iter().map(|exchange| redactor.exchange(exchange).to_json()).collect();
    for (fixture, exchange) in fixtures.iter().zip(&exchanges) {
        assert_nothing_private(&fixture.to_string());
        assert!(!redactor.leaks(fixture, &keys));
        assert!(redactor.leaks(&exchange.to_json(), &keys) || exchange.status == 502);
    }
    assert!(redactor.leaks(&json!({ "x": ["with canary-key-id"] }), &keys));

    let [one, other, html] = &fixtures[..] else { panic!("three") };
    let number = one["request"]["json"]["phone"].as_str().expect("a number");
    assert!(number.starts_with("+1999555"), "{number}");
    assert_eq!(one["request"]["path"], format!("/api/v2/contacts/{number}"));
    assert_eq!(one["request"]["query"]["phone_number"], number);
    assert_eq!(one["request"]["query"]["limit"], "50");
    let listed = &one["response"]["json"][0];
    assert_eq!(listed["phone"], number);
    assert_eq!(listed["contact_id"], one["request"]["query"]["cid"]);
    assert_eq!(other["request"]["json"]["contact_ids"], json!([listed["contact_id"], number]));
    assert_eq!(listed["last_name"], listed["nickname"]);
    assert_ne!(listed["last_name"], listed["first_name"]);
    assert_eq!(listed["created_at"], "2026-05-09T00:00:00.000Z");
    assert_eq!(other["request"]["query"]["created_at_gte"], "2026-05-09T00:00:00Z");
    // What is the suite's own, or the document's, stays.
    assert_eq!(one["response"]["json"][1], json!({ "first_name": "Ada", "phone": reserved::ADA }));
    assert_eq!(one["response"]["headers"].as_object().expect("some").len(), 4);
    let message = other["response"]["json"]["message"].as_str().expect("a text");
    assert!(message.starts_with("No contact … … for +"), "{message}");
    assert_eq!(html["response"]["text"], "(no JSON)");
}

#[test]
fn times_keep_their_order_and_their_form() {
    let times = ["2026-11-23T10:00:00.123Z", "2024-01-01T00:00:00Z", "2026-11-23T11:00:00.123+01:00", "2025-06-01"];
    let exchange = Exchange { answered: Body::Json(json!(times)), ..exchanges().remove(2) };
    let mut redactor = Redactor::new(&document(), std::slice::from_ref(&exchange));
    assert_eq!(
        redactor.exchange(&exchange).to_json()["response"]["json"],
        json!(["2026-05-09T00:00:02.000Z", "2026-05-09T00:00:00Z", "2026-05-09T00:00:02.000Z", "2026-05-09T00:00:01Z"])
    );
}

#[test]
fn a_recording_is_read_as_httpmock_writes_it() {
    let recording = "when:\n  path: /api/v2/contacts/%2B14155550145\n  method: PUT\n  query_param:\n  - name: a\n    value: b\n  \
                     body: '{\"tags\":[]}'\nthen:\n  status: 200\n  header:\n  - name: Content-Type\n    value: application/json\n  \
                     body: |-\n    not\n    ---\n    JSON\n---\nwhen:\n  path: /\n  method: GET\nthen:\n  status: 204\n  body: ''\n";
    let [put, get] = &exchange::read(recording).expect("a recording")[..] else { panic!("two") };
    assert_eq!(put.path, "/api/v2/contacts/+14155550145");
    assert_eq!(
        (put.sent.clone(), put.answered.clone()),
        (Body::Json(json!({ "tags": [] })), Body::Other("not\n---\nJSON".into()))
    );
    assert_eq!((put.query.clone(), put.headers["content-type"].as_str()), (pairs(&[("a", "b")]), "application/json"));
    assert_eq!((get.status, get.sent.clone(), get.answered.clone()), (204, Body::Nothing, Body::Nothing));
    let error = exchange::read("when: [Canary").expect_err("no YAML");
    assert_nothing_private(&error);
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// A sandbox with contacts and keys of somebody's.
struct Sandbox(Child, String);

impl Sandbox {
    fn start() -> Self {
        let seed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canary.jsonl");
        fs::write(&seed, canary().to_string()).expect("a file");
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(repository()).args(["run", "--quiet", "--no-default-features", "--features", "sandbox"]);
        command.args(["--example", "sandbox", "--", "--port", "0", "--key", KEYS[0], "--secret", KEYS[1], "--seed"]);
        let mut child = command.arg(seed).stdout(Stdio::piped()).spawn().expect("cargo");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let lines: Vec<_> = lines.take(3).map(|line| line.expect("UTF-8")).collect();
        let url = lines[0].rsplit(' ').next().expect("a URL").to_owned();
        Self(child, url)
    }

    fn record(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["record", "--live", "--verify", NUMBER])
            .args(arguments)
            .env_remove("SENDBLUE_API_BEARER_TOKEN")
            .env("SENDBLUE_API_API_KEY", KEYS[0])
            .env("SENDBLUE_API_API_SECRET", KEYS[1])
            .env("SENDBLUE_API_BASE_URL", &self.1)
            .output()
            .expect("xtask is built")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_recording_of_somebodys_account_has_nothing_of_theirs() {
    let sandbox = Sandbox::start();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded");
    let _ = fs::remove_dir_all(&directory);
    let to = directory.to_str().expect("UTF-8");
    let output = sandbox.record(&["--to", to]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let mut all = format!("{output:?}");
    for entry in fs::read_dir(directory.join("live")).expect("a directory") {
        all += &fs::read_to_string(entry.expect("an entry").path()).expect("a file");
    }
    assert_nothing_private(&all);
    // It was there, and was replaced, the same everywhere.
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(directory.join("live").join(name)).expect("a file")).expect("JSON")
    };
    let listed = &read("list-pages.json")["exchanges"][0]["response"]["json"][0];
    assert_eq!(listed["assigned_to_email"], "person-1@example.com");
    assert!(listed["custom_variables"].as_object().is_some_and(|variables| variables.len() == 2), "{listed}");
    assert_eq!(listed["phone"], read("verify.json")["exchanges"][0]["request"]["json"]["number"]);
    assert_eq!(listed["phone"], read("recording.json")["verify"]);
    assert_eq!(read("recording.json")["of"], "the service");

    // Whatever differs is shown, and nothing is written.
    let after = directory.join("live/count.json");
    fs::write(&after, "{}\n").expect("a file");
    let output = sandbox.record(&["--check", "--to", to]);
    assert_eq!(output.status.code(), Some(1));
    let difference = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(difference.contains("--- count.json\n+++ as recorded now\n"), "{difference}");
    assert_nothing_private(&difference);
    assert_eq!(fs::read_to_string(after).expect("a file"), "{}\n");
}

#[test]
fn the_fixtures_are_what_a_sandbox_answers() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(["record", "--check"]).output().expect("xtask is built");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
