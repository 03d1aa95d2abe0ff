//! The one way from the scenarios to the service: counts, watches for drift, and knows what is to be cleaned up.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use sendblue_contacts::{
    Client, Contact, Contacts, Error, Operation, PhoneNumber, Request, Response,
    http::{HeaderMap, StatusCode},
};

use super::{document::Document, reserved};

/// The most requests of a run, those of the cleaning up aside.
pub(crate) const MAX_REQUESTS: usize = 80;

/// Headers that nobody has seen, or that say where an answer comes from.
const HEADERS_OF_INTEREST: [&str; 4] = ["x-request-id", "cf-ray", "retry-after", "x-ratelimit-"];

/// Where to, and with what.
pub(crate) struct Target {
    /// Without retries, so that each answer is seen as it is.
    pub(crate) client: Client,
    pub(crate) base_url: String,
    /// Whom `contacts.verify` may send a message.
    pub(crate) verify: Option<PhoneNumber>,
    /// Set from outside: no further request but those of the cleaning up.
    pub(crate) interrupted: Arc<AtomicBool>,
}

pub(crate) struct Probe {
    pub(crate) target: Target,
    pub(crate) contacts: Contacts,
    document: Document,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: usize,
    drift: BTreeSet<String>,
    /// Numbers that may have a contact of this run's.
    made: BTreeSet<&'static str>,
    /// Numbers that may be opted out by this run.
    opted_out: BTreeSet<&'static str>,
}

/// Why a scenario cannot go on.
pub(crate) enum Stop {
    /// What came is not what was expected.
    Differs(String),
    /// Nothing can be seen any more; the suite ends.
    Ended(String),
}

pub(crate) type Result<T> = std::result::Result<T, Stop>;

/// What the service says to a request, be it a refusal.
pub(crate) type Answer<T> = std::result::Result<Response<T>, Error>;

impl Probe {
    pub(crate) fn new(target: Target) -> std::result::Result<Self, String> {
        let contacts = target.client.contacts();
        Ok(Self { target, contacts, document: Document::read()?, state: Mutex::default() })
    }

    /// Sends a request. That no answer comes ends the suite.
    pub(crate) async fn ask<P: Operation>(&self, operation: &str, request: Request<P>) -> Result<Answer<P::Output>> {
        self.may_ask()?;
        let answer = request.send_raw().await;
        match &answer {
            Ok(response) => self.look(operation, response.status(), response.headers(), response.bytes()),
            Err(error) => match (error.status(), error.headers(), error.body()) {
                (Some(status), Some(headers), Some(body)) => self.look(operation, status, headers, body),
                _ => return Err(Stop::Ended(chain(error))),
            },
        }
        Ok(answer)
    }

    /// Sends a request that has to succeed.
    pub(crate) async fn done<P: Operation>(&self, operation: &str, request: Request<P>) -> Result<Response<P::Output>> {
        self.ask(operation, request).await?.map_err(|error| Stop::Differs(format!("{operation}: {}", refusal(&error))))
    }

    /// The contact of a number, as `contacts.retrieve` gives it; none for a 404.
    pub(crate) async fn contact(&self, number: &'static str) -> Result<Option<Contact>> {
        match self.ask("contacts.retrieve", self.contacts.retrieve(number)).await? {
            Ok(response) => Ok(Some(response.into_value())),
            Err(error) if error.is_not_found() => {
                self.state().made.remove(number);
                Ok(None)
            }
            Err(error) => Err(Stop::Differs(format!("contacts.retrieve: {}", refusal(&error)))),
        }
    }

    /// As [`contact`](Self::contact), of a number that has to have one.
    pub(crate) async fn present(&self, number: &'static str) -> Result<Contact> {
        self.contact(number)
            .await?
            .ok_or_else(|| Stop::Differs("contacts.retrieve: 404, of a contact that was created".into()))
    }

    /// The same question without any credentials, which no client of this crate can ask.
    pub(crate) async fn without_keys(&self, operation: &str, path: &str) -> Result<(StatusCode, Vec<u8>)> {
        self.may_ask()?;
        let ended = |error: reqwest::Error| Stop::Ended(chain(&error.without_url()));
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if self.target.base_url.starts_with("http:") {
            builder = builder.no_proxy();
        }
        let url = format!("{}{path}", self.target.base_url.trim_end_matches('/'));
        let response = builder.build().map_err(ended)?.get(url).send().await.map_err(ended)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(ended)?;
        self.look(operation, status, &headers, &body);
        Ok((status, body.to_vec()))
    }

    /// From now on these numbers may have contacts of this run's.
    pub(crate) fn creates<const N: usize>(&self, numbers: [&'static str; N]) {
        self.state().made.extend(numbers);
    }

    /// From now on this number may be opted out by this run.
    pub(crate) fn opts_out(&self, number: &'static str) {
        self.state().opted_out.insert(number);
    }

    pub(crate) fn requests(&self) -> usize {
        self.state().requests
    }

    /// What no document says of the answers so far.
    pub(crate) fn drift(&self) -> Vec<String> {
        self.state().drift.iter().cloned().collect()
    }

    /// Whatever happened, nothing stays behind; but for what the error says.
    pub(crate) async fn clean_up(&self) -> std::result::Result<(), String> {
        let (made, opted_out) = {
            let state = self.state();
            (state.made.clone(), state.opted_out.clone())
        };
        let mut left = Vec::new();
        for number in made {
            // The state belongs to the number, and may outlive the contact.
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
            "contacts may be left behind: {}.\nLook for the tag {}, and remove them by hand.",
            left.join(", "),
            reserved::TAG
        ))
    }

    fn may_ask(&self) -> Result<()> {
        if self.target.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Ended("interrupted".into()));
        }
        let mut state = self.state();
        if state.requests >= MAX_REQUESTS {
            return Err(Stop::Ended(format!("{MAX_REQUESTS} requests were sent, which is enough")));
        }
        state.requests += 1;
        Ok(())
    }

    fn look(&self, operation: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
        let mut drift = self.document.drift(operation, status, body);
        for name in headers.keys().map(|name| name.as_str()) {
            if HEADERS_OF_INTEREST.iter().any(|interest| name.starts_with(interest)) {
                drift.push(format!("{operation} {}: the header {name} is there", status.as_u16()));
            }
        }
        self.state().drift.extend(drift);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer in a few words, with nothing of what it says.
pub(crate) fn words<T>(answer: &Answer<T>) -> String {
    match answer {
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) => refusal(error),
    }
}

fn refusal(error: &Error) -> String {
    let status = error.status().map_or(0, |status| status.as_u16());
    match error {
        _ if error.is_reported() => format!("{status} with the status ERROR"),
        _ if error.is_decode() => format!("{status}, whose body is not as documented"),
        _ if error.is_body() => format!("{status}, whose body broke off or is too large"),
        _ => status.to_string(),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
