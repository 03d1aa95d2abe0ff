//! The error of an invalid argument or setting.

use std::{borrow::Cow, fmt};

/// An invalid argument or setting: its name and the problem.
#[derive(Clone, Debug)]
pub struct InvalidInput {
    field: Cow<'static, str>,
    problem: Cow<'static, str>,
}

impl InvalidInput {
    /// Creates the error. `problem` states the problem and the remedy, and never contains the value.
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    pub(crate) fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}
