//! The options of a stream and their validation.

use crate::{
    Error, OrderDirection, Outcome, Request,
    account::{Account, AccountDigest},
    contacts::{ListContacts, OrderBy},
    error::{Cause, InvalidInput},
};

/// The options of a stream.
pub(super) struct Options {
    /// The maximum number of items; `u64::MAX` means no limit.
    pub(super) total_limit: u64,
    pub(super) prefetch: bool,
    pub(super) check_count: bool,
    /// An error if the cursor of `resume` belongs to a list with other filters.
    pub(super) resume: Result<(), InvalidInput>,
    /// The account of the cursor of `resume`. The outer `None` means that `resume` was not called.
    pub(super) resumed_account: Option<Option<AccountDigest>>,
    pub(super) accept_account: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            total_limit: u64::MAX,
            prefetch: true,
            check_count: false,
            resume: Ok(()),
            resumed_account: None,
            accept_account: false,
        }
    }
}

impl Options {
    /// Checks that the cursor of `resume` belongs to the account of the client.
    pub(super) fn check_account(&self, account: Option<&Account>) -> Result<(), Error> {
        match (self.resumed_account, account) {
            (None, _) => Ok(()),
            _ if self.accept_account => Ok(()),
            (_, None) => {
                let problem = "missing; to resume with a bearer token, set `Credentials::account_label`";
                Err(InvalidInput::new("account_label", problem).into())
            }
            (Some(Some(digest)), Some(account)) if account.matches(digest) => Ok(()),
            _ => Err(Error::new(Cause::OtherAccount("cursor"), Outcome::NotSent)),
        }
    }

    /// Checks the options and the parameters of the list, before the first request.
    pub(super) fn validate(&self, list: &Request<ListContacts>) -> Result<(), InvalidInput> {
        self.resume.clone()?;
        let params = list.params().map_err(Clone::clone)?;
        validate_params(params)?;
        validate_query(list.extra_query())?;
        if self.check_count && (is_filtered(params) || !list.extra_query().is_empty()) {
            let problem = "the service counts the whole account; remove the filters and extra query parameters";
            return Err(InvalidInput::new("check_count", problem));
        }
        if self.check_count && self.total_limit != u64::MAX {
            return Err(InvalidInput::new("check_count", "conflicts with `total_limit`; remove one of the two"));
        }
        Ok(())
    }
}

fn validate_params(params: &ListContacts) -> Result<(), InvalidInput> {
    let has_other_order = params.order_by.as_ref().is_some_and(|property| *property != OrderBy::CREATED_AT);
    if has_other_order || params.order_direction == Some(OrderDirection::Desc) {
        let field = if has_other_order { "order_by" } else { "order_direction" };
        let problem = "a stream always sorts by ascending `created_at`; remove this parameter and sort the contacts";
        return Err(InvalidInput::new(field, problem));
    }
    if params.offset.is_some() {
        let problem = "a stream sets its own offsets; remove this parameter, or continue a stream with `resume`";
        return Err(InvalidInput::new("offset", problem));
    }
    if params.limit.is_some_and(|limit| limit.get() == 1) {
        let problem = "is 1, but the pages of a stream overlap by one contact; set 2 or more";
        return Err(InvalidInput::new("limit", problem));
    }
    Ok(())
}

/// The documented query parameters of a list, and what a caller uses instead.
///
/// The service may read a second value of a parameter, and then skips contacts.
const DOCUMENTED: [(&str, &str); 7] = [
    ("cid", "filters the list; use the setter `cid`"),
    ("created_at_gte", "moves from page to page in a stream; use the setter `created_at_gte`"),
    ("limit", "sets the page size of a stream; use the setter `limit`"),
    ("offset", "moves from page to page in a stream; remove it, or continue a stream with `resume`"),
    ("order_by", "is always `created_at` in a stream; remove it and sort the contacts"),
    ("order_direction", "is always ascending in a stream; remove it and sort the contacts"),
    ("phone_number", "filters the list; use the setter `phone_number`"),
];

/// Refuses a documented query parameter that the caller added, in any spelling.
fn validate_query(query: &[(String, String)]) -> Result<(), InvalidInput> {
    for (name, _) in query {
        let spelled = letters(name);
        if let Some((_, problem)) = DOCUMENTED.iter().find(|(documented, _)| letters(documented) == spelled) {
            return Err(InvalidInput::new(format!("query `{name}`"), *problem));
        }
    }
    Ok(())
}

/// Returns the letters and digits of a parameter's name, in lower case and without percent encoding.
///
/// The name ends before `[`: some services read `offset[]` and `offset[0]` as `offset`.
fn letters(name: &str) -> String {
    let mut name = name.to_owned();
    // A proxy may decode a name again.
    for _ in 0..3 {
        name = percent_encoding::percent_decode_str(&name).decode_utf8_lossy().into_owned();
    }
    let name = name.split('[').next().unwrap_or_default();
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_filtered(params: &ListContacts) -> bool {
    params.cid.is_some() || params.created_at_gte.is_some() || params.phone_number.is_some()
}
