//! The public models: decoding, encoding, and what JSON Schema is derived from them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use schemars::{JsonSchema, schema_for};
use sendblue_contacts::{
    Contact, OptOut, OrderDirection, PhoneNumber,
    contacts::{CreateContact, DeleteContacts, OptOutContact, VerifyContact},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use syn::visit::Visit;

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

/// What is derived from each public model.
fn derived() -> BTreeMap<&'static str, Value> {
    fn of<T: JsonSchema + Serialize + DeserializeOwned>(name: &'static str) -> (&'static str, Value) {
        (name, schema_for!(T).to_value())
    }
    BTreeMap::from([
        of::<Contact>("Contact"),
        of::<CreateContact>("CreateContact"),
        of::<DeleteContacts>("DeleteContacts"),
        of::<OptOut>("OptOut"),
        of::<OptOutContact>("OptOutContact"),
        of::<OrderDirection>("OrderDirection"),
        of::<PhoneNumber>("PhoneNumber"),
        of::<VerifyContact>("VerifyContact"),
    ])
}

#[test]
fn derived_schemas_are_those_of_the_document() {
    let document = document::read();
    for (name, derived) in derived() {
        let documented = &document["components"]["schemas"][name];
        assert!(documented.is_object(), "{name} is not in the document");
        let mut documented = essence(documented);
        if name == "PhoneNumber" {
            // Written by hand: type and pattern.
            documented["description"] = Value::Null;
        }
        assert_eq!(essence(&derived), documented, "{name}");
    }
}

/// What a schema says, without what only one of the two sides writes down, or how it does.
fn essence(schema: &Value) -> Value {
    // OpenAPI 3.0 has nothing beside a reference, and `nullable` in place of the type `null`.
    let reference = [&schema["$ref"], &schema["anyOf"][0]["$ref"]].into_iter().find_map(Value::as_str);
    if let Some(reference) = reference {
        return json!({ "ref": reference.rsplit('/').next() });
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().find(|name| *name != "null").cloned().unwrap_or_default(),
        name => name.clone(),
    };
    let word = |variant: &Value| {
        let word = variant.get("const").unwrap_or(&variant["enum"][0]);
        json!({ "word": word, "description": variant["description"] })
    };
    let words: Vec<_> = schema["oneOf"].as_array().into_iter().flatten().map(word).collect();
    let properties: BTreeMap<_, _> =
        document::members(&schema["properties"]).map(|(name, property)| (name, essence(property))).collect();
    let required: BTreeSet<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let within = |key: &str| schema.get(key).map(essence);
    json!({
        "type": types,
        "format": schema["format"],
        "pattern": schema["pattern"],
        "minimum": schema["minimum"].as_f64(),
        "description": schema["description"],
        "words": words,
        "properties": properties,
        "required": required,
        "items": within("items"),
        "values": within("additionalProperties"),
    })
}

#[test]
fn every_public_model_is_held_against_the_document() {
    let mut exported = Exported::default();
    exported.read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // The one that is written by hand.
    exported.names.insert("PhoneNumber".to_owned());
    let held: BTreeSet<_> = derived().into_keys().map(str::to_owned).collect();
    assert_eq!(exported.names, held);
}

/// The generated types that are re-exported.
#[derive(Default)]
struct Exported {
    names: BTreeSet<String>,
}

impl Exported {
    fn read(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                self.read(&path);
            } else {
                self.visit_file(&syn::parse_file(&fs::read_to_string(path).expect("a file")).expect("Rust"));
            }
        }
    }

    /// The names at the end of `generated::types::…`.
    fn add(&mut self, tree: &syn::UseTree, path: &str) {
        match tree {
            syn::UseTree::Path(tree) => self.add(&tree.tree, &format!("{path}::{}", tree.ident)),
            syn::UseTree::Group(tree) => tree.items.iter().for_each(|tree| self.add(tree, path)),
            syn::UseTree::Name(tree) if path.ends_with("::generated::types") => {
                self.names.insert(tree.ident.to_string());
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Exported {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if matches!(item.vis, syn::Visibility::Public(_)) {
            self.add(&item.tree, "");
        }
    }
}
