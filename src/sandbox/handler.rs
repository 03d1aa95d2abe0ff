//! Handles one HTTP request: reads it, applies it, records it and responds.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use tokio::time;

use super::{
    fault,
    fields::Fields,
    invalid::Invalid,
    operation::Operation,
    phone,
    received_request::ReceivedRequest,
    refusal::Refusal,
    service::{Service, lock},
};

/// The maximum size of a request body, in bytes. A larger body receives a 413.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

/// Responds to one request: with a fault, a refusal or the result of the operation.
pub(super) async fn handle(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = read(body).await;
    let route = Operation::find(&head.method, head.uri.path());
    let operation = route.as_ref().ok().map(|(operation, _)| operation.id());
    let fault = lock(&service.faults).take(operation);
    let apply = |max_items| {
        let body = body.as_ref().map_err(Refusal::clone)?;
        let (operation, segment) = route?;
        service.admit(&head)?;
        dispatch(&service, operation, segment, &head, body, max_items)
    };
    let mut delay = service.latency;
    let response = match fault {
        Some(fault) => {
            if fault.applied_items > 0 {
                let _ = apply(fault.applied_items);
            }
            delay = delay.saturating_add(fault.delay);
            fault.into_response()
        }
        None => Some(apply(usize::MAX).unwrap_or_else(|refusal| refusal.response())),
    };
    let status = response.as_ref().map_or(0, |response| response.status().as_u16());
    let received = ReceivedRequest::new(head, body.unwrap_or_default(), operation, status);
    lock(&service.log).push(received.clone());
    if let Some(on_request) = &service.on_request {
        on_request(&received);
    }
    // axum drops this future when the client disconnects. The delay comes last, so that the request is still recorded.
    if !delay.is_zero() {
        time::sleep(delay).await;
    }
    response.unwrap_or_else(fault::close_connection)
}

/// Runs an operation. A bulk operation applies at most `max_items` items.
fn dispatch(
    service: &Service,
    operation: Operation,
    segment: &str,
    head: &Parts,
    body: &[u8],
    max_items: usize,
) -> Result<Response, Refusal> {
    let fields = || Fields::from_body(&head.headers, body);
    let phone = || phone::from_path_segment(segment);
    match operation {
        Operation::List => service.list(head),
        Operation::Create => service.create(fields()?),
        Operation::Count => Ok(service.count()),
        Operation::Verify => service.verify(fields()?),
        Operation::Retrieve => service.retrieve(&phone()?),
        Operation::Update => service.update(&phone()?, fields()?),
        Operation::Delete => service.delete(&phone()?),
        Operation::OptOut => service.opt_out(fields()?),
        Operation::BulkDelete => service.bulk_delete(fields()?, max_items),
        Operation::BulkCreate => service.bulk_create(fields()?, max_items),
    }
}

/// Reads the whole body, even if it is too large.
///
/// If the sandbox responded before the end of the body, the client could report a broken connection instead of the 413.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    let mut too_large = false;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Invalid::new("the body is incomplete"))?;
        let Ok(data) = frame.into_data() else { continue };
        too_large |= bytes.len() + data.len() > MAX_BODY;
        if !too_large {
            bytes.extend_from_slice(&data);
        }
    }
    if too_large { Err(Refusal::TooLarge) } else { Ok(bytes.freeze()) }
}
