//! The edits, with their effects and callers.

use xtask::diff::changes::Effect::{self, Addition, Breaking, Neutral};

pub struct Case {
    pub name: &'static str,
    /// The arguments of `edit`.
    pub edits: &'static [(&'static str, &'static str)],
    /// The subject of the edit and its effect on callers.
    pub edited: (&'static str, Effect),
    /// The subject of the reversed edit and its effect on callers.
    pub undone: (&'static str, Effect),
    /// A caller of the present document, with `contacts` and `number` in scope.
    pub before: &'static str,
    /// A caller of the edited document.
    pub after: &'static str,
}

const COUNT: &str = "  /api/v2/contacts/count:\n";
const PHONE: &str = "phone: { type: string, nullable: true, description: The phone number in E.164 form. }\n";
const OPTED_OUT: &str =
    "        opted_out: { type: boolean, description: Whether to opt the contact out; true by default. }\n";

pub const CASES: &[Case] = &[
    Case {
        name: "property_of_a_response_added",
        edits: &[(
            PHONE,
            "phone: { type: string, nullable: true, description: The phone number in E.164 form. }\n        size: { type: integer, nullable: true, description: How many. }\n",
        )],
        edited: ("Contact.size", Addition),
        undone: ("Contact.size", Breaking),
        before: "let found: Option<String> = contacts.contacts_retrieve(&number).send().contact.unwrap().phone;",
        after: "let found: Option<i64> = contacts.contacts_retrieve(&number).send().contact.unwrap().size;",
    },
    Case {
        name: "property_of_a_response_with_another_type",
        edits: &[(PHONE, "phone: { type: integer, nullable: true, description: The phone number in E.164 form. }\n")],
        edited: ("Contact.phone", Breaking),
        undone: ("Contact.phone", Breaking),
        before: "let found: Option<String> = contacts.contacts_retrieve(&number).send().contact.unwrap().phone;",
        after: "let found: Option<i64> = contacts.contacts_retrieve(&number).send().contact.unwrap().phone;",
    },
    Case {
        name: "format_of_a_response_taken_away",
        edits: &[(
            "created_at: { type: string, format: date-time, nullable: true,",
            "created_at: { type: string, nullable: true,",
        )],
        edited: ("Contact.created_at", Breaking),
        undone: ("Contact.created_at", Breaking),
        before: "let found: Option<DateTime<Utc>> = contacts.contacts_retrieve(&number).send().contact.unwrap().created_at;",
        after: "let found: Option<String> = contacts.contacts_retrieve(&number).send().contact.unwrap().created_at;",
    },
    Case {
        name: "values_of_a_map_with_another_type",
        edits: &[(
            "    Contact:\n … additionalProperties: { type: string }",
            "additionalProperties: { type: integer }",
        )],
        edited: ("Contact.custom_variables", Breaking),
        undone: ("Contact.custom_variables", Breaking),
        before: "let found: Option<BTreeMap<String, String>> = contacts.contacts_list().send().remove(0).custom_variables;",
        after: "let found: Option<BTreeMap<String, i64>> = contacts.contacts_list().send().remove(0).custom_variables;",
    },
    Case {
        name: "optional_property_of_a_request_added",
        edits: &[(
            OPTED_OUT,
            "        opted_out: { type: boolean, description: Whether to opt the contact out; true by default. }\n        reason: { type: string, description: Why. }\n",
        )],
        edited: ("OptOutContact.reason", Addition),
        undone: ("OptOutContact.reason", Breaking),
        before: "contacts.contacts_opt_out(OptOutContact::new(number).opted_out(true)).send();",
        after: "contacts.contacts_opt_out(OptOutContact::new(number).reason(String::new())).send();",
    },
    Case {
        name: "required_property_of_a_request_added",
        edits: &[
            (
                OPTED_OUT,
                "        opted_out: { type: boolean, description: Whether to opt the contact out; true by default. }\n        reason: { type: string, description: Why. }\n",
            ),
            ("    OptOutContact:\n … required: [number]", "required: [number, reason]"),
        ],
        edited: ("OptOutContact.reason", Breaking),
        undone: ("OptOutContact.reason", Breaking),
        before: "contacts.contacts_opt_out(OptOutContact::new(number)).send();",
        after: "contacts.contacts_opt_out(OptOutContact::new(number, String::new())).send();",
    },
    Case {
        name: "property_of_a_request_required",
        edits: &[("    OptOutContact:\n … required: [number]", "required: [number, opted_out]")],
        edited: ("OptOutContact.opted_out", Breaking),
        undone: ("OptOutContact.opted_out", Breaking),
        before: "contacts.contacts_opt_out(OptOutContact::new(number).opted_out(true)).send();",
        after: "contacts.contacts_opt_out(OptOutContact::new(number, true)).send();",
    },
    Case {
        name: "property_within_a_request_with_another_type",
        edits: &[("    NewContact:\n … items: { type: string }", "items: { type: integer }")],
        edited: ("NewContact.tags", Breaking),
        undone: ("NewContact.tags", Breaking),
        before: "contacts.contacts_bulk_create(CreateContacts::new(vec![NewContact::new(number).tags(vec![String::new()])])).send();",
        after: "contacts.contacts_bulk_create(CreateContacts::new(vec![NewContact::new(number).tags(vec![7])])).send();",
    },
    Case {
        name: "parameter_added",
        edits: &[(
            "        - name: cid\n",
            "        - name: tag\n          in: query\n          description: Only contacts with it.\n          schema: { type: string }\n        - name: cid\n",
        )],
        edited: ("contacts.list.tag", Addition),
        undone: ("contacts.list.tag", Breaking),
        before: "contacts.contacts_list().cid(\"\").offset(1).send();",
        after: "contacts.contacts_list().cid(\"\").tag(\"vip\").offset(1).send();",
    },
    Case {
        name: "parameter_required",
        edits: &[(
            "        - name: cid\n          in: query\n",
            "        - name: cid\n          in: query\n          required: true\n",
        )],
        edited: ("contacts.list.cid", Breaking),
        undone: ("contacts.list.cid", Breaking),
        before: "contacts.contacts_list().send();",
        after: "contacts.contacts_list(\"\").send();",
    },
    Case {
        name: "parameter_with_another_type",
        edits: &[("- name: cid … schema: { type: string }", "schema: { type: integer }")],
        edited: ("contacts.list.cid", Breaking),
        undone: ("contacts.list.cid", Breaking),
        before: "contacts.contacts_list().cid(\"\").send();",
        after: "contacts.contacts_list().cid(7).send();",
    },
    Case {
        name: "minimum_of_a_parameter_that_makes_another_type",
        edits: &[("- name: limit … minimum: 1", "minimum: 0")],
        edited: ("contacts.list.limit", Breaking),
        undone: ("contacts.list.limit", Breaking),
        before: "contacts.contacts_list().limit(NonZeroU32::new(7).unwrap()).send();",
        after: "contacts.contacts_list().limit(7).send();",
    },
    Case {
        name: "parameter_of_the_path_with_another_type",
        edits: &[(
            "        in: path\n … schema: { $ref: '#/components/schemas/PhoneNumber' }",
            "schema: { type: string }",
        )],
        edited: ("contacts.delete.phone_number", Breaking),
        undone: ("contacts.delete.phone_number", Breaking),
        before: "contacts.contacts_delete(&number).send();",
        after: "contacts.contacts_delete(\"\").send();",
    },
    Case {
        name: "operation_added",
        edits: &[(
            COUNT,
            "  /api/v2/contacts/ping:\n    get:\n      operationId: contacts.ping\n      summary: Answers.\n      responses:\n        '200':\n          description: An answer.\n          content:\n            application/json:\n              schema: { $ref: '#/components/schemas/StatusResponse' }\n  /api/v2/contacts/count:\n",
        )],
        edited: ("contacts.ping", Addition),
        undone: ("contacts.ping", Breaking),
        before: "let status: Option<String> = contacts.contacts_verify(VerifyContact::new(number)).send().status;",
        after: "let status: Option<String> = contacts.contacts_ping().send().status;",
    },
    Case {
        name: "operation_with_another_name",
        edits: &[("operationId: contacts.count", "operationId: contacts.total")],
        edited: ("contacts.count", Breaking),
        undone: ("contacts.total", Breaking),
        before: "let count: Option<u64> = contacts.contacts_count().send().count;",
        after: "let count: Option<u64> = contacts.contacts_total().send().count;",
    },
    Case {
        name: "operation_that_answers_something_else",
        edits: &[("operationId: contacts.verify … schemas/StatusResponse", "schemas/OptOut")],
        edited: ("contacts.verify", Breaking),
        undone: ("contacts.verify", Breaking),
        before: "let answer: StatusResponse = contacts.contacts_verify(VerifyContact::new(number)).send();",
        after: "let answer: OptOut = contacts.contacts_verify(VerifyContact::new(number)).send();",
    },
    Case {
        name: "operation_without_its_body",
        edits: &[("operationId: contacts.verify … requestBody:", "x-requestBody:")],
        edited: ("contacts.verify", Breaking),
        undone: ("contacts.verify", Breaking),
        before: "contacts.contacts_verify(VerifyContact::new(number)).send();",
        after: "contacts.contacts_verify().send();",
    },
    Case {
        name: "operation_at_another_path",
        edits: &[(COUNT, "  /api/v3/contacts/count:\n")],
        edited: ("contacts.count", Neutral),
        undone: ("contacts.count", Neutral),
        before: "let count: Option<u64> = contacts.contacts_count().send().count;",
        after: "let count: Option<u64> = contacts.contacts_count().send().count;",
    },
    Case {
        name: "word_added",
        edits: &[(
            "        - type: string\n          enum: [desc]\n",
            "        - type: string\n          enum: [random]\n          description: Any order.\n        - type: string\n          enum: [desc]\n",
        )],
        edited: ("OrderDirection.Random", Addition),
        undone: ("OrderDirection.Random", Breaking),
        before: "contacts.contacts_list().order_direction(match OrderDirection::Asc { OrderDirection::Asc => OrderDirection::Desc, other => other }).send();",
        after: "contacts.contacts_list().order_direction(OrderDirection::Random).send();",
    },
    Case {
        name: "schema_with_another_name",
        edits: &[
            ("operationId: contacts.opt_out … schemas/OptOut' }", "schemas/OptOutState' }"),
            ("    OptOut:\n", "    OptOutState:\n"),
        ],
        edited: ("OptOut", Breaking),
        undone: ("OptOutState", Breaking),
        before: "let state: OptOut = contacts.contacts_opt_out(OptOutContact::new(number)).send();",
        after: "let state: OptOutState = contacts.contacts_opt_out(OptOutContact::new(number)).send();",
    },
    Case {
        name: "description_changed",
        edits: &[("description: The immutable id of the contact.", "description: The id of the contact.")],
        edited: ("Contact.contact_id", Neutral),
        undone: ("Contact.contact_id", Neutral),
        before: "let found: Option<String> = contacts.contacts_list().send().remove(0).contact_id;",
        after: "let found: Option<String> = contacts.contacts_list().send().remove(0).contact_id;",
    },
    Case {
        name: "example_changed",
        edits: &[("value: { count: 250 }", "value: { count: 251 }")],
        edited: ("contacts.count", Neutral),
        undone: ("contacts.count", Neutral),
        before: "let count: Option<u64> = contacts.contacts_count().send().count;",
        after: "let count: Option<u64> = contacts.contacts_count().send().count;",
    },
    Case {
        name: "default_changed",
        edits: &[("- name: limit … default: 100", "default: 50")],
        edited: ("contacts.list.limit", Neutral),
        undone: ("contacts.list.limit", Neutral),
        before: "contacts.contacts_list().limit(NonZeroU32::new(7).unwrap()).send();",
        after: "contacts.contacts_list().limit(NonZeroU32::new(7).unwrap()).send();",
    },
    Case {
        name: "failure_changed",
        edits: &[(
            "        error_reason: { type: string, nullable: true,",
            "        error_reason: { type: integer, nullable: true,",
        )],
        edited: ("Error.error_reason", Neutral),
        undone: ("Error.error_reason", Neutral),
        before: "contacts.contacts_delete(&number).send();",
        after: "contacts.contacts_delete(&number).send();",
    },
    Case {
        name: "server_added",
        edits: &[("servers:\n", "servers:\n  - url: https://sandbox.sendblue.co\n    description: For tests.\n")],
        edited: ("servers", Neutral),
        undone: ("servers", Neutral),
        before: "contacts.contacts_delete(&number).send();",
        after: "contacts.contacts_delete(&number).send();",
    },
];
