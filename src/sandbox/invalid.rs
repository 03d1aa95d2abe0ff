//! Violations of the documented schema.

use std::{borrow::Cow, fmt};

/// A schema violation. Its message never contains the invalid value.
#[derive(Clone, Debug)]
pub(super) struct Invalid(Cow<'static, str>);

impl Invalid {
    pub(super) const MISSING: Self = Self::new("Missing fields");
    pub(super) const PHONE: Self = Self::new("Invalid phone number");

    pub(super) const fn new(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }

    pub(super) fn field(name: &str, problem: &str) -> Self {
        Self(format!("`{name}` {problem}").into())
    }

    /// Adds the position of the invalid item.
    pub(super) fn in_item(self, list: &str, index: usize) -> Self {
        Self(format!("{list}[{index}]: {self}").into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
