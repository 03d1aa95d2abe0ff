//! The operation `contacts.delete`.

use crate::{
    error::InvalidInput,
    generated::{Client, routes, types::StatusResponse},
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`Contacts::delete`](crate::Contacts::delete).
#[derive(Clone, Debug)]
pub struct DeleteContact {
    phone_number: PhoneNumber,
}

impl DeleteContact {
    pub(super) fn new<N>(phone_number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Ok(Self { phone_number: super::phone_number("phone_number", phone_number)? })
    }
}

impl Operation for DeleteContact {
    type Output = ();
    type Raw = StatusResponse;

    const ROUTE: Route = routes::CONTACTS_DELETE;

    fn retry_class(&self) -> RetryClass {
        RetryClass::IdempotentWrite
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_delete(&self.phone_number).await
    }

    fn output(_: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(())
    }
}
