//! Tests of the journal file.

use std::{fs, io, path::PathBuf, sync::Arc};

use chrono::DateTime;

use super::{
    FinishedRecord, Journal, Opening, RecordedClass, Records,
    format::{ChunkRecord, Header, MAX_LINE},
};
use crate::{Error, ErrorKind, Outcome, account::Account, jobs::counts::ClassCounts};

/// The path of a file that is removed on drop.
struct TempJournal(PathBuf);

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
        self.open_as("key", false)
    }

    fn open_as(&self, id: &str, accept_account: bool) -> Result<(Arc<Journal>, Records), Error> {
        let account = account(id);
        Journal::open(&self.0, &Opening { job: "import", chunk_size: 2, account, accept_account })
    }

    fn first_line(&self) -> String {
        self.text().split_inclusive('\n').next().unwrap_or_default().to_owned()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).expect("readable")
    }
}

fn account(id: &str) -> Account {
    Account::new(&"https://api.sendblue.co".parse().expect("a URL"), id)
}

impl Drop for TempJournal {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns the first line of a journal of the account `key`.
fn header() -> String {
    let header = Header::new("import", 2, account("key").digest());
    format!("{}\n", serde_json::to_string(&header).expect("serializable"))
}
const BEGIN: &str = "{\"begin\":0,\"items\":2,\"digest\":\"ab\",\"at\":\"2026-05-09T00:00:00Z\"}\n";
const END: &str = concat!(
    "{\"end\":0,\"done\":1,\"existing\":0,\"rejected\":1,\"invalid\":0,\"duplicate\":0,\"unknown\":0,",
    "\"reported_deletions\":null,\"failures\":[{\"class\":\"rejected\",\"operation\":\"contacts.bulk.create\",",
    "\"reason\":\"status 400\",\"items\":[1]}]}\n",
);

#[tokio::test]
async fn reads_back_its_own_lines() {
    let temp = TempJournal::new("written");
    let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
    let counts = ClassCounts { done: 1, rejected: 1, ..ClassCounts::default() };
    let mut finished = FinishedRecord { counts, ..FinishedRecord::default() };
    finished.add_failure(RecordedClass::Rejected, "contacts.bulk.create", "status 400", 1);
    {
        let (journal, records) = temp.open().expect("new");
        assert!(records.is_empty());
        journal.begin_chunk(0, 2, "ab".into(), at).await.expect("written");
        journal.end_chunk(0, finished.clone()).await.expect("written");
        journal.begin_chunk(7, 1, "cd".into(), at).await.expect("written");
    }
    assert!(temp.text().starts_with(&format!("{}{BEGIN}{END}", temp.first_line())), "{}", temp.text());
    let (_journal, mut records) = temp.open().expect("there");
    let record = ChunkRecord { items: 2, digest: "ab".into(), begun_at: at, finished: Some(finished) };
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
    let whole = format!("{}{BEGIN}{END}", header());
    for cut in 0..whole.len() {
        let temp = TempJournal::with_text("torn", &whole[..cut]);
        let lines = whole[..cut].matches('\n').count();
        let (journal, records) = temp.open().unwrap_or_else(|error| panic!("at {cut}: {error}"));
        assert_eq!(records.len(), usize::from(lines > 1));
        let at = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
        journal.begin_chunk(9, 1, "ef".into(), at).await.expect("written");
        drop(journal);
        // A new header has a new salt.
        let kept = whole.split_inclusive('\n').skip(1).take(lines.saturating_sub(1)).collect::<String>();
        let text = temp.text();
        let rest = text.strip_prefix(&temp.first_line()).and_then(|rest| rest.strip_prefix(&kept)).expect("kept");
        assert!(lines == 0 || whole.starts_with(&temp.first_line()), "at {cut}: {text}");
        assert!(rest.starts_with("{\"begin\":9,") && rest.ends_with("}\n"), "at {cut}: {rest}");
    }
}

#[test]
fn a_file_that_is_not_the_journal_is_an_error_and_stays_unchanged() {
    let lines = |rest: &str| format!("{}{rest}", header());
    for (text, expected) in [
        ("phone,name\n+14155550100,Ada".to_owned(), "line 1"),
        ("phone,name".to_owned(), "line 1"),
        ("x".repeat(5000), "line 1"),
        (header().replace(":1,", ":2,"), "line 1"),
        (header().replace("import", "remove"), "another kind of job"),
        (header().replace(":2,", ":50,"), "chunk_size 50"),
        (format!("{}\0{}", header().trim(), "contacts"), "line 1"),
        ("\0\0phone,name".to_owned(), "line 1"),
        (format!("{}x", "\0".repeat(MAX_LINE as usize + 1)), "line 1"),
        (header().replace("-", "?"), "line 1"),
        (lines("{}\n"), "line 2"),
        (lines(END), "line 2"),
        (lines(&format!("{BEGIN}{BEGIN}")), "line 3"),
        (lines(&format!("{BEGIN}{END}{END}")), "line 4"),
        (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":2"))), "line 3"),
        (lines(&format!("{BEGIN}{}", END.replace("\"done\":1", "\"done\":18446744073709551615"))), "line 3"),
        (lines(&format!("\n{BEGIN}")), "line 2"),
        (lines(&format!("{BEGIN}{}", END.replace("[1]", "[]"))), "line 3"),
        (lines(&format!("{BEGIN}{}", END.replace("[1]", "[2]"))), "line 3"),
        (lines(&format!("{BEGIN}{}", END.replace("[1]", "[0,1]"))), "line 3"),
        (lines(&format!("{BEGIN}{}", END.replace("\"rejected\",", "\"unknown\","))), "line 3"),
        (lines(&format!("{BEGIN}torn\n{END}")), "line 3"),
        (lines(&format!("{BEGIN}{}", "x".repeat(MAX_LINE as usize))), "line 3"),
    ] {
        let temp = TempJournal::with_text("wrong", &text);
        let error = temp.open().expect_err(&text);
        assert!(error.kind() == ErrorKind::Journal && error.to_string().contains(expected), "{error}: {text}");
        assert_eq!(temp.text(), text);
    }
    let nowhere = std::env::temp_dir().join("sendblue-no-such-folder/journal");
    let error = TempJournal(nowhere).open().expect_err("no folder");
    assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<io::Error>()), "{error:?}");
}

#[tokio::test]
async fn after_a_failed_write_every_write_fails() {
    let journal = Journal::unwritable();
    let cause = |error: Error| std::error::Error::source(&error).expect("a cause").to_string();
    let error = journal.end_chunk(0, FinishedRecord::default()).await.expect_err("read only");
    assert!(error.kind() == ErrorKind::Journal && error.outcome() == Outcome::Applied, "{error:?}");
    assert_eq!(error.to_string(), "journal: the file could not be written");
    assert_ne!(cause(error), "an earlier write failed");
    let error = journal.begin_chunk(1, 1, String::new(), DateTime::UNIX_EPOCH).await.expect_err("broken");
    assert!(error.kind() == ErrorKind::Journal && error.outcome() == Outcome::NotSent, "{error:?}");
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

/// After a power failure, a file may have NUL bytes where the file system did not write the data.
#[tokio::test]
async fn nul_bytes_end_the_journal_at_the_last_whole_record() {
    let whole = format!("{}{BEGIN}{END}", header());
    for cut in 0..=whole.len() {
        for tail in ["\0".repeat(7), "\0".repeat(MAX_LINE as usize + 9), format!("\0\0{BEGIN}"), "\0\n".into()] {
            let lines = whole[..cut].matches('\n').count();
            if lines == 0 && tail.contains('\n') {
                continue;
            }
            let temp = TempJournal::with_text("nul", &format!("{}{tail}", &whole[..cut]));
            let (journal, records) = temp.open().unwrap_or_else(|error| panic!("at {cut}: {error}"));
            drop(journal);
            assert_eq!(records.len(), usize::from(lines > 1), "at {cut}");
            assert_eq!(records.values().filter(|record| record.finished.is_some()).count(), usize::from(lines > 2));
            let text = temp.text();
            assert!(!text.contains('\0') && text.lines().count() == lines.max(1), "at {cut}: {text:?}");
        }
    }
}

#[test]
fn a_torn_last_line_with_a_line_break_is_overwritten() {
    let temp = TempJournal::with_text("torn-line", &format!("{}{BEGIN}{{\"end\":0,\"do\n", header()));
    let (journal, records) = temp.open().expect("readable");
    drop(journal);
    assert_eq!(records.len(), 1);
    assert!(temp.text().ends_with(BEGIN), "{}", temp.text());
}

#[test]
fn a_journal_belongs_to_one_account_until_another_is_accepted() {
    let temp = TempJournal::with_text("account", &format!("{}{BEGIN}", header()));
    let before = temp.text();
    let error = temp.open_as("other", false).expect_err("another account");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::OtherAccount, Outcome::NotSent));
    assert!(error.to_string().contains("accept_account()"), "{error}");
    assert_eq!(temp.text(), before);

    let (_, records) = temp.open_as("other", true).expect("accepted");
    assert_eq!(records.len(), 1);
    temp.open_as("other", false).expect("the new account");
    let error = temp.open_as("key", false).expect_err("the first account");
    assert_eq!(error.kind(), ErrorKind::OtherAccount);
    let text = temp.text();
    temp.open_as("other", true).expect("the same account");
    assert_eq!(temp.text(), text);
}

#[cfg(unix)]
#[test]
fn a_folder_a_pipe_or_a_device_is_refused() {
    let pipe = TempJournal::new("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe.0).status().expect("mkfifo");
    assert!(made.success());
    for path in [pipe.0.clone(), "/dev/null".into(), std::env::temp_dir()] {
        // Without `ManuallyDrop`, the drop would remove `/dev/null`.
        let not_a_file = std::mem::ManuallyDrop::new(TempJournal(path));
        let error = not_a_file.open().expect_err("no file");
        assert_eq!(error.to_string(), "journal: not a regular file; pass the path of a file");
    }
}
