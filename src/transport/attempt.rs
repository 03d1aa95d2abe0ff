//! An attempt of a call, and the phase that the transport reports.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::time::Instant;

/// One attempt of a call.
///
/// Clones share the phase.
#[derive(Clone, Debug)]
pub struct Attempt {
    deadline: Instant,
    needs_fresh_connection: bool,
    /// The [`Phase`] as a number; 0 until the transport reports a phase.
    phase: Arc<AtomicU8>,
}

/// The progress of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Phase {
    /// No byte of the request has been sent.
    Connecting = 1,
    /// A part of the request may have been sent.
    Sending = 2,
}

impl Attempt {
    /// Creates an attempt, for tests of a transport.
    #[must_use]
    pub fn new(deadline: Instant, needs_fresh_connection: bool) -> Self {
        Self { deadline, needs_fresh_connection, phase: Arc::default() }
    }

    /// Returns the time at which the client drops the future of the attempt.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns whether the request needs a new connection.
    ///
    /// If the server is closing an idle connection, the outcome of a request on that connection is unknown. So a
    /// request that the client must not repeat needs a new connection: `verify`, and `create` and `bulk().create`
    /// without `retry_ambiguous`.
    #[must_use]
    pub fn needs_fresh_connection(&self) -> bool {
        self.needs_fresh_connection
    }

    /// Reports the phase of the attempt.
    ///
    /// If the deadline passes in [`Phase::Connecting`], the outcome is [`NotSent`](crate::Outcome::NotSent). In another
    /// phase, or without a reported phase, the outcome is [`Unknown`](crate::Outcome::Unknown).
    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Returns the last reported phase, or `None` if the transport has reported no phase.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        match self.phase.load(Ordering::Relaxed) {
            1 => Some(Phase::Connecting),
            2 => Some(Phase::Sending),
            _ => None,
        }
    }
}
