//! stub
use std::{future::Future, pin::Pin, time::Duration};
/// stub
pub trait RateLimit: Send + Sync + 'static {
    /// stub
    fn acquire(&self, within: Duration) -> Pin<Box<dyn Future<Output = Result<(), RateLimitExceeded>> + Send + '_>>;
}
/// stub
#[derive(Debug)]
pub struct RateLimitExceeded;
impl std::fmt::Display for RateLimitExceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
impl std::error::Error for RateLimitExceeded {}
