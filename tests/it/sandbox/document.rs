//! The sandbox accepts and refuses what `openapi.yaml` says, for each property and parameter.

use reqwest::Method;
use sendblue_contacts::sandbox::Sandbox;
use serde_json::{Map, Value, json};

use super::{ADA, request, send};
use crate::document::{members, operations, read, resolve};

/// Values of each JSON type.
fn values() -> Vec<Value> {
    let scalars = [json!(null), json!(true), json!(0), json!(-1.5), json!(""), json!("text"), json!(ADA)];
    let lists = [json!([]), json!([null]), json!([1]), json!([ADA]), json!([{}]), json!([{ "phone": ADA }])];
    let maps = [json!({}), json!({ "a": null }), json!({ "a": 1 }), json!({ "a": "text" })];
    scalars.into_iter().chain(lists).chain(maps).collect()
}

/// Returns whether a value matches a schema of a request in the document.
fn matches(document: &Value, schema: &Value, value: &Value) -> bool {
    let schema = resolve(document, schema);
    match schema["type"].as_str() {
        Some("boolean") => value.is_boolean(),
        Some("string") if schema["pattern"].is_string() => value == ADA,
        Some("string") => value.is_string(),
        Some("array") => value.as_array().is_some_and(|items| {
            items.len() as u64 >= schema["minItems"].as_u64().unwrap_or(0)
                && items.iter().all(|item| matches(document, &schema["items"], item))
        }),
        Some("object") => value.as_object().is_some_and(|object| {
            let required = schema["required"].as_array().into_iter().flatten();
            let has_required =
                required.map(|name| name.as_str().expect("a name")).all(|name| object.contains_key(name));
            let is_valid = |(name, value): (&String, &Value)| match schema["properties"].get(name) {
                Some(property) => matches(document, property, value),
                None => {
                    schema["additionalProperties"].is_null()
                        || matches(document, &schema["additionalProperties"], value)
                }
            };
            has_required && object.iter().all(is_valid)
        }),
        other => panic!("this test does not know the type {other:?}"),
    }
}

#[tokio::test]
async fn each_property_of_a_request_accepts_only_its_documented_type() {
    let document = read();
    let mut checked = 0;
    for (operation, path, node) in operations(&document) {
        let Some(body) = node.get("requestBody") else { continue };
        let schema = resolve(&document, &body["content"]["application/json"]["schema"]);
        let method = members(&document["paths"][&path]).find(|(_, of_path)| of_path["operationId"] == *operation);
        let method: Method = method.expect("a method").0.to_uppercase().parse().expect("a method");
        let target = path.replace("{phone_number}", ADA).replace("/api/v2/contacts", "");
        let required: Map<String, Value> = members(&schema["properties"])
            .filter(|(name, _)| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name))))
            .map(|(name, _)| (name.to_owned(), if name == "contacts" { json!([{ "phone": ADA }]) } else { json!(ADA) }))
            .map(|(name, value)| if name == "contact_ids" { (name, json!([ADA])) } else { (name, value) })
            .collect();
        for (property, of_property) in members(&schema["properties"]) {
            for value in values() {
                let sandbox = Sandbox::builder().contacts([json!({ "phone": ADA })]).start().expect("a sandbox");
                let mut body = required.clone();
                body.insert(property.to_owned(), value.clone());
                let (status, response) = send(request(&sandbox, method.clone(), &target).json(&body)).await;
                let is_valid = matches(&document, of_property, &value);
                let place = format!("{operation}: {property} = {value}: {status} {response}");
                assert_eq!(status == 400, !is_valid, "{place}");
                assert!(node["responses"].get(status.to_string()).is_some(), "undocumented status: {place}");
                checked += 1;
            }
        }
        let (status, _) = send(request(&sandbox_without_contacts(), method, &target).json(&json!({}))).await;
        assert_eq!(status == 400, !required.is_empty(), "{operation} without properties: {status}");
    }
    assert!(checked > 300, "{checked}");
}

fn sandbox_without_contacts() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

#[tokio::test]
async fn an_invalid_number_in_the_path_has_a_documented_status() {
    let sandbox = sandbox_without_contacts();
    let document = read();
    for (operation, path, node) in operations(&document) {
        if !path.contains("{phone_number}") {
            continue;
        }
        for segment in ["0", "+0", "4155550100", "%20", "+1%0A", "+12345678901234567", "bulk-delete", "%C3%A9"] {
            let method = members(&document["paths"][&path]).find(|(_, of_path)| of_path["operationId"] == *operation);
            let method: Method = method.expect("a method").0.to_uppercase().parse().expect("a method");
            let request = request(&sandbox, method, &format!("/{segment}")).json(&json!({}));
            let (status, _) = send(request).await;
            assert!(node["responses"].get(status.to_string()).is_some(), "{operation} {segment}: {status}");
        }
    }
}
