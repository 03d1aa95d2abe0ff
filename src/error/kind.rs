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
    /// What was asked for cannot be given whole.
    Incomplete(&'static str),
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
