//! `contacts.update`

use crate::{
    Contact, ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, ContactResponse},
    },
    request::{self, Operation, Performed, Request},
    retry::Repeat,
    transport::Route,
};

/// The parameters of [`Contacts::update`](super::Contacts::update).
#[derive(Clone, Debug)]
pub struct UpdateContact {
    phone_number: PhoneNumber,
    changes: types::UpdateContact,
}

pub(super) fn params<N>(phone_number: N) -> Result<UpdateContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    // Every field, so that a property which the document gains does not compile before it has a setter.
    let changes = types::UpdateContact {
        first_name: None,
        last_name: None,
        company_name: None,
        assigned_to_email: None,
        sendblue_number: None,
        tags: None,
        opt_out: None,
        custom_variables: None,
    };
    Ok(UpdateContact { phone_number: request::phone_number("phone_number", phone_number)?, changes })
}

/// Parameters of `contacts.update`.
impl Request<UpdateContact> {
    /// The first name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.first_name = Some(first_name.into()))
    }

    /// The last name.
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.last_name = Some(last_name.into()))
    }

    /// The name of the company.
    pub fn company_name(self, company_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.company_name = Some(company_name.into()))
    }

    /// The email address of the user to whom the contact is assigned.
    pub fn assigned_to_email(self, email: impl Into<String>) -> Self {
        self.set(|params| params.changes.assigned_to_email = Some(email.into()))
    }

    /// The Sendblue phone number that the contact is associated with.
    pub fn sendblue_number(self, number: impl Into<String>) -> Self {
        self.set(|params| params.changes.sendblue_number = Some(number.into()))
    }

    /// The tags, presumably in place of the present ones; none is sent as an empty list, which presumably clears them.
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.set(|params| params.changes.tags = Some(tags.into_iter().map(Into::into).collect()))
    }

    /// Whether the contact is opted out of messages, as by [`opt_out`](super::Contacts::opt_out).
    pub fn opt_out(self, opt_out: bool) -> Self {
        self.set(|params| params.changes.opt_out = Some(opt_out))
    }

    /// Further values, by a label that people read. They are merged into the present ones, which cannot be taken away so.
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into()));
        self.set(|params| params.changes.custom_variables = Some(variables.collect()))
    }
}

impl Operation for UpdateContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_UPDATE;

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_update(&self.phone_number, &self.changes).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
