//! From a request to its answer.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use http::{Method, request::Parts};
use tokio::time;

use super::{
    answers::Refusal,
    faults,
    input::{self, Fields, Invalid},
    received::ReceivedRequest,
    service::{Service, lock},
};

/// The largest body that a sandbox takes, in bytes: a larger one is answered with a 413.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

#[derive(Clone, Copy)]
enum Operation {
    List,
    Create,
    Count,
    Verify,
    Retrieve,
    Update,
    Delete,
    OptOut,
    BulkDelete,
    BulkCreate,
}

impl Operation {
    fn id(self) -> &'static str {
        match self {
            Self::List => "contacts.list",
            Self::Create => "contacts.create",
            Self::Count => "contacts.count",
            Self::Verify => "contacts.verify",
            Self::Retrieve => "contacts.retrieve",
            Self::Update => "contacts.update",
            Self::Delete => "contacts.delete",
            Self::OptOut => "contacts.opt_out",
            Self::BulkDelete => "contacts.bulk.delete",
            Self::BulkCreate => "contacts.bulk.create",
        }
    }

    /// The operation of a method and path, with the last segment of the path: the number, where the operation has one.
    fn find<'a>(method: &Method, path: &'a str) -> Result<(Self, &'a str), Refusal> {
        let rest = path.strip_prefix("/api/v2/contacts").ok_or(Refusal::NoRoute)?;
        let segment = rest.strip_prefix('/').unwrap_or_default();
        let (operations, allow): (&[_], _) = match rest {
            "" => (
                &[(Method::GET, Self::List), (Method::POST, Self::Create), (Method::DELETE, Self::BulkDelete)],
                "GET, POST, DELETE",
            ),
            "/count" => (&[(Method::GET, Self::Count)], "GET"),
            "/verify" => (&[(Method::POST, Self::Verify)], "POST"),
            "/opt-out" => (&[(Method::POST, Self::OptOut)], "POST"),
            "/bulk" => (&[(Method::POST, Self::BulkCreate)], "POST"),
            _ if segment.is_empty() || segment.contains('/') => return Err(Refusal::NoRoute),
            _ => (
                &[(Method::GET, Self::Retrieve), (Method::PUT, Self::Update), (Method::DELETE, Self::Delete)],
                "GET, PUT, DELETE",
            ),
        };
        let operation = operations.iter().find(|(allowed, _)| allowed == method);
        operation.map(|(_, operation)| (*operation, segment)).ok_or(Refusal::WrongMethod { allow })
    }

    /// Of a bulk request, only the first `items` are carried out.
    fn carry_out(
        self,
        service: &Service,
        segment: &str,
        head: &Parts,
        body: &[u8],
        items: usize,
    ) -> Result<Response, Refusal> {
        let fields = || Fields::of_body(&head.headers, body);
        let phone = || input::path_phone(segment);
        match self {
            Self::List => service.list(head),
            Self::Create => service.create(fields()?),
            Self::Count => Ok(service.count()),
            Self::Verify => service.verify(fields()?),
            Self::Retrieve => service.retrieve(&phone()?),
            Self::Update => service.update(&phone()?, fields()?),
            Self::Delete => service.delete(&phone()?),
            Self::OptOut => service.opt_out(fields()?),
            Self::BulkDelete => service.bulk_delete(fields()?, items),
            Self::BulkCreate => service.bulk_create(fields()?, items),
        }
    }
}

/// Answers one request: faults first, then the rate limit, the credentials, the request itself.
pub(super) async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = read(body).await;
    let found = Operation::find(&head.method, head.uri.path());
    let operation = found.as_ref().ok().map(|(operation, _)| operation.id());
    let fault = lock(&service.faults).take(operation);
    let carried_out = |items| {
        let body = body.as_ref().map_err(Refusal::clone)?;
        let (operation, segment) = found?;
        service.admit(&head)?;
        operation.carry_out(&service, segment, &head, body, items)
    };
    let mut held_back = service.latency;
    let response = match fault {
        Some(fault) => {
            if fault.applied > 0 {
                let _ = carried_out(fault.applied);
            }
            held_back = held_back.saturating_add(fault.delay);
            fault.into_response()
        }
        None => Some(carried_out(usize::MAX).unwrap_or_else(|refusal| refusal.answer())),
    };
    let status = response.as_ref().map_or(0, |response| response.status().as_u16());
    let received = ReceivedRequest::new(head, body.unwrap_or_default(), operation, status);
    lock(&service.log).push(received.clone());
    if let Some(watch) = &service.watch {
        watch(&received);
    }
    // Last of all: when the client goes away, what follows is not carried out any more.
    if !held_back.is_zero() {
        time::sleep(held_back).await;
    }
    response.unwrap_or_else(faults::no_answer)
}

/// The whole body. One that is too large is read to its end nevertheless: a client that is still sending would take
/// an early answer for a broken connection.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    let mut too_large = false;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Invalid::BROKEN_OFF)?.into_data() else { continue };
        too_large |= bytes.len() + data.len() > MAX_BODY;
        if !too_large {
            bytes.extend_from_slice(&data);
        }
    }
    if too_large { Err(Refusal::TooLarge) } else { Ok(bytes.freeze()) }
}
