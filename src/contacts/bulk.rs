//! `contacts.bulk.create` and `contacts.bulk.delete`

use std::fmt;

use crate::{
    Client, Contact, ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{
        self, routes,
        types::{self, CreatedContacts, DeletedContacts},
    },
    request::{Operation, Performed, Request},
    retry::Repeat,
    transport::Route,
};

pub use crate::generated::types::DeleteContacts;

/// Operations on many contacts in one request.
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
/// use sendblue_contacts::NewContact;
///
/// let bulk = contacts.bulk();
/// let created = bulk
///     .create([
///         NewContact::new("+14155550101").first_name("Grace").company_name("Compilers Ltd"),
///         NewContact::new("+14155550102"),
///     ])
///     .send()
///     .await?;
/// let deleted = bulk.delete(["+14155550101", "+14155550102"]).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// How many contacts one request may carry is not known; neither is what the service answers when it refuses some of
/// them.
#[derive(Clone)]
pub struct Bulk {
    client: Client,
}

impl Bulk {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates contacts. Gives them as `Vec<Contact>`.
    ///
    /// No contact, or one with a bad number, is an input error; the latter says which.
    pub fn create(&self, contacts: impl IntoIterator<Item = NewContact>) -> Request<CreateContacts> {
        let contacts: Result<Vec<_>, _> = contacts
            .into_iter()
            .enumerate()
            .map(|(index, contact)| {
                contact.0.map_err(|error| InvalidInput::new(format!("contacts[{index}].phone"), error.to_string()))
            })
            .collect();
        let params = contacts.and_then(|contacts| {
            let contacts = not_empty("contacts", contacts)?;
            Ok(CreateContacts(types::CreateContacts { contacts }))
        });
        Request::new(&self.client, params)
    }

    /// Deletes contacts. Gives how many there were, as `Option<u64>`, since the service may leave it out.
    ///
    /// When it had to be sent again, that is what the last attempt found: fewer than there were, if an earlier one was
    /// carried out after all ([`Response::attempts`](crate::Response::attempts) tells).
    ///
    /// No number, or a bad one, is an input error; the latter says which.
    pub fn delete<N>(&self, numbers: impl IntoIterator<Item = N>) -> Request<DeleteContacts>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        let numbers: Result<Vec<_>, _> = numbers
            .into_iter()
            .enumerate()
            .map(|(index, number)| {
                let invalid = |error| InvalidInput::new(format!("contact_ids[{index}]"), error);
                number.try_into().map_err(|error| invalid(error.into().to_string()))
            })
            .collect();
        let params = numbers.and_then(|numbers| Ok(DeleteContacts { contact_ids: not_empty("contact_ids", numbers)? }));
        Request::new(&self.client, params)
    }
}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("client", &self.client).finish()
    }
}

/// What an empty list means to the service is not documented; of a DELETE, one may well fear "all of them".
fn not_empty<T>(field: &'static str, items: Vec<T>) -> Result<Vec<T>, InvalidInput> {
    if items.is_empty() { Err(InvalidInput::new(field, "is empty; give at least one")) } else { Ok(items) }
}

/// One of the contacts for [`Bulk::create`].
///
/// ```
/// use sendblue_contacts::NewContact;
///
/// let grace = NewContact::new("+14155550101").first_name("Grace").tags(["newsletter"]);
/// ```
///
/// A bad number is kept as such, and is an error of the request that is to send it. `assigned_to_email`,
/// `sendblue_number` and `update_if_exists` cannot be given in bulk.
#[derive(Clone, Debug, PartialEq)]
pub struct NewContact(Result<types::NewContact, ParsePhoneNumberError>);

impl NewContact {
    /// A contact with that number.
    #[must_use]
    pub fn new<N>(phone: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        // Every field, so that a property which the document gains does not compile before it has a setter.
        Self(phone.try_into().map_err(Into::into).map(|phone| types::NewContact {
            phone,
            first_name: None,
            last_name: None,
            company_name: None,
            tags: None,
            custom_variables: None,
        }))
    }

    /// What is sent of it.
    pub(super) fn params(&self) -> Result<&types::NewContact, ParsePhoneNumberError> {
        self.0.as_ref().map_err(|error| *error)
    }

    fn set(mut self, set: impl FnOnce(&mut types::NewContact)) -> Self {
        if let Ok(contact) = &mut self.0 {
            set(contact);
        }
        self
    }

    /// The first name.
    #[must_use]
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        self.set(|contact| contact.first_name = Some(first_name.into()))
    }

    /// The last name.
    #[must_use]
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        self.set(|contact| contact.last_name = Some(last_name.into()))
    }

    /// The name of the company.
    #[must_use]
    pub fn company_name(self, company_name: impl Into<String>) -> Self {
        self.set(|contact| contact.company_name = Some(company_name.into()))
    }

    /// The tags.
    #[must_use]
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.set(|contact| contact.tags = Some(tags.into_iter().map(Into::into).collect()))
    }

    /// Further values, by a label that people read.
    #[must_use]
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into()));
        self.set(|contact| contact.custom_variables = Some(variables.collect()))
    }
}

/// The parameters of [`Bulk::create`].
#[derive(Clone, Debug)]
pub struct CreateContacts(types::CreateContacts);

/// Options of `contacts.bulk.create`.
impl Request<CreateContacts> {
    /// Sends again after a failure that proves nothing, at the risk that contacts are created twice; in place of the
    /// client's [`retry_ambiguous`](crate::ClientBuilder::retry_ambiguous).
    pub fn retry_ambiguous(self, retry: bool) -> Self {
        self.set_retry(|policy| policy.ambiguous = retry)
    }
}

impl Operation for CreateContacts {
    type Output = Vec<Contact>;
    type Raw = CreatedContacts;

    const ROUTE: Route = routes::CONTACTS_BULK_CREATE;

    fn repeat(&self) -> Repeat {
        Repeat::Unsafe
    }

    async fn perform(&self, client: &generated::Client) -> Performed<Self::Raw> {
        client.contacts_bulk_create(&self.0).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.contacts.ok_or("contacts")
    }
}

impl Operation for DeleteContacts {
    type Output = Option<u64>;
    type Raw = DeletedContacts;

    const ROUTE: Route = routes::CONTACTS_BULK_DELETE;

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn perform(&self, client: &generated::Client) -> Performed<Self::Raw> {
        client.contacts_bulk_delete(self).await
    }

    fn status(raw: &Self::Raw) -> Option<&str> {
        raw.status.as_deref()
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw.amount)
    }
}
