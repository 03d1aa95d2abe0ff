//! The operation `contacts.create`.

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

/// The parameters of [`Contacts::create`](crate::Contacts::create).
#[derive(Clone, Debug)]
pub struct CreateContact(types::CreateContact);

impl CreateContact {
    pub(super) fn new<N>(number: N) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        // If `openapi.yaml` gains a property, this literal fails to compile. Then add the field and a setter.
        Ok(Self(types::CreateContact {
            number: super::phone_number("number", number)?,
            first_name: None,
            last_name: None,
            assigned_to_email: None,
            sendblue_number: None,
            tags: None,
            custom_variables: None,
            update_if_exists: None,
        }))
    }
}

/// Parameters of `contacts.create`.
impl Request<CreateContact> {
    /// Sets the first name.
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        self.set(|params| params.0.first_name = Some(first_name.into()))
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
        self.set(|params| params.0.last_name = Some(last_name.into()))
    }

    /// Calls [`last_name`](Self::last_name) if the value is `Some`.
    pub fn maybe_last_name(self, last_name: Option<impl Into<String>>) -> Self {
        match last_name {
            Some(last_name) => self.last_name(last_name),
            None => self,
        }
    }

    /// Sets the email address of the assigned user.
    pub fn assigned_to_email(self, assigned_to_email: impl Into<String>) -> Self {
        self.set(|params| params.0.assigned_to_email = Some(assigned_to_email.into()))
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
        self.set(|params| params.0.sendblue_number = Some(sendblue_number.into()))
    }

    /// Calls [`sendblue_number`](Self::sendblue_number) if the value is `Some`.
    pub fn maybe_sendblue_number(self, sendblue_number: Option<impl Into<String>>) -> Self {
        match sendblue_number {
            Some(sendblue_number) => self.sendblue_number(sendblue_number),
            None => self,
        }
    }

    /// Sets the tags.
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tags = tags.into_iter().map(Into::into).collect();
        self.set(|params| params.0.tags = Some(tags))
    }

    /// Calls [`tags`](Self::tags) if the value is `Some`.
    pub fn maybe_tags(self, tags: Option<impl IntoIterator<Item = impl Into<String>>>) -> Self {
        match tags {
            Some(tags) => self.tags(tags),
            None => self,
        }
    }

    /// Sets custom variables by label.
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into())).collect();
        self.set(|params| params.0.custom_variables = Some(variables))
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

    /// Sets whether the call updates a contact that already has the number.
    ///
    /// By default, the call reportedly fails with a conflict (409).
    pub fn update_if_exists(self, update_if_exists: bool) -> Self {
        self.set(|params| params.0.update_if_exists = Some(update_if_exists))
    }

    /// Calls [`update_if_exists`](Self::update_if_exists) if the value is `Some`.
    pub fn maybe_update_if_exists(self, update_if_exists: Option<bool>) -> Self {
        match update_if_exists {
            Some(update_if_exists) => self.update_if_exists(update_if_exists),
            None => self,
        }
    }

    /// Sets whether the client retries the call after an ambiguous failure.
    ///
    /// The default is the client's [`retry_ambiguous`](crate::ClientBuilder::retry_ambiguous).
    /// If the first attempt created the contact, a retry may create it a second time or fail with a conflict.
    pub fn retry_ambiguous(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.retry_ambiguous = retry)
    }
}

impl Operation for CreateContact {
    type Output = Contact;
    type Raw = ContactResponse;

    const ROUTE: Route = routes::CONTACTS_CREATE;

    fn retry_class(&self) -> RetryClass {
        if self.0.update_if_exists == Some(true) { RetryClass::IdempotentWrite } else { RetryClass::NonIdempotentWrite }
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_create(&self.0).await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contact.ok_or("contact")
    }
}
