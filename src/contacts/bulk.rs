//! The operations on many contacts in one request.

use std::fmt;

use super::{bulk_create::CreateContacts, bulk_delete::DeleteContacts, new_contact::NewContact};
use crate::{
    client::Client,
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::Request,
};

/// The operations on many contacts in one request; returned by [`Contacts::bulk`](crate::Contacts::bulk).
///
/// ```no_run
/// # async fn run(contacts: sendblue_contacts::Contacts) -> Result<(), Box<dyn std::error::Error>> {
/// use sendblue_contacts::NewContact;
///
/// let bulk = contacts.bulk();
/// let grace = NewContact::new("+14155550101")?.first_name("Grace").company_name("Compilers Ltd");
/// let created = bulk.create([grace, NewContact::new("+14155550102")?]).send().await?;
/// let deleted = bulk.delete(["+14155550101", "+14155550102"]).send().await?;
/// # Ok(())
/// # }
/// ```
///
/// The maximum number of contacts in one request is unknown. It is also unknown how the service responds if it rejects
/// some of the contacts. A [job](crate::jobs) handles both cases.
#[derive(Clone)]
pub struct BulkContacts {
    client: Client,
}

impl BulkContacts {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates contacts and returns them as `Vec<Contact>`.
    ///
    /// An empty list is an input error.
    pub fn create(&self, contacts: impl IntoIterator<Item = NewContact>) -> Request<CreateContacts> {
        Request::new(&self.client, CreateContacts::new(contacts.into_iter().collect()))
    }

    /// Deletes contacts and returns the number of deleted contacts as `Option<u64>`.
    ///
    /// If the service omits the number, the output is `None`. If the client [retried](crate::Response::attempts) the
    /// call, the number counts only the last attempt. If an earlier attempt deleted contacts, the number is too low.
    ///
    /// An empty list is an input error. An invalid phone number is also an input error, and the error names the index
    /// of the number.
    pub fn delete<N>(&self, numbers: impl IntoIterator<Item = N>) -> Request<DeleteContacts>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        Request::new(&self.client, DeleteContacts::new(numbers))
    }
}

impl fmt::Debug for BulkContacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkContacts").field("client", &self.client).finish()
    }
}
