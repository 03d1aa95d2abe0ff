//! Token providers that fail.

use super::{NOT_ATTEMPTED, TIMEOUT, TOKEN, ok, row};
use crate::faults::row::{Limits, Row, Source, TokenFault};

pub(super) fn rows() -> Vec<Row> {
    let token_row =
        |id, fault, token, error| row(id, fault, ok("{}"), error, NOT_ATTEMPTED).with_source(Source::Token(token));
    vec![
        token_row("token-fails", "the token provider fails", TokenFault::Fails, TOKEN),
        token_row(
            "token-does-not-fit",
            "the token provider returns a token that no header can carry",
            TokenFault::Malformed,
            TOKEN,
        ),
        token_row("token-never-comes", "the token provider never returns", TokenFault::NeverReturns, TIMEOUT)
            .with_limits(Limits::SHORT_CALL),
    ]
}
