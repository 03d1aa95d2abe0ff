//! The operation `contacts.count`.

use crate::{
    generated::{Client, routes, types::ContactCount},
    request::{GeneratedResult, Operation},
    retry::RetryClass,
    route::Route,
};

/// The (empty) parameters of [`Contacts::count`](crate::Contacts::count).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CountContacts {}

impl Operation for CountContacts {
    type Output = u64;
    type Raw = ContactCount;

    const ROUTE: Route = routes::CONTACTS_COUNT;

    fn retry_class(&self) -> RetryClass {
        RetryClass::Read
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        client.contacts_count().await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.count.ok_or("count")
    }
}
