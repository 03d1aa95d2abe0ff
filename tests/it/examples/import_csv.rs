//! `import_csv`: what it says of a file, what of it arrives, and that it goes on where it was stopped.

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

#[expect(dead_code, reason = "the tests need neither the header nor a line of its own")]
#[path = "../../../examples/import_csv/table.rs"]
mod table;

mod rows;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv");

/// An empty folder.
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
        .args(["run", "--quiet", "--example", "import_csv", "--"])
        .args(arguments)
        .envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|variable| (variable, "http://192.0.2.1:1")))
        .env_remove("NO_PROXY")
        .env_remove("SENDBLUE_API_BEARER_TOKEN");
    command
}

/// To be run with `--live`, where the environment says that the service is a sandbox.
fn live(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command
        .env("SENDBLUE_API_API_KEY", DEFAULT_KEY_ID)
        .env("SENDBLUE_API_API_SECRET", DEFAULT_SECRET_KEY)
        .env("SENDBLUE_API_BASE_URL", sandbox.url());
    command
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Panics with all that was said, unless it ended so.
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    fn count(&self, class: &str) -> u64 {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(class)).expect(class);
        line.split_whitespace().next().and_then(|count| count.parse().ok()).expect(class)
    }

    /// What is said of the row that has this text.
    fn said_of<'a>(&'a self, file: &str, text: &str) -> Option<&'a str> {
        let file = fs::read_to_string(file).expect("a file");
        let (before, _) = file.split_once(text).expect(text);
        let line = format!("line {}: ", before.matches('\n').count() + 1);
        self.stdout.lines().find_map(|said| said.strip_prefix(&line))
    }
}

fn run(mut command: Command) -> Ran {
    Ran::of(command.output().expect("cargo"))
}

/// How often each number was to be created.
fn created(sandbox: &Sandbox) -> BTreeMap<String, usize> {
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
fn shows_the_class_of_each_row_of_the_sample() {
    let ran = run(command(&[])).ended(1);
    for (class, count) in
        [("created", 50), ("existing", 2), ("rejected", 1), ("invalid", 6), ("duplicate", 3), ("unknown", 0)]
    {
        assert_eq!(ran.count(class), count, "{class}: {}", ran.stdout);
    }
    assert_eq!(ran.count("sum"), 62);
    for (text, said) in [
        ("Tom,Baker", "invalid: the number does not start with `+`"),
        ("Walter,Nowak", "invalid: the number has a letter"),
        ("Aaliyah,", "invalid: the number is empty"),
        ("Rashid,", "invalid: has 4 fields, where the header has 8"),
        ("Ben,Carter", "invalid: the number has a `(0)`"),
        ("Victor,Hale", "rejected: contacts.bulk.create: the service answered 422"),
        ("Peter,Gallagher", "invalid: the number has a letter"),
    ] {
        let is = ran.said_of(SAMPLE, text).unwrap_or_else(|| panic!("{text}: {}", ran.stdout));
        assert!(is.starts_with(said), "{text}: {is}");
    }
    assert!(ran.stderr.contains("62 of 62 (100 %), 7 failed"), "{}", ran.stderr);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "for a terminal: {text:?}");
        // The one that the advice gives is not of the file.
        let others = text.replace("+14155550100", "");
        assert!(!others.contains("555") && !others.contains("Tom"), "something of a contact: {text}");
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    let folder = folder("dry");
    let file = folder.join("contacts.csv");
    fs::copy(SAMPLE, &file).expect("a copy");
    let file = file.to_str().expect("UTF-8");
    let sandbox = Sandbox::start().expect("a sandbox");
    let ran = run(live(&sandbox, &[file, "--live", "--dry-run"])).ended(1);
    assert!(ran.stdout.starts_with("62 rows: 53 to be imported, 6 invalid, 3 duplicate\nnothing was sent\n"));
    for (text, first) in [
        ("Ada,Lovelace,+14155550101", "duplicate of line 2"),
        ("Grace,Hopper,+1 (415) 555 0102", "duplicate of line 3"),
        ("Zoë,Mueller", "duplicate of line 6"),
    ] {
        assert_eq!(ran.said_of(file, text), Some(first), "{}", ran.stdout);
    }
    assert!(ran.said_of(file, "Rashid,").expect("a problem").contains("has 4 fields"));
    assert!(sandbox.requests().is_empty());
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "it leaves a file behind");
}

#[test]
fn imports_what_the_file_says_and_what_was_mended() {
    let folder = folder("live");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (file, rejects) = (path("contacts.csv"), path("mend.csv"));
    fs::copy(SAMPLE, &file).expect("a copy");
    let sandbox = Sandbox::builder().reject_numbers(["+14155550199"], 400).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).ended(1);
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
    assert_eq!(ada["company_name"], "Analytical Engines, Inc.", "the first of the two rows");
    assert_eq!(ada["tags"], json!(["vip", "newsletter"]));
    let chloe = sandbox.contact("+14155550110").expect("a contact");
    assert_eq!(chloe["custom_variables"], json!({ "Plan": "Free" }), "empty fields are left out");
    let chloe_sent = sandbox.requests().iter().any(|request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        body["contacts"].as_array().into_iter().flatten().any(|contact| {
            contact["phone"] == "+14155550110" && contact.get("tags").is_none() && contact.get("company_name").is_none()
        })
    });
    assert!(chloe_sent, "empty fields are left out");

    let journal = fs::read_to_string(path("contacts.csv.journal")).expect("a journal");
    assert!(journal.contains(r#""end":0"#) && !journal.contains("5550"), "{journal}");
    #[cfg(unix)]
    for file in [path("contacts.csv.journal"), rejects.clone()] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    // The same command has nothing left to do, and adds nothing to the rejects.
    let before = (sandbox.requests().len(), fs::read_to_string(&rejects).expect("rejects"));
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).ended(1);
    assert_eq!((ran.count("created"), ran.count("sum")), (52, 62));
    assert!(ran.stdout.contains("62 of them are known from an earlier run"), "{}", ran.stdout);
    assert_eq!((sandbox.requests().len(), fs::read_to_string(&rejects).expect("rejects")), before);

    let mended = before
        .1
        .replace("(415) 555-0108", "+1 415 555 0108")
        .replace(" ext. 7", "")
        .replace("Aaliyah,Washington,,", "Aaliyah,Washington,+1 415 555 0148,")
        .replace("Karimov Rugs", "Karimov Rugs,,,,")
        .replace("(0)", "")
        .replace("O135", "0135")
        .replace("555-0199", "555-0149");
    fs::write(&rejects, mended).expect("written");
    let ran = run(live(&sandbox, &[&rejects, "--live"])).ended(0);
    assert_eq!((ran.count("created"), ran.count("sum")), (7, 7), "{}", ran.stdout);
    assert_eq!(sandbox.len(), 59);
}

#[test]
fn an_upsert_updates_those_that_exist() {
    let folder = folder("upsert");
    let file = folder.join("contacts.csv").to_str().expect("UTF-8").to_owned();
    fs::write(&file, "Phone,Company\n+14155550101,New Ltd\n+14155550102,Second Ltd\n").expect("written");
    let old = json!({ "phone": "+14155550101", "company_name": "Old Ltd", "created_at": "2025-01-01T00:00:00Z" });
    let sandbox = Sandbox::builder().contacts([old]).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--upsert"])).ended(0);
    assert_eq!((ran.count("created"), ran.count("existing")), (1, 1));
    assert_eq!(sandbox.contact("+14155550101").expect("a contact")["company_name"], "New Ltd");
}

#[test]
fn a_row_of_unknown_outcome_is_to_be_looked_up_and_not_to_be_mended() {
    let folder = folder("unknown");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (file, rejects) = (path("contacts.csv"), path("mend.csv"));
    fs::write(&file, "Phone\n+14155550101\n").expect("written");
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(504).operation("contacts.bulk.create"));
    let ran = run(live(&sandbox, &[&file, "--live", "--rejects", &rejects])).ended(1);
    assert_eq!(ran.count("unknown"), 1);
    let said = ran.said_of(&file, "+14155550101").expect("a line");
    assert!(said.starts_with("unknown, retrieve it after a while to find out: "), "{said}");
    assert_eq!(fs::read_to_string(&rejects).expect("rejects"), "Phone\n");
}

#[test]
fn no_more_is_sent_than_the_service_is_reported_to_allow() {
    let file = folder("limited").join("contacts.csv").to_str().expect("UTF-8").to_owned();
    let rows: String = (0..120).map(|n| format!("+1415555{n:04}\n")).collect();
    fs::write(&file, format!("Phone\n{rows}")).expect("written");
    // 100 in 10 seconds when they start are a few more when they arrive, on a busy machine.
    let sandbox = Sandbox::builder().rate_limit(100, Duration::from_secs(8)).start().expect("a sandbox");
    let ran = run(live(&sandbox, &[&file, "--live", "--upsert", "--chunk", "10"])).ended(0);
    assert_eq!((ran.count("created"), sandbox.requests().len()), (120, 120), "a request was refused");
}

#[test]
fn a_failure_of_the_service_stops_it_and_the_same_command_goes_on() {
    let (_, file) = sixty("stopped");
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut stranger = live(&sandbox, &[&file, "--live", "--chunk", "10"]);
    stranger.env("SENDBLUE_API_API_SECRET", "wrong");
    let ran = run(stranger).ended(2);
    assert!(ran.stderr.contains("401"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("line "), "of no row it is the fault: {}", ran.stdout);
    assert!(ran.stdout.contains("of the rejected were not sent"), "{}", ran.stdout);
    assert!(sandbox.is_empty());
    let ran = run(resumed(&sandbox, &ran)).ended(0);
    assert_eq!((ran.count("created"), sandbox.len()), (60, 60));
}

/// A file with sixty contacts.
fn sixty(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    // The shell that is given the command to go on needs quotes.
    let file = folder.join("it's sixty.csv");
    let rows: String = (0..60).map(|n| format!("+1 (415) 555-01{n:02},Name {n}\n")).collect();
    fs::write(&file, format!("Phone,First Name\n{rows}")).expect("written");
    let file = file.to_str().expect("UTF-8").to_owned();
    (folder, file)
}

/// The command that it gave itself, through a shell.
fn resumed(sandbox: &Sandbox, ran: &Ran) -> Command {
    let (_, given) = ran.stdout.split_once("to go on: cargo ").unwrap_or_else(|| panic!("{}", ran.stdout));
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

/// Starts it, and waits until the first contacts are on their way.
fn started(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = live(sandbox, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cargo");
    let began = Instant::now();
    while created(sandbox).is_empty() {
        assert!(child.try_wait().expect("a child").is_none() && began.elapsed() < Duration::from_secs(300));
        thread::sleep(Duration::from_millis(10));
    }
    child
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on() {
    let (_, file) = sixty("interrupted");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(500)).start().expect("a sandbox");
    // On Unix, cargo becomes the program that it runs.
    let child = started(&sandbox, &[&file, "--live", "--chunk", "5"]);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ran = Ran::of(child.wait_with_output().expect("a child")).ended(2);
    assert!(ran.stderr.contains("stopping: what is under way is finished first"), "{}", ran.stderr);
    let done = ran.count("created");
    assert!((5..60).contains(&done), "{done}");
    assert_eq!(sandbox.len() as u64, done, "something under way was not waited for");

    let ran = run(resumed(&sandbox, &ran)).ended(0);
    assert_eq!((ran.count("created"), ran.count("sum")), (60, 60));
    assert!(ran.stdout.contains(&format!("{done} of them are known from an earlier run")), "{}", ran.stdout);
    assert_eq!(sandbox.len(), 60);
    assert!(created(&sandbox).values().all(|&times| times == 1), "{:?}", created(&sandbox));
}

#[test]
fn a_run_that_was_killed_is_resumed_by_the_same_command() {
    let (_, file) = sixty("killed");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(200)).start().expect("a sandbox");
    let arguments = [file.as_str(), "--live", "--chunk", "5"];
    let mut child = started(&sandbox, &arguments);
    child.kill().expect("killed");
    child.wait().expect("a child");
    assert!(sandbox.len() < 60);
    let ran = run(live(&sandbox, &arguments)).ended(0);
    assert_eq!((ran.count("created"), sandbox.len()), (60, 60));
    assert!(created(&sandbox).values().all(|&times| times == 1), "{:?}", created(&sandbox));
}

#[test]
fn a_file_that_becomes_unreadable_is_resumed_when_it_is_whole() {
    let file = folder("unreadable").join("contacts.csv");
    let rows = |numbers: Range<u32>| numbers.map(|n| format!("+1415555{n:04}\n")).collect::<String>();
    // No whole chunk, so that there is something that must not become one.
    let (good, rest) = (format!("Phone\n{}", rows(0..1550)), rows(1550..3000));
    let whole = format!("{good}{rest}");
    fs::write(&file, &whole).expect("written");
    let path = file.to_str().expect("UTF-8");
    let sandbox = Sandbox::builder().latency(Duration::from_millis(100)).start().expect("a sandbox");
    let child = started(&sandbox, &[path, "--live"]);
    let mut open = OpenOptions::new().write(true).open(&file).expect("a file");
    open.seek(SeekFrom::Start(good.len() as u64)).expect("within it");
    open.write_all(format!("\"{}", " ".repeat(2 * table::MAX_ROW)).as_bytes()).expect("written");
    let ran = Ran::of(child.wait_with_output().expect("a child")).ended(2);
    assert!(ran.stderr.contains("more than 1048576 bytes"), "{}", ran.stderr);
    assert_eq!((ran.count("created"), sandbox.len()), (1500, 1500));

    fs::write(&file, whole).expect("written");
    let ran = run(resumed(&sandbox, &ran)).ended(0);
    assert_eq!((ran.count("created"), sandbox.len()), (3000, 3000));
}

#[test]
fn what_is_wrong_from_the_start_is_said_at_once() {
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
        (&["--journal", "j"], "--journal: goes with --live"),
        (&[&good, "--rejects", &good.replace("good", "./good")], "--rejects: needs a file of its own"),
        (&["--rejects", "examples/data/contacts.csv"], "--rejects: needs a file of its own"),
        (&["--rejects", "r", "--dry-run"], "--rejects: needs a file of its own, and goes without --dry-run"),
        (&["--chunk"], "--chunk: needs a value"),
        (&["--chunk", "many"], "--chunk: is not a number"),
        (&[&good, "--live", "--chunk", "0"], "chunk_size: is not within 1 and 1000"),
        (&["--lvie"], "unknown argument: --lvie"),
        (&[&good, &good], "a second file"),
        (&[&missing], "missing.csv: "),
        (&[&no_phone], "no column is called Phone"),
        (&[&twice], "column 2, \"phone_number\", is there twice"),
        (&[&nameless], "column 2 has no name"),
        (&[&unclosed], "is there a quote that is not closed?"),
        (&[&good, "--live", "--journal", &no_phone], "journal: line 1 is not one of a journal"),
    ] {
        let ran = run(live(&sandbox, arguments)).ended(2);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stdout.contains("to go on"), "{arguments:?}: {}", ran.stdout);
    }
    assert!(sandbox.requests().is_empty());
    assert!(run(command(&["--help"])).ended(0).stdout.starts_with("Usage: import_csv"));
}
