//! `import_csv`: its output, the imported contacts, and how it resumes after an interruption.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use sendblue_contacts::sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox};
use serde_json::{Value, json};

#[expect(dead_code, reason = "the tests do not use the header and the line of an index")]
#[path = "../../../examples/import_csv/table.rs"]
mod table;

mod rows;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv");

/// Returns an empty directory.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import_csv").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--features", "csv", "--example", "import_csv", "--"])
        .args(arguments)
        .envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|variable| (variable, "http://192.0.2.1:1")))
        .env_remove("NO_PROXY")
        .env_remove("SENDBLUE_API_BEARER_TOKEN");
    command
}

/// Returns a command for `--live`, with a sandbox as the service.
fn live(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command
        .env("SENDBLUE_API_API_KEY", DEFAULT_KEY_ID)
        .env("SENDBLUE_API_API_SECRET", DEFAULT_SECRET_KEY)
        .env("SENDBLUE_API_BASE_URL", sandbox.url());
    command
}

struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Panics with the output if the exit code differs.
    fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    fn count(&self, class: &str) -> u64 {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(class)).expect(class);
        line.split_whitespace().next().and_then(|count| count.parse().ok()).expect(class)
    }

    /// Returns the printed problem of the row that contains this text.
    fn problem_of<'a>(&'a self, file: &str, text: &str) -> Option<&'a str> {
        let file = fs::read_to_string(file).expect("a file");
        let (before, _) = file.split_once(text).expect(text);
        let line = format!("line {}: ", before.matches('\n').count() + 1);
        self.stdout.lines().find_map(|printed| printed.strip_prefix(&line))
    }
}

fn run(mut command: Command) -> Finished {
    Finished::of(command.output().expect("cargo"))
}

/// Counts the create requests for each number.
fn create_counts(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut numbers = BTreeMap::new();
    for request in sandbox.requests().iter().filter(|request| request.operation() == Some("contacts.bulk.create")) {
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        for contact in body["contacts"].as_array().expect("contacts") {
            *numbers.entry(contact["phone"].as_str().expect("a number").to_owned()).or_default() += 1;
        }
    }
    numbers
}

#[test]
fn prints_the_class_counts_and_the_problems_of_the_sample() {
    let ran = run(command(&[])).expect_code(1);
    for (class, count) in
        [("created", 50), ("existing", 2), ("rejected", 1), ("invalid", 6), ("duplicate", 3), ("unknown", 0)]
    {
        assert_eq!(ran.count(class), count, "{class}: {}", ran.stdout);
    }
    assert_eq!(ran.count("sum"), 62);
    for (text, said) in [
        ("Tom,Baker", "invalid: the number does not start with `+`"),
        ("Walter,Nowak", "invalid: the number has an extension"),
        ("Aaliyah,", "invalid: the number is empty"),
        ("Rashid,", "invalid: has 4 fields, but the header has 8"),
        ("Ben,Carter", "invalid: the number has a trunk prefix"),
        ("Victor,Hale", "rejected: contacts.bulk.create: status 422"),
        ("Peter,Gallagher", "invalid: the number contains letters"),
    ] {
        let is = ran.problem_of(SAMPLE, text).unwrap_or_else(|| panic!("{text}: {}", ran.stdout));
        assert!(is.starts_with(said), "{text}: {is}");
    }
    assert!(ran.stderr.contains("62 of 62 (100 %), 7 failed"), "{}", ran.stderr);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "contains terminal codes: {text:?}");
        // The remedy contains an example number, which is not from the file.
        let others = text.replace("+14155550100", "");
        assert!(!others.contains("555") && !others.contains("Tom"), "prints data of a contact: {text}");
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    let folder = folder("dry");
    let file = folder.join("contacts.csv");
    fs::copy(SAMPLE, &file).expect("a copy");
    let file = file.to_str().expect("UTF-8");
    let sandbox = Sandbox::start().expect("a sandbox");
    let ran = run(live(&sandbox, &[file, "--live", "--dry-run"])).expect_code(1);
    assert!(ran.stdout.starts_with("62 rows: 53 to import, 6 invalid, 3 duplicate\nnothing was sent\n"));
    for (text, first) in [
        ("Ada,Lovelace,+14155550101", "duplicate of line 2"),
        ("Grace,Hopper,+1 (415) 555 0102", "duplicate of line 3"),
        ("Zoë,Mueller", "duplicate of line 6"),
    ] {
        assert_eq!(ran.problem_of(file, text), Some(first), "{}", ran.stdout);
    }
    assert!(ran.problem_of(file, "Rashid,").expect("a problem").contains("has 4 fields"));
    assert!(sandbox.requests().is_empty());
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "the dry run writes a file");
}

#[test]
fn imports_the_file_and_then_the_corrected_rejects() {
    let folder = folder("live");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (file, rejects) = (path("contacts.csv"), path("mend.csv"));
    fs::copy(SAMPLE, &file).expect("a copy");
    let sandbox = Sandbox::builder().reject_numbers(["+14155550199"], 400).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).expect_code(1);
    assert_eq!((ran.count("created"), ran.count("rejected"), ran.count("invalid")), (52, 1, 6));
    assert_eq!(sandbox.len(), 52);

    let siobhan = sandbox.contact("+353209100017").expect("a contact");
    assert_eq!(siobhan["first_name"], "Siobhán");
    assert_eq!(siobhan["last_name"], "Ní Bhriain");
    assert_eq!(siobhan["company_name"], "Ní Bhriain Teo.");
    let notes = "Invoice to:\r\n12 Sráid an Droichid,\r\nBaile Átha Cliath";
    let variables = json!({ "Plan": "Gold", "City": "Dublin", "Notes": notes });
    assert_eq!(siobhan["custom_variables"], variables);
    let ada = sandbox.contact("+14155550101").expect("a contact");
    assert_eq!(ada["company_name"], "Analytical Engines, Inc.", "the first of two duplicate rows is imported");
    assert_eq!(ada["tags"], json!(["vip", "newsletter"]));
    let chloe = sandbox.contact("+14155550110").expect("a contact");
    assert_eq!(chloe["custom_variables"], json!({ "Plan": "Free" }), "empty fields are omitted");
    let chloe_sent = sandbox.requests().iter().any(|request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        body["contacts"].as_array().into_iter().flatten().any(|contact| {
            contact["phone"] == "+14155550110" && contact.get("tags").is_none() && contact.get("company_name").is_none()
        })
    });
    assert!(chloe_sent, "empty fields are omitted");

    let journal = fs::read_to_string(path("contacts.csv.journal")).expect("a journal");
    assert!(journal.contains(r#""end":0"#) && !journal.contains("5550"), "{journal}");
    #[cfg(unix)]
    for file in [path("contacts.csv.journal"), rejects.clone()] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    // The same command sends no request, and writes the same rejects.
    let before = (sandbox.requests().len(), fs::read_to_string(&rejects).expect("rejects"));
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).expect_code(1);
    assert_eq!((ran.count("created"), ran.count("sum")), (52, 62));
    assert!(ran.stdout.contains("62 rows were imported by an earlier run"), "{}", ran.stdout);
    assert_eq!((sandbox.requests().len(), fs::read_to_string(&rejects).expect("rejects")), before);

    let corrected = before
        .1
        .replace("(415) 555-0108", "+1 415 555 0108")
        .replace(" ext. 7", "")
        .replace("Aaliyah,Washington,,", "Aaliyah,Washington,+1 415 555 0148,")
        .replace("Karimov Rugs", "Karimov Rugs,,,,")
        .replace("(0)", "")
        .replace("O135", "0135")
        .replace("555-0199", "555-0149");
    fs::write(&rejects, corrected).expect("written");
    let ran = run(live(&sandbox, &[&rejects, "--live"])).expect_code(0);
    assert_eq!((ran.count("created"), ran.count("sum")), (7, 7), "{}", ran.stdout);
    assert_eq!(sandbox.len(), 59);
}

#[test]
fn upsert_updates_existing_contacts() {
    let folder = folder("upsert");
    let file = folder.join("contacts.csv").to_str().expect("UTF-8").to_owned();
    fs::write(&file, "Phone,Company\n+14155550101,New Ltd\n+14155550102,Second Ltd\n").expect("written");
    let old = json!({ "phone": "+14155550101", "company_name": "Old Ltd", "created_at": "2025-01-01T00:00:00Z" });
    let sandbox = Sandbox::builder().contacts([old]).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--upsert"])).expect_code(0);
    assert_eq!((ran.count("created"), ran.count("existing")), (1, 1));
    assert_eq!(sandbox.contact("+14155550101").expect("a contact")["company_name"], "New Ltd");
}

#[test]
fn a_row_with_an_unknown_outcome_is_printed_and_not_rejected() {
    let folder = folder("unknown");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (file, rejects) = (path("contacts.csv"), path("mend.csv"));
    fs::write(&file, "Phone\n+14155550101\n").expect("written");
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(504).operation("contacts.bulk.create"));
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).expect_code(1);
    assert_eq!(ran.count("unknown"), 1);
    let said = ran.problem_of(&file, "+14155550101").expect("a line");
    assert!(said.starts_with("unknown; retrieve the contact later: "), "{said}");
    assert_eq!(fs::read_to_string(&rejects).expect("rejects"), "Phone\n");
}

#[test]
fn stays_within_the_reported_rate_limit() {
    let file = folder("limited").join("contacts.csv").to_str().expect("UTF-8").to_owned();
    let rows: String = (0..120).map(|n| format!("+1415555{n:04}\n")).collect();
    fs::write(&file, format!("Phone\n{rows}")).expect("written");
    // 8 s instead of 10 s: on a busy machine, requests arrive closer together than they were sent.
    let sandbox = Sandbox::builder().rate_limit(100, Duration::from_secs(8)).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--upsert", "--chunk", "10"])).expect_code(0);
    assert_eq!((ran.count("created"), sandbox.requests().len()), (120, 120), "a request was refused");
}

#[test]
fn an_error_stops_the_import_and_the_same_command_resumes_it() {
    let (_, file) = sixty_contacts("stopped");
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut unauthorized = live(&sandbox, &[&file, "--live", "--chunk", "10"]);
    unauthorized.env("SENDBLUE_API_API_SECRET", "wrong");
    let ran = run(unauthorized).expect_code(2);
    assert!(ran.stderr.contains("401"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("line "), "prints a row although no row is at fault: {}", ran.stdout);
    assert!(ran.stdout.contains("of the rejected rows were not sent"), "{}", ran.stdout);
    assert!(sandbox.is_empty());
    let ran = run(resume_command(&sandbox, &ran)).expect_code(0);
    assert_eq!((ran.count("created"), sandbox.len()), (60, 60));
}

/// Writes a file with sixty contacts.
fn sixty_contacts(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    // The apostrophe and the space need quotes in the command that resumes.
    let file = folder.join("it's sixty.csv");
    let rows: String = (0..60).map(|n| format!("+1 (415) 555-01{n:02},Name {n}\n")).collect();
    fs::write(&file, format!("Phone,First Name\n{rows}")).expect("written");
    let file = file.to_str().expect("UTF-8").to_owned();
    (folder, file)
}

/// Returns the printed command that resumes the import, in a shell.
fn resume_command(sandbox: &Sandbox, ran: &Finished) -> Command {
    let (_, given) = ran.stdout.split_once("to resume: cargo ").unwrap_or_else(|| panic!("{}", ran.stdout));
    let line = given.lines().next().expect("a line").replacen("run ", "run --quiet ", 1);
    let mut shell = Command::new("sh");
    let environment: Vec<_> =
        live(sandbox, &[]).get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    for (name, value) in environment {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(env!("CARGO_MANIFEST_DIR")).arg("-c").arg(format!("'{}' {line}", env!("CARGO")));
    shell
}

/// Starts the import, and waits for the first create request.
fn start_import(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = live(sandbox, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cargo");
    let began = Instant::now();
    while create_counts(sandbox).is_empty() {
        assert!(child.try_wait().expect("a child").is_none() && began.elapsed() < Duration::from_secs(300));
        thread::sleep(Duration::from_millis(10));
    }
    child
}

#[cfg(unix)]
#[test]
fn ctrl_c_waits_for_requests_in_flight_and_prints_the_command_that_resumes() {
    let (_, file) = sixty_contacts("interrupted");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(500)).start().expect("a sandbox");
    // On Unix, `cargo run` replaces itself by the program.
    let child = start_import(&sandbox, &[&file, "--live", "--chunk", "5"]);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ran = Finished::of(child.wait_with_output().expect("a child")).expect_code(2);
    assert!(ran.stderr.contains("stopping after the requests in flight"), "{}", ran.stderr);
    let done = ran.count("created");
    assert!((5..60).contains(&done), "{done}");
    assert_eq!(sandbox.len() as u64, done, "a request in flight was dropped");

    let ran = run(resume_command(&sandbox, &ran)).expect_code(0);
    assert_eq!((ran.count("created"), ran.count("sum")), (60, 60));
    assert!(ran.stdout.contains(&format!("{done} rows were imported by an earlier run")), "{}", ran.stdout);
    assert_eq!(sandbox.len(), 60);
    assert!(create_counts(&sandbox).values().all(|&times| times == 1), "{:?}", create_counts(&sandbox));
}

#[test]
fn the_same_command_resumes_a_killed_import() {
    let (_, file) = sixty_contacts("killed");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(200)).start().expect("a sandbox");
    let arguments = [file.as_str(), "--live", "--chunk", "5"];
    let mut child = start_import(&sandbox, &arguments);
    child.kill().expect("killed");
    child.wait().expect("a child");
    assert!(sandbox.len() < 60);
    let ran = run(live(&sandbox, &arguments)).expect_code(0);
    assert_eq!((ran.count("created"), sandbox.len()), (60, 60));
    assert!(create_counts(&sandbox).values().all(|&times| times == 1), "{:?}", create_counts(&sandbox));
}

#[test]
fn an_import_resumes_after_the_file_became_unreadable_and_was_repaired() {
    let file = folder("unreadable").join("contacts.csv");
    let rows = |numbers: Range<u32>| numbers.map(|n| format!("+1415555{n:04}\n")).collect::<String>();
    // 1550 rows end with a partial chunk, which must not be sent.
    let (good, rest) = (format!("Phone\n{}", rows(0..1550)), rows(1550..3000));
    let whole = format!("{good}{rest}");
    fs::write(&file, &whole).expect("written");
    let path = file.to_str().expect("UTF-8");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(100)).start().expect("a sandbox");
    let child = start_import(&sandbox, &[path, "--live"]);
    let mut open = OpenOptions::new().write(true).open(&file).expect("a file");
    open.seek(SeekFrom::Start(good.len() as u64)).expect("within it");
    open.write_all(format!("\"{}", " ".repeat(2 * table::MAX_ROW)).as_bytes()).expect("written");
    let ran = Finished::of(child.wait_with_output().expect("a child")).expect_code(2);
    assert!(ran.stderr.contains("more than 1048576 bytes"), "{}", ran.stderr);
    assert_eq!((ran.count("created"), sandbox.len()), (1500, 1500));

    fs::write(&file, whole).expect("written");
    let ran = run(resume_command(&sandbox, &ran)).expect_code(0);
    assert_eq!((ran.count("created"), sandbox.len()), (3000, 3000));
}

#[test]
fn rejects_invalid_arguments_and_files() {
    let folder = folder("wrong");
    let file = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).expect("written");
        file.to_str().expect("UTF-8").to_owned()
    };
    let sandbox = Sandbox::start().expect("a sandbox");
    let good = file("good.csv", "Phone\n+14155550101\n");
    let no_phone = file("no_phone.csv", "Number of phone;Name\n+14155550101;Ada\n");
    let twice = file("twice.csv", "Phone,phone_number\n+14155550101,\n");
    let nameless = file("nameless.csv", "Phone,\n+14155550101,\n");
    let unclosed = file("unclosed.csv", &format!("Phone,Notes\n+14155550101,\"{}\n", "no end\n".repeat(200_000)));
    let missing = folder.join("missing.csv").to_str().expect("UTF-8").to_owned();
    for (arguments, said) in [
        (&["--live"][..], "--live: needs a FILE"),
        (&["--journal", "j"], "--journal: needs --live"),
        (&[&good, "--rejects", &good.replace("good", "./good")], "--rejects: needs a file other than the input"),
        (&["--rejects", "examples/data/contacts.csv"], "--rejects: needs a file other than the input"),
        (&["--rejects", "r", "--dry-run"], "--rejects: needs a file other than the input, and no --dry-run"),
        (&["--chunk"], "--chunk: needs a value"),
        (&["--chunk", "many"], "--chunk: not a number"),
        (&[&good, "--live", "--chunk", "0"], "chunk_size: out of range; use 1 to 1000"),
        (&["--lvie"], "unknown argument: --lvie"),
        (&[&good, &good], "good.csv: a second file"),
        (&[&missing], "missing.csv: "),
        (&[&no_phone], "no column is named Phone"),
        (&[&twice], "column 2, \"phone_number\", is a duplicate"),
        (&[&nameless], "column 2 has no name"),
        (&[&unclosed], "check for an unclosed quote"),
        (&[&good, "--live", "--journal", &no_phone], "journal: line 1 is not a journal record"),
    ] {
        let ran = run(live(&sandbox, arguments)).expect_code(2);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stdout.contains("to resume"), "{arguments:?}: {}", ran.stdout);
    }
    assert!(sandbox.requests().is_empty());
    assert!(run(command(&["--help"])).expect_code(0).stdout.starts_with("Usage: import_csv"));
}
