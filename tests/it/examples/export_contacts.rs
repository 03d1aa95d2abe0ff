//! `export_contacts`: its output, and how it resumes after an interruption.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use sendblue_contacts::{
    Contact,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};
use serde_json::{Value, json};

/// A directory that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn command(sandbox: &Sandbox, output: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--features", "csv", "--example", "export_contacts", "--", "--live", "--output"])
        .arg(output)
        .env("SENDBLUE_API_API_KEY", DEFAULT_KEY_ID)
        .env("SENDBLUE_API_API_SECRET", DEFAULT_SECRET_KEY)
        .env("SENDBLUE_API_BASE_URL", sandbox.url())
        .env_remove("SENDBLUE_API_BEARER_TOKEN")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Starts the export, and waits until it has written a page.
fn start_export(sandbox: &Sandbox, output: &Path) -> Child {
    let child = command(sandbox, output).spawn().expect("cargo");
    let deadline = Instant::now() + Duration::from_secs(120);
    while fs::metadata(output).map_or(0, |file| file.len()) == 0 {
        assert!(Instant::now() < deadline, "nothing was written");
        thread::sleep(Duration::from_millis(10));
    }
    child
}

fn numbers_of_csv(output: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(output).expect("CSV");
    assert_eq!(reader.headers().expect("a header").get(0), Some("phone"));
    reader.records().map(|record| record.expect("a record")[0].to_owned()).collect()
}

#[test]
fn writes_the_sandbox_to_standard_output() {
    let shown = super::stdout(&super::cargo(&["run", "--quiet", "--features", "csv", "--example", "export_contacts"]));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2_501);
    assert!(lines[0].starts_with("phone,first_name,last_name,"));
    assert_eq!(lines[1].split(',').next(), Some("+12005550100"));
}

#[test]
fn resumes_after_ctrl_c_and_after_a_kill() {
    let folder = Folder::new("export");
    let output = folder.file("contacts.csv");
    let sandbox =
        Sandbox::builder().synthetic_contacts(8_000).latency(Duration::from_millis(250)).start().expect("a sandbox");

    let child = start_export(&sandbox, &output);
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(interrupted.success());
    let stopped = child.wait_with_output().expect("its end");
    assert_eq!(stopped.status.code(), Some(2), "{stopped:?}");
    let said = stderr(&stopped);
    assert!(said.contains("contacts; run the same command to resume"), "{said}");
    let first = numbers_of_csv(&output);
    assert!(!first.is_empty() && first.len() < 8_000);

    // The kill leaves a partial line, which the cursor does not count.
    let mut child = start_export(&sandbox, &output);
    thread::sleep(Duration::from_millis(700));
    child.kill().expect("a process");
    child.wait().expect("its end");
    let mut torn = fs::read(&output).expect("a file");
    torn.extend_from_slice(b"+1999,\"torn");
    fs::write(&output, torn).expect("a file");

    let last = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(last.status.code(), Some(0), "{last:?}");
    assert!(stderr(&last).starts_with("resuming after "), "{}", stderr(&last));
    assert!(stderr(&last).ends_with("8000 contacts; 0 have values that could not be read\n"), "{}", stderr(&last));
    let numbers = numbers_of_csv(&output);
    assert_eq!(numbers[..first.len()], first);
    assert_eq!(numbers.len(), 8_000);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 8_000);
    assert!(!folder.file("contacts.csv.cursor").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&output).expect("a file").permissions().mode() & 0o777, 0o600);
    }

    let again = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("already exists; remove it, or use another file"), "{}", stderr(&again));
    assert_eq!(numbers_of_csv(&output).len(), 8_000);
}

#[test]
fn a_failed_export_is_reported_and_resumes() {
    let folder = Folder::new("export-fails");
    let output = folder.file("contacts.jsonl");
    let contact = |n: u32, second: u32| {
        let created_at = format!("2026-05-09T00:00:{second:02}Z");
        json!({"phone": format!("+1999000000{n}"), "created_at": created_at, "tags": ["a", "b"]})
    };
    let sandbox = Sandbox::builder().contacts((0..3).map(|n| contact(n, n))).start().expect("a sandbox");

    // The count is larger than the list.
    let count = Fault::status(200).body(r#"{"count": 4}"#).operation("contacts.count").times(3);
    sandbox.fail_next(count);
    let incomplete = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(incomplete.status.code(), Some(1), "{incomplete:?}");
    assert!(
        stderr(&incomplete).contains("the stream yielded 3 contacts, but the service counted 4"),
        "{}",
        stderr(&incomplete)
    );

    // A new contact has a value that cannot be read.
    sandbox.insert(contact(3, 30)).expect("a contact");
    let mut page = json!([contact(2, 2), contact(3, 30)]);
    for (place, id) in [(0, 2), (1, 3)] {
        page[place]["contact_id"] = json!(format!("00000000-0000-4000-8000-00000000000{id}"));
    }
    page[1]["tags"] = json!({"canary": 1});
    page[1]["opt_out"] = json!("canary");
    sandbox.fail_next(Fault::status(200).body(page.to_string()).operation("contacts.list"));
    let resumed = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(resumed.status.code(), Some(1), "{resumed:?}");
    assert!(stderr(&resumed).contains("could not read opt_out, tags of 00000000"), "{}", stderr(&resumed));
    assert!(!stderr(&resumed).contains("canary") && !stderr(&resumed).contains("+1999"), "{}", stderr(&resumed));

    let lines = fs::read_to_string(&output).expect("a file");
    let contacts: Vec<Contact> = lines.lines().map(|line| serde_json::from_str(line).expect("a contact")).collect();
    let end = "4 contacts; 1 have values that could not be read\n";
    assert!(stderr(&resumed).ends_with(end), "{}", stderr(&resumed));
    assert_eq!(contacts.len(), 4, "a contact is missing or duplicated: {lines}");
    assert!(contacts[3].may_have_opted_out() && lines.contains(r#""opt_out":"unknown""#), "{lines}");
    assert_eq!(contacts[2].tags.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn a_contact_with_an_unreadable_value_is_counted_after_a_resume() {
    let folder = Folder::new("export-left-out");
    let output = folder.file("contacts.csv");
    let sandbox = Sandbox::builder().synthetic_contacts(4).start().expect("a sandbox");
    let id = |n: u32| format!("00000000-0000-4000-8000-00000000000{n}");
    let page = json!([
        {"contact_id": id(0), "phone": "+12005550100", "created_at": "2025-01-01T00:00:00.000Z", "opt_out": 7},
        {"contact_id": id(1), "phone": "+12005550101", "created_at": "2025-01-01T00:00:00.001Z"},
    ]);
    sandbox.fail_next(Fault::status(200).body(page.to_string()).operation("contacts.list"));
    sandbox.fail_next(Fault::status(500).operation("contacts.list").times(3));
    let failed = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(stderr(&failed).contains("2 contacts are written; run the same command to resume"), "{}", stderr(&failed));

    let whole = command(&sandbox, &output).output().expect("cargo");
    assert_eq!(whole.status.code(), Some(1), "a value could not be read: {whole:?}");
    let end = "4 contacts; 1 have values that could not be read\n";
    assert!(stderr(&whole).ends_with(end), "{}", stderr(&whole));
    assert!(fs::read_to_string(&output).expect("a file").contains(",unknown,"), "an unknown opt-out");
}

#[test]
fn rejects_a_file_that_has_changed() {
    let folder = Folder::new("export-spoiled");
    let output = folder.file("contacts.csv");
    let cursor = folder.file("contacts.csv.cursor");
    let sandbox = Sandbox::builder().synthetic_contacts(4).start().expect("a sandbox");
    let start_and_fail = || {
        let _ = fs::remove_file(&output);
        let _ = fs::remove_file(&cursor);
        sandbox.fail_next(Fault::status(200).body(r#"{"count": 9}"#).operation("contacts.count").times(3));
        assert_eq!(command(&sandbox, &output).output().expect("cargo").status.code(), Some(1));
        assert!(cursor.exists());
    };
    let rejects = |problem: &str, arguments: &[&str]| {
        let before = fs::read(&output).ok();
        let again = command(&sandbox, &output).args(arguments).output().expect("cargo");
        assert_eq!(again.status.code(), Some(1), "{again:?}");
        assert!(
            stderr(&again).contains(problem) && stderr(&again).contains(".cursor to restart the export"),
            "{}",
            stderr(&again)
        );
        assert_eq!(fs::read(&output).ok(), before);
    };
    start_and_fail();
    rejects("was started with other options", &["--format", "jsonl"]);
    fs::write(&output, "phone\n").expect("a file");
    rejects("is shorter than before", &[]);
    fs::remove_file(&output).expect("a file");
    rejects("is missing", &[]);
}

#[test]
fn rejects_invalid_arguments() {
    for (arguments, problem) in [
        (&["--output"][..], "--output needs a value"),
        (&["--format", "xml"], "--format: xml is not a format; use csv or jsonl"),
        (&["--all"], "unknown argument: --all"),
    ] {
        let output = Command::new(env!("CARGO"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["run", "--quiet", "--features", "csv", "--example", "export_contacts", "--"])
            .args(arguments)
            .output()
            .expect("cargo");
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with(problem), "{}", stderr(&output));
    }
}
