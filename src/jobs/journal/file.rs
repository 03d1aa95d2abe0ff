//! The file of a journal: opened under a lock, then appended to.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    error::{io_error, journal_error},
    format::{AccountLine, Begin, End, FinishedRecord, Header, Records},
    read::{Contents, read},
};
use crate::{
    account::Account,
    error::{Cause, Error, JournalFailure},
    outcome::Outcome,
};

/// The number of attempts to lock the file. The tasks of a job that was just dropped may still hold the lock.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(50);

/// The job that opens a journal.
pub(in crate::jobs) struct Opening {
    pub(in crate::jobs) job: &'static str,
    pub(in crate::jobs) chunk_size: usize,
    pub(in crate::jobs) account: Account,
    pub(in crate::jobs) accept_account: bool,
}

/// An open journal, locked against other jobs.
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
    ///
    /// If the journal belongs to another account and `accept_account` is true, records the new account in the journal.
    pub(in crate::jobs) fn open(path: &Path, opening: &Opening) -> Result<(Arc<Self>, Records), Error> {
        let open_error = |error| io_error("opened", error);
        // Opening a pipe or a device may block or have side effects.
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(journal_error(JournalFailure::NotAFile));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(open_error)?;
        lock(&file)?;
        let digest = opening.account.digest();
        let header = Header::new(opening.job, opening.chunk_size, digest);
        let Contents { records, account, len } = read(&file, &header)?;
        let is_other_account = account.is_some_and(|account| !opening.account.matches(account));
        if is_other_account && !opening.accept_account {
            return Err(Error::new(Cause::OtherAccount("journal"), Outcome::NotSent));
        }
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
            writer.append(&header, true).map_err(open_error)?;
            sync_parent_folder(path).map_err(open_error)?;
        } else if is_other_account {
            writer.append(&AccountLine { account: digest }, true).map_err(open_error)?;
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
    pub(in crate::jobs) async fn end_chunk(
        self: &Arc<Self>,
        chunk: u64,
        finished: FinishedRecord,
    ) -> Result<(), Error> {
        let written = self.append(End { end: chunk, finished }, false).await;
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
                // The file may end with a part of the line. If this truncation fails, the next run truncates the file.
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

/// Syncs the folder of a new file. Otherwise a power failure may lose the file.
fn sync_parent_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
