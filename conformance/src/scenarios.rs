//! The scenarios, in their order. Later scenarios use the contacts of earlier scenarios.

mod bulk;
mod lists;
mod one;
mod refusals;
mod verify;

use crate::suite::Scenario;

/// A question that the suite does not ask, because the requests could harm the account.
pub struct UnaskedQuestion {
    /// The question, as listed in the README's section on unknown behaviour.
    pub question: &'static str,
    pub reason: &'static str,
    /// The steps that would answer the question.
    pub experiment: &'static str,
}

pub const SCENARIOS: [Scenario; 31] = [
    Scenario {
        name: "count",
        operations: &["contacts.count"],
        expectation: "a whole number",
        question: None,
        run: |probe| Box::pin(lists::count(probe)),
    },
    Scenario {
        name: "request-id",
        operations: &["contacts.count"],
        expectation: "a success, with or without a request id",
        question: Some("whether a header carries a request id; `request_id()` reads `x-request-id` and `cf-ray`"),
        run: |probe| Box::pin(lists::request_id(probe)),
    },
    Scenario {
        name: "no-keys",
        operations: &["contacts.count"],
        expectation: "403 or 400, with a message",
        question: None,
        run: |probe| Box::pin(refusals::no_keys(probe)),
    },
    Scenario {
        name: "wrong-keys",
        operations: &["contacts.count"],
        expectation: "401 or 403, with a message",
        question: None,
        run: |probe| Box::pin(refusals::wrong_keys(probe)),
    },
    Scenario {
        name: "unknown-number",
        operations: &["contacts.retrieve", "contacts.update", "contacts.delete"],
        expectation: "404 for each operation",
        question: None,
        run: |probe| Box::pin(refusals::unknown_number(probe)),
    },
    Scenario {
        name: "create",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "the contact has the values of the request",
        question: None,
        run: |probe| Box::pin(one::create(probe)),
    },
    Scenario {
        name: "create-existing",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "409 without a change, another 4xx, or a success",
        question: Some("whether creating a contact that exists is a conflict (409), as older guides say"),
        run: |probe| Box::pin(one::create_existing(probe)),
    },
    Scenario {
        name: "create-or-update",
        operations: &["contacts.create", "contacts.retrieve"],
        expectation: "`update_if_exists` updates the contact",
        question: None,
        run: |probe| Box::pin(one::create_or_update(probe)),
    },
    Scenario {
        name: "update",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "`custom_variables` are merged, omitted properties keep their values",
        question: None,
        run: |probe| Box::pin(one::update(probe)),
    },
    Scenario {
        name: "replace-tags",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "the contact has only the new tags",
        question: Some("whether the `tags` of an update replace the present ones, as the crate assumes"),
        run: |probe| Box::pin(one::replace_tags(probe)),
    },
    Scenario {
        name: "clear-tags",
        operations: &["contacts.update", "contacts.retrieve"],
        expectation: "the contact has no tags",
        question: Some("whether an empty list of `tags` clears them, as the crate assumes"),
        run: |probe| Box::pin(one::clear_tags(probe)),
    },
    Scenario {
        name: "opt-out",
        operations: &["contacts.opt_out", "contacts.retrieve"],
        expectation: "`opt_out` of the contact changes to true, then to false",
        question: None,
        run: |probe| Box::pin(one::opt_out(probe)),
    },
    Scenario {
        name: "nulls",
        operations: &["contacts.create", "contacts.retrieve", "contacts.list"],
        expectation: "a contact with few properties; the others are absent or null",
        question: Some("whether a property is ever an explicit `null`, which the crate reads as absent"),
        run: |probe| Box::pin(one::nulls(probe)),
    },
    Scenario {
        name: "casing",
        operations: &["contacts.retrieve", "contacts.list"],
        expectation: "each property in one spelling, which the library reads",
        question: Some(
            "whether `list` and `retrieve` name properties in snake_case or, as a guide shows, in camelCase",
        ),
        run: |probe| Box::pin(one::casing(probe)),
    },
    Scenario {
        name: "list-one",
        operations: &["contacts.list"],
        expectation: "`phone_number` and `cid` each select one contact, with its `contact_id`",
        question: None,
        run: |probe| Box::pin(lists::filters(probe)),
    },
    Scenario {
        name: "list-since",
        operations: &["contacts.list"],
        expectation: "`created_at_gte` includes contacts of that time and excludes older ones",
        question: None,
        run: |probe| Box::pin(lists::created_at_filter(probe)),
    },
    Scenario {
        name: "list-order",
        operations: &["contacts.list"],
        expectation: "sorted by `created_at`, newest first by default",
        question: None,
        run: |probe| Box::pin(lists::order(probe)),
    },
    Scenario {
        name: "list-order-by",
        operations: &["contacts.list"],
        expectation: "`firstName`, `lastName` and `phone` are accepted",
        question: None,
        run: |probe| Box::pin(lists::order_by(probe)),
    },
    Scenario {
        name: "list-pages",
        operations: &["contacts.list"],
        expectation: "pages by `offset` and `limit` follow each other without a gap",
        question: None,
        run: |probe| Box::pin(lists::pages(probe)),
    },
    Scenario {
        name: "list-over-limit",
        operations: &["contacts.list"],
        expectation: "a page of any length, or a 4xx",
        question: Some("what the service does with a `limit` above its cap"),
        run: |probe| Box::pin(lists::over_limit(probe)),
    },
    Scenario {
        name: "list-over-offset",
        operations: &["contacts.list"],
        expectation: "any page, or a 4xx",
        question: Some("what the service does with an `offset` above its cap"),
        run: |probe| Box::pin(lists::over_offset(probe)),
    },
    Scenario {
        name: "list-undated",
        operations: &["contacts.list"],
        expectation: "two pages",
        question: Some("where a list has the contacts without `created_at`"),
        run: |probe| Box::pin(lists::undated(probe)),
    },
    Scenario {
        name: "bulk-create",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "the contacts have the values of the request",
        question: None,
        run: |probe| Box::pin(bulk::create(probe)),
    },
    Scenario {
        name: "list-ties",
        operations: &["contacts.list"],
        expectation: "two pages",
        question: Some("whether contacts that share one `created_at` have a stable order"),
        run: |probe| Box::pin(lists::ties(probe)),
    },
    Scenario {
        name: "bulk-create-existing",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "a success or a 4xx",
        question: Some("what a bulk create does with numbers that have a contact"),
        run: |probe| Box::pin(bulk::create_existing(probe)),
    },
    Scenario {
        name: "bulk-create-no-number",
        operations: &["contacts.bulk.create", "contacts.retrieve"],
        expectation: "a success or a 4xx",
        question: Some("how the service responds if it refuses some contacts of a bulk create"),
        run: |probe| Box::pin(bulk::create_no_number(probe)),
    },
    Scenario {
        name: "verify-unknown",
        operations: &["contacts.verify"],
        expectation: "200 with `status: ERROR`, or a 4xx",
        question: None,
        run: |probe| Box::pin(verify::unknown(probe)),
    },
    Scenario {
        name: "verify",
        operations: &["contacts.verify"],
        expectation: "a success",
        question: None,
        run: |probe| Box::pin(verify::verify(probe)),
    },
    Scenario {
        name: "bulk-delete",
        operations: &["contacts.bulk.delete", "contacts.retrieve"],
        expectation: "the number of deleted contacts, which no longer exist",
        question: None,
        run: |probe| Box::pin(bulk::delete(probe)),
    },
    Scenario {
        name: "bulk-delete-by-id",
        operations: &["contacts.list", "contacts.bulk.delete", "contacts.retrieve"],
        expectation: "a success or a 4xx",
        question: Some("whether `bulk().delete` accepts a `contact_id` besides phone numbers"),
        run: |probe| Box::pin(bulk::delete_by_id(probe)),
    },
    Scenario {
        name: "delete",
        operations: &["contacts.delete", "contacts.retrieve"],
        expectation: "the contact no longer exists",
        question: None,
        run: |probe| Box::pin(one::delete(probe)),
    },
];

pub const UNASKED_QUESTIONS: [UnaskedQuestion; 3] = [
    UnaskedQuestion {
        question: "how many contacts a bulk request may carry",
        reason: "the account would contain thousands of contacts until they are deleted",
        experiment: "in an account without contacts, bulk create 1000, 2000, 4000 and so on until the service returns an error; delete the contacts after each request",
    },
    UnaskedQuestion {
        question: "whether a 429 on `verify` precedes or follows the message",
        reason: "it exceeds the account's rate limit, and a person may receive a message",
        experiment: "with your own phone: repeat `count` until a 429, `verify` your number at once, and check whether a message arrives",
    },
    UnaskedQuestion {
        question: "whether the service ever sends `Retry-After`",
        reason: "it exceeds the account's rate limit, and other programs of the account receive 429 too",
        experiment: "repeat `count` until a 429, and read its headers",
    },
];
