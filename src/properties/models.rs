//! What is written is read as the same again, and is what the document describes.

use std::{collections::BTreeMap, fmt::Debug};

use chrono::{DateTime, Utc};
use proptest::{collection::vec, option, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{document, number, text};
use crate::{
    PhoneNumber,
    generated::types::{
        Contact, ContactCount, ContactResponse, CreateContact, CreateContacts, CreatedContacts, DeleteContacts,
        DeletedContacts, NewContact, OptOut, OptOutContact, StatusResponse, UpdateContact, VerifyContact,
    },
};

const CASES: u32 = 1_000;

/// Holds values of a model against its schema in the document, and against themselves, written and read.
fn check<T>(schema: &str, values: impl Strategy<Value = T>)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let document = document::read();
    let schema = &document["components"]["schemas"][schema];
    let properties = schema["properties"].as_object().expect("an object's schema");
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();

    proptest!(ProptestConfig::with_cases(CASES), |(value in values)| {
        let text = serde_json::to_string(&value).expect("JSON");
        prop_assert_eq!(&serde_json::from_str::<T>(&text).expect("what was written"), &value);

        let written: Value = serde_json::from_str(&text).expect("JSON");
        let members = written.as_object().expect("an object");
        prop_assert!(required.iter().all(|name| members.contains_key(*name)), "{text}");
        for (name, member) in members {
            prop_assert!(properties.contains_key(name), "`{name}` is not in the document");
            prop_assert!(!member.is_null(), "`{name}`: what is absent is not written");
        }
        prop_assert_eq!(serde_json::from_value::<T>(written).expect("what was written"), value);
    });
}

fn phone() -> impl Strategy<Value = PhoneNumber> {
    number().prop_map(|number| number.parse().expect("a number"))
}

fn words() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

fn tags() -> impl Strategy<Value = Option<Vec<String>>> {
    option::of(vec(text(), 0..3))
}

fn variables() -> impl Strategy<Value = Option<BTreeMap<String, String>>> {
    option::of(proptest::collection::btree_map(text(), text(), 0..3))
}

/// From the year 0 to 9999, which is all that RFC 3339 can write.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_i64..253_402_300_800, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("in range"))
}

fn contact() -> impl Strategy<Value = Contact> {
    let flag = option::of(any::<bool>());
    (
        [words(), words(), words(), words(), words(), words(), words()],
        (tags(), variables(), flag.clone(), flag, option::of(time())),
    )
        .prop_map(|(texts, (tags, custom_variables, opt_out, verified, created_at))| {
            let [assigned_to_email, company_name, contact_id, first_name, last_name, phone, sendblue_number] = texts;
            Contact {
                assigned_to_email,
                company_name,
                contact_id,
                created_at,
                custom_variables,
                first_name,
                last_name,
                opt_out,
                phone,
                sendblue_number,
                tags,
                verified,
            }
        })
}

fn new_contact() -> impl Strategy<Value = NewContact> {
    (phone(), words(), words(), words(), tags(), variables()).prop_map(
        |(phone, first_name, last_name, company_name, tags, custom_variables)| NewContact {
            phone,
            first_name,
            last_name,
            company_name,
            tags,
            custom_variables,
        },
    )
}

#[test]
fn what_requests_are_made_of_is_written_and_read() {
    let texts = || [words(), words(), words(), words()];
    let create = (phone(), texts(), tags(), variables(), option::of(any::<bool>())).prop_map(
        |(number, texts, tags, custom_variables, update_if_exists)| {
            let [first_name, last_name, assigned_to_email, sendblue_number] = texts;
            CreateContact {
                number,
                first_name,
                last_name,
                assigned_to_email,
                sendblue_number,
                tags,
                custom_variables,
                update_if_exists,
            }
        },
    );
    check("CreateContact", create);
    let update = (texts(), words(), tags(), variables(), option::of(any::<bool>())).prop_map(
        |(texts, company_name, tags, custom_variables, opt_out)| {
            let [first_name, last_name, assigned_to_email, sendblue_number] = texts;
            UpdateContact {
                first_name,
                last_name,
                company_name,
                assigned_to_email,
                sendblue_number,
                tags,
                opt_out,
                custom_variables,
            }
        },
    );
    check("UpdateContact", update);
    let opt_out = (phone(), option::of(any::<bool>()));
    check("OptOutContact", opt_out.prop_map(|(number, opted_out)| OptOutContact { number, opted_out }));
    check("VerifyContact", phone().prop_map(|number| VerifyContact { number }));
    check("NewContact", new_contact());
    check("CreateContacts", vec(new_contact(), 0..3).prop_map(|contacts| CreateContacts { contacts }));
    check("DeleteContacts", vec(phone(), 0..3).prop_map(|contact_ids| DeleteContacts { contact_ids }));
}

#[test]
fn what_answers_are_made_of_is_written_and_read() {
    let number = || option::of(any::<u64>());
    check("Contact", contact());
    check("ContactCount", number().prop_map(|count| ContactCount { count }));
    let response = (words(), option::of(contact()));
    check("ContactResponse", response.prop_map(|(status, contact)| ContactResponse { status, contact }));
    let created = (words(), option::of(vec(contact(), 0..3)));
    check("CreatedContacts", created.prop_map(|(status, contacts)| CreatedContacts { status, contacts }));
    check("DeletedContacts", (words(), number()).prop_map(|(status, amount)| DeletedContacts { status, amount }));
    let opt_out = (words(), words(), option::of(any::<bool>()));
    check("OptOut", opt_out.prop_map(|(status, number, opted_out)| OptOut { status, number, opted_out }));
    check("StatusResponse", (words(), words()).prop_map(|(status, message)| StatusResponse { status, message }));
}
