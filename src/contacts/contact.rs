//! Methods of the models that responses contain.

pub use crate::generated::types::{Contact, OptOut};

/// Values that a response may leave unknown.
impl Contact {
    /// Returns the names of the properties that the service sent, but that could not be read, or not completely.
    ///
    /// For example, a `created_at` of `"yesterday"` cannot be read: the field is `None`, and this list contains
    /// `created_at`. If one label of `custom_variables` has an object as its value, that label is absent, and the list
    /// contains `custom_variables`.
    #[must_use]
    pub fn unreadable_fields(&self) -> &[&'static str] {
        &self.unreadable
    }

    /// Returns whether the contact has opted out of messages, or may have: `opt_out` is true or could not be read.
    ///
    /// ```
    /// use sendblue_contacts::Contact;
    ///
    /// # fn main() -> Result<(), serde_json::Error> {
    /// let contact: Contact = serde_json::from_str(r#"{"opt_out": "since May"}"#)?;
    /// assert_eq!(contact.opt_out, None);
    /// assert_eq!(contact.unreadable_fields(), ["opt_out"]);
    /// assert!(contact.may_have_opted_out());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn may_have_opted_out(&self) -> bool {
        self.opt_out.unwrap_or_else(|| self.unreadable.contains(&"opt_out"))
    }
}

/// Values that a response may leave unknown.
impl OptOut {
    /// Returns the names of the properties that the service sent, but that could not be read.
    #[must_use]
    pub fn unreadable_fields(&self) -> &[&'static str] {
        &self.unreadable
    }
}
