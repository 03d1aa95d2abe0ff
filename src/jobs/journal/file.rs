//! The file of a journal: opened under a lock, read once, then appended to.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::format::{Begin, End, Header, MAX_LINE, Records, add_line};
use crate::{
    error::{Cause, Error, JournalFailure},
    jobs::counts::ClassCounts,
    outcome::Outcome,
};

/// The number of attempts to lock the file. The tasks of a job that was just dropped may still hold the lock.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(50);

/// An open journal, locked against other processes.
#[derive(Debug)]
pub(in crate::jobs) struct Journal(Mutex<LineWriter>);

#[derive(Debug)]
struct LineWriter {
    file: File,
    /// The offset of the end of the last complete line.
    len: u64,
    /// Whether a write failed. If so, later writes fail too.
    is_broken: bool,
}

impl Journal {
    /// Returns a journal whose file is read-only.
    #[cfg(test)]
    pub(in crate::jobs) fn unwritable() -> Arc<Self> {
        let file = File::open(file!()).expect("this file");
        Arc::new(Self(Mutex::new(LineWriter { file, len: 0, is_broken: false })))
    }

    /// Opens or creates a journal and reads its records. Blocks the thread.
    pub(in crate::jobs) fn open(path: &Path, header: &Header) -> Result<(Arc<Self>, Records), Error> {
        let open_error = |error| io_error("opened", error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(open_error)?;
        lock(&file)?;
        let (records, len) = read(&file, header)?;
        let mut writer = LineWriter { file, len, is_broken: false };
        // A killed run may have left an incomplete line.
        writer.truncate_to_complete_lines().map_err(open_error)?;
        if len == 0 {
            // `mode` applies only to new files; an existing empty file keeps its mode.
            #[cfg(unix)]
            {
                let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                let set = writer.file.set_permissions(owner_only);
                set.map_err(|error| io_error("restricted to its owner", error))?;
            }
            writer.append(header, true).map_err(open_error)?;
            sync_parent_folder(path).map_err(open_error)?;
        }
        Ok((Arc::new(Self(Mutex::new(writer))), records))
    }

    /// Records that the job is about to send a chunk, and syncs the file.
    ///
    /// After a power failure, the next run thus knows that the chunk may have been sent.
    pub(in crate::jobs) async fn begin_chunk(
        self: &Arc<Self>,
        chunk: u64,
        items: u64,
        digest: String,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let written = self.append(Begin { begin: chunk, items, digest, at }, true).await;
        written.map_err(|error| io_error("written", error))
    }

    /// Records that all items of a chunk have a class. Does not sync the file.
    ///
    /// If a power failure loses the line, the next run looks up the items of the chunk.
    pub(in crate::jobs) async fn end_chunk(self: &Arc<Self>, chunk: u64, counts: ClassCounts) -> Result<(), Error> {
        let written = self.append(End { end: chunk, counts }, false).await;
        written.map_err(|error| io_error("written", error).with_outcome(Outcome::Applied))
    }

    async fn append(self: &Arc<Self>, line: impl Serialize + Send + 'static, sync: bool) -> io::Result<()> {
        let journal = Arc::clone(self);
        let append = move || {
            let mut writer = journal.0.lock().unwrap_or_else(PoisonError::into_inner);
            writer.append(&line, sync)
        };
        tokio::task::spawn_blocking(append).await.map_err(io::Error::other)?
    }
}

impl LineWriter {
    fn append(&mut self, line: &impl Serialize, sync: bool) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let written = self.file.write_all(&bytes).and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => self.len += bytes.len() as u64,
            Err(_) => {
                self.is_broken = true;
                // The file may end with a part of the line. If this truncation fails too, the next run truncates it.
                let _ = self.truncate_to_complete_lines();
            }
        }
        written
    }

    fn truncate_to_complete_lines(&mut self) -> io::Result<()> {
        self.file.set_len(self.len)?;
        self.file.seek(SeekFrom::Start(self.len)).map(drop)
    }
}

pub(in crate::jobs) fn journal_error(failure: JournalFailure) -> Error {
    Error::new(Cause::Journal(failure), Outcome::NotSent)
}

fn io_error(action: &'static str, error: io::Error) -> Error {
    journal_error(JournalFailure::Io(action)).with_source(error)
}

fn lock(file: &File) -> Result<(), Error> {
    for attempt in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => thread::sleep(LOCK_RETRY_DELAY),
            Err(TryLockError::WouldBlock) => return Err(journal_error(JournalFailure::InUse)),
            Err(TryLockError::Error(error)) => return Err(io_error("locked", error)),
        }
    }
    Ok(())
}

/// Returns the records of a journal and the offset of the end of its last complete line.
fn read(file: &File, header: &Header) -> Result<(Records, u64), Error> {
    let mut reader = BufReader::new(file);
    let mut records = Records::new();
    let mut end = 0;
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes);
        read.map_err(|error| io_error("read", error))?;
        let invalid_line = || journal_error(JournalFailure::Line(line));
        match bytes.strip_suffix(b"\n") {
            Some(text) if line == 1 => {
                header.check_line(text).map_err(|failure| failure.map_or_else(invalid_line, journal_error))?;
            }
            Some(text) => add_line(&mut records, text).ok_or_else(invalid_line)?,
            None if bytes.len() as u64 == MAX_LINE => return Err(invalid_line()),
            // If an incomplete first line is not the start of this header, the file is not this job's journal.
            None if line == 1 && !serde_json::to_vec(header).unwrap_or_default().starts_with(&bytes) => {
                return Err(invalid_line());
            }
            None => break,
        }
        end += bytes.len() as u64;
    }
    Ok((records, end))
}

/// Syncs the folder of a new file. Otherwise a power failure may lose the file.
fn sync_parent_folder(path: &Path) -> io::Result<()> {
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
    use crate::jobs::journal::format::ChunkRecord;

    /// The path of a file that is removed on drop.
    struct TempJournal(std::path::PathBuf);

    impl TempJournal {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sendblue-journal-{}-{name}", std::process::id()));
            let _ = fs::remove_file(&path);
            Self(path)
        }

        fn with_text(name: &str, text: &str) -> Self {
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

    impl Drop for TempJournal {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    const HEADER: &str = "{\"journal\":\"sendblue-contacts\",\"version\":1,\"job\":\"import\",\"chunk_size\":2}\n";
    const BEGIN: &str = "{\"begin\":0,\"items\":2,\"digest\":\"ab\",\"at\":\"2026-05-09T00:00:00Z\"}\n";
    const END: &str = "{\"end\":0,\"done\":1,\"existing\":1,\"rejected\":0,\"invalid\":0,\"duplicate\":0,\"unknown\":0,\"reported_deletions\":null}\n";

    #[tokio::test]
    async fn reads_the_lines_that_it_wrote() {
        let temp = TempJournal::new("written");
        let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
        let counts = ClassCounts { done: 1, existing: 1, ..ClassCounts::default() };
        {
            let (journal, records) = temp.open().expect("new");
            assert!(records.is_empty());
            journal.begin_chunk(0, 2, "ab".into(), at).await.expect("written");
            journal.end_chunk(0, counts).await.expect("written");
            journal.begin_chunk(7, 1, "cd".into(), at).await.expect("written");
        }
        assert!(temp.text().starts_with(&format!("{HEADER}{BEGIN}{END}")), "{}", temp.text());
        let (_journal, mut records) = temp.open().expect("there");
        let record = ChunkRecord { items: 2, digest: "ab".into(), begun_at: at, finished: Some(counts) };
        assert_eq!(records.remove(&0), Some(record));
        assert_eq!(records.remove(&7).expect("begun").finished, None);
        assert!(records.is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&temp.0).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_existing_empty_file_becomes_private_to_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = TempJournal::with_text("empty", "");
        fs::set_permissions(&temp.0, fs::Permissions::from_mode(0o644)).expect("ours");
        temp.open().expect("empty");
        assert_eq!(fs::metadata(&temp.0).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn an_incomplete_last_line_is_overwritten() {
        let whole = format!("{HEADER}{BEGIN}{END}");
        for cut in 0..whole.len() {
            let temp = TempJournal::with_text("torn", &whole[..cut]);
            let lines = whole[..cut].matches('\n').count();
            let (journal, records) = temp.open().unwrap_or_else(|error| panic!("at {cut}: {error}"));
            assert_eq!(records.len(), usize::from(lines > 1));
            let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
            journal.begin_chunk(9, 1, "ef".into(), at).await.expect("written");
            drop(journal);
            let kept: String = whole.split_inclusive('\n').take(lines.max(1)).collect();
            let rest = temp.text().strip_prefix(&kept).expect("kept").to_owned();
            assert!(rest.starts_with("{\"begin\":9,") && rest.ends_with("}\n"), "at {cut}: {rest}");
        }
    }

    #[test]
    fn a_file_that_is_not_the_journal_is_an_error_and_stays_unchanged() {
        let lines = |rest: &str| format!("{HEADER}{rest}");
        for (text, expected) in [
            ("phone,name\n+14155550100,Ada".to_owned(), "line 1"),
            ("phone,name".to_owned(), "line 1"),
            ("x".repeat(5000), "line 1"),
            (HEADER.replace(":1,", ":2,"), "line 1"),
            (HEADER.replace("import", "remove"), "another kind of job"),
            (HEADER.replace(":2}", ":50}"), "chunk_size 50"),
            (lines("{}\n"), "line 2"),
            (lines(END), "line 2"),
            (lines(&format!("{BEGIN}{BEGIN}")), "line 3"),
            (lines(&format!("{BEGIN}{END}{END}")), "line 4"),
            (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":2"))), "line 3"),
            (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":18446744073709551615"))), "line 3"),
            (lines(&format!("\n{BEGIN}")), "line 2"),
        ] {
            let temp = TempJournal::with_text("wrong", &text);
            let error = temp.open().expect_err(&text);
            assert!(
                error.kind() == crate::ErrorKind::Journal && error.to_string().contains(expected),
                "{error}: {text}"
            );
            assert_eq!(temp.text(), text);
        }
        let nowhere = std::env::temp_dir().join("sendblue-no-such-folder/journal");
        let error = Journal::open(&nowhere, &Header::new("import", 2)).expect_err("no folder");
        assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<io::Error>()), "{error:?}");
    }

    #[tokio::test]
    async fn after_a_failed_write_every_write_fails() {
        let journal = Journal::unwritable();
        let cause = |error: Error| std::error::Error::source(&error).expect("a cause").to_string();
        let error = journal.end_chunk(0, ClassCounts::default()).await.expect_err("read only");
        assert!(error.kind() == crate::ErrorKind::Journal && error.outcome() == Outcome::Applied, "{error:?}");
        assert_eq!(error.to_string(), "journal: the file could not be written");
        assert_ne!(cause(error), "an earlier write failed");
        let error = journal.begin_chunk(1, 1, String::new(), DateTime::UNIX_EPOCH).await.expect_err("broken");
        assert!(error.kind() == crate::ErrorKind::Journal && error.outcome() == Outcome::NotSent, "{error:?}");
        assert_eq!(cause(error), "an earlier write failed");
    }

    #[test]
    fn a_second_job_cannot_open_an_open_journal() {
        let temp = TempJournal::new("locked");
        let first = temp.open().expect("new");
        let error = temp.open().expect_err("in use");
        assert!(error.to_string().contains("in use"), "{error}");
        drop(first);
        temp.open().expect("free again");
    }
}
