//! Writes the generated client to `OUT_DIR`: from `openapi.yaml` with the feature `codegen`, else from the snapshot.

use std::{env, error::Error, fs, path::Path};

#[cfg(feature = "codegen")]
#[path = "build/codegen.rs"]
mod codegen;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out_dir = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: build.rs is run by cargo")?;
    let client = client().inspect_err(|error| eprintln!("{error}"))?;
    fs::write(Path::new(&out_dir).join("client.rs"), client)?;
    Ok(())
}

#[cfg(feature = "codegen")]
fn client() -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=openapi.yaml");
    Ok(codegen::generate(&fs::read_to_string("openapi.yaml")?)?)
}

#[cfg(not(feature = "codegen"))]
fn client() -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/generated/snapshot.rs");
    Ok(fs::read_to_string("src/generated/snapshot.rs")?)
}
