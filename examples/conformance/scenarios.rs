//! What is looked at, in this order: the later ones find what the earlier ones made.

mod bulk;
mod lists;
mod one;
mod refusals;
mod verify;

use super::suite::Scenario;

/// A question that is asked of nobody, since asking does harm.
pub(crate) struct Unasked {
    /// A line of the README's section "What is not known of the service".
    pub(crate) asks: &'static str,
    pub(crate) why: &'static str,
    pub(crate) how: &'static str,
}

pub(crate) const SCENARIOS: [Scenario; 30] = [
    Scenario {
        name: "count",
        operations: &["contacts.count"],
        expectation: "a whole number",
        asks: None,
        run: |probe| Box::pin(lists::count(probe)),
    },
    Scenario {
        name: "request-id",
        operations: &["contacts.count"],
        expectation: "an answer, with or without such a header",
        asks: Some("whether any header carries a request's id (`request_id()` looks for `x-request-id` and `cf-ray`)"),
        run: |probe| Box::pin(lists::request_id(probe)),
    },
    Scenario {
        name: "no-keys",
        operations: &["contacts.count"],
        expectation: "403 or 400, with a message",
        asks: None,
        run: |probe| Box::pin(refusals::no_keys(probe)),
    },
    Scenario {
        name: "wrong-keys",
        operations: &["contacts.count"],
        expectation: "401 or 403, with a message",
        asks: None,
        run: |probe| Box::pin(refusals::wrong_keys(probe)),
    },
    Scenario {
        name: "unknown-number",
        operations: &["contacts.retrieve", "contacts.update", "contacts.delete"],
        expectation: "404, of each",
        asks: None,
        run: |probe| Box::pin(refusals::unknown_number(probe)),
    },
    Scenario {
        name: "create",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "a contact with what was sent",
        asks: None,
        run: |probe| Box::pin(one::create(probe)),
    },
    Scenario {
        name: "create-existing",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "409 and nothing changed, another refusal, or a success",
        asks: Some(
            "whether creating a contact that exists is a conflict (409) in this version of the API, as older guides say",
        ),
        run: |probe| Box::pin(one::create_existing(probe)),
    },
    Scenario {
        name: "create-or-update",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "`update_if_exists` changes the contact",
        asks: None,
        run: |probe| Box::pin(one::create_or_update(probe)),
    },
    Scenario {
        name: "update",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "`custom_variables` are merged, what is left out stays",
        asks: None,
        run: |probe| Box::pin(one::update(probe)),
    },
    Scenario {
        name: "replace-tags",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "the new tags alone",
        asks: Some("whether `tags` of an update replace the present ones (it is assumed)"),
        run: |probe| Box::pin(one::replace_tags(probe)),
    },
    Scenario {
        name: "clear-tags",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "no tags",
        asks: Some("whether an empty list of `tags` clears them (it is assumed)"),
        run: |probe| Box::pin(one::clear_tags(probe)),
    },
    Scenario {
        name: "opt-out",
        operations: &["contacts.opt_out", "contacts.retrieve"],
        expectation: "`opt_out` of the contact follows, there and back",
        asks: None,
        run: |probe| Box::pin(one::opt_out(probe)),
    },
    Scenario {
        name: "nulls",
        operations: &["contacts.create", "contacts.retrieve", "contacts.list"],
        expectation: "a contact with hardly anything, whatever stands for the rest",
        asks: Some("whether a property is ever an explicit `null` (it is read as absent)"),
        run: |probe| Box::pin(one::nulls(probe)),
    },
    Scenario {
        name: "list-one",
        operations: &["contacts.list"],
        expectation: "`phone_number` and `cid` give just the contact, with its `contact_id`",
        asks: None,
        run: |probe| Box::pin(lists::one(probe)),
    },
    Scenario {
        name: "list-since",
        operations: &["contacts.list"],
        expectation: "`created_at_gte` includes its own time, and leaves out what is older",
        asks: None,
        run: |probe| Box::pin(lists::since(probe)),
    },
    Scenario {
        name: "list-order",
        operations: &["contacts.list"],
        expectation: "by `created_at`: the newest first unless asked for otherwise",
        asks: None,
        run: |probe| Box::pin(lists::order(probe)),
    },
    Scenario {
        name: "list-order-by",
        operations: &["contacts.list"],
        expectation: "`firstName`, `lastName` and `phone` are accepted",
        asks: None,
        run: |probe| Box::pin(lists::order_by(probe)),
    },
    Scenario {
        name: "list-pages",
        operations: &["contacts.list"],
        expectation: "`offset` and `limit` cut pages that join",
        asks: None,
        run: |probe| Box::pin(lists::pages(probe)),
    },
    Scenario {
        name: "list-over-limit",
        operations: &["contacts.list"],
        expectation: "a page of any length, or a refusal",
        asks: Some("what the service makes of a `limit` above its cap"),
        run: |probe| Box::pin(lists::over_limit(probe)),
    },
    Scenario {
        name: "list-over-offset",
        operations: &["contacts.list"],
        expectation: "any page, or a refusal",
        asks: Some("what the service makes of an `offset` above its cap"),
        run: |probe| Box::pin(lists::over_offset(probe)),
    },
    Scenario {
        name: "list-undated",
        operations: &["contacts.list"],
        expectation: "two pages",
        asks: Some("where a list has the contacts without `created_at`"),
        run: |probe| Box::pin(lists::undated(probe)),
    },
    Scenario {
        name: "bulk-create",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "contacts with what was sent",
        asks: None,
        run: |probe| Box::pin(bulk::create(probe)),
    },
    Scenario {
        name: "list-ties",
        operations: &["contacts.list"],
        expectation: "two pages",
        asks: Some("whether the order of the contacts that share one `created_at` is stable"),
        run: |probe| Box::pin(lists::ties(probe)),
    },
    Scenario {
        name: "bulk-create-existing",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "a success or a refusal",
        asks: Some("what a bulk create does with numbers that have a contact"),
        run: |probe| Box::pin(bulk::create_existing(probe)),
    },
    Scenario {
        name: "bulk-create-no-number",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "a success or a refusal",
        asks: Some("what is answered if some contacts of a bulk create are refused"),
        run: |probe| Box::pin(bulk::create_no_number(probe)),
    },
    Scenario {
        name: "verify-unknown",
        operations: &["contacts.verify"],
        expectation: "200 with the status ERROR, or a refusal",
        asks: None,
        run: |probe| Box::pin(verify::unknown(probe)),
    },
    Scenario {
        name: "verify",
        operations: &["contacts.verify"],
        expectation: "a success",
        asks: None,
        run: |probe| Box::pin(verify::verify(probe)),
    },
    Scenario {
        name: "bulk-delete",
        operations: &["contacts.bulk.delete", "contacts.retrieve"],
        expectation: "the number of contacts, which are gone",
        asks: None,
        run: |probe| Box::pin(bulk::delete(probe)),
    },
    Scenario {
        name: "bulk-delete-by-id",
        operations: &["contacts.list", "contacts.bulk.delete", "contacts.retrieve"],
        expectation: "a success or a refusal",
        asks: Some("whether `bulk().delete` takes a `contact_id` besides phone numbers"),
        run: |probe| Box::pin(bulk::delete_by_id(probe)),
    },
    Scenario {
        name: "delete",
        operations: &["contacts.delete", "contacts.retrieve"],
        expectation: "the contact is gone",
        asks: None,
        run: |probe| Box::pin(one::delete(probe)),
    },
];

pub(crate) const UNASKED: [Unasked; 3] = [
    Unasked {
        asks: "how many contacts a bulk request may carry",
        why: "it would leave thousands of contacts in the account, for as long as it takes to delete them",
        how: "in an account without contacts, bulk create 1000, 2000, 4000 and so on until it is refused; delete them after each",
    },
    Unasked {
        asks: "whether a 429 to `verify` comes before or after the message is sent",
        why: "it needs more requests than the account may make, and a person may get a message",
        how: "with your own phone: `count` until it answers 429, `verify` your number at once, and see whether a message comes",
    },
    Unasked {
        asks: "whether `Retry-After` is ever sent",
        why: "it needs more requests than the account may make, whose other programs are refused as well",
        how: "`count` until it answers 429, and look at its headers",
    },
];
