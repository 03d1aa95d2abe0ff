//! The journal: which chunks were begun, and which have ended. JSON lines, without anything of the contacts.
//!
//! ```text
//! {"journal":"sendblue-contacts","version":1,"job":"import","chunk_size":100}
//! {"begin":0,"items":100,"digest":"9f86d08…","at":"2026-05-09T00:00:00.000Z"}
//! {"end":0,"done":98,"existing":1,"rejected":0,"invalid":1,"duplicate":0,"unknown":0,"amount":null}
//! ```

use std::{
    collections::{HashMap, hash_map},
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Tally;
use crate::error::{Error, JournalFailure, Kind, Outcome};

/// No line of a journal is longer, in bytes: of a file that is none, no more is read.
const MAX_LINE: u64 = 1024;
/// How often, and how long apart, a journal is tried that is in use: the tasks of a job that was just dropped still have it.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The first line: what the chunks are chunks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    journal: String,
    version: u32,
    job: String,
    chunk_size: usize,
}

impl Header {
    pub(super) fn new(job: &str, chunk_size: usize) -> Self {
        Self { journal: "sendblue-contacts".into(), version: 1, job: job.into(), chunk_size }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    begin: u64,
    items: u64,
    digest: String,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct End {
    end: u64,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Begin(Begin),
    End(End),
}

/// A chunk that an earlier run has begun.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    pub(super) items: u64,
    pub(super) digest: String,
    pub(super) begun: DateTime<Utc>,
    /// How it has ended, if it has.
    pub(super) ended: Option<Tally>,
}

/// What earlier runs have begun, by the number of the chunk.
pub(super) type Records = HashMap<u64, Record>;

/// An open journal, which no other process has open.
#[derive(Debug)]
pub(super) struct Journal(Mutex<Appender>);

#[derive(Debug)]
struct Appender {
    file: File,
    /// Where the last whole line ends.
    len: u64,
    /// A line could not be written.
    is_broken: bool,
}

impl Journal {
    /// One that cannot be written.
    #[cfg(test)]
    pub(super) fn broken() -> Arc<Self> {
        let file = File::open(file!()).expect("this file");
        Arc::new(Self(Mutex::new(Appender { file, len: 0, is_broken: false })))
    }

    /// Opens or creates a journal, and reads what it has. Blocks.
    pub(super) fn open(path: &Path, header: &Header) -> Result<(Arc<Self>, Records), Error> {
        let io = |error| failed(JournalFailure::Io("opened"), error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(io)?;
        lock(&file)?;
        let (records, len) = read(&file, header)?;
        let mut appender = Appender { file, len, is_broken: false };
        // What a run that was killed has left of a line.
        appender.cut().map_err(io)?;
        if len == 0 {
            // It may have been there, without anything.
            #[cfg(unix)]
            {
                let alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                let set = appender.file.set_permissions(alone);
                set.map_err(|error| failed(JournalFailure::Io("made its owner's alone"), error))?;
            }
            appender.append(header, true).map_err(io)?;
            sync_folder(path).map_err(io)?;
        }
        Ok((Arc::new(Self(Mutex::new(appender))), records))
    }

    /// Says that a chunk is about to be sent. When this returns, a power cut does not undo it.
    pub(super) async fn begin(
        self: &Arc<Self>,
        chunk: u64,
        items: u64,
        digest: String,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let written = self.append(Begin { begin: chunk, items, digest, at }, true).await;
        written.map_err(|error| failed(JournalFailure::Io("written"), error))
    }

    /// Says that all items of a chunk have their class. What a power cut undoes of it is looked up by the next run.
    pub(super) async fn end(self: &Arc<Self>, chunk: u64, tally: Tally) -> Result<(), Error> {
        let written = self.append(End { end: chunk, tally }, false).await;
        written.map_err(|error| failed(JournalFailure::Io("written"), error).with_outcome(Outcome::Applied))
    }

    async fn append(self: &Arc<Self>, line: impl Serialize + Send + 'static, is_durable: bool) -> io::Result<()> {
        let journal = Arc::clone(self);
        let append = move || {
            let mut appender = journal.0.lock().unwrap_or_else(PoisonError::into_inner);
            appender.append(&line, is_durable)
        };
        tokio::task::spawn_blocking(append).await.map_err(io::Error::other)?
    }
}

impl Appender {
    fn append(&mut self, line: &impl Serialize, is_durable: bool) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let written =
            self.file.write_all(&bytes).and_then(|()| if is_durable { self.file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => self.len += bytes.len() as u64,
            Err(_) => {
                self.is_broken = true;
                // A part of a line may be there. If it cannot be cut off either, the next run does.
                let _ = self.cut();
            }
        }
        written
    }

    /// Cuts off what comes after the last whole line.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.len)?;
        self.file.seek(SeekFrom::Start(self.len)).map(drop)
    }
}

/// A digest of a chunk: of each of its items in one form only.
pub(super) fn digest(items: impl Iterator<Item = Value>) -> String {
    let mut hash = Sha256::new();
    for item in items {
        hash.update(item.to_string());
        hash.update(b"\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn failure(failure: JournalFailure) -> Error {
    Error::new(Kind::Journal(failure), Outcome::NotSent)
}

fn failed(what: JournalFailure, error: io::Error) -> Error {
    failure(what).with_source(error)
}

fn lock(file: &File) -> Result<(), Error> {
    for attempt in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(failure(JournalFailure::InUse)),
            Err(TryLockError::Error(error)) => return Err(failed(JournalFailure::Io("locked"), error)),
        }
    }
    Ok(())
}

/// What a journal has, and where its last whole line ends.
fn read(file: &File, header: &Header) -> Result<(Records, u64), Error> {
    let mut reader = BufReader::new(file);
    let mut records = Records::new();
    let mut end = 0;
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes);
        read.map_err(|error| failed(JournalFailure::Io("read"), error))?;
        let unreadable = || failure(JournalFailure::Line(line));
        match bytes.strip_suffix(b"\n") {
            Some(text) if line == 1 => {
                check(text, header).map_err(|failure| failure.map_or_else(unreadable, self::failure))?
            }
            Some(text) => add(&mut records, text).ok_or_else(unreadable)?,
            // The last line broke off. The first one is what we would write, or the file is none of ours.
            None if bytes.len() as u64 == MAX_LINE => return Err(unreadable()),
            None if line == 1 && !serde_json::to_vec(header).unwrap_or_default().starts_with(&bytes) => {
                return Err(unreadable());
            }
            None => break,
        }
        end += bytes.len() as u64;
    }
    Ok((records, end))
}

/// Holds the first line against what it has to be. No failure in an error means that it is no header at all.
fn check(text: &[u8], header: &Header) -> Result<(), Option<JournalFailure>> {
    let found: Header = serde_json::from_slice(text).map_err(|_| None)?;
    if (&found.journal, found.version) != (&header.journal, header.version) {
        return Err(None);
    }
    if found.job != header.job {
        return Err(Some(JournalFailure::OtherJob));
    }
    if found.chunk_size != header.chunk_size {
        return Err(Some(JournalFailure::OtherChunkSize(found.chunk_size)));
    }
    Ok(())
}

/// Takes in a line that is not the first; none if it makes no sense.
fn add(records: &mut Records, text: &[u8]) -> Option<()> {
    match serde_json::from_slice(text).ok()? {
        Line::Begin(Begin { begin, items, digest, at }) => match records.entry(begin) {
            hash_map::Entry::Vacant(place) => {
                place.insert(Record { items, digest, begun: at, ended: None });
            }
            hash_map::Entry::Occupied(_) => return None,
        },
        Line::End(End { end, tally }) => {
            let record = records.get_mut(&end)?;
            if record.ended.is_some() || tally.items() != Some(record.items) {
                return None;
            }
            record.ended = Some(tally);
        }
    }
    Some(())
}

/// A new file is there after a power cut only if its folder says so.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A path of its own, whose file is removed.
    struct Temp(std::path::PathBuf);

    impl Temp {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sendblue-journal-{}-{name}", std::process::id()));
            let _ = fs::remove_file(&path);
            Self(path)
        }

        fn with(name: &str, text: &str) -> Self {
            let temp = Self::new(name);
            fs::write(&temp.0, text).expect("writable");
            temp
        }

        fn open(&self) -> Result<(Arc<Journal>, Records), Error> {
            Journal::open(&self.0, &Header::new("import", 2))
        }

        fn text(&self) -> String {
            fs::read_to_string(&self.0).expect("readable")
        }
    }

    impl Drop for Temp {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    const HEADER: &str = "{\"journal\":\"sendblue-contacts\",\"version\":1,\"job\":\"import\",\"chunk_size\":2}\n";
    const BEGIN: &str = "{\"begin\":0,\"items\":2,\"digest\":\"ab\",\"at\":\"2026-05-09T00:00:00Z\"}\n";
    const END: &str = "{\"end\":0,\"done\":1,\"existing\":1,\"rejected\":0,\"invalid\":0,\"duplicate\":0,\"unknown\":0,\"amount\":null}\n";

    #[tokio::test]
    async fn what_is_written_is_read_again() {
        let temp = Temp::new("written");
        let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
        let tally = Tally { done: 1, existing: 1, ..Tally::default() };
        {
            let (journal, records) = temp.open().expect("new");
            assert!(records.is_empty());
            journal.begin(0, 2, "ab".into(), at).await.expect("written");
            journal.end(0, tally).await.expect("written");
            journal.begin(7, 1, "cd".into(), at).await.expect("written");
        }
        assert!(temp.text().starts_with(&format!("{HEADER}{BEGIN}{END}")), "{}", temp.text());
        let (_journal, mut records) = temp.open().expect("there");
        let record = Record { items: 2, digest: "ab".into(), begun: at, ended: Some(tally) };
        assert_eq!(records.remove(&0), Some(record));
        assert_eq!(records.remove(&7).expect("begun").ended, None);
        assert!(records.is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&temp.0).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_there_empty_is_for_its_owner_alone_too() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = Temp::with("empty", "");
        fs::set_permissions(&temp.0, fs::Permissions::from_mode(0o644)).expect("ours");
        temp.open().expect("empty");
        assert_eq!(fs::metadata(&temp.0).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_line_that_broke_off_is_overwritten() {
        let whole = format!("{HEADER}{BEGIN}{END}");
        for cut in 0..whole.len() {
            let temp = Temp::with("torn", &whole[..cut]);
            let lines = whole[..cut].matches('\n').count();
            let (journal, records) = temp.open().unwrap_or_else(|error| panic!("at {cut}: {error}"));
            assert_eq!(records.len(), usize::from(lines > 1));
            let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
            journal.begin(9, 1, "ef".into(), at).await.expect("written");
            drop(journal);
            let kept: String = whole.split_inclusive('\n').take(lines.max(1)).collect();
            let rest = temp.text().strip_prefix(&kept).expect("kept").to_owned();
            assert!(rest.starts_with("{\"begin\":9,") && rest.ends_with("}\n"), "at {cut}: {rest}");
        }
    }

    #[test]
    fn a_wrong_file_is_named_and_left_alone() {
        let lines = |rest: &str| format!("{HEADER}{rest}");
        for (text, expected) in [
            ("phone,name\n+14155550100,Ada".to_owned(), "line 1"),
            ("phone,name".to_owned(), "line 1"),
            ("x".repeat(5000), "line 1"),
            (HEADER.replace(":1,", ":2,"), "line 1"),
            (HEADER.replace("import", "remove"), "another kind of job"),
            (HEADER.replace(":2}", ":50}"), "chunk_size of 50"),
            (lines("{}\n"), "line 2"),
            (lines(END), "line 2"),
            (lines(&format!("{BEGIN}{BEGIN}")), "line 3"),
            (lines(&format!("{BEGIN}{END}{END}")), "line 4"),
            (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":2"))), "line 3"),
            (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":18446744073709551615"))), "line 3"),
            (lines(&format!("\n{BEGIN}")), "line 2"),
        ] {
            let temp = Temp::with("wrong", &text);
            let error = temp.open().expect_err(&text);
            assert!(error.is_journal() && error.to_string().contains(expected), "{error}: {text}");
            assert_eq!(temp.text(), text);
        }
        let nowhere = std::env::temp_dir().join("sendblue-no-such-folder/journal");
        let error = Journal::open(&nowhere, &Header::new("import", 2)).expect_err("no folder");
        assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<io::Error>()), "{error:?}");
    }

    #[tokio::test]
    async fn after_a_line_that_could_not_be_written_none_is() {
        let journal = Journal::broken();
        let cause = |error: Error| std::error::Error::source(&error).expect("a cause").to_string();
        let error = journal.end(0, Tally::default()).await.expect_err("read only");
        assert!(error.is_journal() && error.outcome() == Outcome::Applied, "{error:?}");
        assert_eq!(error.to_string(), "journal: the file could not be written");
        assert_ne!(cause(error), "an earlier line could not be written");
        let error = journal.begin(1, 1, String::new(), DateTime::UNIX_EPOCH).await.expect_err("broken");
        assert!(error.is_journal() && error.outcome() == Outcome::NotSent, "{error:?}");
        assert_eq!(cause(error), "an earlier line could not be written");
    }

    #[test]
    fn one_job_at_a_time_has_it() {
        let temp = Temp::new("locked");
        let first = temp.open().expect("new");
        let error = temp.open().expect_err("in use");
        assert!(error.to_string().contains("in use"), "{error}");
        drop(first);
        temp.open().expect("free again");
    }

    #[test]
    fn a_digest_tells_any_difference() {
        let of = |items: &[Value]| digest(items.iter().cloned());
        let digests = [of(&[]), of(&["ab".into()]), of(&["a".into(), "b".into()]), of(&["b".into(), "a".into()])];
        assert_eq!(digests.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert!(digests.iter().all(|digest| digest.len() == 64));
    }
}
