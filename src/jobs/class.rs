//! The classes of items.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Reason;
#[cfg(doc)]
use super::{Job, Summary};
use crate::ParsePhoneNumberError;

/// The class of an item of an import.
///
/// It serializes as a map in which `class` is the [`label`](Self::label). The map of a rejected, invalid or unknown
/// item also has `reason`, a string. The map of a duplicate also has `first_index`.
///
/// ```
/// use sendblue_contacts::jobs::ImportClass;
///
/// let class = serde_json::to_value(ImportClass::Duplicate { first_index: 3 }).unwrap();
/// assert_eq!(class, serde_json::json!({ "class": "duplicate", "first_index": 3 }));
/// ```
#[derive(Clone, Debug)]
pub enum ImportClass {
    /// The job created the contact.
    Created,
    /// The contact existed before. An [upsert](Job::upsert) has updated it; an import leaves it unchanged.
    Existing,
    /// The service refused the item, or [the job stopped](Reason::is_stop) before it sent the item.
    ///
    /// An item is also rejected if a successful response omits it and the look-ups find no contact.
    ///
    /// The job did not create or update the contact. There is one exception: if the [operation](Reason::operation) is
    /// `contacts.update`, the first request of the upsert succeeded, but the `company_name` is not updated.
    Rejected(Reason),
    /// The item has no valid phone number; the job did not send it.
    Invalid(ParsePhoneNumberError),
    /// An earlier item has the same number. The job did not send this item, even if the earlier item failed.
    Duplicate {
        /// The index of the first item with the number.
        first_index: u64,
    },
    /// The job could not find out whether the contact was created or updated.
    ///
    /// [Retrieve](crate::Contacts::retrieve) the contact later.
    Unknown(Reason),
}

/// The class of an item of a removal.
///
/// It serializes as [`ImportClass`] does.
#[derive(Clone, Debug)]
pub enum RemoveClass {
    /// The number has no contact: the job deleted the contact, or the number had no contact before.
    ///
    /// Either a bulk delete succeeded or a look-up returned 404. After a successful bulk delete, the job does not
    /// look up the items, even if the service reports [fewer deletions](Summary::deleted).
    Gone,
    /// The service refused to delete the contact, or [the job stopped](Reason::is_stop) before it sent the item.
    ///
    /// The job did not delete the contact.
    Rejected(Reason),
    /// The item is not a valid phone number; the job did not send it.
    Invalid(ParsePhoneNumberError),
    /// An earlier item has the same number. The job did not send this item, even if the earlier item failed.
    Duplicate {
        /// The index of the first item with the number.
        first_index: u64,
    },
    /// The job could not find out whether the contact was deleted. A delete request may still be in flight.
    ///
    /// [Retrieve](crate::Contacts::retrieve) the contact later.
    Unknown(Reason),
}

/// A class that both kinds of job have.
#[derive(Debug)]
pub enum CommonClass {
    Rejected(Reason),
    Invalid(ParsePhoneNumberError),
    Duplicate { first_index: u64 },
    Unknown(Reason),
}

impl ImportClass {
    /// Returns the stable name of the class: `created`, `existing`, `rejected`, `invalid`, `duplicate` or `unknown`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.label_and_detail().0
    }

    fn label_and_detail(&self) -> (&'static str, ClassDetail<'_>) {
        match self {
            Self::Created => ("created", ClassDetail::None),
            Self::Existing => ("existing", ClassDetail::None),
            Self::Rejected(reason) => ("rejected", ClassDetail::Rejected(reason)),
            Self::Invalid(error) => ("invalid", ClassDetail::Invalid("phone", *error)),
            Self::Duplicate { first_index } => ("duplicate", ClassDetail::Duplicate { first_index: *first_index }),
            Self::Unknown(reason) => ("unknown", ClassDetail::Unknown(reason)),
        }
    }
}

impl RemoveClass {
    /// Returns the stable name of the class: `gone`, `rejected`, `invalid`, `duplicate` or `unknown`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.label_and_detail().0
    }

    fn label_and_detail(&self) -> (&'static str, ClassDetail<'_>) {
        match self {
            Self::Gone => ("gone", ClassDetail::None),
            Self::Rejected(reason) => ("rejected", ClassDetail::Rejected(reason)),
            Self::Invalid(error) => ("invalid", ClassDetail::Invalid("number", *error)),
            Self::Duplicate { first_index } => ("duplicate", ClassDetail::Duplicate { first_index: *first_index }),
            Self::Unknown(reason) => ("unknown", ClassDetail::Unknown(reason)),
        }
    }
}

impl From<CommonClass> for ImportClass {
    fn from(class: CommonClass) -> Self {
        match class {
            CommonClass::Rejected(reason) => Self::Rejected(reason),
            CommonClass::Invalid(error) => Self::Invalid(error),
            CommonClass::Duplicate { first_index } => Self::Duplicate { first_index },
            CommonClass::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl From<CommonClass> for RemoveClass {
    fn from(class: CommonClass) -> Self {
        match class {
            CommonClass::Rejected(reason) => Self::Rejected(reason),
            CommonClass::Invalid(error) => Self::Invalid(error),
            CommonClass::Duplicate { first_index } => Self::Duplicate { first_index },
            CommonClass::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

/// The data of a class, for `Display` and `Serialize`.
enum ClassDetail<'a> {
    None,
    Rejected(&'a Reason),
    Invalid(&'static str, ParsePhoneNumberError),
    Duplicate { first_index: u64 },
    Unknown(&'a Reason),
}

fn display((label, detail): (&str, ClassDetail<'_>), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(label)?;
    match detail {
        ClassDetail::None => Ok(()),
        ClassDetail::Rejected(reason) => write!(f, ": {reason}"),
        ClassDetail::Invalid(field, error) => write!(f, ": {field}: {error}"),
        ClassDetail::Duplicate { first_index } => write!(f, " of item {first_index}"),
        ClassDetail::Unknown(reason) => write!(f, "; retrieve the contact later: {reason}"),
    }
}

fn serialize<S: Serializer>((class, detail): (&str, ClassDetail<'_>), serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct ClassMap<'a> {
        class: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        first_index: Option<u64>,
    }
    let (reason, first_index) = match detail {
        ClassDetail::None => (None, None),
        ClassDetail::Rejected(reason) | ClassDetail::Unknown(reason) => (Some(reason.to_string()), None),
        ClassDetail::Invalid(field, error) => (Some(format!("{field}: {error}")), None),
        ClassDetail::Duplicate { first_index } => (None, Some(first_index)),
    };
    ClassMap { class, reason, first_index }.serialize(serializer)
}

impl fmt::Display for ImportClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self.label_and_detail(), f)
    }
}

impl fmt::Display for RemoveClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self.label_and_detail(), f)
    }
}

impl Serialize for ImportClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.label_and_detail(), serializer)
    }
}

impl Serialize for RemoveClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.label_and_detail(), serializer)
    }
}
