//! Pauses of streams and jobs after a 429 response.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    Error, Operation, Outcome, Request, Response,
    retry::{MAX_RETRY_AFTER, RATE_LIMIT_PAUSE},
};

/// The maximum number of pauses for one request of a stream or job: 6.
///
/// A pause follows a call that failed after all its retries. Without `Retry-After`, 6 pauses and the retries of 7 calls
/// take about three and a half minutes.
pub const MAX_RATE_LIMIT_PAUSES: u32 = 6;

/// The number of pauses that remain for one request.
struct RateLimitPauses {
    left: u32,
}

impl RateLimitPauses {
    /// Returns the pause before the next call, or `None` if the error is final.
    ///
    /// Only a 429 response with [`Outcome::Rejected`] allows another call. If `Retry-After` exceeds
    /// [`MAX_RETRY_AFTER`], the error is final. The random `back_off` spreads requests that received the same
    /// `Retry-After`.
    fn after(&mut self, error: &Error, back_off: Duration) -> Option<Duration> {
        let is_repeatable = error.is_rate_limited() && error.outcome() == Outcome::Rejected;
        let pause = error.retry_after().unwrap_or(RATE_LIMIT_PAUSE);
        if !is_repeatable || pause > MAX_RETRY_AFTER {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        Some(pause.saturating_add(back_off))
    }
}

/// Sends a request. While the service responds with 429, pauses and resends the request.
pub(crate) async fn send_with_pauses<P: Operation>(request: Request<P>) -> Result<Response<P::Output>, Error> {
    let mut pauses = RateLimitPauses { left: MAX_RATE_LIMIT_PAUSES };
    loop {
        let error = match request.clone().send_raw().await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match pauses.after(&error, request.back_off()) {
            Some(pause) => sleep(pause).await,
            None => return Err(error),
        }
    }
}
