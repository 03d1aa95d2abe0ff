//! `contacts.create`

use crate::{
    Contact, ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{ContactResponse, CreateContact},
    },
    request::{Operation, Performed, Request, phone_number},
    retry::Repeat,
    transport::Route,
};

pub(super) fn params<N>(number: N) -> Result<CreateContact, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    // Every field, so that a property which the document gains does not compile before it has a setter.
    Ok(CreateContact {
        number: phone_number("number", number)?,
        first_name: None,
        last_name: None,
        assigned_to_email: None,
        sendblue_number: None,
        tags: None,
        custom_variables: None,
        update_if_exists: None,
    })
}

/// Parameters of `contacts.create`.
impl Request<CreateContact> {
    /// The first name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        self.set(|params| params.first_name = Some(first_name.into()))
    }

    /// The last name.
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        self.set(|params| params.last_name = Some(last_name.into()))
    }

    /// The email address of the user to whom the contact is assigned.
    pub fn assigned_to_email(self, email: impl Into<String>) -> Self {
        self.set(|params| params.assigned_to_email = Some(email.into()))
    }

    /// The Sendblue phone number that the contact is associated with.
    pub fn sendblue_number(self, number: impl Into<String>) -> Self {
        self.set(|params| params.sendblue_number = Some(number.into()))
    }

    /// The tags.
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.set(|params| params.tags = Some(tags.into_iter().map(Into::into).collect()))
    }

    /// Further values, by a label that people read.
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into()));
        self.set(|params| params.custom_variables = Some(variables.collect()))
    }

    /// Updates the contact if the number has one already, instead of a conflict.
    pub fn update_if_exists(self, update: bool) -> Self {
        self.set(|params| params.update_if_exists = Some(update))
    }

    /// Sends again after a failure that proves nothing, at the risk that the contact is created twice or found in conflict
    /// with itself; in place of the client's [`retry_ambiguous`](crate::ClientBuilder::retry_ambiguous).
    pub fn retry_ambiguous(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.ambiguous = retry)
    }
}

impl Operation for CreateContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_CREATE;

    fn repeat(&self) -> Repeat {
        if self.update_if_exists == Some(true) { Repeat::Safe } else { Repeat::Unsafe }
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_create(self).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
