//! What can go wrong, by kind.

use std::{borrow::Cow, fmt, time::Duration};

use super::DecodeFailure;

/// What went wrong.
#[derive(Debug)]
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
}

/// Why what was done cannot be shown to be all.
#[derive(Debug)]
pub(crate) enum Incomplete {
    /// More contacts share one `created_at` than can be reached.
    TooManyAtOnce,
    /// There are more contacts without `created_at` than can be reached.
    TooManyUndated,
    /// The order of the list is not that which was asked for, or changes from page to page.
    Disordered,
    /// A contact that tells neither its place nor its identity.
    Unidentified,
    /// Fewer contacts than the service counted, before and after.
    Fewer { listed: u64, before: u64, after: u64 },
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list cannot be shown to be complete: ")?;
        match self {
            Self::TooManyAtOnce => f.write_str("more contacts share one `created_at` than the service can list"),
            Self::TooManyUndated => f.write_str("more contacts have no `created_at` than the service can list"),
            Self::Disordered => f.write_str("it is not in the order of `created_at`, or the order is not stable"),
            Self::Unidentified => {
                f.write_str("a contact has no readable `created_at`, or neither `contact_id` nor `phone`")
            }
            Self::Fewer { listed, before, after } => {
                write!(f, "it had {listed} contacts, but the service counted {before} before it and {after} after it")
            }
        }
    }
}

/// Which limit of time was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    Connect(Duration),
    Attempt(Duration),
    Total(Duration),
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
