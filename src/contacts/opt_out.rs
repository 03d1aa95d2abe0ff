//! `contacts.opt_out`

use crate::{
    ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{OptOut, OptOutContact},
    },
    request::{Operation, Performed, Request, phone_number},
    retry::Repeat,
    transport::Route,
};

pub(super) fn params<N>(number: N) -> Result<OptOutContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    Ok(OptOutContact { number: phone_number("number", number)?, opted_out: None })
}

/// Parameters of `contacts.opt_out`.
impl Request<OptOutContact> {
    /// Whether the contact is opted out, which is the service's default; `false` opts back in.
    pub fn opted_out(self, opted_out: bool) -> Self {
        self.set(|params| params.opted_out = Some(opted_out))
    }
}

impl Operation for OptOutContact {
    type Output = OptOut;
    type Raw = OptOut;

    const ROUTE: Route = routes::CONTACTS_OPT_OUT;

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_opt_out(self).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw)
    }
}
