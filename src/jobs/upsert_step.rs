//! The two requests of an upsert.

use super::context::JobContext;
use crate::{Contact, Error, generated::types::NewContact};

/// A request of an upsert.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `create` with `update_if_exists`.
    Create,
    /// `update`, for the `company_name`, which `create` does not accept.
    Update,
}

impl Step {
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Create => "contacts.create",
            Self::Update => "contacts.update",
        }
    }

    /// Returns whether a contact has every value that this step sends.
    pub(super) fn is_applied(self, wanted: &NewContact, contact: &Contact) -> bool {
        fn is_absent_or_equal<T: PartialEq>(wanted: &Option<T>, actual: &Option<T>) -> bool {
            wanted.is_none() || wanted == actual
        }
        match self {
            Self::Update => is_absent_or_equal(&wanted.company_name, &contact.company_name),
            Self::Create => {
                let variables = contact.custom_variables.as_ref();
                let has_variable = |(label, value)| variables.and_then(|variables| variables.get(label)) == Some(value);
                is_absent_or_equal(&wanted.first_name, &contact.first_name)
                    && is_absent_or_equal(&wanted.last_name, &contact.last_name)
                    && wanted.tags.as_ref().is_none_or(|tags| *tags == *contact.tags.as_deref().unwrap_or_default())
                    && wanted.custom_variables.iter().flatten().all(has_variable)
            }
        }
    }

    pub(super) async fn send(self, context: &JobContext, wanted: &NewContact) -> Result<Contact, Error> {
        let contacts = &context.contacts;
        let NewContact { phone, first_name, last_name, company_name, tags, custom_variables } = wanted;
        match self {
            Self::Create => {
                let mut request = contacts.create(phone).update_if_exists(true);
                if let Some(first_name) = first_name {
                    request = request.first_name(first_name);
                }
                if let Some(last_name) = last_name {
                    request = request.last_name(last_name);
                }
                if let Some(tags) = tags {
                    request = request.tags(tags);
                }
                if let Some(variables) = custom_variables {
                    request = request.custom_variables(variables.iter().map(|(label, value)| (label.as_str(), value)));
                }
                context.send(request).await
            }
            Self::Update => {
                let mut request = contacts.update(phone);
                if let Some(company_name) = company_name {
                    request = request.company_name(company_name);
                }
                context.send(request).await
            }
        }
    }
}
