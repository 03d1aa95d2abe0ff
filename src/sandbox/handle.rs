//! A running sandbox.

use std::{fmt, io, sync::Arc};

use serde_json::Value;

use super::{
    contact_view::Shape,
    fault::Fault,
    received_request::ReceivedRequest,
    server::Server,
    service::{Service, lock},
};
use crate::{Client, Credentials, Error};

/// A running fake of the Contacts API. It stops when it is dropped.
///
/// ```
/// use sendblue_contacts::sandbox::Sandbox;
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::start()?;
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
///
/// `Debug` prints the address and the number of contacts, but neither credentials nor contacts.
pub struct Sandbox {
    pub(super) url: String,
    pub(super) service: Arc<Service>,
    pub(super) server: Server,
}

impl Sandbox {
    /// Returns the base URL for a client, for example `http://127.0.0.1:4010`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns a client for this sandbox, with the sandbox's key pair and the default settings.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Credentials::key_pair`] for the sandbox's key pair, and the errors of
    /// [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn client(&self) -> Result<Client, Error> {
        let credentials = &self.service.credentials;
        Client::builder()
            .credentials(Credentials::key_pair(&credentials.key_id, &credentials.secret_key)?)
            .base_url(&self.url)
            .build()
    }

    /// Returns the received requests, oldest first.
    ///
    /// The sandbox records a request before it sends the response, even if the response is delayed or cannot be
    /// delivered. It keeps at most [`MAX_RECORDED_REQUESTS`](super::MAX_RECORDED_REQUESTS) requests, and at most
    /// [`MAX_RECORDED_BODY_BYTES`](super::MAX_RECORDED_BODY_BYTES) bytes of bodies in total.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.service.log).requests()
    }

    /// Deletes the recorded requests.
    pub fn clear_requests(&self) {
        lock(&self.service.log).clear();
    }

    /// Queues a fault, which replaces the response to the next matching request.
    ///
    /// If several faults match a request, the request receives the oldest fault.
    pub fn fail_next(&self, fault: Fault) {
        lock(&self.service.faults).push(fault);
    }

    /// Returns the contact with this number as JSON, with property names in `snake_case`.
    pub fn contact(&self, phone: &str) -> Option<Value> {
        serde_json::to_value(lock(&self.service.store).view(phone, Shape::Plain)?).ok()
    }

    /// Adds a contact to the running sandbox, like [`SandboxBuilder::contacts`](super::SandboxBuilder::contacts).
    ///
    /// ```
    /// use sendblue_contacts::sandbox::Sandbox;
    /// use serde_json::json;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::start()?;
    /// let ada = json!({ "phone": "+14155550100", "created_at": "2026-05-09T00:00:00Z" });
    /// sandbox.insert(ada)?;
    /// assert!(sandbox.remove("+14155550100"));
    /// assert!(sandbox.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The sandbox does not record the change as a request.
    ///
    /// # Errors
    ///
    /// Returns [`io::ErrorKind::InvalidInput`] if the contact is invalid or its number already has a contact. The
    /// message names the invalid property. After an error, the sandbox is unchanged.
    pub fn insert(&self, contact: Value) -> io::Result<()> {
        self.service.insert(contact, "the contact")
    }

    /// Deletes a contact, and returns whether the number had a contact.
    ///
    /// The sandbox does not record the change as a request.
    pub fn remove(&self, phone: &str) -> bool {
        lock(&self.service.store).remove(phone)
    }

    /// Returns the number of contacts.
    pub fn len(&self) -> usize {
        lock(&self.service.store).len()
    }

    /// Returns whether the sandbox has no contacts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the phone number of each simulated verification message, oldest first.
    ///
    /// A number with several messages occurs once for each message.
    pub fn verifications(&self) -> Vec<String> {
        lock(&self.service.store).verifications().map(String::from).collect()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("server", &self.server).field("contacts", &self.len()).finish_non_exhaustive()
    }
}
