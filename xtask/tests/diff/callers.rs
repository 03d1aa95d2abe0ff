//! Compiles the callers.
//!
//! One library has a module for each document: the generated code, with methods and setters like the wrapper's. Each caller
//! is a separate program, so that the errors of one do not hide those of another.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{CASES, DOCUMENT, Described, Effect, codegen, surface::Field};

const MANIFEST: &str = r#"
[package]
name = "callers"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
chrono = { version = "0.4", default-features = false, features = ["serde", "std"] }
progenitor-client = "0.15.1"
reqwest = { version = "0.13.4", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;

/// The items of the crate that the generated code uses.
const CRATE: &str = "#![allow(warnings)]
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
pub struct PhoneNumber(String);
impl std::fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
}
pub mod captured_request {
    #[derive(Clone, Debug)]
    pub struct CapturedRequest;
    impl CapturedRequest {
        pub fn url<'a>(&self, url: &'a str) -> &'a str {
            url
        }
    }
}
mod lenient;
pub mod route {
    pub struct Route { pub id: &'static str, pub method: &'static str, pub path: &'static str }
}
";

const IMPORTS: &str = "
#[allow(unused_imports)]
use std::{collections::BTreeMap, num::NonZeroU32};
#[allow(unused_imports)]
use chrono::{DateTime, Utc};
";

/// Returns the name of each caller, whether it must compile, and its code.
pub fn all() -> Vec<(String, bool, &'static str)> {
    let mut callers = Vec::new();
    for case in CASES {
        let compiles = |(_, effect): (&str, Effect)| effect != Effect::Breaking;
        callers.push((format!("{}-before-on-before", case.name), true, case.before));
        callers.push((format!("{}-before-on-after", case.name), compiles(case.edited), case.before));
        callers.push((format!("{}-after-on-after", case.name), true, case.after));
        callers.push((format!("{}-after-on-before", case.name), compiles(case.undone), case.after));
    }
    callers
}

/// Compiles the callers, and returns which of them compile.
pub fn compile() -> BTreeMap<String, bool> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("callers");
    let _ = fs::remove_dir_all(root.join("src"));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    write(root.join("Cargo.toml"), MANIFEST);
    // The same versions as the crate's.
    write(root.join("Cargo.lock"), &fs::read_to_string(repository.join("Cargo.lock")).expect("versions"));
    let mut library = CRATE.to_owned();
    let documents = CASES.iter().map(|case| (case.name, case.document()));
    for (name, document) in documents.chain([("before", DOCUMENT.to_owned())]) {
        writeln!(library, "pub mod {name};").expect("a string");
        write(root.join(format!("src/{name}.rs")), &module(&document));
    }
    write(root.join("src/lib.rs"), &library);
    write(root.join("src/lenient.rs"), include_str!("../../../src/lenient.rs"));
    write(root.join("src/lenient/time.rs"), include_str!("../../../src/lenient/time.rs"));
    for (name, _, code) in all() {
        let case = name.split('-').next().unwrap_or_default();
        let module = if name.ends_with("-on-before") { "before" } else { case };
        let program = format!(
            "{IMPORTS}use callers::{{PhoneNumber, {module}::{{types::*, methods::*}}}};\n\
             pub fn caller(contacts: Contacts, number: PhoneNumber) {{\n    {code}\n}}\nfn main() {{}}\n"
        );
        write(root.join(format!("src/bin/{name}.rs")), &program);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "--keep-going", "--bins", "--message-format", "json", "--target-dir"])
        .arg(root.join("target"))
        .current_dir(&root)
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8(output.stdout).expect("UTF-8");
    let mut compiled = BTreeMap::new();
    for message in messages.lines() {
        let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
        let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
        let failed = message["message"]["level"] == "error";
        assert!(!failed || message["target"]["kind"][0] == "bin", "{}", message["message"]["rendered"]);
        if failed {
            compiled.insert(name, false);
        } else if message["reason"] == "compiler-artifact" {
            compiled.entry(name).or_insert(true);
        }
    }
    assert!(compiled.contains_key("callers"), "{}", String::from_utf8_lossy(&output.stderr));
    compiled
}

fn write(path: PathBuf, contents: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, contents).expect("a file");
}

/// Returns the generated code of a document, with methods and setters.
fn module(document: &str) -> String {
    let code = codegen::generate(document).expect("no problem");
    let described = Described::of(document).expect("no problem");
    let hooks = "impl ClientHooks<crate::captured_request::CapturedRequest> for Client {}";
    format!("{code}\n{hooks}\n{}", methods(&described))
}

fn methods(described: &Described) -> String {
    let mut code =
        format!("pub mod methods {{\n{IMPORTS}use crate::PhoneNumber;\nuse super::types::*;\npub struct Contacts;\n");
    let arguments = |fields: &[(&String, &Field)]| {
        let required = fields.iter().filter(|(_, field)| field.is_required);
        required.map(|(name, field)| format!("{name}: {}, ", field.rust)).collect::<String>()
    };
    let setters = |fields: &[(&String, &Field)]| {
        let optional = fields.iter().filter(|(_, field)| !field.is_required);
        let setter = |(name, field): &(&String, &Field)| {
            format!("pub fn {name}(self, {name}: {}) -> Self {{ unimplemented!() }}\n", field.rust)
        };
        optional.map(setter).collect::<String>()
    };
    for (name, sent) in described.types.iter().filter(|(_, found)| found.is_sent && found.kind == "struct") {
        let fields: Vec<_> = sent.fields.iter().collect();
        let (new, setters) = (arguments(&fields), setters(&fields));
        write!(code, "impl {name} {{\npub fn new({new}) -> Self {{ unimplemented!() }}\n{setters}}}\n")
            .expect("a string");
    }
    for (id, operation) in &described.operations {
        let method = id.replace('.', "_");
        let fields: Vec<_> = operation.parameters.iter().collect();
        let (arguments, setters) = (arguments(&fields), setters(&fields));
        let body =
            operation.body.as_ref().map_or_else(String::new, |body| format!("body: {}", body.trim_start_matches('&')));
        let request = format!("Request_{method}");
        write!(
            code,
            "impl Contacts {{ pub fn {method}(&self, {arguments}{body}) -> {request} {{ unimplemented!() }} }}\n\
             pub struct {request};\n\
             impl {request} {{\n{setters}pub fn send(self) -> {} {{ unimplemented!() }}\n}}\n",
            operation.output
        )
        .expect("a string");
    }
    code + "}\n"
}
