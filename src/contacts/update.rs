//! The operation `contacts.update`.

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, Contact, ContactResponse},
    },
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation, Request},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`Contacts::update`](crate::Contacts::update).
#[derive(Clone, Debug)]
pub struct UpdateContact {
    phone_number: PhoneNumber,
    changes: types::UpdateContact,
}

impl UpdateContact {
    pub(super) fn new<N>(phone_number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        // If `openapi.yaml` gains a property, this literal fails to compile. Then add the field and a setter.
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
        Ok(Self { phone_number: super::phone_number("phone_number", phone_number)?, changes })
    }
}

/// Parameters of `contacts.update`. A field that is not set keeps its value.
impl Request<UpdateContact> {
    /// Sets the first name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.first_name = Some(first_name.into()))
    }

    /// Calls [`first_name`](Self::first_name) if the value is `Some`.
    pub fn maybe_first_name(self, first_name: Option<impl Into<String>>) -> Self {
        match first_name {
            Some(first_name) => self.first_name(first_name),
            None => self,
        }
    }

    /// Sets the last name.
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.last_name = Some(last_name.into()))
    }

    /// Calls [`last_name`](Self::last_name) if the value is `Some`.
    pub fn maybe_last_name(self, last_name: Option<impl Into<String>>) -> Self {
        match last_name {
            Some(last_name) => self.last_name(last_name),
            None => self,
        }
    }

    /// Sets the name of the company.
    pub fn company_name(self, company_name: impl Into<String>) -> Self {
        self.set(|params| params.changes.company_name = Some(company_name.into()))
    }

    /// Calls [`company_name`](Self::company_name) if the value is `Some`.
    pub fn maybe_company_name(self, company_name: Option<impl Into<String>>) -> Self {
        match company_name {
            Some(company_name) => self.company_name(company_name),
            None => self,
        }
    }

    /// Sets the email address of the assigned user.
    pub fn assigned_to_email(self, assigned_to_email: impl Into<String>) -> Self {
        self.set(|params| params.changes.assigned_to_email = Some(assigned_to_email.into()))
    }

    /// Calls [`assigned_to_email`](Self::assigned_to_email) if the value is `Some`.
    pub fn maybe_assigned_to_email(self, assigned_to_email: Option<impl Into<String>>) -> Self {
        match assigned_to_email {
            Some(assigned_to_email) => self.assigned_to_email(assigned_to_email),
            None => self,
        }
    }

    /// Sets the Sendblue phone number of the contact.
    pub fn sendblue_number(self, sendblue_number: impl Into<String>) -> Self {
        self.set(|params| params.changes.sendblue_number = Some(sendblue_number.into()))
    }

    /// Calls [`sendblue_number`](Self::sendblue_number) if the value is `Some`.
    pub fn maybe_sendblue_number(self, sendblue_number: Option<impl Into<String>>) -> Self {
        match sendblue_number {
            Some(sendblue_number) => self.sendblue_number(sendblue_number),
            None => self,
        }
    }

    /// Sets the tags, which presumably replace the existing tags.
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tags = tags.into_iter().map(Into::into).collect();
        self.set(|params| params.changes.tags = Some(tags))
    }

    /// Calls [`tags`](Self::tags) if the value is `Some`.
    pub fn maybe_tags(self, tags: Option<impl IntoIterator<Item = impl Into<String>>>) -> Self {
        match tags {
            Some(tags) => self.tags(tags),
            None => self,
        }
    }

    /// Sends an empty list of tags, which presumably removes all tags.
    pub fn clear_tags(self) -> Self {
        self.set(|params| params.changes.tags = Some(Vec::new()))
    }

    /// Sets whether the contact is opted out of messages.
    ///
    /// The operation [`opt_out`](crate::Contacts::opt_out) has the same effect.
    pub fn opt_out(self, opt_out: bool) -> Self {
        self.set(|params| params.changes.opt_out = Some(opt_out))
    }

    /// Calls [`opt_out`](Self::opt_out) if the value is `Some`.
    pub fn maybe_opt_out(self, opt_out: Option<bool>) -> Self {
        match opt_out {
            Some(opt_out) => self.opt_out(opt_out),
            None => self,
        }
    }

    /// Sets custom variables by label.
    ///
    /// The service reportedly merges the variables into the existing variables, so an update cannot remove a variable.
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into())).collect();
        self.set(|params| params.changes.custom_variables = Some(variables))
    }

    /// Calls [`custom_variables`](Self::custom_variables) if the value is `Some`.
    pub fn maybe_custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: Option<impl IntoIterator<Item = (K, V)>>,
    ) -> Self {
        match variables {
            Some(variables) => self.custom_variables(variables),
            None => self,
        }
    }
}

impl Operation for UpdateContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_UPDATE;

    fn retry_class(&self) -> RetryClass {
        RetryClass::IdempotentWrite
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_update(&self.phone_number, &self.changes).await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
