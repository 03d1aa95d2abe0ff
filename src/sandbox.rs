// The modules, from top to bottom. A module imports only from the lines below its own.
//
//   builder                                   the settings of a sandbox, until it starts
//   handle                                    a running sandbox
//   server                                    the thread and the listener
//   handler                                   handles one HTTP request
//   service                                   the state of a sandbox, and the ten operations
//   operation, rules, credentials             the route of a request; the configured rules; the credentials
//   refusal                                   error responses
//   responses                                 JSON responses
//   fault_queue, request_log                  queued faults; received requests
//   fault, received_request, request_limit    one fault; one request; the rate limit
//   broken_body                               a response body that fails
//   fields, list_query                        request bodies and queries, checked against the schema
//   synthetic                                 generated contacts
//   store                                     the contacts, without HTTP
//   contact_view                              the JSON of a contact
//   contact, phone                            a stored contact; phone numbers
//   invalid, settings                         schema violations; the public enums of the builder

//! A stateful fake of the Contacts API that runs inside the test process.
//!
//! ```
//! use sendblue_contacts::sandbox::{Fault, Sandbox};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder().synthetic_contacts(250).start()?;
//! let contacts = sandbox.client()?.contacts();
//! assert_eq!(contacts.count().send().await?, 250);
//!
//! sandbox.fail_next(Fault::status(503).operation("contacts.create"));
//! let error = contacts.create("+14155550100").send().await.unwrap_err();
//! assert!(error.is_server_error());
//! assert_eq!(sandbox.requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! A sandbox listens on 127.0.0.1 and stops when its [`Sandbox`] is dropped. It has its own thread and runtime, so it
//! works in synchronous and asynchronous tests. The sandbox does not use the client's request and response types, so
//! tests find mistakes in these types.
//!
//! # Documented or recorded behavior
//!
//! Sendblue documents the following behavior, or a recorded response of the live service shows it.
//!
//! - `create` returns each property in `snake_case` and in camelCase. It also returns a company name, which the live
//!   service derives from the account.
//! - `list` returns a bare array. Only `list` returns a `contact_id`.
//! - `limit` is 100 by default.
//! - `verify` responds to an unknown number with 200 and `"status": "ERROR"`.
//! - A request without credentials receives a 403. A request with wrong credentials receives a 401.
//! - Bodies may use the deprecated spellings (`firstName`, or `phone_number` for `number`). If both spellings are
//!   present, the preferred spelling wins. `null` counts as absent.
//!
//! A request that violates the documented schema receives a 400. Violations include a wrong type, a missing field, a
//! number that is not in E.164 format, invalid JSON and a wrong `Content-Type`. Unknown properties and parameters are
//! ignored, for example `company_name` on `create`.
//!
//! # Assumptions
//!
//! The live service may behave differently in the following cases. Do not let your tests depend on them.
//!
//! - `order_by` accepts `created_at`, `firstName`, `lastName` and `phone`. Any other value receives a 400.
//! - Texts sort by their bytes, and ties sort by insertion order. `desc` is the reverse of `asc`.
//! - If a list sorts by a name, contacts without that name come last in both directions. If a list sorts by
//!   `created_at`, [`SandboxBuilder::undated`] places the contacts without `created_at`.
//! - A `limit` above 1000 is lowered to 1000. An `offset` above 10000 is lowered to 10000, or receives a 400, as
//!   [`SandboxBuilder::offset_above_cap`] sets.
//! - `created_at_gte` may be a date, or a time without a UTC offset. Both count as UTC. Contacts without `created_at`
//!   do not match.
//! - `create` responds with 200. If the number has a contact, the response is a 409, unless `update_if_exists` is true.
//! - `update` merges `custom_variables` and replaces every other given property. `create` with `update_if_exists` does
//!   the same.
//! - `verify` marks the contact as `verified` at once.
//! - An opt-out belongs to the number. It can exist before the contact, and remains when the contact is deleted.
//! - A contact that the API creates is unverified. It is opted in, unless its number is already opted out.
//! - `bulk.create` responds with 201 and the created contacts. If a number occurs twice, the first item wins. Existing
//!   contacts do not change. [`SandboxBuilder::bulk_existing`] sets how the response treats them.
//! - `bulk.delete` accepts only phone numbers, and returns how many contacts it deleted. An empty list receives a 400.
//! - If one item is invalid, the whole bulk request is refused. [`bulk_limit`](SandboxBuilder::bulk_limit),
//!   [`reject_numbers`](SandboxBuilder::reject_numbers) and [`drop_numbers`](SandboxBuilder::drop_numbers) set more
//!   rules for bulk requests.
//! - A request with a key pair and a bearer token is accepted if either is valid.
//! - A request above the [rate limit](SandboxBuilder::rate_limit) receives a 429 without `Retry-After`.
//!
//! # Order of checks
//!
//! The sandbox checks a request in this order. The first step that produces a response ends the checks:
//!
//! 1. a queued [fault](Sandbox::fail_next)
//! 2. the size limit [`MAX_BODY`] (413)
//! 3. the route (404 or 405)
//! 4. the rate limit (429)
//! 5. the credentials (403 or 401)
//! 6. the operation
//!
//! If the fault [applies the request](Fault::apply_request), the sandbox also runs steps 2 to 6 and discards their
//! response.

mod broken_body;
mod builder;
mod contact;
mod contact_view;
mod credentials;
mod fault;
mod fault_queue;
mod fields;
mod handle;
mod handler;
mod invalid;
mod list_query;
mod operation;
mod phone;
mod received_request;
mod refusal;
mod request_limit;
mod request_log;
mod responses;
mod rules;
mod server;
mod service;
mod settings;
mod store;
mod synthetic;

pub use self::{
    builder::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, SandboxBuilder},
    fault::Fault,
    handle::Sandbox,
    handler::MAX_BODY,
    received_request::ReceivedRequest,
    request_log::{MAX_RECORDED_BODY_BYTES, MAX_RECORDED_REQUESTS},
    settings::{BulkExisting, OffsetAboveCap, Undated},
};
