//! What an error says: one line that a person can act on, without anything private.

use std::fmt;

use http::StatusCode;

use super::{Error, Kind, Outcome, Timeout};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        match &self.0.kind {
            // The reason says what to do; that nothing was sent goes without saying.
            Kind::Input(input) => return write!(f, "{input}"),
            Kind::Incomplete(incomplete) => return write!(f, "{incomplete}"),
            Kind::Element { index, failure } => {
                return write!(f, "contact {index} of a page is not what the API describes: {failure}");
            }
            Kind::Journal(failure) => return write!(f, "{failure}"),
            Kind::Setup => return f.write_str("the HTTP client could not be set up"),
            Kind::Token => f.write_str("no bearer token was to be had")?,
            Kind::Throttled => f.write_str("the client's own rate limit has no place in the time left")?,
            Kind::Connect => f.write_str("could not connect to the service")?,
            Kind::Tls => f.write_str("could not make a TLS connection to the service")?,
            Kind::Timeout(Timeout::Connect(limit)) => write!(f, "no connection to the service within {limit:?}")?,
            Kind::Timeout(Timeout::Attempt(limit)) => write!(f, "no complete answer within {limit:?}")?,
            Kind::Timeout(Timeout::Total(limit)) => {
                write!(f, "no complete answer within {limit:?}, the limit of the call")?
            }
            Kind::ConnectionLost => f.write_str("the connection broke before an answer came")?,
            Kind::Protocol => f.write_str("what came is not an answer of HTTP")?,
            Kind::BodyTruncated => f.write_str("the body of the answer broke off")?,
            Kind::BodyTooLarge { limit } => write!(f, "the body of the answer is larger than {limit} bytes")?,
            Kind::Status => write!(f, "the service answered {}", Status(self.status().unwrap_or_default()))?,
            Kind::Reported => f.write_str("the service reported an error, with a status of success")?,
            Kind::Decode(failure) => write!(f, "the answer is not what the API describes: {failure}")?,
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", and asks to wait {}s", wait.as_secs())?;
        }
        if self.0.attempts > 1 {
            write!(f, ", at attempt {}", self.0.attempts)?;
        }
        f.write_str(match self.0.outcome {
            Outcome::NotSent => "; nothing was sent",
            Outcome::Rejected => "; nothing was done",
            Outcome::Unknown => "; whether the request was carried out is unknown",
            Outcome::Applied => "; by the status, the request was carried out",
        })
    }
}

/// A status with what it means here.
struct Status(StatusCode);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.0 {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "the credentials were refused",
            StatusCode::NOT_FOUND => "no such contact, or no such endpoint",
            StatusCode::CONFLICT => "the contact exists already",
            StatusCode::TOO_MANY_REQUESTS => "too many requests",
            status if status.is_redirection() => "redirects are not followed, check the base URL",
            status => return write!(f, "{status}"),
        };
        write!(f, "{} ({meaning})", self.0)
    }
}
