//! The code generator: what it refuses, and what it makes of the document.
//!
//! Every test starts from the real document. That of a check makes one edit, which springs the trap that the check guards
//! against, and expects the place, the problem and the remedy: without the check it fails.

#[path = "../../build/codegen.rs"]
mod codegen;
mod edit;
#[path = "../../build/snapshot.rs"]
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use codegen::generate;
use edit::{edit, place};
use quote::ToTokens;

const DOCUMENT: &str = include_str!("../../openapi.yaml");
const SNAPSHOT: &str = include_str!("../../src/generated/snapshot.rs");

/// Returns the code of the snapshot, without its header of two lines.
fn code() -> &'static str {
    SNAPSHOT.splitn(3, '\n').last().expect("three parts")
}

fn problems(document: &str) -> codegen::Error {
    match generate(document) {
        Ok(_) => panic!("code is generated in spite of the edit"),
        Err(error) => error,
    }
}

fn refuses(find: &str, replace: &str, pointer: &str, problem: &str, remedy: &str) {
    let error = problems(&edit(DOCUMENT, find, replace));
    let expected = |found: &codegen::Problem| {
        found.pointer == pointer && found.problem.contains(problem) && found.remedy.contains(remedy)
    };
    assert!(
        error.problems().iter().any(expected),
        "expected:\nopenapi.yaml#{pointer}: {problem}\n    remedy: {remedy}\nfound:\n{error}"
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

/// The line after the one in which `find` is, counted from 1 as editors do.
fn line_after(find: &str) -> usize {
    DOCUMENT[..place(DOCUMENT, 0, find).end].lines().count() + 1
}

mod structure {
    use super::*;

    const COUNT_SCHEMA: &str = "schema: { $ref: '#/components/schemas/ContactCount' }";
    const COUNT_REFERENCE: &str =
        "/paths/~1api~1v2~1contacts~1count/get/responses/200/content/application~1json/schema/$ref";

    refused! {
        yaml_syntax_error:
            "operationId: contacts.count … tags: [Contacts]" => "tags: [Contacts",
            "", &format!("not YAML: did not find expected ',' or ']' at line {}", line_after("operationId: contacts.count") + 1),
            "correct that line or the line before it";
        duplicate_key:
            "      operationId: contacts.count\n" => "      operationId: contacts.count\n      operationId: contacts.count\n",
            "", "duplicate entry with key \"operationId\"", "correct that line or the line before it";
        unquoted_status:
            "operationId: contacts.count … '200':" => "200:",
            "/paths/~1api~1v2~1contacts~1count/get/responses/200", "the key 200 is not a string", "quote it: '200'";
        openapi_3_1:
            "openapi: 3.0.3" => "openapi: 3.1.0",
            "/openapi", "the version is \"3.1.0\"", "write `openapi: 3.0.3`";
        unquoted_version:
            "openapi: 3.0.3" => "openapi: 3.0",
            "/openapi", "the version is 3.0", "write `openapi: 3.0.3`";
        property_is_not_openapi:
            "phone: { type: string, nullable: true," => "phone: { type: string, nullable: maybe,",
            "/components/schemas/Contact/properties/phone", "expected a boolean", "OpenAPI 3.0.3 specification";
        parameter_is_not_openapi:
            "        in: path\n        required: true" => "        in: path\n        required: 1",
            "/paths/~1api~1v2~1contacts~1{phone_number}/parameters/0", "not what OpenAPI 3.0 has", "OpenAPI 3.0.3 specification";
        operation_is_not_openapi:
            "operationId: contacts.count … tags: [Contacts]" => "tags: Contacts",
            "/paths/~1api~1v2~1contacts~1count/get", "expected a sequence", "OpenAPI 3.0.3 specification";
        document_is_not_openapi:
            "info: … title:" => "x-title:",
            "", "missing field `title`", "OpenAPI 3.0.3 specification";
        dangling_reference:
            COUNT_SCHEMA => "schema: { $ref: '#/components/schemas/Count' }",
            COUNT_REFERENCE, "`#/components/schemas/Count` is the name of no component", "refer to a component that there is";
        reference_into_a_component:
            COUNT_SCHEMA => "schema: { $ref: '#/components/schemas/ContactCount/properties/count' }",
            COUNT_REFERENCE, "is the name of no component", "`#/components/schemas/NAME`";
        external_reference:
            COUNT_SCHEMA => "schema: { $ref: 'count.yaml#/ContactCount' }",
            COUNT_REFERENCE, "`count.yaml#/ContactCount` leads out of the document", "copy what it leads to under /components";
        reference_with_siblings:
            "          $ref: '#/components/schemas/Contact'\n"
                => "          $ref: '#/components/schemas/Contact'\n          nullable: true\n          description: The contact.\n",
            "/components/schemas/ContactResponse/properties/contact",
            "`description`, `nullable` beside a `$ref` is ignored", "write it at #/components/schemas/Contact itself";
        component_that_is_an_alias:
            "    # Responses.\n" => "    Person: { $ref: '#/components/schemas/Contact' }\n",
            "/components/schemas/Person", "`Person` is but another name", "refer to `#/components/schemas/Contact`";
        components_that_are_each_other:
            "    # Responses.\n"
                => "    This: { $ref: '#/components/schemas/That' }\n    That: { $ref: '#/components/schemas/This' }\n",
            "/components/schemas/This", "`This` is but another name", "refer to `#/components/schemas/That`";
        path_without_a_slash:
            "  /api/v2/contacts/count:" => "  api/v2/contacts/count:",
            "/paths/api~1v2~1contacts~1count", "does not start with a slash", "write `/api/v2/contacts/count`";
        path_that_is_described_elsewhere:
            "  /api/v2/contacts/count:" => "  /api/v2/people: { $ref: 'people.yaml' }\n  /api/v2/contacts/count:",
            "/paths/~1api~1v2~1people", "described elsewhere, at `people.yaml`", "write its operations here";
        method_in_upper_case:
            "  /api/v2/contacts/count:\n    get:" => "  /api/v2/contacts/count:\n    GET:",
            "/paths/~1api~1v2~1contacts~1count/GET", "`GET` is no HTTP method in lower case", "write one of get, put";
    }
}

mod operations {
    use super::*;

    const COUNT_SCHEMA: &str = "          content:\n            application/json:\n              schema: { $ref: '#/components/schemas/ContactCount' }\n";
    const COUNT_STATUS: &str = "operationId: contacts.count … '200':";
    const COUNT_RESPONSES: &str = "/paths/~1api~1v2~1contacts~1count/get/responses";
    const VERIFY_SCHEMA: &str =
        "          application/json:\n            schema: { $ref: '#/components/schemas/VerifyContact' }\n";

    refused! {
        missing_operation_id:
            "      operationId: contacts.count\n" => "",
            "/paths/~1api~1v2~1contacts~1count/get/operationId", "there is no operationId", "write an operationId in lower case";
        operation_id_that_is_no_name:
            "operationId: contacts.count" => "operationId: contacts.how many?",
            "/paths/~1api~1v2~1contacts~1count/get/operationId", "`contacts.how many?` is no name", "like `contacts.opt_out`";
        duplicate_operation_ids:
            "operationId: contacts.count" => "operationId: contacts.list",
            "/paths/~1api~1v2~1contacts~1count/get/operationId",
            "the operationId `contacts.list` and the operationId `contacts.list` are both `contacts_list`", "rename one of them";
        duplicate_snake_case_operation_ids:
            "operationId: contacts.count" => "operationId: contacts_list",
            "/paths/~1api~1v2~1contacts~1count/get/operationId",
            "the operationId `contacts_list` and the operationId `contacts.list` are both `contacts_list`", "rename one of them";
        cookie_parameter:
            "        - name: cid\n          in: query" => "        - name: cid\n          in: cookie",
            "/paths/~1api~1v2~1contacts/get/parameters/0/in", "a parameter in `cookie` is not supported", "`in: query`";
        parameter_in_another_style:
            "- name: cid … in: query" => "in: query\n          style: spaceDelimited",
            "/paths/~1api~1v2~1contacts/get/parameters/0/style", "the style `spaceDelimited` is not supported", "it is `form` then";
        parameter_without_a_schema:
            "- name: cid … schema: { type: string }" => "content: { text/plain: { schema: { type: string } } }",
            "/paths/~1api~1v2~1contacts/get/parameters/0", "the parameter has no schema", "write a `schema`, in place of `content`";
        duplicate_snake_case_parameters:
            "- name: cid" => "- name: phoneNumber",
            "/paths/~1api~1v2~1contacts/get/parameters/6",
            "the parameter `phone_number` and the parameter `phoneNumber` are both `phone_number`", "rename one of them";
        parameter_called_as_the_body:
            "      operationId: contacts.verify\n"
                => "      operationId: contacts.verify\n      parameters: [{ name: body, in: query, schema: { type: string } }]\n",
            "/paths/~1api~1v2~1contacts~1verify/post/parameters/0", "are both `body`", "rename one of them";
        optional_path_parameter:
            "        in: path\n        required: true\n" => "        in: path\n",
            "/paths/~1api~1v2~1contacts~1{phone_number}/parameters/0", "may not be left out", "write `required: true`";
        undeclared_path_parameter:
            "  /api/v2/contacts/{phone_number}:" => "  /api/v2/contacts/{number}:",
            "/paths/~1api~1v2~1contacts~1{number}/get", "the path has a parameter `number` that is not declared", "`in: path`";
        superfluous_path_parameter:
            "  /api/v2/contacts/{phone_number}:" => "  /api/v2/contacts/{number}:",
            "/paths/~1api~1v2~1contacts~1{number}/parameters/0/name", "has no parameter `phone_number`", "write `{phone_number}`";
        two_request_media_types:
            VERIFY_SCHEMA => &format!("          text/plain:\n            schema: {{ type: string }}\n{VERIFY_SCHEMA}"),
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content",
            "the media types `application/json`, `text/plain`", "describe `application/json` alone";
        another_request_media_type:
            VERIFY_SCHEMA => &VERIFY_SCHEMA.replace("json", "xml"),
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content",
            "the media type `application/xml`", "describe `application/json` alone";
        no_request_media_type:
            &format!("        content:\n{VERIFY_SCHEMA}") => &format!("        x-content:\n{VERIFY_SCHEMA}"),
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content", "no media type", "describe `application/json` alone";
        unknown_status:
            COUNT_STATUS => "'2000':",
            &format!("{COUNT_RESPONSES}/2000"), "`2000` is no status", "a status from '100' to '599'";
        no_success:
            COUNT_STATUS => "default:",
            COUNT_RESPONSES, "no response stands for success", "describe the successful response under '200'";
        success_that_is_not_json:
            COUNT_SCHEMA => &COUNT_SCHEMA.replace("application/json", "text/csv"),
            &format!("{COUNT_RESPONSES}/200/content"), "the media type `text/csv`", "describe `application/json` alone";
        different_success_bodies:
            "operationId: contacts.bulk.create … '201': … CreatedContacts" => "StatusResponse",
            "/paths/~1api~1v2~1contacts~1bulk/post/responses/201/content/application~1json/schema",
            "succeeds with another body too, at /paths/~1api~1v2~1contacts~1bulk/post/responses/200/", "the same schema";
        response_without_a_schema:
            "              schema: { $ref: '#/components/schemas/ContactCount' }\n" => "",
            &format!("{COUNT_RESPONSES}/200/content/application~1json"), "has no schema", "write `schema: { $ref:";
        request_without_a_schema:
            "            schema: { $ref: '#/components/schemas/VerifyContact' }\n" => "",
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content/application~1json", "has no schema", "write `schema: { $ref:";
        inline_response_schema:
            "schema: { $ref: '#/components/schemas/ContactCount' }" => "schema: { type: object, additionalProperties: { type: integer } }",
            &format!("{COUNT_RESPONSES}/200/content/application~1json/schema"), "written in place", "move it to /components/schemas";
        inline_response_array:
            "schema: { $ref: '#/components/schemas/ContactCount' }" => "schema: { type: array, items: { type: string } }",
            &format!("{COUNT_RESPONSES}/200/content/application~1json/schema"), "written in place", "or to an array of it";
    }
}

mod schemas {
    use super::*;

    const UPDATE_IF_EXISTS: &str = "        update_if_exists:\n          type: boolean\n";
    const UPDATE_IF_EXISTS_AT: &str = "/components/schemas/CreateContact/properties/update_if_exists";
    const COUNT: &str = "    ContactCount:\n … integer";

    refused! {
        schema_name_that_is_no_type_name:
            "    # Responses.\n" => "    new_person: { type: object }\n",
            "/components/schemas/new_person", "would be called `NewPerson`", "call it `NewPerson`";
        property_with_a_type_of_its_own:
            UPDATE_IF_EXISTS => &UPDATE_IF_EXISTS.replace("boolean", "string\n          enum: [always, never]"),
            UPDATE_IF_EXISTS_AT, "`enum` makes this a type of its own", "move the schema to /components/schemas";
        request_with_a_type_of_its_own:
            "schema: { $ref: '#/components/schemas/VerifyContact' }"
                => "schema: { type: object, properties: { number: { type: string } } }",
            "/paths/~1api~1v2~1contacts~1verify/post/requestBody/content/application~1json/schema",
            "`properties` makes this a type of its own", "move the schema to /components/schemas";
        nullable_type:
            "    Contact:\n … type: object" => "type: object\n      nullable: true",
            "/components/schemas/Contact/nullable", "cannot be nullable", "take `nullable` away";
        duplicate_snake_case_properties:
            "    ContactCount:\n … properties:\n" => "properties:\n        Count: { type: integer, nullable: true }\n",
            "/components/schemas/ContactCount/properties/count",
            "the property `count` and the property `Count` are both `count` in Rust", "rename one of them";
        misspelt_keyword:
            "    CreateContact:\n … type: object" => "type: object\n      aditionalProperties: { type: string }",
            "/components/schemas/CreateContact/aditionalProperties", "is no keyword of a schema", "correct the spelling";
        keyword_of_another_version:
            UPDATE_IF_EXISTS => &format!("{UPDATE_IF_EXISTS}          const: true\n"),
            &format!("{UPDATE_IF_EXISTS_AT}/const"), "`const` is no keyword of a schema", "take it away";
        unknown_type:
            COUNT => "int",
            "/components/schemas/ContactCount/properties/count/type", "\"int\" is no type of OpenAPI 3.0", "write one of array";
        type_of_another_version:
            COUNT => "[integer, 'null']",
            "/components/schemas/ContactCount/properties/count/type", "is no type of OpenAPI 3.0", "`nullable: true` as well";
        pattern_in_a_request:
            UPDATE_IF_EXISTS => &UPDATE_IF_EXISTS.replace("boolean", "string\n          pattern: ^(yes|no)$"),
            &format!("{UPDATE_IF_EXISTS_AT}/pattern"), "needs the crate `regress`", "say it in the description";
        uuid_in_a_parameter:
            "- name: cid … schema: { type: string }" => "schema: { type: string, format: uuid }",
            "/paths/~1api~1v2~1contacts/get/parameters/0/schema/format", "in the crate `uuid`", "leave the format out";
        required_property_without_a_description:
            "required: [contact_ids]" => "required: [contact_ids, reason]",
            "/components/schemas/DeleteContacts/required/1", "\"reason\" is not among the properties", "describe it";
        default_in_a_request:
            "    OptOutContact:\n … opted_out: { type: boolean" => "opted_out: { type: boolean, default: true",
            "/components/schemas/OptOutContact/properties/opted_out/default", "is always sent", "say in the description";
    }
}

mod responses {
    use super::*;

    const CONTACT: &str = "    Contact:\n … type: object";
    const PHONE: &str = "        phone: { type: string, nullable: true,";
    const PHONE_AT: &str = "/components/schemas/Contact/properties/phone";
    const AMOUNT: &str = "amount: { type: integer, format: uint64, minimum: 0, nullable: true,";
    const AMOUNT_AT: &str = "/components/schemas/DeletedContacts/properties/amount";

    refused! {
        required_property:
            CONTACT => "type: object\n      required: [phone]",
            "/components/schemas/Contact/required", "without a required property", "take `required` away";
        property_that_is_not_nullable:
            PHONE => "        phone: { type: string,",
            PHONE_AT, "with `phone: null` could not be decoded", "write `nullable: true`";
        closed_object:
            CONTACT => "type: object\n      additionalProperties: false",
            "/components/schemas/Contact/additionalProperties", "a property that is new", "take `additionalProperties: false` away";
        unknown_properties_that_are_kept:
            CONTACT => "type: object\n      additionalProperties: {}",
            "/components/schemas/Contact/additionalProperties", "doubles the time", "the raw body has all properties";
        pattern:
            PHONE => &format!("{PHONE} pattern: ^.1,"),
            &format!("{PHONE_AT}/pattern"), "a value beyond this `pattern`", "take `pattern` away";
        minimal_length:
            PHONE => &format!("{PHONE} minLength: 1,"),
            &format!("{PHONE_AT}/minLength"), "a value beyond this `minLength`", "take `minLength` away";
        closed_enum:
            PHONE => &format!("{PHONE} enum: [a, b],"),
            &format!("{PHONE_AT}/enum"), "a value beyond this `enum`", "take `enum` away";
        format_that_is_parsed:
            PHONE => &format!("{PHONE} format: ipv4,"),
            &format!("{PHONE_AT}/format"), "a value beyond this `format`", "take `format` away";
        smallest_number:
            AMOUNT => &AMOUNT.replace("minimum: 0", "minimum: 1"),
            &format!("{AMOUNT_AT}/minimum"), "a value beyond this `minimum`", "take `minimum` away";
        alternatives:
            AMOUNT => "amount: { nullable: true, oneOf: [{ type: integer }, { type: string }],",
            &format!("{AMOUNT_AT}/oneOf"), "not as `oneOf` has it", "leave the type of one that varies open";
        phone_number_that_is_parsed:
            PHONE => "        phone: { $ref: '#/components/schemas/PhoneNumber',",
            PHONE_AT, "one number that is not in E.164 form", "write `type: string` and `nullable: true`";
        response_that_is_a_phone_number:
            "operationId: contacts.count … ContactCount" => "PhoneNumber",
            "/paths/~1api~1v2~1contacts~1count/get/responses/200/content/application~1json/schema",
            "one number that is not in E.164 form", "write `type: string`";
        phone_numbers_that_are_parsed:
            "    CreatedContacts:\n … #/components/schemas/Contact'" => "#/components/schemas/PhoneNumber'",
            "/components/schemas/CreatedContacts/properties/contacts/items",
            "one number that is not in E.164 form", "write `type: string`";
    }
}

/// What no check foresees.
mod generator {
    use super::*;

    refused! {
        panic:
            "            schema: { $ref: '#/components/schemas/VerifyContact' }\n"
                => "            schema: { $ref: '#/components/schemas/VerifyContact' }\n            encoding: { number: { contentType: text/plain } }\n",
            "/paths/~1api~1v2~1contacts~1verify/post",
            "progenitor cannot generate from it: not yet implemented: media type encoding", "undo the last edit here";
        error:
            "- name: limit … format: uint32, minimum: 1, default: 100" => "format: uint8, default: 1000",
            "/paths/~1api~1v2~1contacts/get", "progenitor cannot generate from it: ", "undo the last edit here";
    }
}

#[test]
fn all_problems_are_reported_at_once_and_in_order() {
    let document = edit(DOCUMENT, "openapi: 3.0.3", "openapi: 3.1.0");
    let document = edit(&document, "      operationId: contacts.count\n", "");
    let document = edit(&document, "phone: { type: string, nullable: true,", "phone: { type: string,");
    let error = problems(&document);
    let pointers: Vec<_> = error.problems().iter().map(|problem| problem.pointer.as_str()).collect();
    let contact = "/components/schemas/Contact/properties/phone";
    assert_eq!(pointers, [contact, "/openapi", "/paths/~1api~1v2~1contacts~1count/get/operationId"]);
    let printed = error.to_string();
    for pointer in pointers {
        assert!(printed.contains(&format!("openapi.yaml#{pointer}: ")), "{printed}");
    }
    assert_eq!(printed.matches("\n    remedy: ").count(), 3, "{printed}");
}

#[test]
fn error_responses_may_be_anything() {
    let document =
        edit(DOCUMENT, "    ErrorDetail:\n … type: object", "type: object\n      additionalProperties: false");
    let document = edit(&document, "    ErrorDetail:\n … code: { type: string,", "code: { type: string, pattern: ^E,");
    assert_eq!(generate(&document).expect("no problem"), code());
}

#[test]
fn the_snapshot_is_what_the_document_gives() {
    let rendered = snapshot::render(DOCUMENT, &generate(DOCUMENT).expect("no problem"));
    assert!(rendered == SNAPSHOT, "run `cargo xtask generate`, and commit the snapshot");
    assert_eq!(
        SNAPSHOT.lines().next(),
        Some("// @generated by `cargo xtask generate` from openapi.yaml. Do not edit.")
    );
}

/// `build.rs` compiles the snapshot if `differs_by_generator` returns `true`, and the generated code otherwise.
mod choice {
    use super::{
        DOCUMENT, SNAPSHOT, code,
        snapshot::{differs_by_generator, render},
    };

    #[test]
    fn the_same_code_is_compiled_as_generated() {
        assert!(!differs_by_generator(SNAPSHOT, &render(DOCUMENT, code())));
    }

    #[test]
    fn other_code_for_the_same_document_is_not_compiled() {
        let other = code().to_owned() + "pub struct New;\n";
        assert!(differs_by_generator(SNAPSHOT, &render(DOCUMENT, &other)));
    }

    #[test]
    fn the_code_for_an_edited_document_is_compiled() {
        let edited = format!("{DOCUMENT}# An edit.\n");
        assert!(!differs_by_generator(SNAPSHOT, &render(&edited, code())));
        assert!(!differs_by_generator(SNAPSHOT, &render(&edited, &(code().to_owned() + "pub struct New;\n"))));
    }

    #[test]
    fn the_digest_is_fnv_1a() {
        // A test vector of the FNV specification.
        assert!(render("foobar", "").ends_with("// openapi.yaml: FNV-1a 85944171f73967e8\n"));
    }
}

#[test]
fn a_header_of_the_document_is_sent_and_none_besides() {
    // In every method the base URL is not parsed again, and no map of headers is made for nothing.
    let methods = SNAPSHOT.matches("pub async fn ").count();
    assert_eq!((methods, SNAPSHOT.matches("let url = self.inner.url(&url);").count()), (10, 10));
    assert_eq!(SNAPSHOT.matches("header_map").count(), 0);

    let count = "summary: Counts the contacts of the account.\n";
    let header = "      parameters: [{ name: x-trace, in: header, schema: { type: string } }]\n";
    let code = generate(&edit(DOCUMENT, count, &format!("{count}{header}"))).expect("no problem");
    assert!(compact(&code).contains(".headers(header_map).build()?"), "{code}");
    assert!(code.contains("\"x-trace\"") && !code.contains("\"api-version\""), "{code}");
}

#[test]
fn the_order_of_the_document_does_not_matter() {
    let mut document: yaml_serde::Value = yaml_serde::from_str(DOCUMENT).expect("YAML");
    reverse(&mut document);
    let reversed = yaml_serde::to_string(&document).expect("YAML");
    assert!(reversed.starts_with("components:"), "{reversed}");
    assert_eq!(generate(&reversed).expect("no problem"), code());
}

/// Reverses the members of all mappings.
fn reverse(value: &mut yaml_serde::Value) {
    match value {
        yaml_serde::Value::Mapping(members) => {
            members.values_mut().for_each(reverse);
            let mut reversed: Vec<_> = std::mem::take(members).into_iter().collect();
            reversed.reverse();
            members.extend(reversed);
        }
        yaml_serde::Value::Sequence(elements) => elements.iter_mut().for_each(reverse),
        _ => {}
    }
}

#[test]
fn merge_keys_are_merged() {
    let count = "    ContactCount:\n … type: integer, format: uint64, minimum: 0";
    let merged = edit(DOCUMENT, count, "<<: { type: integer, format: uint64, minimum: 0 }");
    assert_eq!(generate(&merged).expect("no problem"), code());
}

#[test]
fn a_response_may_be_a_component() {
    let operation = place(DOCUMENT, 0, "operationId: contacts.count").end;
    let start = place(DOCUMENT, operation, "        '200':").start;
    let end = place(DOCUMENT, operation, "        '401':").start;
    let component =
        DOCUMENT[start..end].replacen("        '200':", "    Count:", 1).replace("\n          ", "\n      ");
    let reference = "        '200': { $ref: '#/components/responses/Count' }\n";
    let document = format!("{}{reference}{}", &DOCUMENT[..start], &DOCUMENT[end..]);
    let document = edit(&document, "\n  responses:\n", &format!("\n  responses:\n{component}"));
    assert_eq!(generate(&document).expect("no problem"), code());
}

#[test]
fn only_what_operations_need_becomes_a_type() {
    let types = [
        "Contact",
        "ContactCount",
        "ContactResponse",
        "CreateContact",
        "CreateContacts",
        "CreatedContacts",
        "DeleteContacts",
        "DeletedContacts",
        "NewContact",
        "OptOut",
        "OptOutContact",
        "OrderDirection",
        "StatusResponse",
        "UpdateContact",
        "VerifyContact",
    ];
    assert_eq!(Generated::new().types(), BTreeSet::from(types.map(str::to_owned)));
}

#[test]
fn methods_take_optional_parameters_and_leave_errors_undecoded() {
    let signatures = Generated::new().methods();
    let query = "cid: Option<&'a str>, created_at_gte: Option<&'a ::chrono::DateTime<::chrono::offset::Utc>>, \
                 limit: Option<::std::num::NonZeroU32>, offset: Option<u32>, order_by: Option<&'a str>, \
                 order_direction: Option<types::OrderDirection>, phone_number: Option<&'a crate::PhoneNumber>";
    let number = "phone_number: &'a crate::PhoneNumber";
    // What a method takes, and what it gives on success. The defaults of `limit` and `order_by` are nowhere.
    let expected = [
        ("contacts_bulk_create", "body: &'a types::CreateContacts", "types::CreatedContacts"),
        ("contacts_bulk_delete", "body: &'a types::DeleteContacts", "types::DeletedContacts"),
        ("contacts_count", "", "types::ContactCount"),
        ("contacts_create", "body: &'a types::CreateContact", "types::ContactResponse"),
        ("contacts_delete", number, "types::StatusResponse"),
        ("contacts_list", query, "::std::vec::Vec<types::Contact>"),
        ("contacts_opt_out", "body: &'a types::OptOutContact", "types::OptOut"),
        ("contacts_retrieve", number, "types::ContactResponse"),
        ("contacts_update", &format!("{number}, body: &'a types::UpdateContact"), "types::ContactResponse"),
        ("contacts_verify", "body: &'a types::VerifyContact", "types::StatusResponse"),
    ];
    let expected = expected.map(|(name, arguments, result)| {
        compact(&format!("async fn {name}<'a>(&'a self, {arguments}) -> Result<ResponseValue<{result}>, Error<()>>"))
    });
    assert_eq!(signatures, BTreeSet::from(expected));
}

#[test]
fn any_success_is_decoded_and_any_failure_is_left_whole() {
    let decoded = SNAPSHOT.matches("200..=299 => ResponseValue::from_response(response).await,").count();
    let whole = SNAPSHOT.matches("_ => Err(Error::UnexpectedResponse(response)),").count();
    assert_eq!((decoded, whole), (10, 10));
    assert!(!SNAPSHOT.contains("ErrorResponse"));
}

#[test]
fn an_empty_collection_can_be_sent() {
    let fields = Generated::new().fields();
    let tags = "tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>";
    let variables = "custom_variables: ::std::option::Option<\
                     ::std::collections::BTreeMap<::std::string::String, ::std::string::String>>";
    for name in ["CreateContact", "NewContact", "UpdateContact"] {
        for field in [tags, variables] {
            let field = compact(&format!("{name}.{field}"));
            assert!(fields.contains(&field), "{field} is not among {fields:#?}");
        }
    }
    // A required one is always sent.
    assert!(fields.contains(&compact("CreateContacts.contacts: ::std::vec::Vec<NewContact>")), "{fields:#?}");
}

#[test]
fn each_operation_has_a_route() {
    let routes = Generated::new().routes();
    let expected = [
        "CONTACTS_BULK_CREATE",
        "CONTACTS_BULK_DELETE",
        "CONTACTS_COUNT",
        "CONTACTS_CREATE",
        "CONTACTS_DELETE",
        "CONTACTS_LIST",
        "CONTACTS_OPT_OUT",
        "CONTACTS_RETRIEVE",
        "CONTACTS_UPDATE",
        "CONTACTS_VERIFY",
    ];
    assert_eq!(routes.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    let update =
        r#"crate::route::Route { id: "contacts.update", method: "PUT", path: "/api/v2/contacts/{phone_number}", }"#;
    assert_eq!(routes["CONTACTS_UPDATE"], compact(update));
}

/// The generated code, to be looked into.
struct Generated(syn::File);

impl Generated {
    fn new() -> Self {
        Self(syn::parse_file(&generate(DOCUMENT).expect("no problem")).expect("Rust"))
    }

    fn module(&self, name: &str) -> &[syn::Item] {
        let content = self.0.items.iter().find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == name => module.content.as_ref(),
            _ => None,
        });
        let (_, items) = content.expect("the module");
        items
    }

    fn types(&self) -> BTreeSet<String> {
        let name = |item: &syn::Item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            syn::Item::Enum(item) => Some(item.ident.to_string()),
            _ => None,
        };
        self.module("types").iter().filter_map(name).collect()
    }

    /// `Type.field: type`, for all structs.
    fn fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        for item in self.module("types") {
            let syn::Item::Struct(item) = item else { continue };
            for field in &item.fields {
                let name = field.ident.as_ref().expect("a name");
                fields.insert(compact(&format!("{}.{name}: {}", item.ident, field.ty.to_token_stream())));
            }
        }
        fields
    }

    /// The signatures of the client's methods that send something.
    fn methods(&self) -> BTreeSet<String> {
        let mut methods = BTreeSet::new();
        for item in &self.0.items {
            let syn::Item::Impl(item) = item else { continue };
            for item in &item.items {
                if let syn::ImplItem::Fn(method) = item
                    && method.sig.asyncness.is_some()
                {
                    methods.insert(compact(&method.sig.to_token_stream().to_string()));
                }
            }
        }
        methods
    }

    /// The routes by the names of their constants.
    fn routes(&self) -> BTreeMap<String, String> {
        let route = |item: &syn::Item| match item {
            syn::Item::Const(item) if item.ident != "ALL" => {
                Some((item.ident.to_string(), compact(&item.expr.to_token_stream().to_string())))
            }
            _ => None,
        };
        self.module("routes").iter().filter_map(route).collect()
    }
}

/// Code without what depends on its layout: spaces, and commas before a closing bracket.
fn compact(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",)", ")").replace(",>", ">").replace(",}", "}")
}
