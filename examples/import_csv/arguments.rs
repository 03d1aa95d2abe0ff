//! What the program is asked to do.

use std::{env, path::PathBuf};

pub const USAGE: &str = "\
Usage: import_csv [FILE] [--live] [--dry-run] [--upsert] [--chunk N] [--journal PATH] [--rejects PATH]

  FILE            the contacts, as CSV in UTF-8 with a header (default: examples/data/contacts.csv, into a sandbox)
  --live          import into the account of the credentials in the environment
  --dry-run       check the file, and send nothing
  --upsert        update contacts that exist
  --chunk N       send N contacts in a request, instead of the library's default
  --journal PATH  where a live import notes how far it is (default: FILE.journal)
  --rejects PATH  add the rows that have to be mended to this file";

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
    /// None when help is asked for.
    pub fn read(mut given: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut read = Self::default();
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(format!("{argument}: needs a value behind it"));
            match argument.as_str() {
                "--live" => read.live = true,
                "--dry-run" => read.dry_run = true,
                "--upsert" => read.upsert = true,
                "--chunk" => read.chunk = Some(value()?.parse().map_err(|_| "--chunk: is not a number of contacts")?),
                "--journal" => read.journal = Some(value()?.into()),
                "--rejects" => read.rejects = Some(value()?.into()),
                "--help" | "-h" => return Ok(None),
                _ if argument.starts_with('-') => return Err(format!("unknown argument: {argument}")),
                _ if read.file.is_some() => return Err(format!("a second file: {argument}; give one")),
                _ => read.file = Some(argument.into()),
            }
        }
        if read.live && read.file.is_none() {
            return Err("--live: needs a FILE; the sample's contacts do not exist".into());
        }
        if read.journal.is_some() && !read.live {
            return Err("--journal: goes with --live; a sandbox is gone when the program ends".into());
        }
        let is_input = |path: &PathBuf| {
            path.canonicalize().is_ok_and(|path| read.file().canonicalize().is_ok_and(|file| file == path))
        };
        if read.rejects.as_ref().is_some_and(|path| read.dry_run || is_input(path)) {
            return Err("--rejects: needs a file of its own, and goes without --dry-run".into());
        }
        Ok(Some(read))
    }

    pub fn file(&self) -> PathBuf {
        let sample = || concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/contacts.csv").into();
        self.file.clone().unwrap_or_else(sample)
    }

    /// The journal of a live import; a sandbox has nothing that could be resumed.
    pub fn journal(&self) -> Option<PathBuf> {
        let beside = || {
            let mut path = self.file().into_os_string();
            path.push(".journal");
            path.into()
        };
        self.live.then(|| self.journal.clone().unwrap_or_else(beside))
    }
}

/// The command that runs this once more, for a shell.
pub fn command() -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:+,@".contains(c);
    let quoted = env::args().skip(1).map(|argument| match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    });
    ["cargo run --example import_csv --".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}
