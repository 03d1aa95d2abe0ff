//! The library, used as its README shows.

use std::hint::black_box;

use sendblue_contacts::{Client, Contacts, Credentials, NewContact};

use super::{Consumer, Contender, KEY_ID, PAGE_SIZE, SECRET_KEY};
use crate::{Result, dataset::Row};

#[derive(Clone)]
pub struct Library(Contacts);

fn new_contact(row: &Row) -> NewContact {
    NewContact::new(&*row.phone)
        .expect("the dataset has valid numbers")
        .first_name(row.first_name)
        .last_name(row.last_name)
        .company_name(row.company_name)
        .tags([row.tag])
}

impl Contender for Library {
    const NAME: &'static str = "sendblue-contacts";

    fn new(url: &str) -> Result<Self> {
        let credentials = Credentials::key_pair(KEY_ID, SECRET_KEY)?;
        Ok(Self(Client::builder().credentials(credentials).base_url(url).retry_ambiguous(true).build()?.contacts()))
    }

    async fn retrieve(&self, number: &str) -> Result<usize> {
        black_box(self.0.retrieve(number).send().await?);
        Ok(1)
    }

    async fn not_found(&self, number: &str) -> Result<usize> {
        match self.0.retrieve(number).send().await {
            Err(error) if error.is_not_found() && error.message().is_some() => Ok(0),
            _ => Err("the contact exists".into()),
        }
    }

    async fn create(&self, row: &Row) -> Result<usize> {
        let request = self.0.create(&*row.phone).first_name(row.first_name).last_name(row.last_name).tags([row.tag]);
        black_box(request.send().await?);
        Ok(1)
    }

    async fn list(&self, limit: u32) -> Result<usize> {
        Ok(black_box(self.0.list().limit(limit).send().await?).len())
    }

    async fn create_all(&self, rows: &[Row]) -> Result<usize> {
        Ok(black_box(self.0.bulk().create(rows.iter().map(new_contact)).send().await?).len())
    }

    /// Sends two requests more than the other contenders. With them, the stream looks for new contacts at the end, and
    /// for contacts without a `created_at`.
    async fn walk(&self, consumer: Consumer, prefetch: bool) -> Result<usize> {
        let mut contacts = self.0.list().limit(PAGE_SIZE).stream().prefetch(prefetch);
        let mut count = 0;
        while let Some(contact) = contacts.next().await {
            black_box(contact?);
            count += 1;
            consumer.received(count).await;
        }
        Ok(count)
    }

    async fn import(&self, rows: impl Iterator<Item = Row> + Send + 'static) -> Result<usize> {
        let summary = self.0.import(rows.map(|row| new_contact(&row))).run().await?;
        Ok(usize::try_from(summary.created())?)
    }
}
