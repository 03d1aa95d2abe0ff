//! Reads environment variables.

use std::{env, ffi::OsString};

use crate::error::InvalidInput;

/// Returns the value of a variable, or `None` if the variable is unset or blank.
pub(crate) fn read(name: &'static str) -> Result<Option<String>, InvalidInput> {
    decode(name, env::var_os(name))
}

/// Decodes the value of a variable. Returns `None` if the variable is unset or blank.
pub(crate) fn decode(name: &'static str, value: Option<OsString>) -> Result<Option<String>, InvalidInput> {
    let value = value.map(OsString::into_string).transpose();
    let value = value.map_err(|_| InvalidInput::new(name, "not Unicode; set it again"))?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}
