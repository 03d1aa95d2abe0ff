//! `contacts.verify`

use crate::{
    ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{StatusResponse, VerifyContact},
    },
    request::{Operation, Performed, phone_number},
    transport::Route,
};

pub(super) fn params<N>(number: N) -> Result<VerifyContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    Ok(VerifyContact { number: phone_number("number", number)? })
}

impl Operation for VerifyContact {
    type Output = ();
    type Raw = StatusResponse;

    const ROUTE: Route = routes::CONTACTS_VERIFY;

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_verify(self).await
    }

    fn output(_: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(())
    }
}
