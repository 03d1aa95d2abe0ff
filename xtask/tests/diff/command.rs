//! The command line of `cargo xtask diff` in a git repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{DOCUMENT, edit::edit};

/// A git repository with the document and a package of version 0.1.0.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a directory");
        let repository = Self(root);
        repository.write("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\n");
        repository.write("openapi.yaml", DOCUMENT);
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.join(path), text).expect("a file");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "x"]);
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        // The machine's settings, such as signing, must not apply.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let status = git.arg("-C").arg(&self.0).args(arguments).status().expect("git runs");
        assert!(status.success(), "git {arguments:?}");
    }

    fn diff(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command.arg("diff").args(arguments).arg("--root").arg(&self.0).output().expect("xtask is built");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn diff_prints_effects_the_next_version_and_a_changelog_draft() {
    let repository = Repository::new("told");
    let document = edit(DOCUMENT, "summary: Counts the contacts", "summary: Counts all contacts");
    let document = edit(
        &document,
        "- name: cid\n          in: query",
        "- name: cid\n          in: query\n          required: true",
    );
    let document = edit(
        &document,
        "        opted_out: { type: boolean, description: W",
        "        reason: { type: string, description: Why. }\n        opted_out: { type: boolean, description: W",
    );
    repository.write("openapi.yaml", &document);
    let expected = "\
openapi.yaml against HEAD

Breaks callers:
  contacts.list.cid: the parameter is required now
    - .cid(&str)
    + the argument cid: &str

New to callers, who compile as before:
  OptOutContact.reason: the property is new
    + OptOutContact: .reason(String)

Not to be seen in Rust:
  contacts.count: summary

The next release is a major release; before 1.0 a minor one, since cargo takes 0.2 to be incompatible with 0.1. 0.1.0 is \
followed by 0.2.0.

For CHANGELOG.md:

### Added

- `OptOutContact.reason`: the property is new.

### Changed

- **Breaking:** `contacts.list.cid`: the parameter is required now.
";
    assert_eq!(repository.diff(&[]), (Some(0), expected.to_owned(), String::new()));
}

#[test]
fn diff_compares_with_the_last_tag_by_default() {
    let repository = Repository::new("tagged");
    repository.git(&["tag", "v0.1.0"]);
    repository.write("openapi.yaml", &edit(DOCUMENT, "value: { count: 250 }", "value: { count: 251 }"));
    repository.commit();
    let (code, output, _) = repository.diff(&[]);
    assert_eq!(code, Some(0));
    assert!(
        output.starts_with("openapi.yaml against v0.1.0\n\nNot to be seen in Rust:\n  contacts.count: examples\n"),
        "{output}"
    );
    assert!(output.ends_with("is a patch. 0.1.0 is followed by 0.1.1.\nCHANGELOG.md needs no entry.\n"), "{output}");
    assert_eq!(repository.diff(&["HEAD"]).1, "openapi.yaml against HEAD\n\nNothing has changed.\n");
}

#[test]
fn diff_names_the_problems_of_either_document() {
    let repository = Repository::new("wrong");
    let broken = edit(DOCUMENT, "phone: { type: string, nullable: true,", "phone: { type: string,");
    repository.write("openapi.yaml", &broken);
    let line = broken[..crate::edit::place(&broken, 0, "phone: { type: string,").start].lines().count();
    let problem =
        format!("{line}:9: Contact.phone: an answer with `phone: null` could not be decoded at all\n    remedy: ");
    let (code, _, errors) = repository.diff(&[]);
    assert_eq!(code, Some(1));
    assert!(errors.starts_with(&format!("openapi.yaml:{problem}")), "{problem}\n{errors}");

    repository.commit();
    repository.write("openapi.yaml", DOCUMENT);
    let (code, _, errors) = repository.diff(&[]);
    assert_eq!(code, Some(1));
    assert!(errors.starts_with(&format!("HEAD:openapi.yaml:{problem}")), "{problem}\n{errors}");

    repository.write("openapi.yaml", &edit(DOCUMENT, "required: [contact_ids]", "required: [contact_ids"));
    let (code, _, errors) = repository.diff(&["HEAD~1"]);
    assert_eq!(code, Some(1));
    assert!(
        errors.starts_with("openapi.yaml:") && errors.contains(": not YAML: did not find expected ',' or ']'"),
        "{errors}"
    );

    let (code, _, errors) = repository.diff(&["no-such-revision"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("no-such-revision"), "{errors}");
}
