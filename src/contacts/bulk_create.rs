//! The operation `contacts.bulk.create`.

use super::new_contact::NewContact;
use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, Contact, CreatedContacts},
    },
    request::{GeneratedResult, Operation, Request},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`BulkContacts::create`](crate::BulkContacts::create).
#[derive(Clone, Debug)]
pub struct CreateContacts(types::CreateContacts);

impl CreateContacts {
    pub(super) fn new(contacts: Vec<NewContact>) -> Result<Self, InvalidInput> {
        Ok(Self(types::CreateContacts { contacts: super::check_not_empty("contacts", contacts)? }))
    }
}

/// Options of `contacts.bulk.create`.
impl Request<CreateContacts> {
    /// Sets whether the client retries the call after an ambiguous failure.
    ///
    /// The default is the client's [`retry_ambiguous`](crate::ClientBuilder::retry_ambiguous).
    /// A retry may create contacts twice.
    pub fn retry_ambiguous(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.retry_ambiguous = retry)
    }
}

impl Operation for CreateContacts {
    type Output = Vec<Contact>;
    type Raw = CreatedContacts;

    const ROUTE: Route = routes::CONTACTS_BULK_CREATE;

    fn retry_class(&self) -> RetryClass {
        RetryClass::NonIdempotentWrite
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_bulk_create(&self.0).await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contacts.ok_or("contacts")
    }
}
