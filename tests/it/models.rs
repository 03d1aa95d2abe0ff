//! The public models: decoding, encoding and their JSON schemas.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use schemars::{JsonSchema, schema_for};
use sendblue_contacts::{Contact, NewContact, OptOut, OrderDirection, PhoneNumber};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use syn::visit::Visit;

use crate::document;

#[test]
fn a_contact_survives_a_round_trip_without_its_absent_fields() {
    let mut contact = Contact::default();
    assert_eq!(serde_json::to_value(&contact).expect("JSON"), json!({}), "absent fields were serialized");
    contact.first_name = Some("Ada".to_owned());
    contact.tags = Some(Vec::new());
    let written = serde_json::to_value(&contact).expect("JSON");
    assert_eq!(written, json!({"first_name": "Ada", "tags": []}));
    assert_eq!(serde_json::from_value::<Contact>(written).expect("a contact"), contact);
}

#[test]
fn times_with_an_offset_are_converted_to_utc() {
    let contact: Contact =
        serde_json::from_value(json!({"created_at": "2026-05-09T02:30:00.123+02:30"})).expect("a contact");
    assert_eq!(contact.created_at.expect("a time").to_rfc3339(), "2026-05-09T00:00:00.123+00:00");
}

/// The derived JSON schema of each public model.
fn derived_schemas() -> BTreeMap<&'static str, Value> {
    fn of<T: JsonSchema + Serialize + DeserializeOwned>(name: &'static str) -> (&'static str, Value) {
        (name, schema_for!(T).to_value())
    }
    BTreeMap::from([
        of::<Contact>("Contact"),
        of::<NewContact>("NewContact"),
        of::<OptOut>("OptOut"),
        of::<OrderDirection>("OrderDirection"),
        of::<PhoneNumber>("PhoneNumber"),
    ])
}

#[test]
fn derived_schemas_equal_the_documented_schemas() {
    let document = document::read();
    for (name, derived) in derived_schemas() {
        let documented = &document["components"]["schemas"][name];
        assert!(documented.is_object(), "{name} is not in the document");
        let mut documented = normalize(documented);
        if name == "PhoneNumber" {
            // Its schema is hand-written, with type and pattern only.
            documented["description"] = Value::Null;
        }
        assert_eq!(normalize(&derived), documented, "{name}");
    }
}

/// Reduces a schema to the keywords that both sides have, in one notation.
fn normalize(schema: &Value) -> Value {
    // OpenAPI 3.0 allows no keyword beside `$ref`, and writes `nullable` instead of the type `null`.
    let reference = [&schema["$ref"], &schema["anyOf"][0]["$ref"]].into_iter().find_map(Value::as_str);
    if let Some(reference) = reference {
        return json!({ "ref": reference.rsplit('/').next() });
    }
    // schemars writes the type of an enum only in its variants.
    let types = match schema.get("type").unwrap_or(&schema["oneOf"][0]["type"]) {
        Value::Array(types) => types.iter().find(|name| *name != "null").cloned().unwrap_or_default(),
        name => name.clone(),
    };
    let variant = |variant: &Value| {
        let name = variant.get("const").unwrap_or(&variant["enum"][0]);
        json!({ "name": name, "description": variant["description"] })
    };
    let variants: Vec<_> = schema["oneOf"].as_array().into_iter().flatten().map(variant).collect();
    let properties: BTreeMap<_, _> =
        document::members(&schema["properties"]).map(|(name, property)| (name, normalize(property))).collect();
    let required: BTreeSet<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let nested = |key: &str| schema.get(key).map(normalize);
    json!({
        "type": types,
        "format": schema["format"],
        "pattern": schema["pattern"],
        "minimum": schema["minimum"].as_f64(),
        "description": schema["description"],
        "variants": variants,
        "properties": properties,
        "required": required,
        "items": nested("items"),
        "values": nested("additionalProperties"),
    })
}

#[test]
fn every_public_model_is_compared_with_the_document() {
    let mut exported = ReexportedTypes::default();
    exported.read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // The only hand-written model.
    exported.names.insert("PhoneNumber".to_owned());
    let compared: BTreeSet<_> = derived_schemas().into_keys().map(str::to_owned).collect();
    assert_eq!(exported.names, compared);
}

/// The generated types that the crate re-exports.
#[derive(Default)]
struct ReexportedTypes {
    names: BTreeSet<String>,
}

impl ReexportedTypes {
    fn read_folder(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                self.read_folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.visit_file(&syn::parse_file(&fs::read_to_string(path).expect("a file")).expect("Rust"));
            }
        }
    }

    /// Adds the names that a `use` of `generated::types::…` ends with.
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

impl<'ast> Visit<'ast> for ReexportedTypes {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if matches!(item.vis, syn::Visibility::Public(_)) {
            self.add(&item.tree, "");
        }
    }
}
