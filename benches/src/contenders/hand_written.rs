//! A hand-written client with reqwest and serde.
//!
//! It has the headers, timeouts, body limit and model of [`Library`](super::Library). It has no retries, no validation
//! and no import reports.

use std::hint::black_box;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT},
};
use sendblue_contacts::Contact;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{CHUNK_SIZE, CONCURRENCY, Consumer, Contender, KEY_ID, PAGE_SIZE, SECRET_KEY};
use crate::{Result, dataset::Row};

#[derive(Clone)]
pub struct HandWritten {
    http: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct ContactResponse {
    contact: Contact,
}

#[derive(Deserialize)]
struct ContactsResponse {
    contacts: Vec<Contact>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error_message: String,
}

#[derive(Serialize)]
struct CreateContact {
    number: String,
    first_name: String,
    last_name: String,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct NewContact {
    phone: String,
    first_name: String,
    last_name: String,
    company_name: String,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct CreateContacts {
    contacts: Vec<NewContact>,
}

impl From<&Row> for NewContact {
    fn from(row: &Row) -> Self {
        Self {
            phone: row.phone.clone(),
            first_name: row.first_name.into(),
            last_name: row.last_name.into(),
            company_name: row.company_name.into(),
            tags: vec![row.tag.into()],
        }
    }
}

/// A response with a status other than 2xx.
#[derive(Debug)]
struct StatusError {
    status: StatusCode,
    body: Bytes,
}

impl std::fmt::Display for StatusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}", self.status)
    }
}

impl std::error::Error for StatusError {}

impl HandWritten {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v2/contacts{path}", self.url))
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T> {
        let mut response = request.send().await?;
        let status = response.status();
        let limit = if status.is_success() { sendblue_contacts::DEFAULT_MAX_BODY } else { 64 * 1024 };
        let length = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        if length > limit {
            return Err("the body is too large".into());
        }
        let mut body = Vec::with_capacity(length);
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err("the body is too large".into());
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(StatusError { status, body: body.into() }.into());
        }
        Ok(serde_json::from_slice(&body)?)
    }

    /// Lists the page that starts with the contacts created at `since`.
    async fn page(&self, since: Option<DateTime<Utc>>) -> Result<Vec<Contact>> {
        let request = self
            .request(Method::GET, "")
            .query(&[("created_at_gte", since)])
            .query(&[("limit", PAGE_SIZE)])
            .query(&[("order_by", "created_at"), ("order_direction", "asc")]);
        self.send(request).await
    }
}

/// Returns the time at which the next page starts, or `None` after the last page.
fn next_page(page: &[Contact]) -> Option<DateTime<Utc>> {
    if page.len() < PAGE_SIZE as usize { None } else { page.last()?.created_at }
}

impl Contender for HandWritten {
    const NAME: &'static str = "hand-written";

    fn new(url: &str) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sb-api-key-id", KEY_ID), ("sb-api-secret-key", SECRET_KEY)] {
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("sendblue-contacts/0.1.0"));
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(sendblue_contacts::DEFAULT_CONNECT_TIMEOUT)
            .timeout(sendblue_contacts::DEFAULT_ATTEMPT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .no_proxy()
            .build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    async fn retrieve(&self, number: &str) -> Result<usize> {
        let ContactResponse { contact } = self.send(self.request(Method::GET, &format!("/{number}"))).await?;
        black_box(contact);
        Ok(1)
    }

    async fn not_found(&self, number: &str) -> Result<usize> {
        let response = self.send::<ContactResponse>(self.request(Method::GET, &format!("/{number}"))).await;
        let Err(error) = response else { return Err("the contact exists".into()) };
        let error = error.downcast::<StatusError>()?;
        let error_body: ErrorBody = serde_json::from_slice(&error.body)?;
        let is_not_found = error.status == StatusCode::NOT_FOUND && !error_body.error_message.is_empty();
        if is_not_found { Ok(0) } else { Err(error) }
    }

    async fn create(&self, row: &Row) -> Result<usize> {
        let body = CreateContact {
            number: row.phone.clone(),
            first_name: row.first_name.into(),
            last_name: row.last_name.into(),
            tags: vec![row.tag.into()],
        };
        let ContactResponse { contact } = self.send(self.request(Method::POST, "").json(&body)).await?;
        black_box(contact);
        Ok(1)
    }

    async fn list(&self, limit: u32) -> Result<usize> {
        let contacts: Vec<Contact> = self.send(self.request(Method::GET, "").query(&[("limit", limit)])).await?;
        Ok(black_box(contacts).len())
    }

    async fn create_all(&self, rows: &[Row]) -> Result<usize> {
        let body = CreateContacts { contacts: rows.iter().map(NewContact::from).collect() };
        let created: ContactsResponse = self.send(self.request(Method::POST, "/bulk").json(&body)).await?;
        Ok(black_box(created.contacts).len())
    }

    async fn walk(&self, consumer: Consumer, prefetch: bool) -> Result<usize> {
        let (mut page, mut count) = (self.page(None).await?, 0);
        loop {
            let next = next_page(&page);
            let ahead = next.filter(|_| prefetch).map(|since| {
                let client = self.clone();
                tokio::spawn(async move { client.page(Some(since)).await })
            });
            // The first contact of a page repeats the last contact of the previous page.
            for contact in page.drain(usize::from(count > 0)..) {
                black_box(contact);
                count += 1;
                consumer.received(count).await;
            }
            page = match (ahead, next) {
                (Some(ahead), _) => ahead.await??,
                (None, Some(since)) => self.page(Some(since)).await?,
                (None, None) => return Ok(count),
            };
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
