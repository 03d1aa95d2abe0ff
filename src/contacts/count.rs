//! `contacts.count`

use crate::{
    generated::{Client, routes, types::ContactCount},
    request::{Operation, Performed},
    retry::Repeat,
    transport::Route,
};

/// The parameters of [`Contacts::count`](super::Contacts::count): none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CountContacts {}

impl Operation for CountContacts {
    type Output = u64;
    type Raw = ContactCount;

    const ROUTE: Route = routes::CONTACTS_COUNT;

    fn repeat(&self) -> Repeat {
        Repeat::Read
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
        client.contacts_count().await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        raw.count.ok_or("count")
    }
}
