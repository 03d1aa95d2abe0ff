//! The settings of a job and their bounds.

use std::{path::PathBuf, time::Duration};

#[cfg(doc)]
use super::Job;
use super::request_options::RequestOptions;
use crate::{contacts::MAX_LIMIT, error::InvalidInput};

/// The default [`Job::chunk_size`]: 100 items.
///
/// The service's limit on the items of a request is unknown. At the reported rate limit of 100 requests in
/// 10 seconds, chunks of 100 allow 1000 contacts a second. Larger chunks need more look-ups after a failure.
pub const DEFAULT_CHUNK_SIZE: usize = 100;
/// The maximum [`Job::chunk_size`]: 1000 items, as many as a page of the list.
pub const MAX_CHUNK_SIZE: usize = MAX_LIMIT as usize;
/// The default [`Job::concurrency`]: 4 chunks.
///
/// With a response time of 0.4 seconds, 4 chunks in flight reach 10 requests a second, the reported rate limit.
pub const DEFAULT_CONCURRENCY: usize = 4;
/// The maximum [`Job::concurrency`]: 16 chunks. More chunks would wait for the rate limit.
pub const MAX_CONCURRENCY: usize = 16;
/// The default [`Job::settle_delay`]: 5 seconds.
pub const DEFAULT_SETTLE_DELAY: Duration = Duration::from_secs(5);
/// The maximum [`Job::settle_delay`]: 10 minutes.
pub const MAX_SETTLE_DELAY: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct JobSettings {
    pub(super) total: Option<u64>,
    pub(super) chunk_size: usize,
    pub(super) concurrency: usize,
    pub(super) settle_delay: Duration,
    pub(super) resend_unknown: bool,
    pub(super) journal: Option<PathBuf>,
    pub(super) accept_account: bool,
    pub(super) request_options: RequestOptions,
}

impl JobSettings {
    pub(super) fn new(total: Option<u64>) -> Self {
        Self {
            total,
            chunk_size: DEFAULT_CHUNK_SIZE,
            concurrency: DEFAULT_CONCURRENCY,
            settle_delay: DEFAULT_SETTLE_DELAY,
            resend_unknown: false,
            journal: None,
            accept_account: false,
            request_options: RequestOptions::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        check_range("chunk_size", self.chunk_size, MAX_CHUNK_SIZE)?;
        check_range("concurrency", self.concurrency, MAX_CONCURRENCY)?;
        if self.settle_delay > MAX_SETTLE_DELAY {
            return Err(InvalidInput::new("settle_delay", format!("too long; use at most {MAX_SETTLE_DELAY:?}")));
        }
        self.request_options.check()
    }
}

fn check_range(field: &'static str, value: usize, max: usize) -> Result<(), InvalidInput> {
    if (1..=max).contains(&value) {
        Ok(())
    } else {
        Err(InvalidInput::new(field, format!("out of range; use 1 to {max}")))
    }
}
