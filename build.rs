//! Writes the generated client to `OUT_DIR`: from `openapi.yaml` with the feature `codegen`, else from the snapshot.

use std::{env, fs, path::PathBuf, process::ExitCode};

#[cfg(feature = "codegen")]
#[path = "build/codegen.rs"]
mod codegen;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    match write_client() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // As it is: what `main` returns is printed by `Debug`.
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn write_client() -> Result<(), String> {
    let out_dir = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: build.rs is run by cargo")?;
    let path = PathBuf::from(out_dir).join("client.rs");
    fs::write(&path, client()?).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(feature = "codegen")]
fn client() -> Result<String, String> {
    println!("cargo::rerun-if-changed=build");
    codegen::generate(&read("openapi.yaml")?).map_err(|error| error.to_string())
}

#[cfg(not(feature = "codegen"))]
fn client() -> Result<String, String> {
    read("src/generated/snapshot.rs")
}

/// A file of the package, whose changes make this run again.
fn read(path: &str) -> Result<String, String> {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
