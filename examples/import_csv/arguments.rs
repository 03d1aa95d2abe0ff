//! The command line.

use std::{env, path::PathBuf};

/// The features of the `examples` package that this build has.
const FEATURES: &str = if cfg!(feature = "rustls") { "csv,rustls" } else { "csv" };

pub const USAGE: &str = "\
Usage: import_csv [FILE] [--live] [--dry-run] [--upsert] [--chunk N] [--journal PATH] [--rejects PATH]

  FILE            the contacts, as CSV in UTF-8 with a header (default: examples/data/contacts.csv, into a sandbox)
  --live          import into the account of the credentials in the environment
  --dry-run       check the file, and send nothing
  --upsert        update existing contacts
  --chunk N       send N contacts in a request (default: the library's default)
  --journal PATH  record the progress of a live import in PATH (default: FILE.journal)
  --rejects PATH  write invalid and rejected rows to PATH";

#[derive(Default)]
pub struct Arguments {
    pub file: Option<PathBuf>,
    pub live: bool,
    pub dry_run: bool,
    pub upsert: bool,
    pub chunk: Option<usize>,
    pub journal: Option<PathBuf>,
    pub rejects: Option<PathBuf>,
}

impl Arguments {
    /// Parses the command line. Returns `None` for `--help`.
    pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut parsed = Self::default();
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(format!("{argument}: needs a value"));
            match argument.as_str() {
                "--live" => parsed.live = true,
                "--dry-run" => parsed.dry_run = true,
                "--upsert" => parsed.upsert = true,
                "--chunk" => parsed.chunk = Some(value()?.parse().map_err(|_| "--chunk: not a number")?),
                "--journal" => parsed.journal = Some(value()?.into()),
                "--rejects" => parsed.rejects = Some(value()?.into()),
                "--help" | "-h" => return Ok(None),
                _ if argument.starts_with('-') => return Err(format!("unknown argument: {argument}")),
                _ if parsed.file.is_some() => return Err(format!("{argument}: a second file; give one")),
                _ => parsed.file = Some(argument.into()),
            }
        }
        if parsed.live && parsed.file.is_none() {
            return Err("--live: needs a FILE; the contacts of the sample do not exist".into());
        }
        if parsed.journal.is_some() && !parsed.live {
            return Err("--journal: needs --live; a sandbox ends with the program".into());
        }
        let is_input = |path: &PathBuf| {
            path.canonicalize().is_ok_and(|path| parsed.file().canonicalize().is_ok_and(|file| file == path))
        };
        if parsed.rejects.as_ref().is_some_and(|path| parsed.dry_run || is_input(path)) {
            return Err("--rejects: needs a file other than the input, and no --dry-run".into());
        }
        Ok(Some(parsed))
    }

    pub fn file(&self) -> PathBuf {
        let sample = || concat!(env!("CARGO_MANIFEST_DIR"), "/data/contacts.csv").into();
        self.file.clone().unwrap_or_else(sample)
    }

    /// Returns the journal of a live import. An import into a sandbox cannot resume.
    pub fn journal(&self) -> Option<PathBuf> {
        let beside = || {
            let mut path = self.file().into_os_string();
            path.push(".journal");
            path.into()
        };
        self.live.then(|| self.journal.clone().unwrap_or_else(beside))
    }
}

/// Returns the shell command that repeats this run.
pub fn command() -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:+,@".contains(c);
    let quoted = env::args().skip(1).map(|argument| match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    });
    [format!("cargo run --features {FEATURES} --example import_csv --")]
        .into_iter()
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}
