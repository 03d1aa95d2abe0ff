//! Sends the requests of all scenarios, records drift, and removes the contacts that the suite created.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use sendblue_contacts::{
    Client, Contact, Contacts, Credentials, Error, ErrorKind, Operation, PhoneNumber, Request, Response, SlidingWindow,
    http::{HeaderMap, StatusCode},
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Sandbox},
};

use crate::{document::Document, reserved};

/// The maximum number of requests in one run, without the clean-up.
pub const MAX_REQUESTS: usize = 85;

/// Prefixes of headers whose presence is reported as drift.
const REPORTED_HEADERS: [&str; 4] = ["x-request-id", "cf-ray", "retry-after", "x-ratelimit-"];

/// The service that the suite checks.
pub struct Target {
    /// A client without retries, so that a scenario observes every response.
    pub client: Client,
    pub base_url: String,
    /// The contact that `contacts.verify` may send a message to.
    pub verify: Option<PhoneNumber>,
    /// If `true`, the suite sends no further requests except those of the clean-up.
    pub interrupted: Arc<AtomicBool>,
}

impl Target {
    /// Returns a target that stays within the reported rate limit of an account.
    pub fn new(
        credentials: Credentials,
        base_url: String,
        verify: Option<PhoneNumber>,
        interrupted: Arc<AtomicBool>,
    ) -> Result<Self, Error> {
        let client = Client::builder().credentials(credentials).base_url(&base_url).max_retries(0);
        let client = client.rate_limit(SlidingWindow::reported()).build()?;
        Ok(Self { client, base_url, verify, interrupted })
    }

    /// Returns a sandbox as the target. The suite verifies one of its own contacts.
    pub fn sandbox(sandbox: &Sandbox) -> Result<Self, Error> {
        let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY)?;
        Self::new(credentials, sandbox.url().to_owned(), reserved::ADA.parse().ok(), Arc::default())
    }
}

pub struct Probe {
    pub target: Target,
    pub contacts: Contacts,
    document: Document,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: usize,
    drift: BTreeSet<String>,
    /// Numbers for which this run may have created a contact.
    created: BTreeSet<&'static str>,
    /// Numbers that this run may have opted out.
    opted_out: BTreeSet<&'static str>,
}

/// The reason why a scenario ends early.
pub enum Stop {
    /// A response differs from the expectation. The suite continues with the next scenario.
    Differs(String),
    /// The suite ends.
    Abort(String),
}

pub type Result<T, E = Stop> = std::result::Result<T, E>;

/// A response of the service: a success, or an error with a status.
pub type Received<T> = Result<Response<T>, Error>;

impl Probe {
    pub fn new(target: Target) -> Result<Self, String> {
        let contacts = target.client.contacts();
        Ok(Self { target, contacts, document: Document::parse()?, state: Mutex::default() })
    }

    /// Sends a request. If no response arrives, the suite aborts.
    pub async fn send<P: Operation>(&self, operation: &str, request: Request<P>) -> Result<Received<P::Output>> {
        self.count_request()?;
        let received = request.send_raw().await;
        match &received {
            Ok(response) => self.record_drift(operation, response.status(), response.headers(), response.body()),
            Err(error) => match (error.status(), error.headers(), error.body()) {
                (Some(status), Some(headers), Some(body)) => self.record_drift(operation, status, headers, body),
                _ => return Err(Stop::Abort(error_chain(error))),
            },
        }
        Ok(received)
    }

    /// Sends a request that the service must accept.
    pub async fn send_ok<P: Operation>(&self, operation: &str, request: Request<P>) -> Result<Response<P::Output>> {
        let received = self.send(operation, request).await?;
        received.map_err(|error| Stop::Differs(format!("{operation}: {}", describe_error(&error))))
    }

    /// Retrieves the contact with `number`. Returns `None` after a 404.
    pub async fn find(&self, number: &'static str) -> Result<Option<Contact>> {
        match self.send("contacts.retrieve", self.contacts.retrieve(number)).await? {
            Ok(response) => Ok(Some(response.into_value())),
            Err(error) if error.is_not_found() => {
                self.state().created.remove(number);
                Ok(None)
            }
            Err(error) => Err(Stop::Differs(format!("contacts.retrieve: {}", describe_error(&error)))),
        }
    }

    /// Retrieves a contact that must exist.
    pub async fn retrieve(&self, number: &'static str) -> Result<Contact> {
        self.find(number).await?.ok_or_else(|| Stop::Differs("contacts.retrieve: 404 for a contact that exists".into()))
    }

    /// Sends a GET request without credentials, which the library cannot do.
    pub async fn get_without_credentials(&self, operation: &str, path: &str) -> Result<(StatusCode, Vec<u8>)> {
        self.count_request()?;
        let abort = |error: reqwest::Error| Stop::Abort(error_chain(&error.without_url()));
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if self.target.base_url.starts_with("http:") {
            builder = builder.no_proxy();
        }
        let url = format!("{}{path}", self.target.base_url.trim_end_matches('/'));
        let response = builder.build().map_err(abort)?.get(url).send().await.map_err(abort)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(abort)?;
        self.record_drift(operation, status, &headers, &body);
        Ok((status, body.to_vec()))
    }

    /// Marks numbers for the clean-up, before the run creates their contacts.
    pub fn will_create<const N: usize>(&self, numbers: [&'static str; N]) {
        self.state().created.extend(numbers);
    }

    /// Marks a number for the clean-up, before the run opts it out.
    pub fn will_opt_out(&self, number: &'static str) {
        self.state().opted_out.insert(number);
    }

    /// Returns the number of requests so far.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// Lists the drift in all responses so far.
    pub fn drift(&self) -> Vec<String> {
        self.state().drift.iter().cloned().collect()
    }

    /// Opts numbers back in, and deletes the contacts of this run. The error lists the numbers for which this fails.
    pub async fn clean_up(&self) -> Result<(), String> {
        let (created, opted_out) = {
            let state = self.state();
            (state.created.clone(), state.opted_out.clone())
        };
        let mut left = Vec::new();
        for number in created {
            // The opt-out belongs to the number and may remain after the contact is deleted.
            let opted_in = match opted_out.contains(number) {
                true => self.contacts.opt_out(number).opted_out(false).max_retries(3).send().await.map(drop),
                false => Ok(()),
            };
            self.state().requests += 1 + usize::from(opted_out.contains(number));
            let deleted = match self.contacts.delete(number).max_retries(3).send().await {
                Err(error) if error.is_not_found() => Ok(()),
                deleted => deleted,
            };
            if let Err(error) = opted_in.and(deleted) {
                left.push(format!("{number} ({error})"));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(format!(
            "these contacts may still exist: {}.\nFind contacts with the tag {}, and delete them.",
            left.join(", "),
            reserved::TAG
        ))
    }

    /// Counts a request, and aborts the suite after an interrupt or too many requests.
    fn count_request(&self) -> Result<()> {
        if self.target.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Abort("interrupted".into()));
        }
        let mut state = self.state();
        if state.requests >= MAX_REQUESTS {
            return Err(Stop::Abort(format!("the suite reached its limit of {MAX_REQUESTS} requests")));
        }
        state.requests += 1;
        Ok(())
    }

    fn record_drift(&self, operation: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
        let mut drift = self.document.drift(operation, status, body);
        for name in headers.keys().map(|name| name.as_str()) {
            if REPORTED_HEADERS.iter().any(|prefix| name.starts_with(prefix)) {
                drift.push(format!("{operation} {}: has the header {name}", status.as_u16()));
            }
        }
        self.state().drift.extend(drift);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Describes a response by its status, without its content.
pub fn describe<T>(received: &Received<T>) -> String {
    match received {
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) => describe_error(error),
    }
}

fn describe_error(error: &Error) -> String {
    let status = error.status().map_or(0, |status| status.as_u16());
    match error.kind() {
        ErrorKind::Reported => format!("{status} with the status ERROR"),
        ErrorKind::Decode => format!("{status} with an undocumented body"),
        ErrorKind::BodyTruncated | ErrorKind::BodyTooLarge => format!("{status} with a truncated or too large body"),
        _ => status.to_string(),
    }
}

/// Returns the messages of an error and of its causes.
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
