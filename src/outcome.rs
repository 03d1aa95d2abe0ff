//! The outcome of a failed request.

/// Whether the service carried out a request that failed.
///
/// | outcome | before the next call |
/// |---|---|
/// | `NotSent`, `Rejected` | fix the cause, then call again |
/// | `Unknown` | look the contact up first |
/// | `Applied` | do not call again |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No byte of the request reached the service.
    NotSent,
    /// The service refused the request and changed nothing.
    Rejected,
    /// The request may have been sent, and the service may have carried it out.
    Unknown,
    /// The status proves that the service carried the request out. Only the response is unusable.
    Applied,
}

impl Outcome {
    /// Returns the outcome as a stable label: `not_sent`, `rejected`, `unknown` or `applied`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Applied => "applied",
        }
    }
}
