//! Reads a response body up to a limit.

use std::{future::poll_fn, pin::Pin};

use bytes::Bytes;
use http::StatusCode;
use http_body::Body as _;

use crate::{
    error::{Cause, Error, MAX_ERROR_BODY},
    outcome::Outcome,
    transport::{Body, BoxError},
};

/// The minimum size of a body that is kept without a copy, if it arrives in one part: 64 KiB.
///
/// The parts of a body share the read buffer of the connection, which may be many times larger than a small body. A
/// copy lets the buffer be freed.
const MIN_UNCOPIED: usize = 64 * 1024;

/// The maximum size that is reserved for a declared length before the bytes arrive: 1 MiB.
///
/// A length is a claim of the server. To reserve a huge length would abort the program.
const MAX_UNCONFIRMED: usize = 1024 * 1024;

/// Reads the body of a response with this status.
///
/// If the status is a success, a body above `max_body` is an error. Otherwise, the body is cut at [`MAX_ERROR_BODY`].
pub(super) async fn read(body: Body, status: StatusCode, max_body: usize) -> Result<Bytes, Error> {
    if status.is_success() { read_success(body, max_body).await } else { Ok(read_failure(body).await) }
}

async fn read_success(mut body: Body, limit: usize) -> Result<Bytes, Error> {
    let too_large = || Error::new(Cause::BodyTooLarge { limit }, Outcome::Unknown);
    // The exact length, if the headers declare it, else 0.
    let length = body.size_hint().exact().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if length > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut whole = None;
    while let Some(part) = next_part(&mut body).await {
        let part = part.map_err(|error| Error::new(Cause::BodyTruncated, Outcome::Unknown).with_source(error))?;
        if part.len() == length && length >= MIN_UNCOPIED {
            whole = Some(part);
            continue;
        }
        if part.len() > limit.saturating_sub(bytes.len()) {
            return Err(too_large());
        }
        if bytes.is_empty() {
            bytes.reserve_exact(length.min(limit).min(MAX_UNCONFIRMED));
        }
        reserve(&mut bytes, part.len(), limit);
        bytes.extend_from_slice(&part);
    }
    Ok(whole.unwrap_or_else(|| bytes.into()))
}

/// Reads the body of a response whose status is not a success.
///
/// If the body breaks off, returns the part that arrived: the status already says that the request failed.
async fn read_failure(mut body: Body) -> Bytes {
    let mut bytes = Vec::new();
    while let Some(Ok(part)) = next_part(&mut body).await {
        let room = MAX_ERROR_BODY.saturating_sub(bytes.len());
        reserve(&mut bytes, part.len().min(room), MAX_ERROR_BODY);
        bytes.extend_from_slice(part.get(..room).unwrap_or(&part));
        if bytes.len() == MAX_ERROR_BODY {
            break;
        }
    }
    bytes.into()
}

/// Returns the next part of a body, and skips trailers.
async fn next_part(body: &mut Body) -> Option<Result<Bytes, BoxError>> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await? {
            Ok(frame) => {
                if let Ok(part) = frame.into_data() {
                    return Some(Ok(part));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Reserves room for `more` bytes. If the capacity must grow, it at least doubles, but stops at `limit`.
fn reserve(bytes: &mut Vec<u8>, more: usize, limit: usize) {
    let needed = bytes.len().saturating_add(more);
    if needed > bytes.capacity() {
        let capacity = needed.max(bytes.capacity().saturating_mul(2)).min(limit.max(needed));
        bytes.reserve_exact(capacity.saturating_sub(bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn capacity_doubles_and_stays_within_the_limit() {
        let mut bytes = Vec::new();
        for (more, capacity) in [(10, 10), (0, 10), (1, 20), (9, 20), (1, 40), (39, 80), (40, 100)] {
            super::reserve(&mut bytes, more, 100);
            assert_eq!(bytes.capacity(), capacity, "{more}");
            bytes.resize(bytes.len() + more, 0);
        }
        assert_eq!(bytes.len(), 100);
    }
}
