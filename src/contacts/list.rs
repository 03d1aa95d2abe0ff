//! `contacts.list`

use std::{borrow::Cow, num::NonZeroU32};

use chrono::{DateTime, Utc};

use crate::{
    Contact, OrderDirection, ParsePhoneNumberError, PhoneNumber,
    error::InvalidInput,
    generated::{Client, routes},
    request::{Operation, Performed, Request, phone_number},
    retry::Repeat,
    transport::Route,
};

/// The largest limit of a page, at which the service caps it (reported by the official clients).
pub const MAX_LIMIT: u32 = 1000;
/// The largest offset, at which the service caps it (reported by the official clients).
pub const MAX_OFFSET: u32 = 10_000;

/// The parameters of [`Contacts::list`](super::Contacts::list).
#[derive(Clone, Debug, Default)]
pub struct ListContacts {
    cid: Option<String>,
    created_at_gte: Option<DateTime<Utc>>,
    limit: Option<NonZeroU32>,
    offset: Option<u32>,
    order_by: Option<OrderBy>,
    order_direction: Option<OrderDirection>,
    phone_number: Option<PhoneNumber>,
}

/// A property of contacts to sort by.
///
/// ```
/// use sendblue_contacts::OrderBy;
///
/// assert_eq!(OrderBy::from("created_at"), OrderBy::CREATED_AT);
/// let other = OrderBy::from("company");
/// ```
///
/// The service's set is open: besides those that are reported by its guides, here as constants, any text can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy(Cow<'static, str>);

impl OrderBy {
    /// When the contact was created; the default.
    pub const CREATED_AT: Self = Self(Cow::Borrowed("created_at"));
    /// The first name.
    pub const FIRST_NAME: Self = Self(Cow::Borrowed("firstName"));
    /// The last name.
    pub const LAST_NAME: Self = Self(Cow::Borrowed("lastName"));
    /// The phone number.
    pub const PHONE: Self = Self(Cow::Borrowed("phone"));
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

/// For a walk through all pages.
impl ListContacts {
    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        self.created_at_gte
    }

    pub(super) fn limit(&self) -> Option<u32> {
        self.limit.map(NonZeroU32::get)
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.cid.is_some() || self.created_at_gte.is_some() || self.phone_number.is_some()
    }

    /// What is listed, whatever the pages; an empty text is no filter.
    pub(super) fn filters(&self) -> [String; 3] {
        let since = self.created_at_gte.map(|time| time.to_rfc3339());
        let number = self.phone_number.clone().map(String::from);
        [self.cid.clone(), since, number].map(Option::unwrap_or_default)
    }

    /// Whether a walk can take the parameters as they are.
    pub(super) fn check_walk(&self) -> Result<(), InvalidInput> {
        let is_other_order = self.order_by.as_ref().is_some_and(|property| *property != OrderBy::CREATED_AT);
        if is_other_order || self.order_direction == Some(OrderDirection::Desc) {
            let field = if is_other_order { "order_by" } else { "order_direction" };
            return Err(InvalidInput::new(
                field,
                "is not that of a stream, by `created_at` ascending; leave it out and sort",
            ));
        }
        if self.offset.is_some() {
            return Err(InvalidInput::new("offset", "is the stream's own; leave it out, and use `resume` to go on"));
        }
        if self.limit() == Some(1) {
            return Err(InvalidInput::new(
                "limit",
                "is 1; pages of a stream overlap by a contact, so ask for 2 or more",
            ));
        }
        Ok(())
    }

    /// The parameters of one page.
    pub(super) fn page(
        &self,
        created_at_gte: Option<DateTime<Utc>>,
        offset: u32,
        limit: u32,
        direction: OrderDirection,
    ) -> Self {
        Self {
            created_at_gte,
            offset: (offset > 0).then_some(offset),
            limit: NonZeroU32::new(limit),
            order_by: Some(OrderBy::CREATED_AT),
            order_direction: Some(direction),
            ..self.clone()
        }
    }
}

/// Parameters of `contacts.list`.
impl Request<ListContacts> {
    /// Only the contact with this `contact_id`.
    pub fn cid(self, contact_id: impl Into<String>) -> Self {
        self.set(|params| params.cid = Some(contact_id.into()))
    }

    /// Only contacts created at this time or later, as in `"2026-05-09T00:00:00Z".parse()?`.
    pub fn created_at_gte(self, time: DateTime<Utc>) -> Self {
        self.set(|params| params.created_at_gte = Some(time))
    }

    /// How many contacts to give, 1 to [`MAX_LIMIT`]; the service's default is 100.
    ///
    /// A larger one is an input error: the service probably lowers it in silence, and whoever adds it to the offset to get
    /// the next page would skip contacts.
    pub fn limit(self, limit: u32) -> Self {
        self.try_set(|params| {
            at_most("limit", limit, MAX_LIMIT)?;
            let limit =
                NonZeroU32::new(limit).ok_or_else(|| InvalidInput::new("limit", "is 0; ask for 1 contact or more"))?;
            params.limit = Some(limit);
            Ok(())
        })
    }

    /// How many contacts to skip, 0 to [`MAX_OFFSET`].
    ///
    /// A larger one is an input error: the service probably lowers it in silence, and would give the same page for ever.
    pub fn offset(self, offset: u32) -> Self {
        self.try_set(|params| {
            at_most("offset", offset, MAX_OFFSET)?;
            params.offset = Some(offset);
            Ok(())
        })
    }

    /// The property to sort by; the service's default is [`OrderBy::CREATED_AT`].
    pub fn order_by(self, property: impl Into<OrderBy>) -> Self {
        self.set(|params| params.order_by = Some(property.into()))
    }

    /// The direction to sort in; the service's default is reported to be [`OrderDirection::Desc`].
    pub fn order_direction(self, direction: OrderDirection) -> Self {
        self.set(|params| params.order_direction = Some(direction))
    }

    /// Only the contact with this phone number.
    pub fn phone_number<N>(self, number: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        self.try_set(|params| {
            params.phone_number = Some(phone_number("phone_number", number)?);
            Ok(())
        })
    }
}

fn at_most(field: &'static str, value: u32, max: u32) -> Result<(), InvalidInput> {
    if value <= max {
        return Ok(());
    }
    let reason =
        format!("is above {max}, the most that the service heeds; order by `created_at` and move `created_at_gte` on");
    Err(InvalidInput::new(field, reason))
}

impl Operation for ListContacts {
    type Output = Vec<Contact>;
    type Raw = Vec<Contact>;

    const ROUTE: Route = routes::CONTACTS_LIST;

    fn repeat(&self) -> Repeat {
        Repeat::Read
    }

    async fn perform(&self, client: &Client) -> Performed<Self::Raw> {
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
