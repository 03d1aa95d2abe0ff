//! Sends a request and decodes the response.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::{GeneratedResult, Operation, Request};
use crate::{
    call::{Call, trace},
    error::{self, Cause, DecodeFailure, Error},
    generated,
    lenient::ResponseBody,
    outcome::Outcome,
    received::{Received, without_byte_order_mark},
    response::Response,
};

impl<P: Operation> Request<P> {
    /// Sends the request and returns the output with the response's status, headers and body.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub async fn send_raw(self) -> Result<Response<P::Output>, Error> {
        let span = trace::span(P::ROUTE);
        let result = self.try_send().instrument(span.clone()).await;
        match result {
            Ok(response) => {
                trace::ended(&span, response.attempts(), Some(response.status()), None);
                Ok(response)
            }
            Err(error) => {
                trace::ended(&span, error.attempts(), error.status(), Some(&error));
                Err(error.with_operation(P::ROUTE.id))
            }
        }
    }

    async fn try_send(self) -> Result<Response<P::Output>, Error> {
        let Self { client, params, options } = self;
        let params = params?;
        params.check()?;
        let build = || {
            let client = client.generated();
            // The `pre` hook stops the generated method before it waits for I/O, so a single poll completes it.
            let result = params.build_request(&client).now_or_never();
            client.inner.into_request().ok_or_else(|| build_error(result))
        };
        let call = Call::new(params.path(), params.retry_class(), client.settings().clone(), options);
        decode_response(&params, call.execute(client.transport(), &build).await?)
    }
}

/// Decodes a response with a success status. If its body reports an error, returns that error.
fn decode_response<P: Operation>(params: &P, received: Received) -> Result<Response<P::Output>, Error> {
    let body = without_byte_order_mark(&received.bytes);
    let is_empty = body.trim_ascii().is_empty();
    let body: &[u8] = if is_empty { b"{}" } else { body };
    let decoded = params.decode(body);
    if P::Raw::IS_DOCUMENTED && reports_error(body, decoded.as_ref().ok()) {
        let earlier_outcome = received.earlier_outcome;
        return Err(Error::new(Cause::Reported, Outcome::Rejected)
            .with_response(received)
            .with_earlier_outcome(earlier_outcome));
    }
    let value = match decoded {
        Ok(raw) => {
            let mut unreadable = BTreeSet::new();
            raw.add_unreadable(&mut unreadable);
            trace::unreadable(&unreadable);
            P::output(raw).map_err(|field| match unreadable.contains(field) {
                true => DecodeFailure::Unreadable { field },
                false => DecodeFailure::Missing { field },
            })
        }
        Err(_) if is_empty => Err(DecodeFailure::Empty),
        Err(error) => {
            let located = || if P::Raw::IS_DOCUMENTED { DecodeFailure::locate::<P::Raw>(body) } else { None };
            let failure = DecodeFailure::of_encoding(body).or_else(located);
            Err(failure.unwrap_or_else(|| DecodeFailure::new(&error)))
        }
    };
    match value {
        Ok(value) => Ok(Response::new(P::ROUTE.id, received, value)),
        Err(failure) => Err(Error::new(Cause::Decode(failure), Outcome::Applied).with_response(received)),
    }
}

/// Returns whether the body of a success reports an error.
///
/// Another endpoint than the ten operations may report the status of something else, such as a line's.
fn reports_error(body: &[u8], decoded: Option<&impl ResponseBody>) -> bool {
    match decoded {
        // `error::reports` parses the body a second time.
        Some(decoded) if decoded.status().is_some_and(|status| !error::is_error_status(status)) => false,
        Some(decoded) => error::reports_error(body, decoded.has_content()),
        None => error::reports_error(body, false),
    }
}

/// Returns the error of a generated method that failed before it built a request.
fn build_error<T>(result: Option<GeneratedResult<T>>) -> Error {
    let error = Error::new(Cause::Setup, Outcome::NotSent);
    match result {
        Some(Err(generated::Error::CommunicationError(source))) => error.with_source(source.without_url()),
        _ => error,
    }
}
