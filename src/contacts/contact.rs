//! Methods of the models that responses contain.

pub use crate::generated::types::{Contact, OptOut};

/// Methods for properties that could not be read.
impl Contact {
    /// Returns the names of the properties that the client could not read completely.
    ///
    /// For example, if the service sends `"yesterday"` as `created_at`, the field is `None` and this list contains
    /// `created_at`. If the value of a label in `custom_variables` is an object, that label is absent and this list
    /// contains `custom_variables`.
    #[must_use]
    pub fn unreadable_fields(&self) -> &[&'static str] {
        &self.unreadable
    }

    /// Returns whether the contact may have opted out of messages: `opt_out` is true or could not be read.
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

/// A method for properties that could not be read.
impl OptOut {
    /// Returns the names of the properties that the client could not read.
    #[must_use]
    pub fn unreadable_fields(&self) -> &[&'static str] {
        &self.unreadable
    }
}
