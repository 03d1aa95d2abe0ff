//! `contacts.verify`

use crate::{
    ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{StatusResponse, VerifyContact},
    },
    request::{Operation, Performed, Request, phone_number},
    retry::Repeat,
    transport::Route,
};

pub(super) fn params<N>(number: N) -> Result<VerifyContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    Ok(VerifyContact { number: phone_number("number", number)? })
}

/// Options of `contacts.verify`.
impl Request<VerifyContact> {
    /// Sends again after a 429, which is not known to come before the message is sent; in place of the client's
    /// [`retry_rate_limited`](crate::ClientBuilder::retry_rate_limited).
    ///
    /// After any other answer, and after none, it is never sent again.
    pub fn retry_rate_limited(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.rate_limited = retry)
    }
}

impl Operation for VerifyContact {
    type Output = ();
    type Raw = StatusResponse;

    const ROUTE: Route = routes::CONTACTS_VERIFY;

    fn repeat(&self) -> Repeat {
        Repeat::Message
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_verify(self).await
    }

    fn output(_: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(())
    }
}
