//! The settings of a client, and the options of one call.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    credentials::Credentials,
    error::InvalidInput,
    rate_limit::RateLimit,
    retry::{RetryBudget, RetryPolicy},
};

/// The settings that all calls of a client share.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) base_url: Arc<Url>,
    pub(crate) credentials: Credentials,
    /// The headers of every request, including `User-Agent`.
    pub(crate) default_headers: HeaderMap,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: Arc<RetryBudget>,
    pub(crate) rate_limit: Option<Arc<dyn RateLimit>>,
}

/// The options of one call.
#[derive(Clone)]
pub(crate) struct CallOptions {
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Map<String, Value>,
}

impl Settings {
    /// Returns the default options of a call.
    pub(crate) fn call_options(&self) -> CallOptions {
        CallOptions {
            attempt_timeout: self.attempt_timeout,
            timeout: self.timeout,
            retry: self.retry,
            headers: HeaderMap::new(),
            query: Vec::new(),
            body: Map::new(),
        }
    }
}

/// Checks that a timeout is not zero.
pub(crate) fn check_timeout(field: &'static str, timeout: Duration) -> Result<(), InvalidInput> {
    if timeout.is_zero() {
        Err(InvalidInput::new(field, "zero; pass a duration that leaves time for a response"))
    } else {
        Ok(())
    }
}
