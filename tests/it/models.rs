//! The public models: decoding, encoding, and what JSON Schema is derived from them.

use schemars::{JsonSchema, schema_for};
use sendblue_contacts::{
    Contact, OptOut, OrderDirection, PhoneNumber,
    contacts::{CreateContact, DeleteContacts, OptOutContact, VerifyContact},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::document;

#[test]
fn a_contact_can_be_made_changed_and_written() {
    let mut contact = Contact::default();
    assert_eq!(serde_json::to_value(&contact).expect("JSON"), json!({}), "what is absent is not written");
    contact.first_name = Some("Ada".to_owned());
    contact.tags = Some(Vec::new());
    let written = serde_json::to_value(&contact).expect("JSON");
    assert_eq!(written, json!({"first_name": "Ada", "tags": []}));
    assert_eq!(serde_json::from_value::<Contact>(written).expect("a contact"), contact);
}

#[test]
fn times_are_utc_whatever_their_offset() {
    let contact: Contact =
        serde_json::from_value(json!({"created_at": "2026-05-09T02:30:00.123+02:30"})).expect("a contact");
    assert_eq!(contact.created_at.expect("a time").to_rfc3339(), "2026-05-09T00:00:00.123+00:00");
}

/// What a schema says, without what only one of the two sides writes down.
fn essence(schema: &Value) -> Value {
    let mut properties = serde_json::Map::new();
    for (name, property) in document::members(&schema["properties"]) {
        let types = match &property["type"] {
            Value::Array(types) => types.iter().find(|name| *name != "null").cloned().unwrap_or_default(),
            name => name.clone(),
        };
        let reference = [&property["$ref"], &property["anyOf"][0]["$ref"]]
            .into_iter()
            .find_map(|reference| Some(reference.as_str()?.rsplit('/').next()?.to_owned()));
        properties.insert(name.to_owned(), json!({ "type": types, "format": property["format"], "ref": reference }));
    }
    let mut required: Vec<_> = schema["required"].as_array().into_iter().flatten().cloned().collect();
    required.sort_by_key(Value::to_string);
    json!({ "properties": properties, "required": required })
}

fn compare<T: JsonSchema + Serialize + DeserializeOwned>(name: &str) {
    let document = document::read();
    let documented = &document["components"]["schemas"][name];
    assert!(documented["properties"].is_object(), "{name} is not in the document");
    let derived = schema_for!(T).to_value();
    assert_eq!(essence(&derived), essence(documented), "{name}");
}

#[test]
fn derived_schemas_have_the_properties_of_the_document() {
    compare::<Contact>("Contact");
    compare::<OptOut>("OptOut");
    compare::<CreateContact>("CreateContact");
    compare::<DeleteContacts>("DeleteContacts");
    compare::<OptOutContact>("OptOutContact");
    compare::<VerifyContact>("VerifyContact");
}

#[test]
fn derived_schemas_have_the_words_and_patterns_of_the_document() {
    let document = document::read();
    let number = schema_for!(PhoneNumber).to_value();
    assert_eq!(number["pattern"], document["components"]["schemas"]["PhoneNumber"]["pattern"]);
    assert!(number["pattern"].is_string());

    let words = |schema: &Value| -> Vec<Value> {
        let variants = schema["oneOf"].as_array().expect("variants").iter();
        variants.map(|variant| variant.get("const").unwrap_or(&variant["enum"][0]).clone()).collect()
    };
    let direction = schema_for!(OrderDirection).to_value();
    assert_eq!(words(&direction), words(&document["components"]["schemas"]["OrderDirection"]));
    assert_eq!(words(&direction), ["asc", "desc"]);
}
