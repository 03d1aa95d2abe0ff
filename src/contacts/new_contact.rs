//! The constructor and the setters of [`NewContact`].

pub use crate::generated::types::NewContact;
use crate::phone::{ParsePhoneNumberError, PhoneNumber};

/// A constructor and setters. The fields are public.
impl NewContact {
    /// Creates a contact with a phone number and no other field.
    ///
    /// ```
    /// use sendblue_contacts::NewContact;
    ///
    /// let grace = NewContact::new("+14155550101")?.first_name("Grace").tags(["newsletter"]);
    /// assert_eq!(grace.first_name.as_deref(), Some("Grace"));
    /// # Ok::<(), sendblue_contacts::ParsePhoneNumberError>(())
    /// ```
    ///
    /// Unlike [`Contacts::create`](crate::Contacts::create), a bulk request cannot set `assigned_to_email` or
    /// `sendblue_number`.
    ///
    /// # Errors
    ///
    /// [`ParsePhoneNumberError`], if the number is not in E.164 form.
    pub fn new<N>(phone: N) -> Result<Self, ParsePhoneNumberError>
    where
        N: TryInto<PhoneNumber, Error: Into<ParsePhoneNumberError>>,
    {
        // If `openapi.yaml` gains a property, this literal fails to compile. Then add the field and a setter.
        Ok(Self {
            phone: phone.try_into().map_err(Into::into)?,
            first_name: None,
            last_name: None,
            company_name: None,
            tags: None,
            custom_variables: None,
        })
    }

    /// Sets the first name.
    #[must_use]
    pub fn first_name(self, first_name: impl Into<String>) -> Self {
        Self { first_name: Some(first_name.into()), ..self }
    }

    /// Calls [`first_name`](Self::first_name) if the value is `Some`.
    #[must_use]
    pub fn maybe_first_name(self, first_name: Option<impl Into<String>>) -> Self {
        match first_name {
            Some(first_name) => self.first_name(first_name),
            None => self,
        }
    }

    /// Sets the last name.
    #[must_use]
    pub fn last_name(self, last_name: impl Into<String>) -> Self {
        Self { last_name: Some(last_name.into()), ..self }
    }

    /// Calls [`last_name`](Self::last_name) if the value is `Some`.
    #[must_use]
    pub fn maybe_last_name(self, last_name: Option<impl Into<String>>) -> Self {
        match last_name {
            Some(last_name) => self.last_name(last_name),
            None => self,
        }
    }

    /// Sets the name of the company.
    #[must_use]
    pub fn company_name(self, company_name: impl Into<String>) -> Self {
        Self { company_name: Some(company_name.into()), ..self }
    }

    /// Calls [`company_name`](Self::company_name) if the value is `Some`.
    #[must_use]
    pub fn maybe_company_name(self, company_name: Option<impl Into<String>>) -> Self {
        match company_name {
            Some(company_name) => self.company_name(company_name),
            None => self,
        }
    }

    /// Sets the tags.
    #[must_use]
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tags = tags.into_iter().map(Into::into).collect();
        Self { tags: Some(tags), ..self }
    }

    /// Calls [`tags`](Self::tags) if the value is `Some`.
    #[must_use]
    pub fn maybe_tags(self, tags: Option<impl IntoIterator<Item = impl Into<String>>>) -> Self {
        match tags {
            Some(tags) => self.tags(tags),
            None => self,
        }
    }

    /// Sets custom variables by label.
    #[must_use]
    pub fn custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(label, value)| (label.into(), value.into())).collect();
        Self { custom_variables: Some(variables), ..self }
    }

    /// Calls [`custom_variables`](Self::custom_variables) if the value is `Some`.
    #[must_use]
    pub fn maybe_custom_variables<K: Into<String>, V: Into<String>>(
        self,
        variables: Option<impl IntoIterator<Item = (K, V)>>,
    ) -> Self {
        match variables {
            Some(variables) => self.custom_variables(variables),
            None => self,
        }
    }
}
