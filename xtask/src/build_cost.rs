//! `cargo xtask build-cost`: what does this crate cost those who build it?

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use serde_json::Value;

use crate::{
    bench,
    command::{Failure, cargo, failure, not_run, repository, unknown},
};

pub const HELP: &str = "
  build-cost
      Builds a small program from nothing: one that depends on this crate, with each choice of features; one with reqwest alone;
      and one with the client that openapi-generator makes, if `bench-peers` has left it in target/bench-peers. Prints how
      many crates were compiled and in how many seconds, and how large the program is when it is optimized. All in one run, so
      that the figures can be compared. Writes docs/benchmarks/build-cost.csv. Works in target/build-cost, for 15
      minutes.
";

/// A program, by what it depends on and what it does.
struct Program {
    name: &'static str,
    dependencies: String,
    main: &'static str,
}

/// All of them do the same: they ask for the number of contacts.
const OURS: &str = r#"use sendblue_contacts::{Client, Credentials, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::builder().credentials(Credentials::key_pair("key-id", "secret-key")?).build()?;
    println!("{}", client.contacts().count().send().await?);
    Ok(())
}
"#;

const BY_HAND: &str = r#"#[derive(serde::Deserialize)]
struct Count {
    count: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), reqwest::Error> {
    let request = reqwest::Client::new().get("https://api.sendblue.co/api/v2/contacts/count");
    let request = request.header("sb-api-key-id", "key-id").header("sb-api-secret-key", "secret-key");
    let Count { count } = request.send().await?.error_for_status()?.json().await?;
    println!("{count}");
    Ok(())
}
"#;

const OPENAPI_GENERATOR: &str = r#"use openapi::apis::{configuration::Configuration, contacts_api};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let configuration = Configuration { bearer_access_token: Some("token".into()), ..Configuration::default() };
    match contacts_api::contacts_count(&configuration).await {
        Ok(counted) => println!("{:?}", counted.count),
        Err(error) => eprintln!("{error}"),
    }
}
"#;

/// In the order in which they are shown.
fn programs() -> Vec<Program> {
    let ours = |name, features: &str, of_reqwest: &str| {
        let path = repository();
        let reqwest = match of_reqwest {
            "" => String::new(),
            features => reqwest(features),
        };
        let dependencies = format!(
            "sendblue-contacts = {{ path = {path:?}, default-features = false, features = [{features}] }}\n{reqwest}"
        );
        Program { name, dependencies, main: OURS }
    };
    let serde = "serde = { version = \"1\", features = [\"derive\"] }\n";
    let mut programs = vec![
        ours("codegen + rustls (the default)", r#""codegen", "rustls""#, ""),
        ours("rustls", r#""rustls""#, ""),
        ours("codegen + native-tls", r#""codegen", "native-tls""#, ""),
        ours("native-tls", r#""native-tls""#, ""),
        ours("rustls-no-provider", r#""rustls-no-provider""#, ""),
        ours("none", "", ""),
        ours("rustls + gzip", r#""rustls", "gzip""#, ""),
        ours("rustls + http2 of reqwest", r#""rustls""#, r#""http2""#),
        Program {
            name: "reqwest by hand + rustls",
            dependencies: format!("{serde}{}", reqwest(r#""json", "rustls""#)),
            main: BY_HAND,
        },
    ];
    let generated = repository().join("target/bench-peers/openapi-generator/generated");
    if generated.exists() {
        programs.push(Program {
            name: "openapi-generator + rustls",
            dependencies: format!(
                "openapi = {{ path = {generated:?}, default-features = false, features = [\"rustls\"] }}\n"
            ),
            main: OPENAPI_GENERATOR,
        });
    } else {
        println!("skipped: openapi-generator's client, which `cargo xtask bench-peers` leaves in target/bench-peers\n");
    }
    programs
}

fn reqwest(features: &str) -> String {
    format!("reqwest = {{ version = \"0.13\", default-features = false, features = [{features}] }}\n")
}

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let [other, ..] = arguments {
        return Err(unknown("build-cost", other, "none"));
    }
    let programs = programs();
    println!("{:<30}  {:>6}  {:>7}  {:>7}", "program", "crates", "seconds", "KiB");
    let mut rows = Vec::new();
    for program in programs {
        let folder = repository().join("target/build-cost");
        empty(&folder)?;
        write(&folder, &program)?;
        let started = Instant::now();
        let (crates, _) = build(&folder, &[])?;
        let seconds = started.elapsed().as_secs();
        let (_, optimized) = build(&folder, &["--release"])?;
        let kib = fs::metadata(&optimized).map_err(|error| failure(&optimized, &error))?.len() / 1024;
        let name = program.name;
        println!("{name:<30}  {crates:>6}  {seconds:>7}  {kib:>7}");
        rows.push(format!("{name},{crates},{seconds},{kib}"));
    }
    bench::write("build-cost.csv", "program,crates,seconds,program_kib", &rows)
}

fn empty(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    let source = folder.join("src");
    fs::create_dir_all(&source).map_err(|error| failure(&source, &error))
}

/// A package of its own, with the versions that this repository has locked.
fn write(folder: &Path, program: &Program) -> Result<(), Failure> {
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n\n[dependencies]\n{}\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n\
         [profile.release]\nstrip = true\n\n[workspace]\n",
        program.dependencies
    );
    let files = [("Cargo.toml", manifest.as_str()), ("src/main.rs", program.main)];
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| failure(&path, &error))?;
    }
    let locked = repository().join("Cargo.lock");
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
