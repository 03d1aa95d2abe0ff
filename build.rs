//! Writes the client to `OUT_DIR/client.rs`.
//!
//! With the feature `codegen`, the client is generated from `openapi.yaml`. Without the feature, it is the checked-in
//! snapshot. If another version of the generator writes different code for the same document, it is the snapshot too.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[cfg(feature = "codegen")]
#[path = "build/codegen.rs"]
mod codegen;
#[cfg(feature = "codegen")]
#[path = "build/snapshot.rs"]
mod snapshot;

const SNAPSHOT: &str = "src/generated/snapshot.rs";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    match write_client() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // If `main` returned the error, Rust would print it with `Debug`, on one line.
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn write_client() -> Result<(), String> {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR: not set; run this build script with cargo")?);
    let client = client(&out_dir)?;
    write(&out_dir.join("client.rs"), &client)
}

#[cfg(feature = "codegen")]
fn client(out_dir: &Path) -> Result<String, String> {
    println!("cargo::rerun-if-changed=build");
    let document = read("openapi.yaml")?;
    let code = codegen::generate(&document).map_err(|error| error.to_string())?;
    let generated = snapshot::render(&document, &code);
    // A test compares this file with the snapshot.
    write(&out_dir.join("generated.rs"), &generated)?;
    let snapshot = read(SNAPSHOT)?;
    if snapshot::differs_by_generator(&snapshot, &generated) {
        println!(
            "cargo::warning={SNAPSHOT} is compiled, because this version of the generator writes different code for the same \
             openapi.yaml; to compile the new code, run `cargo xtask generate`"
        );
        return Ok(snapshot);
    }
    Ok(generated)
}

#[cfg(not(feature = "codegen"))]
fn client(_out_dir: &Path) -> Result<String, String> {
    read(SNAPSHOT)
}

/// Reads a file of the package. If the file changes, cargo reruns the build script.
fn read(path: &str) -> Result<String, String> {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
