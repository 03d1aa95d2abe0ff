//! Installs the other clients below `target/bench-peers`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    bench::{Result, at, read, stdout},
    command::{cargo, repository},
};

const OPENAPI_GENERATOR_VERSION: &str = "7.26.0";
const TYPESCRIPT_VERSION: &str = "3.17.0";
const PYTHON_VERSION: &str = "1.33.0";

/// Installs a client unless it is up to date. Returns its version and the command that starts it.
///
/// The error is a message, for example that `python3` is missing.
pub type Install = fn() -> Result<(String, Command)>;

pub const PEERS: [(&str, Install); 3] =
    [("openapi-generator", openapi_generator), ("TypeScript", typescript), ("Python", python)];

fn python() -> Result<(String, Command)> {
    let folder = &repository().join("target/bench-peers/python");
    let package = format!("sendblue=={PYTHON_VERSION}");
    let python = folder.join("bin/python");
    install_once(folder, &package, || pip_install(folder, &package))?;
    let runtime = stdout(Command::new(&python).arg("--version"))?;
    let mut command = Command::new(python);
    command.arg(client_source("client.py"));
    Ok((format!("{PYTHON_VERSION}, {}", runtime.trim()), command))
}

fn typescript() -> Result<(String, Command)> {
    let folder = &repository().join("target/bench-peers/typescript");
    let package = format!("sendblue@{TYPESCRIPT_VERSION}");
    install_once(folder, &package, || {
        let options = ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix"];
        stdout(Command::new("npm").args(options).arg(folder).arg(&package)).map(drop)
    })?;
    // Node.js resolves packages relative to the program.
    let client = folder.join("client.mjs");
    fs::copy(client_source("client.mjs"), &client).map_err(|error| error.to_string())?;
    let runtime = stdout(Command::new("node").arg("--version"))?;
    let mut command = Command::new("node");
    command.arg(client);
    Ok((format!("{TYPESCRIPT_VERSION}, Node.js {}", runtime.trim().trim_start_matches('v')), command))
}

fn openapi_generator() -> Result<(String, Command)> {
    let folder = &repository().join("target/bench-peers/openapi-generator");
    let document = repository().join("openapi.yaml");
    let lock = read(&repository().join("Cargo.lock"))?;
    let manifest = format!(
        "[package]\nname = \"client\"\nedition = \"2024\"\n\n[[bin]]\nname = \"client\"\npath = {:?}\n\n[dependencies]\n\
         cpu-time = \"1\"\nopenapi = {{ path = \"generated\", default-features = false }}\n\
         reqwest = {{ version = \"0.13\", default-features = false }}\n\
         tokio = {{ version = \"1\", features = [\"net\", \"rt\", \"time\"] }}\n\n[workspace]\n",
        client_source("openapi-generator/main.rs")
    );
    let package = format!("openapi-generator-cli=={OPENAPI_GENERATOR_VERSION}");
    let inputs = format!("{package}\n{manifest}\n{lock}\n{}", read(&document)?);
    install_once(folder, &inputs, || {
        pip_install(folder, &package)?;
        let generator = folder.join("bin/openapi-generator-cli");
        let options = ["generate", "-g", "rust", "--additional-properties", "library=reqwest", "-i"];
        stdout(Command::new(generator).args(options).arg(&document).arg("-o").arg(folder.join("generated")))?;
        let write = |name, text: &str| fs::write(folder.join(name), text).map_err(|error| error.to_string());
        write("Cargo.toml", &manifest)?;
        // The client gets the dependency versions of this repository.
        write("Cargo.lock", &lock)
    })?;
    let target = folder.with_file_name("target");
    let build = ["build", "--quiet", "--release"];
    stdout(cargo().args(build).current_dir(folder).env("CARGO_TARGET_DIR", &target))?;
    Ok((OPENAPI_GENERATOR_VERSION.into(), Command::new(target.join("release/client"))))
}

/// Returns the path of a client's program in this repository.
fn client_source(name: &str) -> PathBuf {
    repository().join("benches/peers").join(name)
}

/// Creates a virtual environment in `folder` that contains the package.
fn pip_install(folder: &Path, package: &str) -> Result<()> {
    stdout(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
    stdout(Command::new(folder.join("bin/python")).args(options)).map(drop)
}

/// Empties the folder and runs `install`, unless an earlier `install` succeeded there with the same inputs.
fn install_once(folder: &Path, inputs: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let failed = |error| at(folder, error);
    let marker = folder.join("installed-from");
    if fs::read_to_string(&marker).is_ok_and(|before| before == inputs) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    install()?;
    fs::write(marker, inputs).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, fs, path::Path};

    use super::{Result, install_once};

    #[test]
    fn installs_again_after_a_failure_or_with_new_inputs() {
        let folder = std::env::temp_dir().join(format!("bench-peers-{}", std::process::id()));
        let installs = Cell::new(0);
        let install = |result: Result<()>| {
            installs.set(installs.get() + 1);
            fs::write(folder.join("file"), "").expect("a folder");
            result
        };
        assert_eq!(install_once(&folder, "a", || install(Err("offline".into()))), Err("offline".into()));
        for (inputs, expected) in [("a", 2), ("a", 2), ("b", 3), ("a", 4)] {
            assert_eq!(install_once(&folder, inputs, || install(Ok(()))), Ok(()));
            assert_eq!(installs.get(), expected, "{inputs}");
        }
        let _ = install_once(&folder, "c", || {
            assert!(!Path::exists(&folder.join("file")), "the folder is not empty");
            Ok(())
        });
        fs::remove_dir_all(folder).expect("a folder");
    }
}
