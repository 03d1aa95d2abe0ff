//! The tasks, as they are called from a command line.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

const DOCUMENT: &str = include_str!("../../openapi.yaml");
const SNAPSHOT: &str = include_str!("../../src/generated/snapshot.rs");
const README: &str = include_str!("../../README.md");

/// What a task came to: its exit code, and what it printed on either stream.
struct Outcome {
    code: Option<i32>,
    output: String,
    errors: String,
}

fn xtask(arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("xtask is built");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}

/// A directory with a document, a snapshot unless it is empty, and what the table of the README is made of.
struct Root(PathBuf);

impl Root {
    fn new(name: &str, document: &str, snapshot: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src/generated")).expect("a directory");
        fs::create_dir_all(root.join("src/contacts")).expect("a directory");
        fs::write(root.join("openapi.yaml"), document).expect("a document");
        fs::write(root.join("README.md"), README).expect("a README");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::copy(repository.join("src/contacts.rs"), root.join("src/contacts.rs")).expect("verbs");
        for entry in fs::read_dir(repository.join("src/contacts")).expect("verbs") {
            let path = entry.expect("a verb").path();
            if path.is_file() {
                fs::copy(&path, root.join("src/contacts").join(path.file_name().expect("a name"))).expect("a verb");
            }
        }
        if !snapshot.is_empty() {
            fs::write(root.join("src/generated/snapshot.rs"), snapshot).expect("a snapshot");
        }
        Self(root)
    }

    fn generate(&self, options: &[&str]) -> Outcome {
        let root = self.0.to_str().expect("UTF-8");
        xtask(&[&["generate", "--root", root], options].concat())
    }

    fn snapshot(&self) -> Option<String> {
        self.read("src/generated/snapshot.rs")
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }

    /// A file with one edit.
    fn edit(&self, path: &str, find: &str, replace: &str) {
        let text = self.read(path).expect("the file");
        assert_eq!(text.matches(find).count(), 1, "to be found once in {path}:\n{find}");
        fs::write(self.0.join(path), text.replacen(find, replace, 1)).expect("the file");
    }
}

#[test]
fn what_is_derived_is_up_to_date() {
    let outcome = xtask(&["generate", "--check"]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
}

#[test]
fn a_check_shows_the_difference_and_the_remedy() {
    let drifted =
        SNAPSHOT.replacen("pub count: ::std::option::Option<u64>,", "pub count: ::std::option::Option<u32>,", 1);
    let root = Root::new("drifted", DOCUMENT, &drifted);
    let outcome = root.generate(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    for line in [
        "--- src/generated/snapshot.rs",
        "+++ as generated from openapi.yaml",
        "-        pub count: ::std::option::Option<u32>,",
        "+        pub count: ::std::option::Option<u64>,",
        "    remedy: run `cargo xtask generate`, and commit the file",
    ] {
        assert!(outcome.errors.lines().any(|printed| printed == line), "{line}\nis not in\n{}", outcome.errors);
    }
    assert!(outcome.errors.lines().count() < 20, "{}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(drifted.as_str()), "a check writes nothing");
}

#[test]
fn a_check_misses_a_missing_snapshot() {
    let root = Root::new("missing", DOCUMENT, "");
    let outcome = root.generate(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("remedy: run `cargo xtask generate`"), "{}", outcome.errors);
    assert_eq!(root.snapshot(), None);
}

#[test]
fn the_snapshot_is_written_where_it_differs() {
    let root = Root::new("stale", DOCUMENT, "// stale");
    let outcome = root.generate(&[]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    assert_eq!(outcome.output, "src/generated/snapshot.rs is written\nREADME.md is up to date\n");
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT));
    assert_eq!(root.generate(&[]).output, "src/generated/snapshot.rs is up to date\nREADME.md is up to date\n");
}

#[test]
fn the_table_of_the_readme_is_written() {
    let root = Root::new("table", DOCUMENT, SNAPSHOT);
    // A row that is wrong, one that is missing, and a verb that takes something else.
    root.edit("README.md", "| `contacts.count()` |", "| `contacts.how_many()` |");
    root.edit("README.md", "| `contacts.list()` | `GET /api/v2/contacts` | `Vec<Contact>` |\n", "");
    root.edit("src/contacts.rs", "pub fn verify<N>(&self, number: N)", "pub fn verify<N>(&self, whom: N)");
    let outcome = root.generate(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    for line in [
        "--- README.md",
        "-| `contacts.how_many()` | `GET /api/v2/contacts/count` | `u64` |",
        "+| `contacts.count()` | `GET /api/v2/contacts/count` | `u64` |",
        "+| `contacts.list()` | `GET /api/v2/contacts` | `Vec<Contact>` |",
        "+| `contacts.verify(whom)` | `POST /api/v2/contacts/verify` | `()` |",
        "README.md is not what openapi.yaml gives.",
    ] {
        assert!(outcome.errors.lines().any(|printed| printed == line), "{line}\nis not in\n{}", outcome.errors);
    }
    assert_eq!(root.generate(&[]).code, Some(0));
    assert_eq!(root.read("README.md").as_deref(), Some(&*README.replace("verify(number)", "verify(whom)")));
    assert_eq!(root.generate(&["--check"]).code, Some(0));
}

#[test]
fn an_operation_without_a_verb_is_in_the_table_as_such() {
    let root = Root::new("no_verb", &DOCUMENT.replacen("contacts.count", "contacts.total", 1), SNAPSHOT);
    let outcome = root.generate(&[]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    let readme = root.read("README.md").expect("a README");
    assert!(readme.contains("| no verb yet for `contacts.total` | `GET /api/v2/contacts/count` |  |\n"), "{readme}");
}

#[test]
fn the_client_is_written_even_if_the_table_cannot_be() {
    let root = Root::new("half", DOCUMENT, "// stale");
    root.edit("src/contacts.rs", "pub fn verify<N>(", "pub fn verify<N(");
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let source = fs::read_to_string(root.0.join("src/contacts.rs")).expect("verbs");
    let line = source[..source.find("pub fn verify<N(").expect("the edit")].lines().count();
    assert!(outcome.errors.contains(&format!("src/contacts.rs:{line}:")), "{line}: {}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT));

    fs::write(root.0.join("README.md"), "# Nothing").expect("a README");
    root.edit("src/contacts.rs", "pub fn verify<N(", "pub fn verify<N>(");
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.starts_with("README.md: no place for the table"), "{}", outcome.errors);
}

#[test]
fn neither_the_folder_nor_the_order_of_the_document_matters() {
    for seed in 0..3 {
        let mut document: yaml_serde::Value = yaml_serde::from_str(DOCUMENT).expect("YAML");
        shuffle(&mut document, seed);
        let shuffled = yaml_serde::to_string(&document).expect("YAML");
        assert_ne!(
            shuffled,
            yaml_serde::to_string(&yaml_serde::from_str::<yaml_serde::Value>(DOCUMENT).unwrap()).unwrap()
        );
        let root = Root::new(&format!("shuffled/{seed}"), &shuffled, "// stale");
        fs::write(root.0.join("README.md"), README.replace("contacts.count()", "stale")).expect("a README");
        assert_eq!(root.generate(&[]).code, Some(0));
        assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT), "seed {seed}");
        assert_eq!(root.read("README.md").as_deref(), Some(README), "seed {seed}");
    }
}

/// Puts the members of all mappings in an order that depends on the seed.
fn shuffle(value: &mut yaml_serde::Value, seed: u64) {
    match value {
        yaml_serde::Value::Mapping(members) => {
            members.values_mut().for_each(|member| shuffle(member, seed));
            let mut shuffled: Vec<_> = std::mem::take(members).into_iter().collect();
            shuffled.sort_by_key(|(key, _)| {
                let mut hasher = DefaultHasher::new();
                (seed, key.as_str()).hash(&mut hasher);
                hasher.finish()
            });
            members.extend(shuffled);
        }
        yaml_serde::Value::Sequence(elements) => elements.iter_mut().for_each(|element| shuffle(element, seed)),
        _ => {}
    }
}

#[test]
fn a_document_that_is_not_yaml_is_refused_with_its_line() {
    let root = Root::new("broken", &DOCUMENT.replacen("required: [number]", "required: [number", 1), SNAPSHOT);
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let line = DOCUMENT[..DOCUMENT.find("required: [number]").expect("the edit")].lines().count() + 1;
    let expected = format!("openapi.yaml:{line}:17: not YAML: did not find expected ',' or ']' at line {line}");
    assert!(outcome.errors.starts_with(&expected), "{expected}\n{}", outcome.errors);
    assert!(outcome.errors.contains("    remedy: mend what stands at"), "{}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT), "nothing is written");
}

/// The library does not compile with either of these documents: the tasks do not need it.
#[test]
fn the_tasks_run_whatever_the_document_is() {
    let root = Root::new("whatever", DOCUMENT, SNAPSHOT);
    let path = root.0.to_str().expect("UTF-8");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let status = Command::new("git").current_dir(&root.0).args(identity).args(arguments).status();
        assert!(status.expect("git").success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "openapi.yaml"]);
    git(&["commit", "--quiet", "--message", "before"]);

    let broken = DOCUMENT.replacen("required: [number]", "required: [number", 1);
    fs::write(root.0.join("openapi.yaml"), broken).expect("a document");
    let line = DOCUMENT[..DOCUMENT.find("required: [number]").expect("the edit")].lines().count() + 1;
    for task in ["lint", "generate", "diff"] {
        let outcome = xtask(&[task, "--root", path]);
        assert_eq!(outcome.code, Some(1), "{task}: {}", outcome.errors);
        assert!(outcome.errors.contains(&format!("openapi.yaml:{line}:17: not YAML")), "{task}: {}", outcome.errors);
    }

    // No request has a setter for it.
    let property = "        opted_out: { type: boolean";
    let grown =
        DOCUMENT.replacen(property, &format!("        reason: {{ type: string, description: Why. }}\n{property}"), 1);
    let line = DOCUMENT[..DOCUMENT.find(property).expect("the edit")].lines().count() + 1;
    fs::write(root.0.join("openapi.yaml"), grown).expect("a document");
    let lint = xtask(&["lint", "--root", path]);
    let place = format!("openapi.yaml:{line}:9: OptOutContact.reason: no example has a value of `reason`");
    assert!(lint.errors.contains(&place), "{}", lint.errors);
    assert!(lint.errors.contains("then: `cargo xtask lint` once more"), "{}", lint.errors);
    let generate = xtask(&["generate", "--root", path]);
    assert_eq!(generate.code, Some(0), "{}", generate.errors);
    assert!(root.snapshot().expect("a snapshot").contains("pub reason: "));
    let diff = xtask(&["diff", "--root", path]);
    assert_eq!(diff.code, Some(0), "{}", diff.errors);
    assert!(diff.output.contains("OptOutContact.reason: the property is new"), "{}", diff.output);
}

#[test]
fn a_panic_of_the_generator_is_not_printed() {
    let schema = "            schema: { $ref: '#/components/schemas/VerifyContact' }\n";
    let encoding = format!("{schema}            encoding: {{ number: {{ contentType: text/plain }} }}\n");
    let outcome = Root::new("panic", &DOCUMENT.replacen(schema, &encoding, 1), SNAPSHOT).generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let line = DOCUMENT[..DOCUMENT.find("operationId: contacts.verify").expect("it")].lines().count() - 1;
    let place = format!("openapi.yaml:{line}:5: contacts.verify: progenitor cannot generate from it: ");
    assert!(outcome.errors.starts_with(&place), "{place}\n{}", outcome.errors);
    assert!(!outcome.errors.contains("panicked"), "{}", outcome.errors);
}

#[test]
fn a_missing_document_is_named() {
    let outcome = xtask(&["generate", "--root", "no/such/directory"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("no/such/directory/openapi.yaml: "), "{}", outcome.errors);
}

#[test]
fn a_report_that_is_not_what_the_figures_give_is_refused() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stale_report");
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("docs/benchmarks")).expect("a directory");
    fs::copy(repository.join("BENCHMARKS.md"), root.join("BENCHMARKS.md")).expect("a report");
    for entry in fs::read_dir(repository.join("docs/benchmarks")).expect("figures") {
        let path = entry.expect("a file").path();
        fs::copy(&path, root.join("docs/benchmarks").join(path.file_name().expect("a name"))).expect("figures");
    }
    let report =
        |options: &[&str]| xtask(&[&["bench-report", "--root", root.to_str().expect("UTF-8")], options].concat());
    assert_eq!(report(&["--check"]).code, Some(0), "{}", report(&["--check"]).errors);

    let document = fs::read_to_string(root.join("BENCHMARKS.md")).expect("a report");
    fs::write(root.join("BENCHMARKS.md"), document.replacen("|---|", "|--|", 1)).expect("a report");
    fs::remove_file(root.join("docs/benchmarks/walk.svg")).expect("a plot");
    let outcome = report(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.errors,
        "not what docs/benchmarks/*.csv give: BENCHMARKS.md, docs/benchmarks/walk.svg\n    \
         remedy: run `cargo xtask bench-report`, and commit the files\n"
    );
    assert_eq!(report(&[]).code, Some(0));
    assert_eq!(fs::read_to_string(root.join("BENCHMARKS.md")).expect("a report"), document);
    assert_eq!(report(&["--check"]).code, Some(0));
}

#[test]
fn the_checks_are_listed_the_cheap_ones_first() {
    let listed = xtask(&["ci", "--list"]);
    assert_eq!((listed.code, listed.errors.as_str()), (Some(0), ""));
    let steps: Vec<_> = listed.output.lines().collect();
    let at = |command: &str| {
        let found = steps.iter().position(|step| step.starts_with(command));
        found.unwrap_or_else(|| panic!("no step starts with {command}: {steps:#?}"))
    };
    let order = [
        "cargo fmt --all --check",
        "cargo deny check",
        "cargo xtask generate --check",
        "cargo xtask lint",
        "cargo xtask bench-report --check",
        "cargo clippy --workspace",
        "cargo doc",
        "cargo run --quiet --example quickstart",
        "cargo test --workspace",
        "cargo package",
        concat!("rustup run ", env!("CARGO_PKG_RUST_VERSION"), " cargo check"),
    ];
    assert!(order.map(at).is_sorted(), "{steps:#?}");
    // What runs them for a commit is this task, and nothing else.
    let script = include_str!("../../.ci/run");
    let commands: Vec<_> = script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(matches!(commands[..], [only] if only.ends_with("exec cargo xtask ci \"$@\"")), "{commands:#?}");
}

#[test]
fn generate_compiles_nothing_that_another_task_alone_needs() {
    let tree = |features: &[&str], alone: &str| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["tree", "--package", "xtask", "--edges", "normal,build", "--prefix", "none"]).args(features);
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        let crates = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(crates.contains("progenitor "), "{crates}");
        crates.lines().any(|line| line.starts_with(alone))
    };
    for (feature, alone) in [("lint", "jsonschema "), ("record", "httpmock "), ("report", "plotters ")] {
        assert!(!tree(&[], alone));
        assert!(tree(&["--features", feature], alone));
    }
}

#[test]
fn help_names_every_task_and_option() {
    let manual: [(&str, &[&str]); 16] = [
        ("bench", &["criterion"]),
        ("bench-counts", &["callgrind"]),
        ("bench-peers", &["--rounds N", "openapi-generator"]),
        ("bench-report", &["--check", "--root DIR"]),
        ("bench-scale", &["--quick"]),
        ("build-cost", &["openapi-generator"]),
        ("ci", &["--list"]),
        ("conformance", &["--live", "--verify NUMBER", "--json"]),
        ("diff", &["REV", "--root DIR"]),
        ("features", &["--list"]),
        ("generate", &["--check", "--root DIR"]),
        ("lint", &["--root DIR"]),
        ("memory", &["--contacts N,N,…"]),
        ("mutants", &["ARGUMENTS"]),
        ("record", &["--live", "--verify NUMBER", "--check", "--to DIR"]),
        (
            "sandbox",
            &[
                "--port N",
                "--contacts N",
                "--seed FILE",
                "--key K",
                "--secret S",
                "--latency MS",
                "--fail STATUS[:OPERATION[:TIMES]]",
                "--log",
            ],
        ),
    ];
    let whole = xtask(&["--help"]);
    assert_eq!((whole.code, whole.errors.as_str()), (Some(0), ""));
    assert_eq!(xtask(&["-h"]).output, whole.output);
    for (task, options) in manual {
        let part = xtask(&[task, "--help"]);
        assert_eq!((part.code, part.errors.as_str()), (Some(0), ""));
        let manual = part.output.strip_prefix("Usage:\n").expect("a heading").trim_end();
        assert!(whole.output.contains(manual), "{task} has another manual of its own:\n{manual}");
        for word in options.iter().chain([&task]) {
            assert!(manual.contains(word), "{word} is not in\n{manual}");
        }
        // What comes next in the manual is of another task.
        assert_eq!(manual.lines().filter(|line| line.starts_with("  ") && !line.starts_with("    ")).count(), 1);
    }
}

#[test]
fn what_is_not_understood_is_answered_with_what_would_be() {
    for (arguments, message) in [
        (
            &[][..],
            "Which task? The tasks: generate, lint, diff, ci, features, build-cost, memory, bench, bench-counts, bench-peers, bench-scale, bench-report, mutants, sandbox, conformance, record.",
        ),
        (
            &["genrate"],
            "There is no task `genrate`. The tasks: generate, lint, diff, ci, features, build-cost, memory, bench, bench-counts, bench-peers, bench-scale, bench-report, mutants, sandbox, conformance, record.",
        ),
        (&["generate", "--chek"], "`generate` has no option `--chek`. Its options: --check, --root DIR."),
        (&["bench-scale", "--fast"], "`bench-scale` has no option `--fast`. Its options: --quick."),
        (&["ci", "--fast"], "`ci` has no option `--fast`. Its options: --list."),
        (&["diff", "v1", "v2"], "`diff` has no option `v2`. Its options: REV, --root DIR."),
        (&["diff", "--stat"], "`diff` has no option `--stat`. Its options: REV, --root DIR."),
        (&["bench-peers", "--fast"], "`bench-peers` has no option `--fast`. Its options: --rounds N."),
        (&["bench-peers", "--rounds", "0"], "`--rounds 0`: there has to be one."),
        (&["bench-peers", "--rounds", "x"], "`--rounds x`: invalid digit found in string."),
        (&["lint", "openapi.yaml"], "`lint` has no option `openapi.yaml`. Its options: --root DIR."),
        (&["generate", "--root"], "`--root` needs a value."),
        (
            &["sandbox", "9000"],
            "`sandbox` has no option `9000`. Its options: --port N, --contacts N, --seed FILE, --key K, --secret S, \
             --latency MS, --fail STATUS[:OPERATION[:TIMES]], --log.",
        ),
        (
            &["conformance", "--liv"],
            "`conformance` has no option `--liv`. Its options: --live, --verify NUMBER, --json.",
        ),
        (&["conformance", "--live", "--verify"], "`--verify` needs a value."),
        (
            &["record", "--lve"],
            "`record` has no option `--lve`. Its options: --live, --verify NUMBER, --check, --to DIR.",
        ),
        (
            &["record", "--verify", "+14155550100"],
            "`--verify` goes with `--live`: in a sandbox, the suite verifies its own.",
        ),
        (&["bench-report", "--chek"], "`bench-report` has no option `--chek`. Its options: --check, --root DIR."),
        (&["sandbox", "--port", "99999"], "`--port 99999`: number too large to fit in target type."),
        (&["sandbox", "--latency", "1s"], "`--latency 1s`: invalid digit found in string."),
        (&["sandbox", "--key"], "`--key` needs a value."),
        (&["sandbox", "--log", "--seed"], "`--seed` needs a value."),
    ] {
        let outcome = xtask(arguments);
        assert_eq!(outcome.code, Some(2), "{}", outcome.errors);
        assert_eq!(outcome.errors, format!("{message}\n\n`cargo xtask --help` tells more.\n"));
    }
}

/// With a shell in place of cargo: it takes `run` for a script, which says where it is and with what it was called.
#[cfg(unix)]
#[test]
fn the_sandbox_is_run_by_cargo_where_its_files_are() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("called");
    fs::create_dir_all(&folder).expect("a directory");
    fs::write(folder.join("run"), "pwd -P\necho \"$@\"\n").expect("a script");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["sandbox", "--port", "0", "--seed", "a.jsonl", "--fail", "503:contacts.list:2", "--log"])
        .env("CARGO", "sh")
        .current_dir(&folder)
        .output()
        .expect("xtask is built");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let (place, arguments) = printed.split_once('\n').expect("two lines");
    assert_eq!(Path::new(place), folder.canonicalize().expect("a directory"));
    assert!(arguments.starts_with("--manifest-path /"), "{arguments}");
    assert!(arguments.ends_with(" -- --port 0 --seed a.jsonl --fail 503:contacts.list:2 --log\n"), "{arguments}");
}

#[test]
fn a_conformance_run_that_goes_well_says_so() {
    let outcome = xtask(&["conformance"]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    assert!(outcome.output.starts_with("operation "), "{}", outcome.output);
    assert!(outcome.output.trim_end().ends_with(" 0 differ"), "{}", outcome.output);
}
