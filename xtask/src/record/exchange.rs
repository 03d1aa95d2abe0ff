//! What httpmock has recorded: requests with their answers, in their order.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub sent: Body,
    pub status: u64,
    pub headers: BTreeMap<String, String>,
    pub answered: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Nothing,
    Json(Value),
    Other(String),
}

/// Reads a recording, a YAML document for each exchange.
pub fn read(recording: &str) -> Result<Vec<Exchange>, String> {
    // Nothing of what cannot be read: it may be anything.
    let read =
        |document: String| yaml_serde::from_str(&document).map_err(|_| "the recording cannot be read".to_owned());
    let mut documents = vec![String::new()];
    for line in recording.lines() {
        match documents.last_mut() {
            Some(document) if line.trim_end() != "---" => *document += &format!("{line}\n"),
            _ => documents.push(String::new()),
        }
    }
    let documents = documents.into_iter().filter(|document| !document.trim().is_empty());
    documents.map(|document| read(document).map(|value| exchange(&value))).collect()
}

fn exchange(recorded: &Value) -> Exchange {
    let (request, answer) = (&recorded["when"], &recorded["then"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pairs = |list: &Value| -> Vec<(String, String)> {
        list.as_array().into_iter().flatten().map(|pair| (text(&pair["name"]), text(&pair["value"]))).collect()
    };
    Exchange {
        method: text(&request["method"]),
        path: decoded(&text(&request["path"])),
        query: pairs(&request["query_param"]).into_iter().collect(),
        sent: body(request),
        status: answer["status"].as_u64().unwrap_or(200),
        headers: pairs(&answer["header"]).into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
        answered: body(answer),
    }
}

fn body(message: &Value) -> Body {
    match &message["body"] {
        Value::String(text) if text.trim().is_empty() => Body::Nothing,
        Value::String(text) => serde_json::from_str(text).map_or_else(|_| Body::Other(text.clone()), Body::Json),
        _ if message["body_base64"].is_string() => Body::Other("(bytes)".into()),
        _ => Body::Nothing,
    }
}

/// A path as people read it.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(&part.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Exchange {
    /// As it stands in a fixture.
    pub fn to_json(&self) -> Value {
        let mut request = json!({ "method": self.method, "path": self.path });
        let mut response = json!({ "status": self.status, "headers": self.headers });
        if !self.query.is_empty() {
            request["query"] = json!(self.query);
        }
        for (message, body) in [(&mut request, &self.sent), (&mut response, &self.answered)] {
            match body {
                Body::Nothing => {}
                Body::Json(value) => message["json"] = sorted(value),
                Body::Other(text) => message["text"] = json!(text),
            }
        }
        sorted(&json!({ "request": request, "response": response }))
    }
}

/// With the members of objects in order, whichever features other packages ask of `serde_json`.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
