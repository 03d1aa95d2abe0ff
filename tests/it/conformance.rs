//! The conformance suite against the sandbox: it passes, and notices a service that behaves differently.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use conformance::{
    arguments::Arguments,
    probe::{Probe, Target},
    reserved, scenarios,
    suite::{self, Report, Verdict},
};
use sendblue_contacts::{
    Credentials,
    sandbox::{
        BulkExisting, DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, OffsetAboveCap, Sandbox, SandboxBuilder, Undated,
    },
};
use serde_json::{Value, json};

/// Contacts that the account had before. Each property contains a value that no report may show.
const EXISTING: [&str; 2] = ["+12025550100", "+12025550101"];

fn sandbox() -> SandboxBuilder {
    let contact = |phone| {
        json!({
            "phone": phone,
            "first_name": "Canary",
            "last_name": "Canary",
            "company_name": "Canary",
            "assigned_to_email": "canary@example.com",
            "sendblue_number": "+12025559876",
            "tags": ["canary"],
            "custom_variables": { "Canary": "canary" },
            "created_at": "2025-01-01T00:00:00Z",
        })
    };
    Sandbox::builder().contacts(EXISTING.map(contact))
}

/// Runs the suite. Calls `before` ahead of each scenario.
async fn run(sandbox: &Sandbox, before: impl FnMut(&suite::Scenario)) -> Report {
    let probe = Probe::new(Target::sandbox(sandbox).expect("valid")).expect("a document");
    suite::run(&probe, before).await.expect("the numbers are free")
}

fn row<'a>(report: &'a Report, name: &str) -> &'a suite::Row {
    report.rows.iter().find(|row| row.scenario.name == name).expect(name)
}

#[tokio::test]
async fn the_sandbox_passes_and_keeps_no_contacts_of_the_suite() {
    let sandbox = sandbox().start().expect("a sandbox");
    let report = run(&sandbox, |_| {}).await;
    assert!(report.is_good(), "{report}");
    assert_eq!(report.drift, [""; 0]);
    assert_eq!(report.rows.len(), scenarios::SCENARIOS.len());
    assert!(report.rows.iter().all(|row| row.observation.verdict == Verdict::AsExpected), "{report}");

    assert_eq!(sandbox.len(), EXISTING.len());
    assert_eq!(sandbox.verifications(), [reserved::ADA]);
    let received = sandbox.requests();
    assert_eq!(received.len(), report.requests);
    assert!(report.requests < 79, "{} requests", report.requests);
    let operations: BTreeSet<_> = received.iter().filter_map(|request| request.operation()).collect();
    assert_eq!(operations.len(), 10, "{operations:?}");
    let named: BTreeSet<_> = report.rows.iter().flat_map(|row| row.scenario.operations).copied().collect();
    assert_eq!(operations, named);

    // Every created contact has the suite's tag.
    let bodies = received.iter().filter(|request| request.method() == "POST" && request.status() < 300);
    for request in
        bodies.filter(|request| matches!(request.operation(), Some("contacts.create" | "contacts.bulk.create")))
    {
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let contacts = body["contacts"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        let is_marked = |contact: &Value| contact["tags"][0] == reserved::TAG || contact["update_if_exists"] == true;
        assert!(contacts.iter().all(is_marked), "{body}");
    }
}

/// A response for each scenario that makes it fail.
fn deviations() -> [(&'static str, Fault); 31] {
    let answer = |operation: &str, status, body: &'static str| Fault::status(status).operation(operation).body(body);
    let ada = r#"{"status": "OK", "contact": {"phone": "+14155550145"}}"#;
    [
        ("count", answer("contacts.count", 200, r#"{"count": "three"}"#)),
        ("request-id", answer("contacts.count", 503, "")),
        ("no-keys", answer("contacts.count", 200, r#"{"count": 2}"#)),
        ("wrong-keys", answer("contacts.count", 200, r#"{"count": 2}"#)),
        ("unknown-number", answer("contacts.delete", 200, r#"{"status": "OK"}"#)),
        ("create", answer("contacts.retrieve", 200, ada)),
        ("create-existing", answer("contacts.create", 500, "")),
        ("create-or-update", answer("contacts.create", 200, ada)),
        ("update", answer("contacts.update", 200, ada)),
        ("replace-tags", answer("contacts.update", 200, ada)),
        ("clear-tags", answer("contacts.update", 200, ada)),
        ("opt-out", answer("contacts.opt_out", 200, r#"{"number": "+14155550145", "opted_out": true}"#)),
        ("nulls", answer("contacts.list", 200, r#"[{"phone": "+14155550999"}]"#)),
        ("casing", answer("contacts.list", 200, r#"[{"phone": "+14155550145", "FirstName": "Augusta"}]"#)),
        ("list-one", answer("contacts.list", 200, "[]")),
        (
            "list-since",
            answer("contacts.list", 200, r#"[{"phone": "+14155550145", "created_at": "2998-01-01T00:00:00Z"}]"#),
        ),
        (
            "list-order",
            answer(
                "contacts.list",
                200,
                r#"[{"created_at": "2025-01-01T00:00:00Z"}, {"created_at": "2025-01-02T00:00:00Z"}]"#,
            ),
        ),
        ("list-order-by", answer("contacts.list", 400, "")),
        ("list-pages", answer("contacts.list", 200, r#"[{"phone": "+14155550998"}, {"phone": "+14155550999"}]"#)),
        ("list-over-limit", answer("contacts.list", 500, "")),
        ("list-over-offset", answer("contacts.list", 500, "")),
        ("list-undated", answer("contacts.list", 200, r#"{"contacts": []}"#)),
        ("bulk-create", answer("contacts.bulk.create", 201, r#"{"status": "OK", "contacts": []}"#).apply_request(true)),
        ("list-ties", answer("contacts.list", 502, "")),
        ("bulk-create-existing", answer("contacts.bulk.create", 500, "")),
        ("bulk-create-no-number", answer("contacts.bulk.create", 503, "").apply_request(true)),
        ("verify-unknown", answer("contacts.verify", 200, r#"{"status": "OK"}"#)),
        ("verify", answer("contacts.verify", 200, r#"{"status": "error", "message": "Not now"}"#)),
        ("bulk-delete", answer("contacts.bulk.delete", 200, r#"{"status": "OK", "amount": 1}"#).apply_request(true)),
        ("bulk-delete-by-id", answer("contacts.bulk.delete", 500, "")),
        ("delete", answer("contacts.delete", 204, "")),
    ]
}

#[tokio::test]
async fn each_scenario_notices_a_different_service() {
    let names = scenarios::SCENARIOS.map(|scenario| scenario.name);
    assert_eq!(deviations().map(|(name, _)| name), names, "a deviation for each scenario");
    for (name, fault) in deviations() {
        let sandbox = sandbox().start().expect("a sandbox");
        let report = run(&sandbox, |scenario| {
            if scenario.name == name {
                sandbox.fail_next(fault.clone());
            }
        })
        .await;
        assert_eq!(row(&report, name).observation.verdict, Verdict::Differs, "{name}:\n{report}");
        assert!(!report.is_good());
        let before = report.rows.iter().take_while(|row| row.scenario.name != name);
        assert!(before.into_iter().all(|row| row.observation.verdict == Verdict::AsExpected), "{report}");
        assert_eq!(sandbox.len(), EXISTING.len(), "{name} leaves something behind");
        assert!(report.problems.is_empty(), "{report}");
    }
}

#[tokio::test]
async fn an_open_question_is_answered_from_the_responses() {
    let wanting = Fault::status(200).body(r#"[{"phone": "+14155550146", "last_name": null}]"#);
    let reversed = r#"[
        {"phone": "+12025550100", "created_at": "2025-01-01T00:00:00Z"},
        {"phone": "+12025550101", "created_at": "2025-01-01T00:00:00Z"}
    ]"#;
    let reversed = Fault::status(200).body(reversed);
    let cases: [(SandboxBuilder, Option<Fault>, &str, &str); 16] = [
        (sandbox(), None, "list-over-limit", "accepted; 4 contacts are too few to see whether it is lowered"),
        (sandbox().synthetic_contacts(1000), None, "list-over-limit", "lowered to 1000"),
        (sandbox(), Some(Fault::status(400)), "list-over-limit", "rejected: 400"),
        (
            sandbox(),
            None,
            "list-over-offset",
            "accepted; the account has too few contacts to see whether it is lowered",
        ),
        (sandbox().synthetic_contacts(10_010), None, "list-over-offset", "lowered: returns the page at the cap"),
        (sandbox().offset_above_cap(OffsetAboveCap::Reject), None, "list-over-offset", "rejected: 400"),
        (undated(Undated::First), None, "list-undated", "ascending: first; descending: first"),
        (undated(Undated::Last), None, "list-undated", "ascending: last; descending: last"),
        (
            sandbox().bulk_existing(BulkExisting::Included),
            None,
            "bulk-create-existing",
            "201; new contact created, existing contact unchanged, existing contact in the response",
        ),
        (
            sandbox().bulk_existing(BulkExisting::Conflict),
            None,
            "bulk-create-existing",
            "409; new contact not created, existing contact unchanged",
        ),
        (
            sandbox().reject_numbers([reserved::IMPOSSIBLE_NUMBER], 422),
            None,
            "bulk-create-no-number",
            "422; no contact created",
        ),
        (sandbox(), None, "list-ties", "same order twice, 4 contacts"),
        (sandbox(), Some(reversed.operation("contacts.list")), "list-ties", "no: the second list has another order"),
        (sandbox(), None, "casing", "retrieve: snake_case; list: snake_case"),
        (sandbox().camel_case(true), None, "casing", "retrieve: camelCase; list: camelCase"),
        (sandbox(), Some(wanting.operation("contacts.list")), "nulls", "yes: last_name"),
    ];
    for (builder, mut fault, name, expected) in cases {
        let sandbox = builder.start().expect("a sandbox");
        let report = run(&sandbox, |scenario| {
            if scenario.name == name {
                fault.take().into_iter().for_each(|fault| sandbox.fail_next(fault));
            }
        })
        .await;
        let row = row(&report, name);
        assert_eq!(
            (row.observation.text.as_str(), row.observation.verdict),
            (expected, Verdict::AsExpected),
            "{report}"
        );
        let shown = report.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains("Open questions about the service"), "{report}");
    }
}

fn undated(undated: Undated) -> SandboxBuilder {
    sandbox().contacts([json!({ "phone": "+12025550102" })]).undated(undated)
}

#[test]
fn each_open_question_of_the_readme_belongs_to_one_scenario() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## What is unknown of the service").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("another section");
    let unknown: BTreeSet<String> = section
        .split("\n- ")
        .skip(1)
        .map(|line| line.split("\n\n").next().expect("a line").trim_end_matches([';', '.']).replace("\n  ", " "))
        .collect();
    let asked = scenarios::SCENARIOS.iter().filter_map(|scenario| scenario.question);
    let all: Vec<_> =
        asked.chain(scenarios::UNASKED_QUESTIONS.iter().map(|question| question.question)).map(String::from).collect();
    assert_eq!(all.iter().cloned().collect::<BTreeSet<_>>(), unknown);
    assert_eq!(all.len(), unknown.len(), "a question is asked twice");
}

#[tokio::test]
async fn drift_lists_paths_and_types_without_values() {
    let sandbox = sandbox().start().expect("a sandbox");
    let answers = [
        (
            "count",
            "contacts.count",
            203,
            r#"{"count": 2, "canary": "canary", "+12025559876": 1, "Canary of Canary": 1}"#,
        ),
        (
            "create",
            "contacts.retrieve",
            200,
            r#"{"status": null, "contact": {"phone": 14155559876, "custom_variables": {"Canary": 7}, "tags": [true]}}"#,
        ),
        ("list-order-by", "contacts.list", 418, r#"{"error_code": [], "error": {"code": "canary", "canary": {}}}"#),
        ("verify", "contacts.verify", 500, "Canary"),
    ];
    let report = run(&sandbox, |scenario| {
        for (_, operation, status, body) in answers.iter().filter(|(name, ..)| *name == scenario.name) {
            let fault = Fault::status(*status).operation(*operation).body(*body);
            sandbox.fail_next(fault.header("x-ratelimit-canary-not", "canary").header("cf-ray", "canary"));
        }
    })
    .await;
    assert_eq!(
        report.drift,
        [
            "contacts.count 203: (name not shown): is not documented",
            "contacts.count 203: canary: is not documented",
            "contacts.count 203: has the header cf-ray",
            "contacts.count 203: has the header x-ratelimit-canary-not",
            "contacts.count 203: the status is not documented",
            "contacts.list 418: error: is object, which matches no documented alternative",
            "contacts.list 418: error_code: is array, which matches no documented alternative",
            "contacts.list 418: has the header cf-ray",
            "contacts.list 418: has the header x-ratelimit-canary-not",
            "contacts.list 418: the status is not documented",
            "contacts.retrieve 200: contact.custom_variables.*: is number, not string",
            "contacts.retrieve 200: contact.phone: is number, not string",
            "contacts.retrieve 200: contact.tags[]: is boolean, not string",
            "contacts.retrieve 200: has the header cf-ray",
            "contacts.retrieve 200: has the header x-ratelimit-canary-not",
            "contacts.retrieve 200: status: is null",
            "contacts.verify 500: has the header cf-ray",
            "contacts.verify 500: has the header x-ratelimit-canary-not",
            "contacts.verify 500: the body is not JSON",
        ]
    );
}

#[tokio::test]
async fn an_existing_contact_with_a_reserved_number_stops_the_suite() {
    let theirs = json!({ "phone": reserved::MARY, "first_name": "Canary" });
    let sandbox = sandbox().contacts([theirs]).start().expect("a sandbox");
    let probe = Probe::new(Target::sandbox(&sandbox).expect("valid")).expect("a document");
    let problem = suite::run(&probe, |_| {}).await.err().expect("it stops");
    assert!(problem.contains(reserved::MARY) && problem.contains("nothing was changed"), "{problem}");
    assert!(problem.contains(reserved::TAG) && !problem.contains("Canary"), "{problem}");
    assert!(sandbox.requests().iter().all(|request| request.operation() == Some("contacts.retrieve")));
}

#[tokio::test]
async fn an_interrupted_suite_removes_its_contacts() {
    for scenario in scenarios::SCENARIOS {
        let sandbox = sandbox().start().expect("a sandbox");
        let target = Target::sandbox(&sandbox).expect("valid");
        let interrupted = std::sync::Arc::clone(&target.interrupted);
        let probe = Probe::new(target).expect("a document");
        let report = suite::run(&probe, |next| {
            if next.name == scenario.name {
                interrupted.store(true, Ordering::Relaxed);
            }
        });
        let report = report.await.expect("the suite starts");
        assert_eq!(report.problems, [format!("{}: interrupted", scenario.name)]);
        assert!(!report.is_good());
        assert_eq!(sandbox.len(), EXISTING.len(), "{}", scenario.name);
    }
}

#[tokio::test]
async fn a_failed_deletion_is_reported_with_the_number() {
    let sandbox = sandbox().start().expect("a sandbox");
    let report = run(&sandbox, |scenario| {
        if scenario.name == "opt-out" {
            sandbox.fail_next(Fault::no_response().operation("contacts.retrieve"));
            sandbox.fail_next(Fault::status(400).operation("contacts.delete"));
        }
    })
    .await;
    let [ended, left] = &report.problems[..] else { panic!("{:?}", report.problems) };
    assert!(ended.starts_with("opt-out: contacts.retrieve: the connection broke"), "{ended}");
    assert!(left.contains(reserved::ADA) && left.contains(reserved::TAG), "{left}");
    // The opt-in still runs after the failed deletion.
    assert_eq!(sandbox.contact(reserved::ADA).expect("left")["opt_out"], false);
}

#[tokio::test]
async fn verifies_only_the_number_of_the_option() {
    let sandbox = sandbox().start().expect("a sandbox");
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY).expect("valid");
    let target = Target::new(credentials, sandbox.url().to_owned(), None, Default::default()).expect("valid");
    let probe = Probe::new(target).expect("a document");
    let report = suite::run(&probe, |_| {}).await.expect("free");
    assert!(report.is_good(), "{report}");
    let skipped: Vec<_> = report.rows.iter().filter(|row| row.observation.verdict == Verdict::Skipped).collect();
    assert_eq!(skipped.iter().map(|row| row.scenario.name).collect::<Vec<_>>(), ["verify-unknown", "verify"]);
    assert!(sandbox.requests().iter().all(|request| request.operation() != Some("contacts.verify")));
}

/// Returns the command of the suite with `--live`, with a sandbox as the service.
fn live(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--package", "conformance", "--", "--live"])
        .args(arguments)
        .envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|variable| (variable, "http://192.0.2.1:1")))
        .env_remove("NO_PROXY")
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .env("SENDBLUE_API_API_KEY", DEFAULT_KEY_ID)
        .env("SENDBLUE_API_API_SECRET", DEFAULT_SECRET_KEY)
        .env("SENDBLUE_API_BASE_URL", sandbox.url());
    command
}

#[test]
fn live_uses_the_environment_and_prints_no_values_of_contacts() {
    let sandbox = sandbox().start().expect("a sandbox");
    let output = live(&sandbox, &["--verify", EXISTING[0]]).output().expect("cargo");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert_eq!(sandbox.verifications(), [EXISTING[0]]);
    assert_eq!(sandbox.len(), EXISTING.len());
    for part in [
        "operation",
        "expectation",
        "observation",
        "question",
        "experiment that answers it",
        "31 scenarios, ",
        " 0 differ",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }

    sandbox.fail_next(Fault::status(200).operation("contacts.count").body(r#"{"count": -1}"#));
    let output = live(&sandbox, &["--json"]).output().expect("cargo");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["scenarios"][0]["verdict"], "Differs");
    for text in [shown, report.to_string(), String::from_utf8(output.stderr).expect("UTF-8")] {
        for private in ["anary", "2025550", "20255598", DEFAULT_SECRET_KEY] {
            assert!(!text.contains(private), "shows {private}:\n{text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_removes_the_contacts_of_the_suite() {
    let build = Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "conformance"]).status();
    assert!(build.expect("cargo").success());
    let sandbox = sandbox().latency(Duration::from_millis(50)).start().expect("a sandbox");
    let mut child = live(&sandbox, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cargo");
    let start = Instant::now();
    while sandbox.contact(reserved::ADA).is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "the suite creates no contact within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    // `cargo run` replaces itself by the program, so the process id is the program's.
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, Some(1));
    assert_eq!(sandbox.len(), EXISTING.len());
    assert!(sandbox.requests().len() < 40, "the suite continued after Ctrl-C");
}

#[test]
fn rejects_invalid_arguments() {
    let wrong =
        |arguments: &[&str]| Arguments::parse(arguments.iter().map(|text| text.to_string())).expect_err("wrong");
    assert!(wrong(&["--verify", "+14155550100"]).starts_with("--verify: needs --live"));
    assert_eq!(wrong(&["--live", "--verify"]), "--verify: missing phone number; write --verify NUMBER");
    assert!(wrong(&["--live", "--verify", "415"]).starts_with("--verify: does not start with `+`"));
    assert!(wrong(&["--lively"]).starts_with("unknown argument --lively; use --live, "));
}
