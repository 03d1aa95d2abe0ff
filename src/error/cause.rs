//! The causes of errors, with the details that `Display` prints.

use std::{fmt, time::Duration};

use super::{DecodeFailure, InvalidInput};

/// The cause of an error.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    Input(InvalidInput),
    Setup,
    TokenProvider,
    Throttled,
    Connect,
    Tls,
    Timeout(Timeout),
    ConnectionLost,
    Protocol,
    BodyTruncated,
    BodyTooLarge {
        limit: usize,
    },
    /// The status is not a success.
    Status,
    /// The status is a success, but the body reports an error.
    Reported,
    Decode(DecodeFailure),
    /// One element of a page failed to decode. The stream yields one more error and ends.
    Element {
        index: usize,
        failure: DecodeFailure,
    },
    Incomplete(Incomplete),
    /// The code of the caller panicked in a task of the client.
    Panic,
    /// The runtime shut down before a task of the client ended.
    Shutdown,
    Journal(JournalFailure),
    /// The journal or the cursor, named by the text, belongs to another account or base URL.
    OtherAccount(&'static str),
}

/// The reason why a result may be incomplete.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Incomplete {
    /// More contacts may share one `created_at` than offsets reach.
    TieOutOfReach,
    /// More contacts may lack `created_at` than offsets reach.
    UndatedOutOfReach,
    /// The list is not in the requested order, or the order changes between pages.
    OrderNotKept,
    /// A page repeats the previous page, although its offset is larger.
    OffsetIgnored,
    /// A list with `created_at_gte` left out a contact that was created at exactly that time.
    FilterNotKept,
    /// Each page has one contact, so pages cannot overlap.
    SingleContactPages,
    /// A contact has a malformed `created_at`, or neither `contact_id` nor `phone`.
    UnplacedContact,
    /// The stream listed fewer contacts than the service counted before the stream, and fewer than it counted after.
    CountMismatch { listed: u64, before: u64, after: u64 },
    /// The input of a job broke off, or the job lost items.
    Job(&'static str),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self {
            Self::Job(reason) => return f.write_str(reason),
            Self::TieOutOfReach => {
                "more contacts may share one `created_at` than offsets reach; filter by `cid` or `phone_number`"
            }
            Self::UndatedOutOfReach => {
                "more contacts may lack `created_at` than offsets reach; list only dated contacts with `created_at_gte`"
            }
            Self::OrderNotKept => {
                "the service did not keep the ascending order of `created_at`; resume from the cursor"
            }
            Self::OffsetIgnored => {
                "the service ignored `offset` and repeated a page; check for a proxy that drops query parameters"
            }
            Self::FilterNotKept => {
                "a list with `created_at_gte` left out a contact that was created at exactly that time; \
                 list without a stream, or filter by `cid` or `phone_number`"
            }
            Self::SingleContactPages => {
                "the service returned only one contact a page, but the pages of a stream overlap by one contact; \
                 check for a proxy that lowers `limit`"
            }
            Self::UnplacedContact => {
                "a contact has an unreadable `created_at`, or neither `contact_id` nor `phone`; \
                 inspect the page with `send_raw`"
            }
            Self::CountMismatch { listed, before, after } => {
                return write!(
                    f,
                    "the list may be incomplete: the stream yielded {listed} contacts, \
                     but the service counted {before} before it and {after} after it; list again"
                );
            }
        };
        write!(f, "the list may be incomplete: {reason}")
    }
}

/// The timeout that elapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// The timeout for connecting.
    Connect(Duration),
    Attempt(Duration),
    /// The timeout of the whole call.
    Total(Duration),
}

/// The reason why a job cannot use its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalFailure {
    /// The file could not be opened, read or written. The text is the past participle, such as `opened`.
    Io(&'static str),
    /// The path names a folder, a pipe or a device.
    NotAFile,
    InUse,
    /// The line with this number, counted from 1, is not a journal record.
    Line(u64),
    OtherJob,
    /// The journal belongs to a job with this chunk size.
    OtherChunkSize(usize),
    /// The items of the chunk with this number, counted from 0, differ from the items in the journal.
    OtherInput(u64),
}

impl fmt::Display for JournalFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("journal: ")?;
        match self {
            Self::Io(participle) => write!(f, "the file could not be {participle}"),
            Self::NotAFile => f.write_str("not a regular file; pass the path of a file"),
            Self::InUse => f.write_str("in use by another job; wait for that job, or give each job its own journal"),
            Self::Line(line) => {
                write!(f, "line {line} is not a journal record; pass the journal of this job, or a new file")
            }
            Self::OtherJob => {
                f.write_str("belongs to another kind of job; pass the journal of this job, or a new file")
            }
            Self::OtherChunkSize(size) => {
                write!(f, "belongs to a job with chunk_size {size}; set the same chunk_size")
            }
            Self::OtherInput(chunk) => write!(
                f,
                "chunk {chunk} of the input has changed; pass the same items in the same order, or a new file"
            ),
        }
    }
}
