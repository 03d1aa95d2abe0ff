//! Requests match their schema, and models survive a round trip through JSON.

use std::{collections::BTreeMap, fmt::Debug};

use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use proptest::{collection::vec, option, prelude::*};
use sendblue_contacts::{Contact, NewContact, Operation, OptOut, Request};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{Harness, number, text};
use crate::document;

const CASES: u32 = 1_000;

/// Arbitrary values of the optional fields of a contact.
#[derive(Clone, Debug)]
struct Fields {
    first_name: Option<String>,
    last_name: Option<String>,
    company_name: Option<String>,
    assigned_to_email: Option<String>,
    sendblue_number: Option<String>,
    tags: Option<Vec<String>>,
    custom_variables: Option<BTreeMap<String, String>>,
    flag: Option<bool>,
}

fn fields() -> impl Strategy<Value = Fields> {
    let texts = [text(), text(), text(), text(), text()].map(option::of);
    let variables = proptest::collection::btree_map(text(), text(), 0..3);
    (texts, option::of(vec(text(), 0..3)), option::of(variables), option::of(any::<bool>())).prop_map(
        |([first_name, last_name, company_name, assigned_to_email, sendblue_number], tags, custom_variables, flag)| {
            Fields {
                first_name,
                last_name,
                company_name,
                assigned_to_email,
                sendblue_number,
                tags,
                custom_variables,
                flag,
            }
        },
    )
}

impl Fields {
    /// Returns the fields that are set and named, as the JSON that a request should contain.
    fn json(&self, names: &[&str], flag: &str) -> Map<String, Value> {
        let all = json!({
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company_name": self.company_name,
            "assigned_to_email": self.assigned_to_email,
            "sendblue_number": self.sendblue_number,
            "tags": self.tags,
            "custom_variables": self.custom_variables,
            flag: self.flag,
        });
        let Value::Object(all) = all else { unreachable!("an object") };
        all.into_iter().filter(|(name, value)| !value.is_null() && (name == flag || names.contains(&&**name))).collect()
    }

    fn new_contact(&self, phone: &str) -> NewContact {
        NewContact::new(phone)
            .expect("a number")
            .maybe_first_name(self.first_name.clone())
            .maybe_last_name(self.last_name.clone())
            .maybe_company_name(self.company_name.clone())
            .maybe_tags(self.tags.clone())
            .maybe_custom_variables(self.custom_variables.clone())
    }
}

/// Sends a request. Checks that its body equals `expected` and matches the schema with this name.
fn check_request<P: Operation>(
    harness: &Harness,
    request: Request<P>,
    schema: &str,
    expected: &Value,
) -> Result<(), TestCaseError> {
    let body = br#"{"contact":{},"contacts":[]}"#;
    let (result, sent) = harness.run(StatusCode::OK, body, request.send());
    prop_assert!(result.is_ok(), "{:?}", result.err());
    let [request] = &sent[..] else { return Err(TestCaseError::fail("not one request")) };
    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
    prop_assert_eq!(&body, expected);
    check_schema(schema, &body)
}

/// Checks that an object has all required members of its schema, no unknown member and no `null`.
fn check_schema(schema: &str, object: &Value) -> Result<(), TestCaseError> {
    let document = document::read();
    let schema = &document["components"]["schemas"][schema];
    let properties = schema["properties"].as_object().expect("the schema of an object");
    let members = object.as_object().expect("an object");
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        prop_assert!(members.contains_key(name), "`{name}` is required");
    }
    for (name, member) in members {
        prop_assert!(properties.contains_key(name), "`{name}` is not in the document");
        prop_assert!(!member.is_null(), "`{name}` is null");
    }
    Ok(())
}

#[test]
fn setters_write_exactly_what_they_were_given() {
    let harness = Harness::new();
    let contacts = harness.client.contacts();
    proptest!(ProptestConfig::with_cases(CASES), |(phone in number(), fields in fields())| {
        let f = fields.clone();
        let request = contacts
            .create(&phone)
            .maybe_first_name(f.first_name)
            .maybe_last_name(f.last_name)
            .maybe_assigned_to_email(f.assigned_to_email)
            .maybe_sendblue_number(f.sendblue_number)
            .maybe_tags(f.tags)
            .maybe_custom_variables(f.custom_variables)
            .maybe_update_if_exists(f.flag);
        let names =
            ["first_name", "last_name", "assigned_to_email", "sendblue_number", "tags", "custom_variables"];
        let mut expected = fields.json(&names, "update_if_exists");
        expected.insert("number".into(), json!(phone));
        check_request(&harness, request, "CreateContact", &expected.into())?;

        let f = fields.clone();
        let request = contacts
            .update(&phone)
            .maybe_first_name(f.first_name)
            .maybe_last_name(f.last_name)
            .maybe_company_name(f.company_name)
            .maybe_assigned_to_email(f.assigned_to_email)
            .maybe_sendblue_number(f.sendblue_number)
            .maybe_tags(f.tags)
            .maybe_opt_out(f.flag)
            .maybe_custom_variables(f.custom_variables);
        let names = [
            "first_name",
            "last_name",
            "company_name",
            "assigned_to_email",
            "sendblue_number",
            "tags",
            "custom_variables",
        ];
        check_request(&harness, request, "UpdateContact", &fields.json(&names, "opt_out").into())?;

        let request = contacts.opt_out(&phone).maybe_opted_out(fields.flag);
        let mut expected = fields.json(&[], "opted_out");
        expected.insert("number".into(), json!(phone));
        check_request(&harness, request, "OptOutContact", &expected.into())?;

        check_request(&harness, contacts.verify(&phone), "VerifyContact", &json!({ "number": phone }))?;
        let request = contacts.bulk().delete([&phone]);
        check_request(&harness, request, "DeleteContacts", &json!({ "contact_ids": [phone] }))?;

        let contact = fields.new_contact(&phone);
        let names = ["first_name", "last_name", "company_name", "tags", "custom_variables"];
        let mut expected = Fields { flag: None, ..fields.clone() }.json(&names, "");
        expected.insert("phone".into(), json!(phone));
        check_schema("NewContact", &expected.clone().into())?;
        let request = contacts.bulk().create([contact.clone()]);
        check_request(&harness, request, "CreateContacts", &json!({ "contacts": [expected] }))?;
        check_round_trip::<NewContact>(&expected.into())?;
    });
}

/// Checks that JSON decodes into a value that serializes as the same JSON.
fn check_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &Value) -> Result<(), TestCaseError> {
    let value: T = serde_json::from_value(json.clone()).expect("decodes");
    let text = serde_json::to_string(&value).expect("JSON");
    prop_assert_eq!(&serde_json::from_str::<T>(&text).expect("decodes"), &value);
    prop_assert_eq!(&serde_json::from_str::<Value>(&text).expect("JSON"), json);
    Ok(())
}

/// Times from the year 0 to 9999, the range of RFC 3339.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_i64..253_402_300_800, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("in range"))
}

#[test]
fn models_survive_a_round_trip() {
    let cases = (option::of(number()), option::of(text()), fields(), option::of(time()));
    proptest!(ProptestConfig::with_cases(CASES), |((phone, contact_id, fields, created_at) in cases)| {
        let names = [
            "first_name",
            "last_name",
            "company_name",
            "assigned_to_email",
            "sendblue_number",
            "tags",
            "custom_variables",
        ];
        let mut contact = fields.json(&names, "opt_out");
        let created_at = created_at.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        for (name, value) in [("phone", &phone), ("contact_id", &contact_id), ("created_at", &created_at)] {
            contact.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        contact.extend(fields.flag.map(|verified| ("verified".to_owned(), json!(verified))));
        check_schema("Contact", &contact.clone().into())?;
        check_round_trip::<Contact>(&contact.into())?;

        let mut opt_out = fields.json(&[], "opted_out");
        opt_out.extend(phone.map(|number| ("number".to_owned(), json!(number))));
        check_schema("OptOut", &opt_out.clone().into())?;
        check_round_trip::<OptOut>(&opt_out.into())?;
    });
}
