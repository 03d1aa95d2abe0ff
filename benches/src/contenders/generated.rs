//! The client that progenitor generates from `openapi.yaml`, without the library's timeouts, body limit and checks.

use std::{hint::black_box, num::NonZeroU32, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use sendblue_contacts::PhoneNumber;

use super::{CHUNK_SIZE, CONCURRENCY, Consumer, Contender, KEY_ID, PAGE_SIZE, SECRET_KEY, unsupported};
use crate::{
    Result,
    captured_request::CapturedRequest,
    dataset::Row,
    generated::{
        Client, Error,
        types::{Contact, CreateContact, CreateContacts, NewContact, OrderDirection},
    },
};

#[derive(Clone)]
pub struct Generated(Arc<Client>);

impl Generated {
    async fn page(&self, since: Option<DateTime<Utc>>) -> Result<Vec<Contact>> {
        let limit = NonZeroU32::new(PAGE_SIZE);
        let direction = Some(OrderDirection::Asc);
        let page = self.0.contacts_list(None, since.as_ref(), limit, None, Some("created_at"), direction, None);
        Ok(page.await.map_err(to_text)?.into_inner())
    }
}

/// Converts the generated error to text, because the error is not `Sync`.
fn to_text(error: Error) -> String {
    error.to_string()
}

fn new_contact(row: &Row) -> Result<NewContact> {
    Ok(NewContact {
        phone: PhoneNumber::try_from(&*row.phone)?,
        first_name: Some(row.first_name.into()),
        last_name: Some(row.last_name.into()),
        company_name: Some(row.company_name.into()),
        tags: Some(vec![row.tag.into()]),
        custom_variables: None,
    })
}

impl Contender for Generated {
    const NAME: &'static str = "generated";

    fn new(url: &str) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sb-api-key-id", KEY_ID), ("sb-api-secret-key", SECRET_KEY)] {
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static("sendblue-contacts/0.1.0"));
        let http = reqwest::Client::builder().default_headers(headers).http1_only().no_proxy().build()?;
        Ok(Self(Arc::new(Client::new_with_client(url, http, CapturedRequest))))
    }

    async fn retrieve(&self, number: &str) -> Result<usize> {
        let response = self.0.contacts_retrieve(&PhoneNumber::try_from(number)?).await.map_err(to_text)?;
        black_box(response.into_inner().contact.ok_or("no contact")?);
        Ok(1)
    }

    async fn not_found(&self, number: &str) -> Result<usize> {
        match self.0.contacts_retrieve(&PhoneNumber::try_from(number)?).await {
            Err(Error::UnexpectedResponse(response)) if response.status() == reqwest::StatusCode::NOT_FOUND => {
                black_box(response.bytes().await?);
                Ok(0)
            }
            _ => Err("the contact exists".into()),
        }
    }

    async fn create(&self, row: &Row) -> Result<usize> {
        let body = CreateContact {
            number: PhoneNumber::try_from(&*row.phone)?,
            first_name: Some(row.first_name.into()),
            last_name: Some(row.last_name.into()),
            tags: Some(vec![row.tag.into()]),
            assigned_to_email: None,
            custom_variables: None,
            sendblue_number: None,
            update_if_exists: None,
        };
        let response = self.0.contacts_create(&body).await.map_err(to_text)?;
        black_box(response.into_inner().contact.ok_or("no contact")?);
        Ok(1)
    }

    async fn list(&self, limit: u32) -> Result<usize> {
        let limit = NonZeroU32::new(limit);
        let page = self.0.contacts_list(None, None, limit, None, None, None, None).await.map_err(to_text)?;
        Ok(black_box(page.into_inner()).len())
    }

    async fn create_all(&self, rows: &[Row]) -> Result<usize> {
        let body = CreateContacts { contacts: rows.iter().map(new_contact).collect::<Result<_>>()? };
        let created = self.0.contacts_bulk_create(&body).await.map_err(to_text)?.into_inner();
        Ok(black_box(created.contacts).unwrap_or_default().len())
    }

    async fn walk(&self, consumer: Consumer, prefetch: bool) -> Result<usize> {
        if prefetch {
            return unsupported(Self::NAME);
        }
        let (mut since, mut count) = (None, 0);
        loop {
            let mut page = self.page(since).await?;
            let is_last = page.len() < PAGE_SIZE as usize;
            since = page.last().and_then(|contact| contact.created_at);
            for contact in page.drain(usize::from(count > 0)..) {
                black_box(contact);
                count += 1;
                consumer.received(count).await;
            }
            if is_last {
                return Ok(count);
            }
        }
    }

    async fn import(&self, rows: impl Iterator<Item = Row> + Send + 'static) -> Result<usize> {
        stream::iter(rows)
            .chunks(CHUNK_SIZE)
            .map(|rows| async move { self.create_all(&rows).await })
            .buffer_unordered(CONCURRENCY)
            .try_fold(0, |sum, created| async move { Ok(sum + created) })
            .await
    }
}
