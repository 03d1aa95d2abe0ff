//! `contacts.retrieve`

use crate::{
    Contact, ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{Client, routes, types::ContactResponse},
    request::{self, Operation, Performed},
    retry::Repeat,
    transport::Route,
};

/// The parameters of [`Contacts::retrieve`](super::Contacts::retrieve).
#[derive(Clone, Debug)]
pub struct RetrieveContact {
    phone_number: PhoneNumber,
}

pub(super) fn params<N>(phone_number: N) -> Result<RetrieveContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    Ok(RetrieveContact { phone_number: request::phone_number("phone_number", phone_number)? })
}

impl Operation for RetrieveContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_RETRIEVE;

    fn repeat(&self) -> Repeat {
        Repeat::Read
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_retrieve(&self.phone_number).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
