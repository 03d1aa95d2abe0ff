//! The operation `contacts.verify`.

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, StatusResponse},
    },
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation, Request},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`Contacts::verify`](crate::Contacts::verify).
#[derive(Clone, Debug)]
pub struct VerifyContact(types::VerifyContact);

impl VerifyContact {
    pub(super) fn new<N>(number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Ok(Self(types::VerifyContact { number: super::phone_number("number", number)? }))
    }
}

/// Options of `contacts.verify`.
impl Request<VerifyContact> {
    /// Sets whether the client retries the call after a 429.
    ///
    /// The default is the client's [`retry_rate_limited`](crate::ClientBuilder::retry_rate_limited). A retry may send a
    /// second message, because the service may have sent the first message in spite of the 429.
    pub fn retry_rate_limited(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.retry_rate_limited = retry)
    }
}

impl Operation for VerifyContact {
    type Output = ();
    type Raw = StatusResponse;

    const ROUTE: Route = routes::CONTACTS_VERIFY;

    fn retry_class(&self) -> RetryClass {
        RetryClass::Message
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_verify(&self.0).await
    }

    fn output(_: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(())
    }
}
