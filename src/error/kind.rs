//! The kinds of errors.

/// The kind of an [`Error`](crate::Error).
///
/// | kind | when | remedy |
/// |---|---|---|
/// | `Input` | an argument or a setting is invalid | correct the field that [`field`](crate::Error::field) names |
/// | `Setup` | the HTTP client could not be set up | see the [source](std::error::Error::source) |
/// | `TokenProvider` | the provider of bearer tokens failed | see the source |
/// | `Throttled` | the client's rate limit allows no request in time | raise the timeout, or send fewer requests |
/// | `Connect` | no connection could be made | check the network; try later |
/// | `Tls` | the TLS handshake failed | check the base URL and the certificates |
/// | `Timeout` | a timeout elapsed before the complete response arrived | see the [outcome](crate::Outcome) |
/// | `ConnectionLost` | the connection broke before the response arrived | see the outcome |
/// | `Protocol` | the response is not valid HTTP, or its headers are too large | see the outcome |
/// | `Redirect` | 3xx; the client never follows redirects | check the base URL |
/// | `Unauthorized` | 401 or 403 | check the credentials |
/// | `NotFound` | 404: no contact has the number, or the endpoint does not exist | create the contact, or skip it |
/// | `Conflict` | 409: the contact exists already | update it, or create with `update_if_exists(true)` |
/// | `RateLimited` | 429 | wait for [`retry_after`](crate::Error::retry_after) |
/// | `Server` | 5xx | see the outcome |
/// | `Status` | any other status | see [`status`](crate::Error::status) and [`message`](crate::Error::message) |
/// | `Reported` | a success body reports an error, such as `status: "ERROR"` | see [`message`](crate::Error::message) |
/// | `BodyTruncated`, `BodyTooLarge` | the response body broke off, or exceeds the limit | see the outcome |
/// | `Decode` | a success body does not match the API reference | see [`body`](crate::Error::body); do not call again |
/// | `Element` | one element of a page is not an object | see `body`; the stream ends |
/// | `Journal` | a job cannot use its journal | see the error text and the source |
/// | `OtherAccount` | a journal or a cursor belongs to another account or base URL | use that account, or `accept_account` |
/// | `Task` | the task of a stream panicked in the caller's code, or its runtime shut down | correct the caller's code |
/// | `Incomplete` | a stream may lack contacts, or a job lost input or items | see the error text and the source |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a setting is invalid. Nothing was sent.
    Input,
    /// The HTTP client could not be set up. Nothing was sent.
    Setup,
    /// The provider of bearer tokens failed. The attempt sent nothing.
    TokenProvider,
    /// The client's rate limit allows no request before the deadline. The attempt sent nothing.
    Throttled,
    /// No connection could be made. The attempt sent nothing.
    Connect,
    /// The TLS handshake failed. The attempt sent nothing.
    Tls,
    /// A timeout elapsed before the complete response arrived.
    Timeout,
    /// The connection broke before the response arrived.
    ConnectionLost,
    /// The response is not valid HTTP, or its headers are too large.
    Protocol,
    /// The service responded with a redirect (3xx).
    Redirect,
    /// The service refused the credentials (401 or 403). A web page with this status is [`Status`](Self::Status).
    Unauthorized,
    /// No contact has the number, or the endpoint does not exist (404).
    NotFound,
    /// The contact exists already (409).
    Conflict,
    /// The account has sent too many requests (429).
    RateLimited,
    /// The service, or a proxy in front of it, failed (5xx).
    Server,
    /// The service responded with another unsuccessful status.
    Status,
    /// The status is a success, but the body reports an error, such as `status: "ERROR"`.
    Reported,
    /// The response body broke off.
    BodyTruncated,
    /// The response body exceeds [`max_body`](crate::ClientBuilder::max_body).
    BodyTooLarge,
    /// A success body does not match the API reference.
    Decode,
    /// One element of a page is not an object.
    Element,
    /// A job cannot use its journal.
    Journal,
    /// A journal or a cursor belongs to another account or base URL. Nothing was sent.
    OtherAccount,
    /// The task of a stream failed: the caller's token provider, rate limit or transport panicked, or the runtime shut
    /// down.
    Task,
    /// A stream cannot prove that it listed every contact, or a job lost input or items.
    Incomplete,
}

impl ErrorKind {
    /// Returns the kind as a stable label, such as `not_found`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Setup => "setup",
            Self::TokenProvider => "token_provider",
            Self::Throttled => "throttled",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection_lost",
            Self::Protocol => "protocol",
            Self::Redirect => "redirect",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Status => "status",
            Self::Reported => "reported",
            Self::BodyTruncated => "body_truncated",
            Self::BodyTooLarge => "body_too_large",
            Self::Decode => "decode",
            Self::Element => "element",
            Self::Journal => "journal",
            Self::OtherAccount => "other_account",
            Self::Task => "task",
            Self::Incomplete => "incomplete",
        }
    }
}
