//! The operation `contacts.opt_out`.

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, OptOut},
    },
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation, Request},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`Contacts::opt_out`](crate::Contacts::opt_out).
#[derive(Clone, Debug)]
pub struct OptOutContact(types::OptOutContact);

impl OptOutContact {
    pub(super) fn new<N>(number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Ok(Self(types::OptOutContact { number: super::phone_number("number", number)?, opted_out: None }))
    }
}

/// Parameters of `contacts.opt_out`.
impl Request<OptOutContact> {
    /// Sets whether the contact is opted out of messages.
    ///
    /// The service's default is `true`. `false` opts the contact back in.
    pub fn opted_out(self, opted_out: bool) -> Self {
        self.set(|params| params.0.opted_out = Some(opted_out))
    }

    /// Calls [`opted_out`](Self::opted_out) if the value is `Some`.
    pub fn maybe_opted_out(self, opted_out: Option<bool>) -> Self {
        match opted_out {
            Some(opted_out) => self.opted_out(opted_out),
            None => self,
        }
    }
}

impl Operation for OptOutContact {
    type Output = OptOut;
    type Raw = OptOut;

    const ROUTE: Route = routes::CONTACTS_OPT_OUT;

    fn retry_class(&self) -> RetryClass {
        RetryClass::IdempotentWrite
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_opt_out(&self.0).await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw)
    }
}
