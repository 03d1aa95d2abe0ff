//! `cargo xtask build-cost`: what does this crate cost those who build it?

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use serde_json::Value;

use crate::command::{Failure, cargo, failure, not_run, repository, unknown};

pub const HELP: &str = "
  build-cost [--size]
      Builds a small program that depends on this crate, from nothing, with each choice of features, and prints how many
      crates were compiled and in how many seconds. All in one run, so that the figures can be compared. Takes five
      minutes or more; works in target/build-cost.

      --size  Also build each one optimized for its size, and print that. Takes twice as long again.
";

/// Choices of features, and what else the program asks of `reqwest`.
const CHOICES: [(&str, &str, &str); 8] = [
    ("default", r#""codegen", "rustls""#, ""),
    ("without codegen", r#""rustls""#, ""),
    ("codegen, native-tls", r#""codegen", "native-tls""#, ""),
    ("native-tls", r#""native-tls""#, ""),
    ("rustls-no-provider", r#""rustls-no-provider""#, ""),
    ("no TLS", "", ""),
    ("rustls, gzip", r#""rustls", "gzip""#, ""),
    ("rustls, http2 of reqwest", r#""rustls""#, r#""http2""#),
];

const PROGRAM: &str = r#"use sendblue_contacts::{Client, Credentials, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::builder().credentials(Credentials::key_pair("key-id", "secret-key")?).build()?;
    println!("{}", client.contacts().count().send().await?);
    Ok(())
}
"#;

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let with_size = match arguments {
        [] => false,
        [size] if size == "--size" => true,
        [other, ..] => return Err(unknown("build-cost", other, "--size")),
    };
    let (heading, line) = if with_size { (" program |", "---|") } else { ("", "") };
    println!("| features | crates | seconds |{heading}\n|---|---|---|{line}");
    for (name, features, of_reqwest) in CHOICES {
        let folder = repository().join("target/build-cost");
        empty(&folder)?;
        write(&folder, features, of_reqwest)?;
        let started = Instant::now();
        let (crates, _) = build(&folder, &[])?;
        let seconds = started.elapsed().as_secs_f64();
        let size = if with_size { size(&folder)? } else { String::new() };
        println!("| {name} | {crates} | {seconds:.0} |{size}");
    }
    Ok(())
}

/// How large the program is when it is optimized for that.
fn size(folder: &Path) -> Result<String, Failure> {
    let (_, program) = build(folder, &["--release"])?;
    let bytes = fs::metadata(&program).map_err(|error| failure(&program, &error))?.len();
    #[expect(clippy::cast_precision_loss, reason = "it is for showing")]
    let mebibytes = bytes as f64 / (1 << 20) as f64;
    Ok(format!(" {mebibytes:.1} MiB |"))
}

fn empty(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    let source = folder.join("src");
    fs::create_dir_all(&source).map_err(|error| failure(&source, &error))
}

/// A package of its own, with the versions that this repository has locked.
fn write(folder: &Path, features: &str, of_reqwest: &str) -> Result<(), Failure> {
    let library = repository();
    let reqwest = match of_reqwest {
        "" => String::new(),
        features => {
            format!("reqwest = {{ version = \"0.13\", default-features = false, features = [{features}] }}\n")
        }
    };
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n\n[dependencies]\n\
         sendblue-contacts = {{ path = {:?}, default-features = false, features = [{features}] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n{reqwest}\n\
         [profile.release]\nopt-level = \"s\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\nstrip = true\n\n\
         [workspace]\n",
        library
    );
    let files = [("Cargo.toml", manifest.as_str()), ("src/main.rs", PROGRAM)];
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| failure(&path, &error))?;
    }
    let locked = library.join("Cargo.lock");
    fs::copy(&locked, folder.join("Cargo.lock")).map(drop).map_err(|error| failure(&locked, &error))
}

/// Builds the program; how many crates were compiled, and where it is.
fn build(folder: &Path, arguments: &[&str]) -> Result<(usize, PathBuf), Failure> {
    let output = cargo()
        .args(["build", "--quiet", "--message-format", "json"])
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_run("cargo", &error))?;
    if !output.status.success() {
        return Err(Failure::Task(format!("the program in {} could not be built.", folder.display())));
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifacts: Vec<_> = artifacts.filter(|message| message["reason"] == "compiler-artifact").collect();
    let compiled = artifacts.iter().filter(|artifact| artifact["fresh"] == false);
    let crates: BTreeSet<_> = compiled.filter_map(|artifact| artifact["package_id"].as_str()).collect();
    let program = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
    let program = program.ok_or_else(|| Failure::Task("cargo has told of no program.".into()))?;
    Ok((crates.len(), program.into()))
}
