//! `contacts.delete`

use crate::{
    ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{Client, routes, types::StatusResponse},
    request::{self, Operation, Performed},
    retry::Repeat,
    transport::Route,
};

/// The parameters of [`Contacts::delete`](super::Contacts::delete).
#[derive(Clone, Debug)]
pub struct DeleteContact {
    phone_number: PhoneNumber,
}

pub(super) fn params<N>(phone_number: N) -> Result<DeleteContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    Ok(DeleteContact { phone_number: request::phone_number("phone_number", phone_number)? })
}

impl Operation for DeleteContact {
    type Output = ();
    type Raw = StatusResponse;

    const ROUTE: Route = routes::CONTACTS_DELETE;

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_delete(&self.phone_number).await
    }

    fn output(_: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(())
    }
}
