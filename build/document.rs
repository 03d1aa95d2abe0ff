//! Ways through an OpenAPI document that is held as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The methods under which a path item may hold an operation.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The schema that a Rust type stands for, one that parses what it is given.
pub const PHONE_NUMBER: &str = "PhoneNumber";

/// The keywords of a schema that hold a list of schemas.
pub const COMBINERS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A value of the document that knows where it stands.
#[derive(Clone)]
pub struct Node<'a> {
    document: &'a Value,
    pub value: &'a Value,
    /// The JSON pointer (RFC 6901) of `value`.
    pub pointer: String,
}

impl<'a> Node<'a> {
    pub fn root(document: &'a Value) -> Self {
        Self { document, value: document, pointer: String::new() }
    }

    /// The value at a JSON pointer.
    pub fn at(document: &'a Value, pointer: &str) -> Option<Self> {
        Some(Self { document, value: document.pointer(pointer)?, pointer: pointer.to_owned() })
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<Self> {
        Some(self.child(key, self.value.as_object()?.get(key)?))
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let node = self.clone();
        members(self.value).map(move |(key, value)| (key, node.child(key, value)))
    }

    /// The elements of an array; none of anything else.
    pub fn elements(&self) -> impl Iterator<Item = Self> + use<'a> {
        let node = self.clone();
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        elements.map(move |(index, value)| node.child(&index.to_string(), value))
    }

    /// The members of the object at `key`; none if there is no such object.
    pub fn members_of(&self, key: &str) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        self.get(key).into_iter().flat_map(|node| node.members())
    }

    /// The elements of the array at `key`; none if there is no such array.
    pub fn elements_of(&self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.get(key).into_iter().flat_map(|node| node.elements())
    }

    /// The string at `key`.
    pub fn string(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// Whether `key` is `true`.
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Whether the array at `key` has the element `text`.
    pub fn lists(&self, key: &str, text: &str) -> bool {
        self.elements_of(key).any(|element| element.value == text)
    }

    /// What a local reference points to, or the node itself where it is none or leads nowhere.
    pub fn resolved(&self) -> Self {
        self.target().unwrap_or_else(|| self.clone())
    }

    fn target(&self) -> Option<Self> {
        Self::at(self.document, self.string("$ref")?.strip_prefix('#')?)
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        Self { document: self.document, value, pointer: format!("{}/{}", self.pointer, escape(key)) }
    }
}

/// An operation, and what belongs to it.
pub struct Operation<'a> {
    /// `operationId`, empty if there is none.
    pub id: &'a str,
    pub path: &'a str,
    /// In lower case, as in the document.
    pub method: &'a str,
    pub node: Node<'a>,
    item: Node<'a>,
}

impl<'a> Operation<'a> {
    /// Its parameters, resolved: those of its path, but where it has one of that name and place itself, and its own.
    pub fn parameters(&self) -> Vec<Node<'a>> {
        let of = |node: &Node<'a>| node.elements_of("parameters").map(|parameter| parameter.resolved());
        let key = |parameter: &Node<'a>| (parameter.string("name"), parameter.string("in"));
        let own: Vec<_> = of(&self.node).collect();
        let mut all: Vec<_> = of(&self.item).filter(|shared| !own.iter().any(|own| key(own) == key(shared))).collect();
        all.extend(own);
        all
    }

    /// Its request body, resolved.
    pub fn request_body(&self) -> Option<Node<'a>> {
        self.node.get("requestBody").map(|body| body.resolved())
    }

    /// Its responses that stand for success, resolved.
    pub fn successes(&self) -> Vec<Node<'a>> {
        let responses = self.node.members_of("responses");
        responses.filter(|(status, _)| is_success(status)).map(|(_, response)| response.resolved()).collect()
    }
}

/// All operations, sorted by path and method.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in Node::root(document).members_of("paths") {
        for (method, node) in item.members().filter(|(key, _)| METHODS.contains(key)) {
            let id = node.string("operationId").unwrap_or_default();
            operations.push(Operation { id, path, method, node, item: item.clone() });
        }
    }
    operations
}

/// Schemas, each once, by their pointers.
pub type Schemas<'a> = BTreeMap<String, Node<'a>>;

/// The schemas of request bodies, and those that they refer to or contain.
pub fn request_schemas(document: &Value) -> Schemas<'_> {
    let bodies = operations(document).into_iter().filter_map(|operation| operation.request_body());
    described(reachable(bodies.flat_map(|body| contents(&body))))
}

/// The schemas of successful responses, and those that they refer to or contain.
pub fn response_schemas(document: &Value) -> Schemas<'_> {
    described(reachable_from_responses(document))
}

/// The references to schemas in successful responses, and in the schemas that they refer to or contain.
pub fn response_references(document: &Value) -> Schemas<'_> {
    let mut found = reachable_from_responses(document);
    found.retain(|_, schema| schema.has("$ref"));
    found
}

/// The schemas of parameters, and those that they refer to or contain.
pub fn parameter_schemas(document: &Value) -> Schemas<'_> {
    let parameters = operations(document).into_iter().flat_map(|operation| operation.parameters());
    described(reachable(parameters.filter_map(|parameter| parameter.get("schema"))))
}

/// All schemas that code is generated from.
pub fn generated_schemas(document: &Value) -> Schemas<'_> {
    let mut all = request_schemas(document);
    all.extend(response_schemas(document));
    all.extend(parameter_schemas(document));
    all
}

fn reachable_from_responses(document: &Value) -> Schemas<'_> {
    let successes = operations(document).into_iter().flat_map(|operation| operation.successes());
    reachable(successes.flat_map(|response| contents(&response)))
}

/// The schemas of a request body or of a response.
fn contents<'a>(body: &Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    body.members_of("content").filter_map(|(_, media_type)| media_type.get("schema"))
}

/// Without those that only refer to another one.
fn described(mut schemas: Schemas<'_>) -> Schemas<'_> {
    schemas.retain(|_, schema| !schema.has("$ref"));
    schemas
}

/// What `roots` refer to or contain, themselves included: references as well as schemas.
fn reachable<'a>(roots: impl IntoIterator<Item = Node<'a>>) -> Schemas<'a> {
    let mut found = Schemas::new();
    let mut todo: Vec<Node<'a>> = roots.into_iter().collect();
    while let Some(schema) = todo.pop() {
        if !found.contains_key(&schema.pointer) {
            todo.extend(schema.target());
            todo.extend(parts(&schema));
            found.insert(schema.pointer.clone(), schema);
        }
    }
    found
}

/// The schemas that a schema contains.
fn parts<'a>(schema: &Node<'a>) -> Vec<Node<'a>> {
    let properties = schema.members_of("properties").map(|(_, property)| property);
    let single = ["items", "additionalProperties", "not"].into_iter().filter_map(|key| schema.get(key));
    let combined = COMBINERS.into_iter().flat_map(|key| schema.elements_of(key));
    properties.chain(single).chain(combined).filter(|part| part.value.is_object()).collect()
}

/// The pointer of the schema that is called `name`.
pub fn component(name: &str) -> String {
    format!("/components/schemas/{}", escape(name))
}

/// Whether a schema has a name of its own, by which others refer to it.
pub fn is_component(pointer: &str) -> bool {
    pointer.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'))
}

/// Whether a schema is an alternative or a part of another one, so that it makes no type of its own.
pub fn is_combined(pointer: &str) -> bool {
    pointer.rsplit('/').nth(1).is_some_and(|key| COMBINERS.contains(&key))
}

/// The members of an object; none of anything else.
pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

/// Whether a status key stands for success.
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// A key as a token of a JSON pointer (RFC 6901, section 3).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
