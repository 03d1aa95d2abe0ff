//! The operation `contacts.retrieve`.

use std::collections::BTreeSet;

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{Contact, ContactResponse},
    },
    lenient,
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`Contacts::retrieve`](crate::Contacts::retrieve).
#[derive(Clone, Debug)]
pub struct RetrieveContact {
    phone_number: PhoneNumber,
}

impl RetrieveContact {
    pub(super) fn new<N>(phone_number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Ok(Self { phone_number: super::phone_number("phone_number", phone_number)? })
    }
}

impl Operation for RetrieveContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_RETRIEVE;

    fn retry_class(&self) -> RetryClass {
        RetryClass::Read
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_retrieve(&self.phone_number).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn unreadable(raw: &Self::Raw) -> BTreeSet<&'static str> {
        lenient::unreadable(raw)
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
