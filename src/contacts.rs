//! The operations on contacts: start here.
//!
//! [`Contacts`] has eight of the operations, and [`bulk`](Contacts::bulk) the two that change many contacts at once. Each
//! takes what the operation requires and gives a [`Request`]; what is optional has a setter there, and `send` sends it.

use std::fmt;

use crate::{Client, ParsePhoneNumberError, PhoneNumber, request::Request};

mod bulk;
mod count;
mod create;
mod delete;
pub mod jobs;
mod list;
mod opt_out;
mod patience;
mod retrieve;
mod stream;
mod update;
mod verify;

pub use crate::generated::types::{
    Contact, CreateContact, OptOut, OptOutContact, OrderDirection, VerifyContact, error::ConversionError,
};
pub use bulk::{Bulk, CreateContacts, DeleteContacts, NewContact};
pub use count::CountContacts;
pub use delete::DeleteContact;
#[doc(inline)]
pub use jobs::{
    ChunkReport, Import, Imported, ItemReport, Job, JobKind, Progress, Reason, Remove, Removed, RunningJob, Summary,
};
pub use list::{ListContacts, MAX_LIMIT, MAX_OFFSET, OrderBy};
pub use patience::{MAX_RATE_LIMIT_PAUSES, RATE_LIMIT_PAUSE};
pub use retrieve::RetrieveContact;
pub use stream::{ContactStream, Cursor};
pub use update::UpdateContact;

/// The contacts of an account.
///
/// ```no_run
/// # async fn run(client: sendblue_contacts::Client) -> Result<(), sendblue_contacts::Error> {
/// let contacts = client.contacts();
///
/// let ada = contacts.create("+14155550100").first_name("Ada").tags(["vip"]).update_if_exists(true).send().await?;
/// let ada = contacts.update("+14155550100").company_name("Analytical Engines").send().await?;
/// println!("{:?} of {} contacts", ada.first_name, contacts.count().send().await?);
/// # Ok(())
/// # }
/// ```
///
/// A contact is named by its phone number: any `&str`, `String` or [`PhoneNumber`]. One that is not in E.164 form is an
/// error of `send`, before anything is sent.
///
/// Cheap to clone. `Debug` shows nothing of the account.
#[derive(Clone)]
pub struct Contacts {
    client: Client,
}

impl Contacts {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Lists contacts, a page at a time. Gives `Vec<Contact>`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// use sendblue_contacts::{OrderBy, OrderDirection};
    ///
    /// let newest = contacts.list().order_by(OrderBy::CREATED_AT).order_direction(OrderDirection::Desc).limit(10).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The service gives 100 contacts unless [`limit`](Request::limit) says otherwise, at most 1000, and skips at most
    /// 10000. For all contacts, however many, there are [`stream`](Request::stream) and [`pages`](Request::pages).
    pub fn list(&self) -> Request<ListContacts> {
        Request::new(&self.client, Ok(ListContacts::default()))
    }

    /// Creates a contact. Gives the [`Contact`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let ada = contacts.create("+14155550100").first_name("Ada").last_name("Lovelace").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A number that has a contact already is reported to be a conflict, unless
    /// [`update_if_exists`](Request::update_if_exists) is set. That a number is accepted does not mean that a telephone has
    /// it.
    pub fn create<N>(&self, number: N) -> Request<CreateContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, create::params(number))
    }

    /// Counts the contacts of the account. Gives a `u64`.
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

    /// Sends a verification message to a contact. Gives `()`.
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// contacts.verify("+14155550100").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// **A person receives a message for each request that the service accepts.** So it is sent again only if no connection
    /// could be made, and after a 429 only [if asked for](Request::retry_rate_limited). After an error whose
    /// [`outcome`](crate::Error::outcome) is `Unknown`, they may have one already.
    pub fn verify<N>(&self, number: N) -> Request<VerifyContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, verify::params(number))
    }

    /// Retrieves a contact by its phone number. Gives the [`Contact`].
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
        Request::new(&self.client, retrieve::params(phone_number))
    }

    /// Updates a contact. Gives the [`Contact`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// let ada = contacts
    ///     .update("+14155550100")
    ///     .company_name("Analytical Engines")
    ///     .custom_variables([("Plan", "Gold")])
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What is not set keeps its value.
    pub fn update<N>(&self, phone_number: N) -> Request<UpdateContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, update::params(phone_number))
    }

    /// Deletes a contact. Gives `()`.
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
        Request::new(&self.client, delete::params(phone_number))
    }

    /// Opts a contact out of messages, or back in. Gives an [`OptOut`].
    ///
    /// ```no_run
    /// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), sendblue_contacts::Error> {
    /// contacts.opt_out("+14155550100").send().await?;
    /// contacts.opt_out("+14155550100").opted_out(false).send().await?;   // and back in
    /// # Ok(())
    /// # }
    /// ```
    pub fn opt_out<N>(&self, number: N) -> Request<OptOutContact>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, opt_out::params(number))
    }

    /// The operations on many contacts in one request.
    #[must_use]
    pub fn bulk(&self) -> Bulk {
        Bulk::new(self.client.clone())
    }
}

impl fmt::Debug for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contacts").field("client", &self.client).finish()
    }
}
