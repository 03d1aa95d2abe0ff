//! The items that a job accepts.

#[cfg(doc)]
use crate::Contacts;
use crate::{NewContact, ParsePhoneNumberError, PhoneNumber};

/// An item of [`Contacts::import`]: a contact to create, with an optional key.
///
/// | item | [`Key`](Self::Key) in the reports |
/// |---|---|
/// | [`NewContact`] | `()` |
/// | `Result<NewContact, ParsePhoneNumberError>` | `()` |
/// | `(key, item)`, where `item` is one of the above | `key` |
///
/// If an item has no valid phone number, the job reports it as [`Invalid`](super::ImportClass::Invalid), with its key.
///
/// Implement this trait to import your own type:
///
/// ```
/// use sendblue_contacts::{NewContact, ParsePhoneNumberError, jobs::ImportItem};
///
/// struct Row {
///     id: u64,
///     phone: String,
/// }
///
/// impl ImportItem for Row {
///     type Key = u64;
///
///     fn into_parts(self) -> (u64, Result<NewContact, ParsePhoneNumberError>) {
///         (self.id, NewContact::new(self.phone))
///     }
/// }
/// ```
pub trait ImportItem {
    /// The caller's key of the item, such as a row number. The reports return it.
    type Key: Send + Sync + 'static;

    /// Splits the item into its key and its contact.
    fn into_parts(self) -> (Self::Key, Result<NewContact, ParsePhoneNumberError>);
}

impl ImportItem for NewContact {
    type Key = ();

    fn into_parts(self) -> ((), Result<NewContact, ParsePhoneNumberError>) {
        ((), Ok(self))
    }
}

impl ImportItem for Result<NewContact, ParsePhoneNumberError> {
    type Key = ();

    fn into_parts(self) -> ((), Self) {
        ((), self)
    }
}

impl<K: Send + Sync + 'static, T: ImportItem<Key = ()>> ImportItem for (K, T) {
    type Key = K;

    fn into_parts(self) -> (K, Result<NewContact, ParsePhoneNumberError>) {
        let (key, item) = self;
        let ((), contact) = item.into_parts();
        (key, contact)
    }
}

/// An item of [`Contacts::remove`]: a phone number, with an optional key.
///
/// | item | [`Key`](Self::Key) in the reports |
/// |---|---|
/// | `&str`, `String`, [`PhoneNumber`], and other types that convert into a `PhoneNumber` | `()` |
/// | `Result<PhoneNumber, ParsePhoneNumberError>` | `()` |
/// | `(key, item)`, where `item` is one of the above | `key` |
///
/// If an item is not a valid phone number, the job reports it as [`Invalid`](super::RemoveClass::Invalid), with its
/// key.
pub trait RemoveItem {
    /// The caller's key of the item, such as a row number. The reports return it.
    type Key: Send + Sync + 'static;

    /// Splits the item into its key and its phone number.
    fn into_parts(self) -> (Self::Key, Result<PhoneNumber, ParsePhoneNumberError>);
}

impl<N> RemoveItem for N
where
    N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
{
    type Key = ();

    fn into_parts(self) -> ((), Result<PhoneNumber, ParsePhoneNumberError>) {
        ((), self.try_into().map_err(Into::into))
    }
}

impl RemoveItem for Result<PhoneNumber, ParsePhoneNumberError> {
    type Key = ();

    fn into_parts(self) -> ((), Self) {
        ((), self)
    }
}

impl<K: Send + Sync + 'static, T: RemoveItem<Key = ()>> RemoveItem for (K, T) {
    type Key = K;

    fn into_parts(self) -> (K, Result<PhoneNumber, ParsePhoneNumberError>) {
        let (key, item) = self;
        let ((), number) = item.into_parts();
        (key, number)
    }
}
