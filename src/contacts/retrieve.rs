//! The operation `contacts.retrieve`.

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{Contact, ContactResponse},
    },
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

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
