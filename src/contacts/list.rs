//! The operation `contacts.list`.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    error::InvalidInput,
    generated::{
        Client, routes,
        types::{Contact, OrderDirection},
    },
    phone::{ParsePhoneNumberError, PhoneNumber},
    request::{GeneratedResult, Operation, Request},
    retry::RetryClass,
    route::Route,
};

/// The largest `limit` of a page: 1000. According to the official clients, the service caps `limit` at this value.
pub const MAX_LIMIT: u32 = 1000;
/// The largest `offset`: 10,000. According to the official clients, the service caps `offset` at this value.
pub const MAX_OFFSET: u32 = 10_000;

/// The parameters of [`Contacts::list`](crate::Contacts::list).
#[derive(Clone, Debug, Default)]
pub struct ListContacts {
    pub(crate) cid: Option<String>,
    pub(crate) created_at_gte: Option<DateTime<Utc>>,
    pub(crate) limit: Option<NonZeroU32>,
    pub(crate) offset: Option<u32>,
    pub(crate) order_by: Option<OrderBy>,
    pub(crate) order_direction: Option<OrderDirection>,
    pub(crate) phone_number: Option<PhoneNumber>,
}

/// A property by which contacts are sorted.
///
/// ```
/// use sendblue_contacts::OrderBy;
///
/// assert_eq!(OrderBy::from("created_at"), OrderBy::CREATED_AT);
/// assert_eq!(OrderBy::from("company").as_str(), "company");
/// ```
///
/// The constants are the properties that the service's guides mention. The client sends any other text unchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderBy(Cow<'static, str>);

impl OrderBy {
    /// The time at which the contact was created; the service's default.
    pub const CREATED_AT: Self = Self(Cow::Borrowed("created_at"));
    /// The first name.
    pub const FIRST_NAME: Self = Self(Cow::Borrowed("firstName"));
    /// The last name.
    pub const LAST_NAME: Self = Self(Cow::Borrowed("lastName"));
    /// The phone number.
    pub const PHONE: Self = Self(Cow::Borrowed("phone"));

    /// Returns the value of the query parameter.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for OrderBy {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for OrderBy {
    fn from(property: &str) -> Self {
        Self(property.to_owned().into())
    }
}

impl From<String> for OrderBy {
    fn from(property: String) -> Self {
        Self(property.into())
    }
}

/// Parameters of `contacts.list`.
impl Request<ListContacts> {
    /// Lists only the contact with this `contact_id`.
    pub fn cid(self, contact_id: impl Into<String>) -> Self {
        self.set(|params| params.cid = Some(contact_id.into()))
    }

    /// Lists only contacts that were created at this time or later.
    ///
    /// An example of the argument is `"2026-05-09T00:00:00Z".parse()?`.
    pub fn created_at_gte(self, time: DateTime<Utc>) -> Self {
        self.set(|params| params.created_at_gte = Some(time))
    }

    /// Sets the maximum number of contacts on the page, 1 to [`MAX_LIMIT`]; the service's default is 100.
    ///
    /// A larger limit is an input error. The service presumably lowers a larger limit without an error. If a program
    /// then advances its offset by the requested limit, it skips contacts.
    pub fn limit(self, limit: u32) -> Self {
        self.try_set(|params| {
            check_at_most("limit", limit, MAX_LIMIT)?;
            let limit = NonZeroU32::new(limit).ok_or_else(|| InvalidInput::new("limit", "zero; pass 1 or more"))?;
            params.limit = Some(limit);
            Ok(())
        })
    }

    /// Sets the number of contacts to skip, 0 to [`MAX_OFFSET`].
    ///
    /// A larger offset is an input error. The service presumably lowers a larger offset without an error, and returns
    /// the same page again.
    pub fn offset(self, offset: u32) -> Self {
        self.try_set(|params| {
            check_at_most("offset", offset, MAX_OFFSET)?;
            params.offset = Some(offset);
            Ok(())
        })
    }

    /// Sets the property to sort by; the service's default is [`OrderBy::CREATED_AT`].
    pub fn order_by(self, property: impl Into<OrderBy>) -> Self {
        self.set(|params| params.order_by = Some(property.into()))
    }

    /// Sets the direction to sort in; the service's default is reported to be [`OrderDirection::Desc`].
    pub fn order_direction(self, direction: OrderDirection) -> Self {
        self.set(|params| params.order_direction = Some(direction))
    }

    /// Lists only the contact with this phone number.
    pub fn phone_number<N>(self, number: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        self.try_set(|params| {
            params.phone_number = Some(super::phone_number("phone_number", number)?);
            Ok(())
        })
    }
}

fn check_at_most(field: &'static str, value: u32, max: u32) -> Result<(), InvalidInput> {
    if value <= max {
        return Ok(());
    }
    let problem = format!("above {max}, the service's cap; use `stream` to list every contact");
    Err(InvalidInput::new(field, problem))
}

impl Operation for ListContacts {
    type Output = Vec<Contact>;
    type Raw = Vec<Contact>;

    const ROUTE: Route = routes::CONTACTS_LIST;

    fn retry_class(&self) -> RetryClass {
        RetryClass::Read
    }

    async fn build_request(&self, client: &Client) -> GeneratedResult<Self::Raw> {
        let Self { cid, created_at_gte, limit, offset, order_by, order_direction, phone_number } = self;
        let order_by = order_by.as_ref().map(|OrderBy(property)| &**property);
        client
            .contacts_list(
                cid.as_deref(),
                created_at_gte.as_ref(),
                *limit,
                *offset,
                order_by,
                *order_direction,
                phone_number.as_ref(),
            )
            .await
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw)
    }
}
