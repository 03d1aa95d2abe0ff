//! What was measured, as the tasks have written it.

use std::{io, path::Path};

use csv::ErrorKind;
use serde::{Deserialize, de::DeserializeOwned};

/// Where the files are.
pub const FOLDER: &str = "docs/benchmarks";

/// Names of contenders, as they stand in the files.
pub const OURS: &str = "sendblue-contacts";
pub const BY_HAND: &str = "by hand";
pub const OPENAPI_GENERATOR: &str = "openapi-generator";
pub const TYPESCRIPT: &str = "TypeScript";
pub const PYTHON: &str = "Python";
/// All of them, in the order in which tables and plots have them.
pub const CONTENDERS: [&str; 7] = ["socket", BY_HAND, "generated", OURS, OPENAPI_GENERATOR, TYPESCRIPT, PYTHON];

/// All files; each is there, but may lack rows of what could not be measured.
pub struct Figures {
    pub calls: Vec<Call>,
    pub counts: Vec<Count>,
    pub peers: Vec<Peer>,
    pub concurrency: Vec<Load>,
    pub pages: Vec<Page>,
    pub walk: Vec<Account>,
    pub import: Vec<Account>,
    pub build_cost: Vec<Build>,
}

/// The time of a call, and the interval that its median is in.
#[derive(Deserialize)]
pub struct Call {
    pub case: String,
    pub contender: String,
    pub median_us: f64,
    pub low_us: f64,
    pub high_us: f64,
}

/// What a call takes, however fast the machine is.
#[derive(Deserialize)]
pub struct Count {
    pub case: String,
    pub contender: String,
    pub instructions: u64,
    pub allocations: u64,
    pub bytes: u64,
}

/// The time of a call, and how many times that of this crate it is.
#[derive(Deserialize)]
pub struct Peer {
    pub case: String,
    pub contender: String,
    pub version: String,
    pub wall_us: f64,
    pub cpu_us: f64,
    pub wall_ratio: f64,
    pub cpu_ratio: f64,
}

/// Many calls at once.
#[derive(Deserialize)]
pub struct Load {
    pub contender: String,
    pub concurrency: u64,
    pub requests_per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub connections: u64,
}

/// A page of so many contacts.
#[derive(Deserialize)]
pub struct Page {
    pub contender: String,
    pub limit: u64,
    pub us_per_page: f64,
    pub us_per_contact: f64,
}

/// A whole account of so many contacts.
#[derive(Deserialize)]
pub struct Account {
    pub contender: String,
    pub contacts: u64,
    pub us_per_contact: f64,
    pub peak_kib: u64,
}

/// A program that is built from nothing.
#[derive(Deserialize)]
pub struct Build {
    pub program: String,
    pub crates: u64,
    pub seconds: f64,
    pub program_kib: u64,
}

impl Figures {
    /// All files of a folder; says what is wrong with one, and which task writes it.
    pub fn read(folder: &Path) -> Result<Self, String> {
        Ok(Self {
            calls: rows(folder, "calls.csv", "bench")?,
            counts: rows(folder, "counts.csv", "bench-counts")?,
            peers: rows(folder, "peers.csv", "bench-peers")?,
            concurrency: rows(folder, "concurrency.csv", "bench-scale")?,
            pages: rows(folder, "pages.csv", "bench-scale")?,
            walk: rows(folder, "walk.csv", "bench-scale")?,
            import: rows(folder, "import.csv", "bench-scale")?,
            build_cost: rows(folder, "build-cost.csv", "build-cost")?,
        })
    }

    pub fn count(&self, case: &str, contender: &str) -> Option<&Count> {
        self.counts.iter().find(|row| row.case == case && row.contender == contender)
    }

    pub fn peer(&self, case: &str, contender: &str) -> Option<&Peer> {
        self.peers.iter().find(|row| row.case == case && row.contender == contender)
    }

    pub fn call(&self, case: &str, contender: &str) -> Option<&Call> {
        self.calls.iter().find(|row| row.case == case && row.contender == contender)
    }
}

fn rows<T: DeserializeOwned>(folder: &Path, name: &str, task: &str) -> Result<Vec<T>, String> {
    let rows = csv::Reader::from_path(folder.join(name)).and_then(|mut file| file.deserialize().collect());
    rows.map_err(|error| {
        let problem = match error.kind() {
            ErrorKind::Io(error) if error.kind() == io::ErrorKind::NotFound => "is not there".to_owned(),
            _ => error.to_string(),
        };
        format!("{FOLDER}/{name}: {problem}\n    remedy: run `cargo xtask {task}`, which writes it")
    })
}

/// The different ones, in the order in which they come first.
pub fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}
