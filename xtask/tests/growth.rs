//! Follows docs/WORKED_EXAMPLES.md in a copy of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const EXAMPLES: &str = include_str!("../../docs/WORKED_EXAMPLES.md");

/// A copy of the repository, in git so that `diff` can compare.
struct Repository(PathBuf);

impl Repository {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth");
        let _ = fs::remove_dir_all(&root);
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository");
        copy(repository, &root);
        let copy = Self(root);
        copy.git(&["init", "--quiet"]);
        copy.git(&["add", "--all"]);
        copy.git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "x"]);
        // With the same version, cargo would mix up the builds of the copy and of the repository.
        let manifest = fs::read_to_string(copy.0.join("Cargo.toml")).expect("a manifest");
        let version = manifest.lines().find(|line| line.starts_with("version = ")).expect("a version");
        let other = format!("{}+copy\"", version.trim_end_matches('"'));
        fs::write(copy.0.join("Cargo.toml"), manifest.replacen(version, &other, 1)).expect("a manifest");
        copy
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        // The machine's settings, such as signing, must not apply.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").current_dir(&self.0);
        assert!(git.args(arguments).status().expect("git runs").success(), "git {arguments:?}");
    }

    /// Applies a `diff` block.
    fn edit(&self, block: &str) {
        let (head, body) = block.split_once('\n').expect("a file's name");
        let path = self.0.join(&head[4..]);
        if head.starts_with("+++ ") {
            let lines: Vec<_> = body.lines().map(|line| line.strip_prefix('+').expect("a new line")).collect();
            assert!(!path.exists(), "{head} exists already");
            return fs::write(path, lines.join("\n") + "\n").expect("a file");
        }
        let mut text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{head}: {error}"));
        for place in body.split("@@\n") {
            let side = |other: char| -> String {
                let lines = place.lines().filter(|line| !line.starts_with(other));
                lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
            };
            let (find, replace) = (side('+'), side('-'));
            assert_eq!(text.matches(&find).count(), 1, "occurs once in {head}:\n{find}");
            text = text.replacen(&find, &replace, 1);
        }
        fs::write(path, text).expect("a file");
    }

    /// Runs a command, and returns whether it succeeds and its output.
    fn run(&self, line: &str) -> (bool, String) {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut command = match words[..] {
            // This repository's tasks work on the copy.
            ["cargo", "xtask", ref task @ ..] => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
                command.args(task).arg("--root").arg(&self.0);
                command
            }
            ["cargo", ref arguments @ ..] => {
                let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
                // The repository's target directory has the dependencies.
                let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
                command.args(arguments).env("CARGO_TARGET_DIR", target).current_dir(&self.0);
                command
            }
            _ => panic!("not a command of cargo: {line}"),
        };
        let output = command.output().expect("it runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).expect("UTF-8"))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        match entry.file_type().expect("a type") {
            _ if name == ".git" || name == "target" => {}
            kind if kind.is_dir() => copy(&entry.path(), &target),
            _ => drop(fs::copy(entry.path(), target).expect("a file")),
        }
    }
}

/// Returns the kind and content of each code block.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut parts = EXAMPLES.split("\n```");
    let mut blocks = Vec::new();
    while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
        blocks.push(block.split_once('\n').expect("a kind"));
    }
    blocks
}

#[test]
fn the_worked_examples_succeed() {
    let repository = Repository::new();
    let mut commands = 0;
    for (kind, block) in blocks() {
        match kind {
            "diff" => repository.edit(block),
            "console" => {
                for step in format!("\n{block}").split("\n$ ").skip(1) {
                    let (line, expected) = step.split_once('\n').unwrap_or((step, ""));
                    let (command, passes) = match line.split_once("  # fails") {
                        Some((command, _)) => (command, false),
                        None => (line, true),
                    };
                    let start = std::time::Instant::now();
                    let (passed, printed) = repository.run(command);
                    println!("{:>3} s  {line}", start.elapsed().as_secs());
                    assert_eq!(passed, passes, "{line}\n{printed}");
                    for text in expected.lines() {
                        assert!(printed.contains(text), "{line}\ndoes not print\n{text}\nbut\n{printed}");
                    }
                    commands += 1;
                }
            }
            other => panic!("a block of {other} is neither an edit nor a command"),
        }
    }
    assert!(commands > 15, "only {commands} commands were found");
}
