//! The command lines of `cargo xtask`.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

const DOCUMENT: &str = include_str!("../../openapi.yaml");
const SNAPSHOT: &str = include_str!("../../src/generated/snapshot.rs");
const README: &str = include_str!("../../README.md");

/// The exit code and both outputs of a task.
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

/// A directory with a document, a snapshot unless it is empty, and the sources of the README's table.
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
        fs::copy(repository.join("src/contacts.rs"), root.join("src/contacts.rs")).expect("methods");
        for entry in fs::read_dir(repository.join("src/contacts")).expect("methods") {
            let path = entry.expect("a method").path();
            if path.is_file() {
                fs::copy(&path, root.join("src/contacts").join(path.file_name().expect("a name"))).expect("a method");
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

    /// Replaces `find`, which must occur once in the file.
    fn edit(&self, path: &str, find: &str, replace: &str) {
        let text = self.read(path).expect("the file");
        assert_eq!(text.matches(find).count(), 1, "occurs once in {path}:\n{find}");
        fs::write(self.0.join(path), text.replacen(find, replace, 1)).expect("the file");
    }
}

#[test]
fn the_checked_in_files_are_up_to_date() {
    let outcome = xtask(&["generate", "--check"]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
}

#[test]
fn generate_check_prints_the_diff_and_the_remedy() {
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
    assert_eq!(root.snapshot().as_deref(), Some(drifted.as_str()), "`--check` writes nothing");
}

#[test]
fn generate_check_fails_without_a_snapshot() {
    let root = Root::new("missing", DOCUMENT, "");
    let outcome = root.generate(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("remedy: run `cargo xtask generate`"), "{}", outcome.errors);
    assert_eq!(root.snapshot(), None);
}

#[test]
fn generate_writes_a_stale_snapshot_only() {
    let root = Root::new("stale", DOCUMENT, "// stale");
    let outcome = root.generate(&[]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    assert_eq!(outcome.output, "src/generated/snapshot.rs is written\nREADME.md is up to date\n");
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT));
    assert_eq!(root.generate(&[]).output, "src/generated/snapshot.rs is up to date\nREADME.md is up to date\n");
}

#[test]
fn generate_writes_the_readmes_table() {
    let root = Root::new("table", DOCUMENT, SNAPSHOT);
    // A wrong row, a missing row, and a method with another argument.
    root.edit("README.md", "| `contacts.count()` |", "| `contacts.how_many()` |");
    root.edit("README.md", "| `contacts.list()` | `GET /api/v2/contacts` | `Vec<Contact>` |\n", "");
    root.edit("src/contacts.rs", "pub fn verify<N>(&self, number: N)", "pub fn verify<N>(&self, recipient: N)");
    let outcome = root.generate(&["--check"]);
    assert_eq!(outcome.code, Some(1));
    for line in [
        "--- README.md",
        "-| `contacts.how_many()` | `GET /api/v2/contacts/count` | `u64` |",
        "+| `contacts.count()` | `GET /api/v2/contacts/count` | `u64` |",
        "+| `contacts.list()` | `GET /api/v2/contacts` | `Vec<Contact>` |",
        "+| `contacts.verify(recipient)` | `POST /api/v2/contacts/verify` | `()` |",
        "README.md does not match openapi.yaml",
    ] {
        assert!(outcome.errors.lines().any(|printed| printed == line), "{line}\nis not in\n{}", outcome.errors);
    }
    assert_eq!(root.generate(&[]).code, Some(0));
    assert_eq!(root.read("README.md").as_deref(), Some(&*README.replace("verify(number)", "verify(recipient)")));
    assert_eq!(root.generate(&["--check"]).code, Some(0));
}

#[test]
fn the_table_marks_an_operation_without_a_method() {
    let root = Root::new("no_method", &DOCUMENT.replacen("contacts.count", "contacts.total", 1), SNAPSHOT);
    let outcome = root.generate(&[]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    let readme = root.read("README.md").expect("a README");
    assert!(readme.contains("| no method yet for `contacts.total` | `GET /api/v2/contacts/count` |  |\n"), "{readme}");
}

#[test]
fn generate_writes_the_client_if_the_methods_do_not_parse() {
    let root = Root::new("half", DOCUMENT, "// stale");
    root.edit("src/contacts.rs", "pub fn verify<N>(", "pub fn verify<N(");
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let source = fs::read_to_string(root.0.join("src/contacts.rs")).expect("methods");
    let line = source[..source.find("pub fn verify<N(").expect("the edit")].lines().count();
    assert!(outcome.errors.contains(&format!("src/contacts.rs:{line}:")), "{line}: {}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT));

    fs::write(root.0.join("README.md"), "# Nothing").expect("a README");
    root.edit("src/contacts.rs", "pub fn verify<N(", "pub fn verify<N>(");
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.starts_with("README.md: the table of operations has no place"), "{}", outcome.errors);
}

#[test]
fn the_order_of_the_document_does_not_matter() {
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
        // Only the digest of the document differs.
        let without_digest = |snapshot: &str| -> String {
            snapshot.lines().filter(|line| !line.starts_with("// openapi.yaml: FNV-1a ")).collect()
        };
        assert_eq!(root.snapshot().as_deref().map(without_digest), Some(without_digest(SNAPSHOT)), "seed {seed}");
        assert_eq!(root.read("README.md").as_deref(), Some(README), "seed {seed}");
    }
}

/// Reorders the members of every mapping by a hash with the seed.
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
fn generate_reports_the_line_of_a_yaml_syntax_error() {
    let root = Root::new("broken", &DOCUMENT.replacen("required: [number]", "required: [number", 1), SNAPSHOT);
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let line = DOCUMENT[..DOCUMENT.find("required: [number]").expect("the edit")].lines().count() + 1;
    let expected = format!("openapi.yaml:{line}:17: not YAML: did not find expected ',' or ']' at line {line}");
    assert!(outcome.errors.starts_with(&expected), "{expected}\n{}", outcome.errors);
    assert!(outcome.errors.contains("    remedy: correct that line"), "{}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT), "the snapshot stays");
}

/// The library compiles with neither of these documents.
#[test]
fn the_tasks_do_not_need_the_library_to_compile() {
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

    // No request has a setter for this property.
    let property = "        opted_out: { type: boolean";
    let grown =
        DOCUMENT.replacen(property, &format!("        reason: {{ type: string, description: Why. }}\n{property}"), 1);
    let line = DOCUMENT[..DOCUMENT.find(property).expect("the edit")].lines().count() + 1;
    fs::write(root.0.join("openapi.yaml"), grown).expect("a document");
    let lint = xtask(&["lint", "--root", path]);
    let place = format!("openapi.yaml:{line}:9: OptOutContact.reason: no example has a value of `reason`");
    assert!(lint.errors.contains(&place), "{}", lint.errors);
    let generate = xtask(&["generate", "--root", path]);
    assert_eq!(generate.code, Some(0), "{}", generate.errors);
    assert!(root.snapshot().expect("a snapshot").contains("pub reason: "));
    let diff = xtask(&["diff", "--root", path]);
    assert_eq!(diff.code, Some(0), "{}", diff.errors);
    assert!(diff.output.contains("OptOutContact.reason: the property is new"), "{}", diff.output);
}

#[test]
fn generate_reports_a_panic_of_progenitor_as_a_problem() {
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
fn generate_names_a_missing_document() {
    let outcome = xtask(&["generate", "--root", "no/such/directory"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("no/such/directory/openapi.yaml: "), "{}", outcome.errors);
}

#[test]
fn ci_lists_the_cheap_checks_first() {
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
        "cargo clippy --workspace",
        "cargo doc",
        "cargo test --package xtask --test public_api",
        "cargo run --quiet --example quickstart",
        "cargo test --workspace",
        "cargo package",
        "cargo hack",
        concat!("rustup run ", env!("CARGO_PKG_RUST_VERSION"), " cargo check"),
    ];
    assert!(order.map(at).is_sorted(), "{steps:#?}");
    // The script runs this task and nothing else.
    let script = include_str!("../../.ci/run");
    let commands: Vec<_> = script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(matches!(commands[..], [only] if only.ends_with("exec cargo xtask ci \"$@\"")), "{commands:#?}");
}

#[test]
fn only_lint_compiles_the_json_schema_validator() {
    let has_validator = |features: &[&str]| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["tree", "--package", "xtask", "--edges", "normal,build", "--prefix", "none"]).args(features);
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        let crates = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(crates.contains("progenitor "), "{crates}");
        crates.lines().any(|line| line.starts_with("jsonschema "))
    };
    assert!(!has_validator(&[]));
    assert!(has_validator(&["--features", "lint"]));
}

#[test]
fn help_lists_every_task() {
    let help = xtask(&["--help"]);
    assert_eq!((help.code, help.errors.as_str()), (Some(0), ""));
    for task in ["generate", "lint", "diff", "ci", "memory", "bench", "sandbox", "conformance"] {
        let is_task = |line: &str| line.split_whitespace().next() == Some(task);
        assert!(help.output.lines().any(is_task), "{task} is not in\n{}", help.output);
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for (arguments, message) in [
        (&[][..], "Usage: cargo xtask"),
        (&["genrate"], "unrecognized subcommand 'genrate'"),
        (&["generate", "--chek"], "unexpected argument '--chek'"),
        (&["generate", "--root"], "a value is required for '--root <DIR>'"),
        (&["diff", "v1", "v2"], "unexpected argument 'v2'"),
        (&["lint", "openapi.yaml"], "unexpected argument 'openapi.yaml'"),
        (&["memory", "--contacts", "x"], "invalid value 'x' for '--contacts <N,N,…>'"),
    ] {
        let outcome = xtask(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}", outcome.errors);
        assert!(outcome.errors.contains(message), "{message}\nis not in\n{}", outcome.errors);
    }
}

#[test]
fn the_tasks_find_the_repository_from_a_folder_below() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edit");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(["generate", "--check"]).current_dir(folder).output().expect("xtask is built");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A shell stands in for cargo: it runs the script `run`, which prints its folder and its arguments.
#[cfg(unix)]
#[test]
fn the_sandbox_runs_in_the_folder_of_the_caller() {
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
    assert!(arguments.contains("--manifest-path /"), "{arguments}");
    assert!(arguments.ends_with(" -- --port 0 --seed a.jsonl --fail 503:contacts.list:2 --log\n"), "{arguments}");
}

#[test]
fn conformance_ends_with_the_number_of_differences() {
    let outcome = xtask(&["conformance"]);
    assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
    assert!(outcome.output.starts_with("operation "), "{}", outcome.output);
    assert!(outcome.output.trim_end().ends_with(" 0 differ"), "{}", outcome.output);
}
