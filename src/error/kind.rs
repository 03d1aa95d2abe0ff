//! What can go wrong, by kind.

use std::{borrow::Cow, fmt, time::Duration};

use super::DecodeFailure;

/// What went wrong.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Input(InvalidInput),
    /// The HTTP client could not be set up.
    Setup,
    /// The caller's provider of bearer tokens failed.
    Token,
    /// The client's own rate limit has no place in time.
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
    /// A status that is no success.
    Status,
    /// A success whose body says that it is none.
    Reported,
    Decode(DecodeFailure),
    /// One contact of a page, which a stream passes over.
    Element {
        index: usize,
        failure: DecodeFailure,
    },
    Incomplete(Incomplete),
    /// The journal of a job.
    Journal(JournalFailure),
}

/// Why what was done cannot be shown to be all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Incomplete {
    /// More contacts share one `created_at` than can be reached, as far as can be told.
    TooManyAtOnce,
    /// There are more contacts without `created_at` than can be reached, as far as can be told.
    TooManyUndated,
    /// The order of the list is not that which was asked for, or changes from page to page.
    Disordered,
    /// A contact that tells neither its place nor its identity.
    Unidentified,
    /// Fewer contacts than the service counted, before and after.
    Fewer { listed: u64, before: u64, after: u64 },
    /// The input of a job broke off, or it has lost items.
    Job(&'static str),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::Job(why) => return f.write_str(why),
            Self::TooManyAtOnce => {
                "so many contacts share one `created_at` that the service may not list them all".into()
            }
            Self::TooManyUndated => {
                "so many contacts have no `created_at` that the service may not list them all".into()
            }
            Self::Disordered => "it is not in the order of `created_at`, or the order is not stable".into(),
            Self::Unidentified => "a contact has no readable `created_at`, or neither `contact_id` nor `phone`".into(),
            Self::Fewer { listed, before, after } => {
                format!("it had {listed} contacts, but the service counted {before} before it and {after} after it")
            }
        };
        write!(f, "the list cannot be shown to be complete: {why}")
    }
}

/// Which limit of time was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    Connect(Duration),
    Attempt(Duration),
    Total(Duration),
}

/// What is wrong with the journal of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalFailure {
    /// The file could not be opened, read or written: the word for it.
    Io(&'static str),
    InUse,
    /// This line, counted from 1, is not one of a journal.
    Line(u64),
    OtherJob,
    /// It was written with this one.
    OtherChunkSize(usize),
    /// This chunk of the input is not the one of the journal.
    OtherInput(u64),
}

impl fmt::Display for JournalFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("journal: ")?;
        match self {
            Self::Io(done) => write!(f, "the file could not be {done}"),
            Self::InUse => {
                f.write_str("is in use by another job; wait for its end, or give each job a journal of its own")
            }
            Self::Line(line) => {
                write!(f, "line {line} is not one of a journal; name the file of this job, or a new one")
            }
            Self::OtherJob => f.write_str("is that of another kind of job; name the file of this job, or a new one"),
            Self::OtherChunkSize(size) => write!(f, "is that of a job with a chunk_size of {size}; set that one again"),
            Self::OtherInput(chunk) => write!(
                f,
                "chunk {chunk} of the input is not what it was; give the same items in the same order, or name a new file"
            ),
        }
    }
}

/// An argument or a setting that is not valid.
#[derive(Clone, Debug)]
pub(crate) struct InvalidInput {
    field: Cow<'static, str>,
    reason: Cow<'static, str>,
}

impl InvalidInput {
    /// `reason` says what is wrong and what to do, never the value.
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}
