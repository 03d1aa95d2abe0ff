//! The tasks, as they are called from a command line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const DOCUMENT: &str = include_str!("../../openapi.yaml");
const SNAPSHOT: &str = include_str!("../../src/generated/snapshot.rs");

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

/// A directory with a document and, unless it is empty, a snapshot.
struct Root(PathBuf);

impl Root {
    fn new(name: &str, document: &str, snapshot: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src/generated")).expect("a directory");
        fs::write(root.join("openapi.yaml"), document).expect("a document");
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
        fs::read_to_string(self.0.join("src/generated/snapshot.rs")).ok()
    }
}

#[test]
fn the_snapshot_is_up_to_date() {
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
    assert_eq!(outcome.output, "src/generated/snapshot.rs is written\n");
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT));
    assert_eq!(root.generate(&[]).output, "src/generated/snapshot.rs is up to date\n");
}

#[test]
fn a_document_that_is_not_yaml_is_refused_with_its_line() {
    let root = Root::new("broken", &DOCUMENT.replacen("required: [number]", "required: [number", 1), SNAPSHOT);
    let outcome = root.generate(&[]);
    assert_eq!(outcome.code, Some(1));
    let line = DOCUMENT[..DOCUMENT.find("required: [number]").expect("the edit")].lines().count();
    let expected = format!("openapi.yaml#: not YAML: did not find expected ',' or ']' at line {}", line + 1);
    assert!(outcome.errors.starts_with(&expected), "{expected}\n{}", outcome.errors);
    assert!(outcome.errors.contains("    remedy: mend what stands at"), "{}", outcome.errors);
    assert_eq!(root.snapshot().as_deref(), Some(SNAPSHOT), "nothing is written");
}

#[test]
fn a_panic_of_the_generator_is_not_printed() {
    let schema = "            schema: { $ref: '#/components/schemas/VerifyContact' }\n";
    let encoding = format!("{schema}            encoding: {{ number: {{ contentType: text/plain }} }}\n");
    let outcome = Root::new("panic", &DOCUMENT.replacen(schema, &encoding, 1), SNAPSHOT).generate(&[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.starts_with("openapi.yaml#/paths/~1api~1v2~1contacts~1verify/post: "), "{}", outcome.errors);
    assert!(!outcome.errors.contains("panicked"), "{}", outcome.errors);
}

#[test]
fn a_missing_document_is_named() {
    let outcome = xtask(&["generate", "--root", "no/such/directory"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.errors.contains("no/such/directory/openapi.yaml: "), "{}", outcome.errors);
}

#[test]
fn help_names_every_task_and_option() {
    for arguments in [&["--help"][..], &["-h"], &["generate", "--help"], &["sandbox", "-h"]] {
        let outcome = xtask(arguments);
        assert_eq!((outcome.code, outcome.errors.as_str()), (Some(0), ""));
        for word in [
            "generate",
            "--check",
            "--root DIR",
            "sandbox",
            "--port N",
            "--contacts N",
            "--seed FILE",
            "--key K",
            "--secret S",
            "--latency MS",
            "--fail STATUS[:OPERATION[:TIMES]]",
            "--log",
        ] {
            assert!(outcome.output.contains(word), "{word} is not in\n{}", outcome.output);
        }
    }
}

#[test]
fn what_is_not_understood_is_answered_with_what_would_be() {
    for (arguments, message) in [
        (&[][..], "Which task? The tasks: generate, mutants, sandbox."),
        (&["genrate"], "There is no task `genrate`. The tasks: generate, mutants, sandbox."),
        (&["generate", "--chek"], "`generate` has no option `--chek`. Its options: --check, --root DIR."),
        (&["generate", "--root"], "`--root` needs a value."),
        (
            &["sandbox", "9000"],
            "`sandbox` has no option `9000`. Its options: --port N, --contacts N, --seed FILE, --key K, --secret S, \
             --latency MS, --fail STATUS[:OPERATION[:TIMES]], --log.",
        ),
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
