//! The rules of `cargo xtask lint`: each test breaks one by an edit of the real document.

mod edit;

use std::{fs, path::Path, process::Command};

use edit::edit;
use xtask::{codegen::Problem, lint::rules};

const DOCUMENT: &str = include_str!("../../openapi.yaml");

/// Expects exactly one problem after the edit.
fn refuses(find: &str, replace: &str, pointer: &str, problem: &str, remedy: &str) {
    let found = rules::problems(&edit(DOCUMENT, find, replace));
    let is_expected =
        |found: &Problem| found.pointer == pointer && found.problem.contains(problem) && found.remedy.contains(remedy);
    assert!(
        found.len() == 1 && is_expected(&found[0]),
        "expected:\nopenapi.yaml#{pointer}: {problem}\n    remedy: {remedy}\nfound:\n{found:#?}"
    );
}

/// A test for each `name: find => replace, pointer, problem, remedy;`.
macro_rules! refused {
    ($($name:ident: $find:expr => $replace:expr, $pointer:expr, $problem:expr, $remedy:expr;)*) => {$(
        #[test]
        fn $name() {
            refuses($find, $replace, $pointer, $problem, $remedy);
        }
    )*};
}

#[test]
fn the_document_has_no_problems() {
    assert_eq!(rules::problems(DOCUMENT), []);
}

mod names {
    use super::*;

    refused! {
        id_that_is_not_of_contacts:
            "operationId: contacts.count" => "operationId: count",
            "/paths/~1api~1v2~1contacts~1count/get/operationId", "`count` is not what a call", "write `contacts.NAME`";
        parameter_in_camel_case:
            "- name: cid" => "- name: contactId",
            "/paths/~1api~1v2~1contacts/get/parameters/0/name", "`contactId` is a deprecated spelling", "write `contact_id`";
        missing_host:
            "  - url: https://api.sendblue.com\n" => "  - url: https://example.com\n",
            "/servers", "https://api.sendblue.com is not among the servers", "write `- url: https://api.sendblue.com`";
        other_missing_host:
            "  - url: https://api.sendblue.co\n" => "  - url: https://api.sendblue.co/v2\n",
            "/servers", "https://api.sendblue.co is not among the servers", "write `- url: https://api.sendblue.co`";
    }

    #[test]
    fn property_in_camel_case() {
        let found = rules::problems(&DOCUMENT.replace("error_reason", "errorReason"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].pointer, "/components/schemas/Error/properties/errorReason");
        assert_eq!(found[0].remedy, "write `error_reason`");
    }

    #[test]
    fn number_that_is_called_phone_number() {
        let document = edit(DOCUMENT, "    VerifyContact:\n … required: [number]", "required: [phone_number]");
        let document = edit(&document, "    VerifyContact:\n …         number:", "        phone_number:");
        let document = edit(&document, "contacts.verify\n … value: { number:", "value: { phone_number:");
        let found = rules::problems(&document);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].pointer, "/components/schemas/VerifyContact/properties/phone_number");
        assert_eq!(found[0].remedy, "write `number`");
    }
}

mod texts {
    use super::*;

    refused! {
        operation_without_a_summary:
            "operationId: contacts.count … \n      summary: Counts the contacts of the account." => "",
            "/paths/~1api~1v2~1contacts~1count/get", "there is no summary", "write a `summary`";
        property_without_a_description:
            "verified: { type: boolean, nullable: true, description: Whether the contact is verified. }"
                => "verified: { type: boolean, nullable: true }",
            "/components/schemas/Contact/properties/verified", "there is no description", "write a `description`";
        schema_without_a_description:
            "    StatusResponse:\n … \n      description: The status of the request." => "",
            "/components/schemas/StatusResponse", "there is no description", "write a `description`";
        parameter_without_a_description:
            "- name: created_at_gte … \n          description: Returns only contacts created at or after this time." => "",
            "/paths/~1api~1v2~1contacts/get/parameters/1", "there is no description", "write a `description`";
        description_without_a_full_stop:
            "description: Whether the contact is verified." => "description: Whether the contact is verified",
            "/components/schemas/Contact/properties/verified/description", "ends with `verified`", "a full stop";
        summary_without_a_full_stop:
            "summary: Counts the contacts of the account." => "summary: Counts the contacts of the account",
            "/paths/~1api~1v2~1contacts~1count/get/summary", "ends with `account`", "a full stop";
        summary_of_an_example_without_a_full_stop:
            "summary: The number alone." => "summary: The number alone",
            "/paths/~1api~1v2~1contacts/post/requestBody/content/application~1json/examples/minimal/summary",
            "without a full stop", "a full stop";
    }
}

mod examples {
    use super::*;

    const LIST: &str = "/paths/~1api~1v2~1contacts/get";

    refused! {
        value_of_another_type:
            "value: { count: 250 }" => "value: { count: many }",
            "/paths/~1api~1v2~1contacts~1count/get/responses/200/content/application~1json/examples/some/value/count",
            "not as #/components/schemas/ContactCount has it: \"many\" is not of type", "correct the example, or the schema";
        number_beyond_its_format:
            "value: { count: 250 }" => "value: { count: -1 }",
            "/paths/~1api~1v2~1contacts~1count/get/responses/200/content/application~1json/examples/some/value/count",
            "-1 is less than the minimum of 0", "correct the example";
        parameter_beyond_its_format:
            "largest: { value: 1000 }" => "largest: { value: 4294967296 }",
            &format!("{LIST}/parameters/2/examples/largest/value"), "greater than the maximum of 4294967295", "correct";
        time_that_is_none:
            "value: '2026-05-09T00:00:00Z'" => "value: yesterday",
            &format!("{LIST}/parameters/1/examples/since/value"), "is not a \"date-time\"", "correct the example";
        value_that_does_not_match_a_pattern:
            "operationId: contacts.verify … value: { number: '+14155550100' }" => "value: { number: 415-555-0100 }",
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content/application~1json/examples/one/value/number",
            "does not match", "correct the example";
        value_that_is_not_in_an_enum:
            "ascending: { value: asc }" => "ascending: { value: up }",
            &format!("{LIST}/parameters/5/examples/ascending/value"), "is not valid under any of the schemas", "correct";
        request_without_what_is_required:
            "operationId: contacts.bulk.delete … value: { contact_ids: ['+14155550100', '+14155550101'] }"
                => "value: {}\n              more:\n                value: { contact_ids: ['+14155550100'] }",
            "/paths/~1api~1v2~1contacts/delete/requestBody/content/application~1json/examples/two/value",
            "\"contact_ids\" is a required property", "correct the example";
        request_in_a_deprecated_spelling:
            "value: { company_name: Analytical Engines }" => "value: { companyName: Analytical Engines }",
            "/paths/~1api~1v2~1contacts~1{phone_number}/put/requestBody/content/application~1json/examples/one_property/value",
            "'companyName' was unexpected", "correct the example";
        null_that_is_not_nullable:
            "value: { company_name: Analytical Engines }" => "value: { company_name: null }",
            "/paths/~1api~1v2~1contacts~1{phone_number}/put/requestBody/content/application~1json/examples/one_property/value/company_name",
            "null is not of type \"string\"", "correct the example";
        default_that_is_no_value:
            "minimum: 0, default: 0" => "minimum: 0, default: none",
            &format!("{LIST}/parameters/3/schema/default"), "\"none\" is not of type \"integer\"", "correct the example";
        failure_that_is_not_as_described:
            "details: { trace: abc123 }" => "details: abc123",
            "/components/responses/ServerError/content/application~1json/examples/nested/value/error",
            "is not valid under any of the schemas", "correct the example";
        property_that_no_example_has:
            "    ErrorDetail:\n … details: { type: object, nullable: true, description: Further details. }"
                => "details: { type: object, nullable: true, description: Further details. }\n        trace: { type: string, nullable: true, description: More about it. }",
            "/components/schemas/ErrorDetail/properties/trace", "no example has a value of `trace`", "give it one";
        parameter_without_an_example:
            "\n          examples:\n            second_page: { value: 1000 }" => "",
            &format!("{LIST}/parameters/3"), "the parameter has no example", "write one";
    }

    #[test]
    fn null_does_not_count_as_an_example_of_a_property() {
        let document = DOCUMENT.replace(
            "deleted:\n                  value: { status: OK, amount: 2 }",
            "deleted:\n                  value: { status: OK, amount: null }",
        );
        assert_ne!(document, DOCUMENT);
        let found = rules::problems(&document);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].pointer, "/components/schemas/DeletedContacts/properties/amount");
    }
}

mod sources {
    use super::*;

    const VERIFIED: &str =
        "        verified: { type: boolean, nullable: true, description: Whether the contact is verified. }\n";
    const COUNT: &str = "  /api/v2/contacts/count:\n";

    refused! {
        property_without_a_source:
            "description: 'The error message if `status` is `ERROR` (recorded).'"
                => "description: 'The error message if `status` is `ERROR`.'",
            "/components/schemas/StatusResponse/properties/message",
            "the property `message` of StatusResponse is not in the API reference", "\"reported by the official clients\", ";
        status_without_a_source:
            "description: The same as 200, with an empty body (recorded for some deletes)." => "description: The same as 200, with an empty body.",
            "/paths/~1api~1v2~1contacts~1{phone_number}/delete/responses/204", "the status 204 is not in the API reference", "say";
        default_without_a_source:
            "description: The number of contacts to skip; 0 by default, capped at 10000 (reported by the official clients)."
                => "description: The number of contacts to skip; 0 by default, capped at 10000.",
            "/paths/~1api~1v2~1contacts/get/parameters/3", "the default is not in the API reference", "say";
        operation_without_a_source:
            COUNT => "  /api/v2/contacts/total:\n",
            "/paths/~1api~1v2~1contacts~1total/get", "the operation `GET /api/v2/contacts/total` is not in the API reference",
            "or, if the reference has it now, add it to OPERATIONS in xtask/src/lint/rules/sources.rs";
        vague_word:
            "Every property is optional" => "Every property is probably optional",
            "/components/schemas/Error/description", "`probably` does not say where the fact is known from", "\"presumably\"";
        report_by_nobody:
            "existing ones (reported by the\n        official clients)" => "existing ones (reported)",
            "/paths/~1api~1v2~1contacts~1{phone_number}/put/description", "`reported` does not say where", "\"reported by the guides\"";
    }

    #[test]
    fn a_marked_property_needs_no_other_source() {
        let marked =
            VERIFIED.replace("verified:", "company_size:").replace("verified.", "small (reported by the guides).");
        let document = edit(DOCUMENT, VERIFIED, &format!("{VERIFIED}{marked}"));
        let document = edit(
            &document,
            "                    - phone: '+14155550101'\n                nulls",
            "                    - phone: '+14155550101'\n                      company_size: true\n                nulls",
        );
        assert_eq!(rules::problems(&document), []);
    }
}

/// Runs `cargo xtask lint` on a document, and returns the exit code and both outputs.
fn lint(name: &str, document: &str) -> (Option<i32>, String, String) {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint").join(name);
    fs::create_dir_all(&root).expect("a directory");
    fs::write(root.join("openapi.yaml"), document).expect("a document");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(["lint", "--root"]).arg(&root).output().expect("xtask is built");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Returns the line and column of the first `find`, counted from 1.
fn place(document: &str, find: &str) -> (usize, usize) {
    let found = edit::place(document, 0, find);
    let before = &document[..found.start];
    (before.matches('\n').count() + 1, before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1)
}

#[test]
fn lint_prints_place_problem_and_remedy() {
    let (code, output, errors) = lint("sound", DOCUMENT);
    assert_eq!((code, output.as_str(), errors.as_str()), (Some(0), "openapi.yaml has no problems\n", ""));

    // The problems of the rules and of code generation come in the order of the document.
    let document = edit(DOCUMENT, "summary: Counts the contacts of the account.", "summary: Counts the contacts");
    let document = edit(&document, "phone: { type: string, nullable: true,", "phone: { type: string,");
    let (code, _, errors) = lint("unsound", &document);
    let (summary, phone) =
        (place(&document, "summary: Counts the contacts"), place(&document, "phone: { type: string,"));
    let expected = format!(
        "openapi.yaml:{}:{}: contacts.count: the text ends with `contacts`, without a full stop\n    \
         remedy: end it with a full stop\n\
         openapi.yaml:{}:{}: Contact.phone: an answer with `phone: null` could not be decoded at all\n    \
         remedy: write `nullable: true`\n",
        summary.0, summary.1, phone.0, phone.1
    );
    assert_eq!(code, Some(1));
    assert!(errors.contains(&expected), "expected:\n{expected}\nfound:\n{errors}");
}

#[test]
fn lint_reports_the_line_of_a_yaml_syntax_error() {
    let document = edit(DOCUMENT, "    DeleteContacts:\n … required: [contact_ids]", "required: [contact_ids");
    let (code, _, errors) = lint("broken", &document);
    let line = place(&document, "required: [contact_ids\n").0;
    assert_eq!(code, Some(1));
    // The parser stops at the next line.
    assert!(errors.contains(&format!("openapi.yaml:{}:", line + 1)), "{line}: {errors}");
    assert!(errors.contains("remedy: correct that line or the line before it"), "{errors}");
}
