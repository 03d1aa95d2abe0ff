//! The clients of others, installed in a folder of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{BY_HAND, GENERATED, OURS};
use crate::command::{Failure, cargo, read, repository};

pub const OPENAPI_GENERATOR: &str = "openapi-generator";
pub const TYPESCRIPT: &str = "TypeScript";
pub const PYTHON: &str = "Python";

/// Which versions are compared with.
const OPENAPI_GENERATOR_VERSION: &str = "7.26.0";
const TYPESCRIPT_VERSION: &str = "3.17.0";
const PYTHON_VERSION: &str = "1.33.0";

/// What a machine needs to have for a client: its name, and a command that succeeds if it is there.
type Tool = (&'static str, &'static [&'static str]);

const VENV: Tool = ("python3 with venv", &["python3", "-c", "import ensurepip, venv"]);
const NODE: Tool = ("node", &["node", "--version"]);
const NPM: Tool = ("npm", &["npm", "--version"]);
const JAVA: Tool = ("java", &["java", "-version"]);

/// A client of others.
pub struct Peer {
    pub name: &'static str,
    needs: &'static [Tool],
    install: fn(&Path) -> Result<Installed, String>,
}

/// A client that can be started.
pub struct Installed {
    pub version: String,
    pub command: Command,
}

pub const PEERS: [Peer; 3] = [
    Peer { name: OPENAPI_GENERATOR, needs: &[VENV, JAVA], install: openapi_generator },
    Peer { name: TYPESCRIPT, needs: &[NODE, NPM], install: typescript },
    Peer { name: PYTHON, needs: &[VENV], install: python },
];

impl Peer {
    /// Installs it, unless it is there; or says why it cannot be.
    pub fn set_up(&self) -> Result<Installed, String> {
        match self.lacking(is_there)[..] {
            [] => (self.install)(&repository().join("target/bench-peers").join(self.name)),
            ref lacking => Err(format!("this machine has no {}.", lacking.join(" and no "))),
        }
    }

    fn lacking(&self, is_there: impl Fn(Tool) -> bool) -> Vec<&'static str> {
        self.needs.iter().filter(|tool| !is_there(**tool)).map(|(name, _)| *name).collect()
    }
}

fn is_there((_, command): Tool) -> bool {
    let [program, arguments @ ..] = command else { return false };
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn python(folder: &Path) -> Result<Installed, String> {
    let python = with_pip(folder, &format!("sendblue=={PYTHON_VERSION}"), "", |_| Ok(()))?;
    let runtime = output(Command::new(&python).arg("--version"))?;
    let mut command = Command::new(python);
    command.arg(program("client.py"));
    Ok(Installed { version: format!("{PYTHON_VERSION} on {}", runtime.trim()), command })
}

fn typescript(folder: &Path) -> Result<Installed, String> {
    let package = format!("sendblue@{TYPESCRIPT_VERSION}");
    once(folder, &package, || {
        let arguments = ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix"];
        output(Command::new("npm").args(arguments).arg(folder).arg(&package)).map(drop)
    })?;
    // Node looks for packages beside the program.
    let client = folder.join("client.mjs");
    fs::copy(program("client.mjs"), &client).map_err(|error| error.to_string())?;
    let runtime = output(Command::new("node").arg("--version"))?;
    let mut command = Command::new("node");
    command.arg(client);
    let version = format!("{TYPESCRIPT_VERSION} on Node {}", runtime.trim().trim_start_matches('v'));
    Ok(Installed { version, command })
}

fn openapi_generator(folder: &Path) -> Result<Installed, String> {
    let text = |path: PathBuf| fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
    let (document, locked) = (repository().join("openapi.yaml"), text(repository().join("Cargo.lock"))?);
    let manifest = format!(
        "[package]\nname = \"client\"\nedition = \"2024\"\n\n[[bin]]\nname = \"client\"\npath = {:?}\n\n[dependencies]\n\
         cpu-time = \"1\"\nopenapi = {{ path = \"generated\", default-features = false }}\n\
         reqwest = {{ version = \"0.13\", default-features = false }}\n\
         tokio = {{ version = \"1\", features = [\"net\", \"rt\", \"time\"] }}\n\n[workspace]\n",
        program("openapi-generator/main.rs")
    );
    let inputs = format!("{manifest}\n{locked}\n{}", text(document.clone())?);
    let package = format!("openapi-generator-cli=={OPENAPI_GENERATOR_VERSION}");
    with_pip(folder, &package, &inputs, |python| {
        let generator = python.with_file_name("openapi-generator-cli");
        let arguments = ["generate", "-g", "rust", "--additional-properties", "library=reqwest", "-i"];
        output(Command::new(generator).args(arguments).arg(&document).arg("-o").arg(folder.join("generated")))?;
        let write = |name, text: &str| fs::write(folder.join(name), text).map_err(|error| error.to_string());
        write("Cargo.toml", &manifest)?;
        // The versions that this repository has locked.
        write("Cargo.lock", &locked)
    })?;
    let target = folder.with_file_name("target");
    let build = ["build", "--quiet", "--release"];
    output(cargo().args(build).current_dir(folder).env("CARGO_TARGET_DIR", &target))?;
    let command = Command::new(target.join("release/client"));
    Ok(Installed { version: OPENAPI_GENERATOR_VERSION.into(), command })
}

/// A client's program, of those that are checked in.
fn program(name: &str) -> PathBuf {
    repository().join("benches/peers").join(name)
}

/// A virtual environment with a package, and what is made by it of these inputs; its Python.
fn with_pip(
    folder: &Path,
    package: &str,
    inputs: &str,
    then: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    once(folder, &format!("{package}\n{inputs}"), || {
        output(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
        output(Command::new(&python).args(arguments))?;
        then(&python)
    })?;
    Ok(python)
}

/// Fills a folder, unless it has been filled with the same.
fn once(folder: &Path, inputs: &str, fill: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let filled_with = folder.join("filled-with");
    if fs::read_to_string(&filled_with).is_ok_and(|before| before == inputs) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    fill()?;
    fs::write(filled_with, inputs).map_err(failed)
}

/// What a command prints; if it fails, the end of that.
fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} could not be run: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(printed.into_owned());
    }
    let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    Err(format!("{name} ended with {}.\n{}", output.status, end(&said)))
}

/// The last lines.
fn end(text: &str) -> String {
    const LINES: usize = 20;
    let lines: Vec<_> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// Those of this repository: its own version, and of what the others are made.
pub fn own_versions() -> Result<[(&'static str, String); 3], Failure> {
    let lock = read(&repository().join("Cargo.lock"))?;
    let version = |package: &str| {
        let missing = || Failure::Task(format!("Cargo.lock has no {package}."));
        locked(&lock, package).map(str::to_owned).ok_or_else(missing)
    };
    Ok([
        (BY_HAND, format!("reqwest {}", version("reqwest")?)),
        (GENERATED, format!("progenitor {}", version("progenitor")?)),
        (OURS, version("sendblue-contacts")?),
    ])
}

fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, fs, path::Path, process::Command};

    use super::{OPENAPI_GENERATOR, PEERS, PYTHON, TYPESCRIPT, end, locked, once, output};

    #[test]
    fn what_the_machine_lacks_leaves_out_only_who_needs_it() {
        let left_out = |missing: &[&str]| -> Vec<_> {
            let lacking = PEERS.map(|peer| (peer.name, peer.lacking(|(name, _)| !missing.contains(&name))));
            lacking.into_iter().filter(|(_, lacking)| !lacking.is_empty()).collect()
        };
        assert_eq!(left_out(&[]), []);
        assert_eq!(left_out(&["java"]), [(OPENAPI_GENERATOR, vec!["java"])]);
        assert_eq!(left_out(&["npm", "node"]), [(TYPESCRIPT, vec!["node", "npm"])]);
        let both = [(OPENAPI_GENERATOR, vec!["python3 with venv"]), (PYTHON, vec!["python3 with venv"])];
        assert_eq!(left_out(&["python3 with venv"]), both);
    }

    #[test]
    fn a_folder_is_filled_again_when_its_inputs_change_or_it_has_failed() {
        let folder = std::env::temp_dir().join(format!("bench-peers-{}", std::process::id()));
        let filled = Cell::new(0);
        let fill = |result: Result<(), String>| {
            filled.set(filled.get() + 1);
            fs::write(folder.join("left"), "").expect("a folder");
            result
        };
        assert_eq!(once(&folder, "a", || fill(Err("offline".into()))), Err("offline".into()));
        for (inputs, times) in [("a", 2), ("a", 2), ("b", 3), ("a", 4)] {
            assert_eq!(once(&folder, inputs, || fill(Ok(()))), Ok(()));
            assert_eq!(filled.get(), times, "{inputs}");
        }
        let _ = once(&folder, "c", || {
            assert!(!Path::exists(&folder.join("left")), "what was there before is gone");
            Ok(())
        });
        fs::remove_dir_all(folder).expect("a folder");
    }

    #[cfg(unix)]
    #[test]
    fn who_fails_is_quoted_from_the_end() {
        assert_eq!(output(Command::new("echo").arg("3.11")), Ok("3.11\n".into()));
        let failed = output(Command::new("sh").args(["-c", "echo started; echo no network >&2; exit 3"]));
        assert_eq!(failed, Err("sh ended with exit status: 3.\nstarted\nno network".into()));
        let long: Vec<_> = (1..=25).map(|line| line.to_string()).collect();
        assert_eq!(end(&long.join("\n")), long[5..].join("\n"));
        let nobody = output(&mut Command::new("/there/is/none"));
        assert!(nobody.is_err_and(|why| why.starts_with("/there/is/none could not be run: ")));
    }

    #[test]
    fn versions_are_those_that_are_locked() {
        let lock =
            "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.1.0\"\n";
        assert_eq!((locked(lock, "a"), locked(lock, "a-b"), locked(lock, "b")), (Some("2.1.0"), Some("1.0.0"), None));
    }
}
