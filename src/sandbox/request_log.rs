//! The record of received requests.

use std::collections::VecDeque;

use super::received_request::ReceivedRequest;

/// The maximum number of requests that a sandbox records.
///
/// Above the maximum, the sandbox deletes the oldest requests.
pub const MAX_RECORDED_REQUESTS: usize = 100_000;

/// The maximum total size of all recorded bodies: 256 MiB.
///
/// Above the maximum, the sandbox deletes the oldest requests.
pub const MAX_RECORDED_BODY_BYTES: usize = 256 * 1024 * 1024;

/// The most recent requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    requests: VecDeque<ReceivedRequest>,
    body_bytes: usize,
}

impl RequestLog {
    pub(super) fn push(&mut self, request: ReceivedRequest) {
        self.body_bytes += request.body().len();
        self.requests.push_back(request);
        while self.requests.len() > MAX_RECORDED_REQUESTS || self.body_bytes > MAX_RECORDED_BODY_BYTES {
            let Some(oldest) = self.requests.pop_front() else { return };
            self.body_bytes -= oldest.body().len();
        }
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;

    fn request(status: u16, body: &Bytes) -> ReceivedRequest {
        ReceivedRequest::new(Request::new(()).into_parts().0, body.clone(), None, status)
    }

    /// Returns the number of requests, and the statuses of the oldest and the newest request.
    fn recorded(log: &RequestLog) -> (usize, Option<u16>, Option<u16>) {
        let status = |request: Option<&ReceivedRequest>| request.map(ReceivedRequest::status);
        (log.requests.len(), status(log.requests.front()), status(log.requests.back()))
    }

    #[test]
    fn the_log_deletes_the_oldest_request_above_the_maximum_number() {
        let mut log = RequestLog::default();
        for status in (200..=201).chain(std::iter::repeat_n(300, MAX_RECORDED_REQUESTS - 1)) {
            log.push(request(status, &Bytes::new()));
        }
        assert_eq!(recorded(&log), (MAX_RECORDED_REQUESTS, Some(201), Some(300)));
    }

    #[test]
    fn the_log_deletes_the_oldest_requests_above_the_maximum_body_bytes() {
        let quarter = Bytes::from(vec![0; MAX_RECORDED_BODY_BYTES / 4]);
        let mut log = RequestLog::default();
        for status in 200..210 {
            log.push(request(status, &quarter));
        }
        assert_eq!(recorded(&log), (4, Some(206), Some(209)));
        log.push(request(210, &Bytes::from_static(b"0")));
        assert_eq!(recorded(&log), (4, Some(207), Some(210)));
        log.clear();
        assert_eq!((log.body_bytes, log.requests.len()), (0, 0));
    }
}
