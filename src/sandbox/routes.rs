//! From a request to its answer.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use serde::Serialize;
use serde_json::json;
use tokio::time;

use super::{
    OverOffset,
    contact::{Shape, View},
    faults::{Faults, RateLimit},
    input::{self, Fields, Invalid},
    received::{Log, ReceivedRequest},
    store::Store,
};

/// The largest body that a sandbox takes, in bytes: a larger one is answered with a 413.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

pub(super) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Everything a sandbox knows; shared by its thread and its handle.
pub(super) struct Service {
    pub(super) access: Access,
    pub(super) clock: Clock,
    pub(super) over_offset: OverOffset,
    pub(super) latency: Duration,
    pub(super) store: Mutex<Store>,
    pub(super) faults: Mutex<Faults>,
    pub(super) rate_limit: Option<Mutex<RateLimit>>,
    pub(super) log: Mutex<Log>,
}

/// A lock that outlives a panic of whoever held it: what it guards is never left half-changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whom the sandbox lets in.
pub(super) struct Access {
    pub(super) key_id: String,
    pub(super) secret_key: String,
    pub(super) bearer_token: Option<String>,
}

impl Access {
    /// Either a key pair or a bearer token has to be right; that the other is wrong does not matter.
    fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        let pair = text("sb-api-key-id").zip(text("sb-api-secret-key"));
        let token = text("authorization").and_then(|value| value.strip_prefix(b"Bearer "));
        if pair.is_none() && token.is_none() {
            Err(Refusal::NoCredentials)
        } else if pair == Some((self.key_id.as_bytes(), self.secret_key.as_bytes()))
            || token.is_some() && token == self.bearer_token.as_deref().map(str::as_bytes)
        {
            Ok(())
        } else {
            Err(Refusal::WrongCredentials)
        }
    }
}

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
}

/// Why a request is refused.
#[derive(Clone)]
enum Refusal {
    NoRoute,
    WrongMethod { allow: &'static str },
    TooLarge,
    TooMany,
    NoCredentials,
    WrongCredentials,
    Invalid(Invalid),
    Exists,
    NoContact,
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Refusal {
    /// The bodies differ in shape and casing because those of the real service do.
    fn answer(&self) -> Response {
        let failure = |message: &str| json!({ "status": "ERROR", "message": message });
        let (status, body) = match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, json!({ "error": "Not Found" })),
            Self::WrongMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": "Method Not Allowed" })),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, json!({ "error": "Payload Too Large" })),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, failure("Too many requests")),
            Self::NoCredentials => {
                (StatusCode::FORBIDDEN, json!({ "message": "Did not get inputs for authorization" }))
            }
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, failure("Invalid Credentials")),
            Self::Invalid(invalid) => (StatusCode::BAD_REQUEST, failure(&invalid.to_string())),
            Self::Exists => (StatusCode::CONFLICT, failure("Contact already exists")),
            Self::NoContact => (StatusCode::NOT_FOUND, json!({ "status": "error", "message": "Contact not found" })),
        };
        let mut answer = answer(status, &body);
        if let Self::WrongMethod { allow } = self {
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        answer
    }
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn ok(body: &impl Serialize) -> Response {
    answer(StatusCode::OK, body)
}

#[derive(Serialize)]
struct OneContact<'a> {
    status: &'static str,
    contact: View<'a>,
}

#[derive(Serialize)]
struct ManyContacts<'a> {
    status: &'static str,
    contacts: Vec<View<'a>>,
}

/// Answers one request: faults first, then the rate limit, the credentials, the request itself.
pub(super) async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = read(body).await;
    let found = Operation::find(&head.method, head.uri.path());
    let operation = found.as_ref().ok().map(|(operation, _)| operation.id());
    let fault = lock(&service.faults).take(operation);
    let carried_out = || {
        let body = body.as_ref().map_err(Refusal::clone)?;
        let (operation, segment) = found?;
        service.admit(&head)?;
        service.carry_out(operation, segment, &head, body)
    };
    let response = match fault {
        Some(fault) => {
            if fault.is_applied() {
                let _ = carried_out();
            }
            fault.into_response()
        }
        None => carried_out().unwrap_or_else(|refusal| refusal.answer()),
    };
    let body = body.unwrap_or_default();
    lock(&service.log).push(ReceivedRequest::new(head, body, operation, response.status().as_u16()));
    // Last of all: when the client goes away, what follows is not carried out any more.
    if !service.latency.is_zero() {
        time::sleep(service.latency).await;
    }
    response
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

impl Service {
    fn admit(&self, head: &Parts) -> Result<(), Refusal> {
        match &self.rate_limit {
            Some(limit) if !lock(limit).admit(Instant::now()) => Err(Refusal::TooMany),
            _ => self.access.check(&head.headers),
        }
    }

    fn carry_out(&self, operation: Operation, segment: &str, head: &Parts, body: &[u8]) -> Result<Response, Refusal> {
        let fields = || Fields::of_body(&head.headers, body);
        let phone = || input::path_phone(segment);
        match operation {
            Operation::List => self.list(head),
            Operation::Create => self.create(fields()?),
            Operation::Count => Ok(ok(&json!({ "count": lock(&self.store).len() }))),
            Operation::Verify => self.verify(fields()?),
            Operation::Retrieve => self.retrieve(&phone()?),
            Operation::Update => self.update(&phone()?, fields()?),
            Operation::Delete => self.delete(&phone()?),
            Operation::OptOut => self.opt_out(fields()?),
            Operation::BulkDelete => self.bulk_delete(fields()?),
            Operation::BulkCreate => self.bulk_create(fields()?),
        }
    }

    /// In milliseconds. Never called with a lock held: the clock is the caller's code.
    fn now(&self) -> i64 {
        (self.clock)().timestamp_millis()
    }

    fn list(&self, head: &Parts) -> Result<Response, Refusal> {
        let listing = input::listing(&head.uri, self.over_offset)?;
        let store = lock(&self.store);
        let page: Vec<View<'_>> = store.list(&listing).collect();
        Ok(ok(&page))
    }

    fn create(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let phone = fields.number()?;
        let update_if_exists = fields.flag("update_if_exists")?.unwrap_or_default();
        let details = fields.created_details()?;
        let now = self.now();
        let mut store = lock(&self.store);
        if !store.contains(&phone) {
            store.create(&phone, details, now);
        } else if update_if_exists {
            store.update(&phone, details);
        } else {
            return Err(Refusal::Exists);
        }
        one_contact(&store, &phone, Shape::Created)
    }

    fn verify(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let sent = lock(&self.store).verify(&fields.number()?);
        Ok(ok(&if sent {
            json!({ "status": "OK" })
        } else {
            json!({ "status": "ERROR", "message": "No contact found for this number" })
        }))
    }

    fn retrieve(&self, phone: &str) -> Result<Response, Refusal> {
        one_contact(&lock(&self.store), phone, Shape::Plain)
    }

    fn update(&self, phone: &str, mut fields: Fields) -> Result<Response, Refusal> {
        let details = fields.updated_details()?;
        let opt_out = fields.flag("opt_out")?;
        let mut store = lock(&self.store);
        if !store.update(phone, details) {
            return Err(Refusal::NoContact);
        }
        if let Some(opt_out) = opt_out {
            store.opt_out(phone, opt_out);
        }
        one_contact(&store, phone, Shape::Plain)
    }

    fn delete(&self, phone: &str) -> Result<Response, Refusal> {
        if !lock(&self.store).remove(phone) {
            return Err(Refusal::NoContact);
        }
        Ok(ok(&json!({ "status": "OK" })))
    }

    fn opt_out(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let number = fields.number()?;
        let opted_out = fields.flag("opted_out")?.unwrap_or(true);
        lock(&self.store).opt_out(&number, opted_out);
        Ok(ok(&json!({ "status": "OK", "number": number, "opted_out": opted_out })))
    }

    fn bulk_delete(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let phones = fields.phones("contact_ids")?;
        let mut store = lock(&self.store);
        let amount = phones.iter().filter(|phone| store.remove(phone)).count();
        Ok(ok(&json!({ "status": "OK", "amount": amount })))
    }

    fn bulk_create(&self, mut fields: Fields) -> Result<Response, Refusal> {
        let contacts = fields.new_contacts("contacts")?;
        let now = self.now();
        let mut store = lock(&self.store);
        let mut created = Vec::with_capacity(contacts.len());
        for (phone, details) in contacts {
            if store.create(&phone, details, now) {
                created.push(phone);
            }
        }
        let contacts = created.iter().filter_map(|phone| store.view(phone, Shape::Plain)).collect();
        Ok(answer(StatusCode::CREATED, &ManyContacts { status: "OK", contacts }))
    }
}

fn one_contact(store: &Store, phone: &str, shape: Shape) -> Result<Response, Refusal> {
    let contact = store.view(phone, shape).ok_or(Refusal::NoContact)?;
    Ok(ok(&OneContact { status: "OK", contact }))
}
