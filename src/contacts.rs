//! The operations on contacts. Each operation has its own file.

use std::fmt;

use crate::{
    account::Account,
    client::Client,
    error::InvalidInput,
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::Request,
};

mod bulk;
mod bulk_create;
mod bulk_delete;
mod contact;
mod count;
mod create;
mod delete;
mod list;
mod new_contact;
mod opt_out;
mod retrieve;
mod update;
mod verify;

pub use bulk::BulkContacts;
pub use bulk_create::CreateContacts;
pub use bulk_delete::DeleteContacts;
pub use count::CountContacts;
pub use create::CreateContact;
pub use delete::DeleteContact;
pub use list::{ListContacts, MAX_LIMIT, MAX_OFFSET, OrderBy};
pub use new_contact::NewContact;
pub use opt_out::OptOutContact;
pub use retrieve::RetrieveContact;
pub use update::UpdateContact;
pub use verify::VerifyContact;

pub use contact::{Contact, OptOut};

pub use crate::generated::types::{OrderDirection, error::ConversionError as ParseOrderDirectionError};

/// The contacts of an account: the ten operations, streams and jobs.
///
/// ```no_run
/// # async fn run(client: sendblue_contacts::Client) -> Result<(), sendblue_contacts::Error> {
/// let contacts = client.contacts();
///
/// let ada = contacts.create("+14155550100").first_name("Ada").tags(["vip"]).send().await?;
/// let ada = contacts.update("+14155550100").company_name("Engines Ltd").send().await?;
/// println!("{:?} of {} contacts", ada.first_name, contacts.count().send().await?);
/// # Ok(())
/// # }
/// ```
///
/// Each operation has a method that takes the required parameters and returns a [`Request`]. The request has setters
/// for the optional parameters, and `send` sends the request.
///
/// A phone number identifies a contact. The number can be a `&str`, a `String` or a [`PhoneNumber`]. If a number is not
/// in E.164 form, `send` returns an input error and sends nothing.
///
/// Cloning is cheap. `Debug` prints nothing about the account.
#[derive(Clone)]
pub struct Contacts {
    client: Client,
}

impl Contacts {
    /// Lists one page of contacts and returns `Vec<Contact>`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::{OrderBy, OrderDirection};
    ///
    /// let newest = contacts
    ///     .list()
    ///     .order_by(OrderBy::CREATED_AT)
    ///     .order_direction(OrderDirection::Desc)
    ///     .limit(10)
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A page has 100 contacts by default, and at most [`MAX_LIMIT`]. The offset is at most [`MAX_OFFSET`]. To list
    /// every contact, use [`stream`](Request::stream) or [`pages`](Request::pages).
    pub fn list(&self) -> Request<ListContacts> {
        Request::new(&self.client, Ok(ListContacts::default()))
    }

    /// Creates a contact and returns the [`Contact`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let ada = contacts.create("+14155550100").first_name("Ada").tags(["vip"]).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If a contact already has the number, the call reportedly fails with a conflict (409). To update that contact
    /// instead, set [`update_if_exists`](Request::update_if_exists). The service also creates contacts for numbers that
    /// no phone has.
    pub fn create<N>(&self, number: N) -> Request<CreateContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, CreateContact::new(number))
    }

    /// Counts the contacts of the account and returns the number as `u64`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let count: u64 = contacts.count().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(&self) -> Request<CountContacts> {
        Request::new(&self.client, Ok(CountContacts {}))
    }

    /// Sends a verification message to a contact and returns `()`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// contacts.verify("+14155550100").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// **A person receives a message for each request that the service accepts.** So the client retries the call only
    /// if nothing was sent. To retry after a 429 too, set [`retry_rate_limited`](Request::retry_rate_limited). If an
    /// error has the [outcome](crate::Error::outcome) `Unknown`, the person may have received the message.
    pub fn verify<N>(&self, number: N) -> Request<VerifyContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, VerifyContact::new(number))
    }

    /// Retrieves a contact by its phone number and returns the [`Contact`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// match contacts.retrieve("+14155550100").send().await {
    ///     Ok(contact) => println!("created at {:?}", contact.created_at),
    ///     Err(error) if error.is_not_found() => println!("no such contact"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn retrieve<N>(&self, phone_number: N) -> Request<RetrieveContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, RetrieveContact::new(phone_number))
    }

    /// Updates a contact and returns the [`Contact`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let ada = contacts
    ///     .update("+14155550100")
    ///     .company_name("Engines Ltd")
    ///     .custom_variables([("Plan", "Gold")])
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A field that is not set keeps its value.
    pub fn update<N>(&self, phone_number: N) -> Request<UpdateContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, UpdateContact::new(phone_number))
    }

    /// Deletes a contact and returns `()`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// contacts.delete("+14155550100").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete<N>(&self, phone_number: N) -> Request<DeleteContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, DeleteContact::new(phone_number))
    }

    /// Opts a contact out of messages, or back in, and returns an [`OptOut`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// contacts.opt_out("+14155550100").send().await?;
    /// contacts.opt_out("+14155550100").opted_out(false).send().await?; // back in
    /// # Ok(())
    /// # }
    /// ```
    pub fn opt_out<N>(&self, number: N) -> Request<OptOutContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, OptOutContact::new(number))
    }

    /// Returns the operations on many contacts in one request.
    #[must_use]
    pub fn bulk(&self) -> BulkContacts {
        BulkContacts::new(self.client.clone())
    }

    /// Returns the account of the client's credentials, or `None` for a bearer token without a label.
    pub(crate) fn account(&self) -> Option<Account> {
        self.client.account()
    }
}

impl Client {
    /// Returns the operations on contacts.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        Contacts { client: self.clone() }
    }
}

/// Parses the phone number that identifies a contact.
fn phone_number<N>(field: &'static str, number: N) -> Result<PhoneNumber, InvalidInput>
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    number.try_into().map_err(|error| InvalidInput::new(field, error.into().to_string()))
}

/// Rejects an empty list.
///
/// The API reference does not define the effect of an empty list. A bulk delete with an empty list might delete every
/// contact.
fn check_not_empty<T>(field: &'static str, items: Vec<T>) -> Result<Vec<T>, InvalidInput> {
    if items.is_empty() { Err(InvalidInput::new(field, "empty; pass at least one")) } else { Ok(items) }
}

impl fmt::Debug for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contacts").field("client", &self.client).finish()
    }
}
