//! The operation `contacts.bulk.delete`.

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{self, DeletedContacts},
    },
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation},
    retry::RetryClass,
    route::Route,
};

/// The parameters of [`BulkContacts::delete`](crate::BulkContacts::delete).
#[derive(Clone, Debug)]
pub struct DeleteContacts(types::DeleteContacts);

impl DeleteContacts {
    pub(super) fn new<N>(numbers: impl IntoIterator<Item = N>) -> Result<Self, InvalidInput>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        let number = |(index, number): (usize, N)| {
            let invalid = |error| InvalidInput::new(format!("contact_ids[{index}]"), error);
            number.try_into().map_err(|error| invalid(error.into().to_string()))
        };
        let contact_ids = numbers.into_iter().enumerate().map(number).collect::<Result<_, _>>()?;
        Ok(Self(types::DeleteContacts { contact_ids: super::check_not_empty("contact_ids", contact_ids)? }))
    }
}

impl Operation for DeleteContacts {
    type Output = Option<u64>;
    type Raw = DeletedContacts;

    const ROUTE: Route = routes::CONTACTS_BULK_DELETE;

    fn retry_class(&self) -> RetryClass {
        RetryClass::IdempotentWrite
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_bulk_delete(&self.0).await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw.amount)
    }
}
