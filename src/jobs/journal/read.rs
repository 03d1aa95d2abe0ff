//! Reads a journal, up to its last whole record.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
};

use super::{
    error::{io_error, journal_error},
    format::{Header, MAX_LINE, Records, add_line},
};
use crate::{
    account::AccountDigest,
    error::{Error, JournalFailure},
};

/// The contents of a journal, up to its last whole record.
pub(super) struct Contents {
    pub(super) records: Records,
    /// The account, or `None` if the journal has no header yet.
    pub(super) account: Option<AccountDigest>,
    /// The offset of the end of the last whole record.
    pub(super) len: u64,
}

/// Reads a journal up to its last whole record.
///
/// After a power failure, a file may end with NUL bytes or with a part of a record. The records after that place are
/// not needed: the job syncs a `begin` line before it sends the chunk, and a lost `end` line only causes look-ups.
pub(super) fn read(file: &File, header: &Header) -> Result<Contents, Error> {
    let mut reader = BufReader::new(file);
    let mut contents = Contents { records: Records::new(), account: None, len: 0 };
    let mut bytes = Vec::new();
    let read_error = |error| io_error("read", error);
    for line in 1.. {
        bytes.clear();
        reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(read_error)?;
        let invalid_line = || journal_error(JournalFailure::Line(line));
        let has_nul = bytes.contains(&0);
        match bytes.strip_suffix(b"\n") {
            Some(text) if line == 1 && !has_nul => {
                let account = header.check_line(text);
                contents.account = Some(account.map_err(|failure| failure.map_or_else(invalid_line, journal_error))?);
            }
            // If the header is incomplete, the job has sent nothing. A file with other content is not a journal.
            _ if line == 1 => {
                let start = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                let rest = bytes.get(start.len()..).unwrap_or_default();
                if !header.starts_like(start) || !is_nul(rest) || !has_only_nul(&mut reader).map_err(read_error)? {
                    return Err(invalid_line());
                }
                break;
            }
            _ if has_nul => break,
            Some(text) => match add_line(&mut contents.records, text) {
                Some(account) => contents.account = account.or(contents.account),
                None if is_torn(text) && reader.fill_buf().map_err(read_error)?.is_empty() => break,
                None => return Err(invalid_line()),
            },
            None if bytes.len() as u64 == MAX_LINE => return Err(invalid_line()),
            None => break,
        }
        contents.len += bytes.len() as u64;
    }
    Ok(contents)
}

/// Returns whether a line is only a part of a record: its JSON is incomplete or invalid.
fn is_torn(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err()
}

fn is_nul(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Returns whether the rest of a file is empty or contains only NUL bytes.
fn has_only_nul(reader: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() || !is_nul(bytes) {
            return Ok(bytes.is_empty());
        }
        let len = bytes.len();
        reader.consume(len);
    }
}
