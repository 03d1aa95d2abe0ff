//! Waiting where the service has had too many requests: for what makes very many of them.

use std::time::Duration;

use tokio::time::sleep;

use crate::{Error, Operation, Outcome, Request, Response, retry::MAX_RETRY_AFTER};

/// How long a stream or a job waits after a 429 that says nothing of it, once the retries of the call are used up: 10 seconds,
/// the window in which the service is reported to count.
pub const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(10);
/// How often in a row it does so for one request: 6 times, so that it goes on for about a minute before it gives up.
pub const MAX_RATE_LIMIT_PAUSES: u32 = 6;

/// Sends a request, again after a pause for as long as the service refuses it with 429, which proves that nothing was done.
pub(super) async fn send_patiently<P: Operation>(request: Request<P>) -> Result<Response<P::Output>, Error> {
    for _ in 0..MAX_RATE_LIMIT_PAUSES {
        let error = match request.clone().send_raw().await {
            Err(error) if error.is_rate_limited() && error.outcome() == Outcome::Rejected => error,
            result => return result,
        };
        let pause = error.retry_after().unwrap_or(RATE_LIMIT_PAUSE);
        if pause > MAX_RETRY_AFTER {
            return Err(error);
        }
        sleep(pause).await;
    }
    request.send_raw().await
}
