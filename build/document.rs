//! Access to an OpenAPI document as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The keys of a path item that contain an operation.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The schema that the Rust type `PhoneNumber` replaces.
pub const PHONE_NUMBER: &str = "PhoneNumber";

/// The keywords of a schema that contain a list of schemas.
pub const COMBINERS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A value of the document, and its JSON pointer.
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

    /// Returns the value at a JSON pointer.
    pub fn at(document: &'a Value, pointer: &str) -> Option<Self> {
        Some(Self { document, value: document.pointer(pointer)?, pointer: pointer.to_owned() })
    }

    /// Returns the member `key` of an object.
    pub fn get(&self, key: &str) -> Option<Self> {
        Some(self.child(key, self.value.as_object()?.get(key)?))
    }

    /// Returns the members of an object. Other values have no members.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let node = self.clone();
        members(self.value).map(move |(key, value)| (key, node.child(key, value)))
    }

    /// Returns the elements of an array. Other values have no elements.
    pub fn elements(&self) -> impl Iterator<Item = Self> + use<'a> {
        let node = self.clone();
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        elements.map(move |(index, value)| node.child(&index.to_string(), value))
    }

    /// Returns the members of the object at `key`, if any.
    pub fn members_of(&self, key: &str) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        self.get(key).into_iter().flat_map(|node| node.members())
    }

    /// Returns the elements of the array at `key`, if any.
    pub fn elements_of(&self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.get(key).into_iter().flat_map(|node| node.elements())
    }

    /// Returns the string at `key`.
    pub fn string(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// Returns whether the value at `key` is `true`.
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Returns whether the array at `key` contains `text`.
    pub fn array_contains(&self, key: &str, text: &str) -> bool {
        self.elements_of(key).any(|element| element.value == text)
    }

    /// Returns the target of a local reference. If the node is no reference or the target is missing, returns the node.
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

/// An operation of the document.
pub struct Operation<'a> {
    /// The `operationId`, or an empty string.
    pub id: &'a str,
    pub path: &'a str,
    /// The method in lower case, as in the document.
    pub method: &'a str,
    pub node: Node<'a>,
    item: Node<'a>,
}

impl<'a> Operation<'a> {
    /// Returns the resolved parameters of the operation and of its path.
    ///
    /// A parameter of the operation replaces a parameter of the path with the same name and location.
    pub fn parameters(&self) -> Vec<Node<'a>> {
        let of = |node: &Node<'a>| node.elements_of("parameters").map(|parameter| parameter.resolved());
        let key = |parameter: &Node<'a>| (parameter.string("name"), parameter.string("in"));
        let own: Vec<_> = of(&self.node).collect();
        let mut all: Vec<_> = of(&self.item).filter(|shared| !own.iter().any(|own| key(own) == key(shared))).collect();
        all.extend(own);
        all
    }

    /// Returns the resolved request body.
    pub fn request_body(&self) -> Option<Node<'a>> {
        self.node.get("requestBody").map(|body| body.resolved())
    }

    /// Returns the resolved 2xx responses.
    pub fn successes(&self) -> Vec<Node<'a>> {
        let responses = self.node.members_of("responses");
        responses.filter(|(status, _)| is_success(status)).map(|(_, response)| response.resolved()).collect()
    }
}

/// Returns all operations, sorted by path and method.
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

/// A map from pointers to schemas.
pub type Schemas<'a> = BTreeMap<String, Node<'a>>;

/// Returns the schemas of request bodies, including nested and referenced schemas.
pub fn request_schemas(document: &Value) -> Schemas<'_> {
    let bodies = operations(document).into_iter().filter_map(|operation| operation.request_body());
    without_references(reachable(bodies.flat_map(|body| contents(&body))))
}

/// Returns the schemas of 2xx responses, including nested and referenced schemas.
pub fn response_schemas(document: &Value) -> Schemas<'_> {
    without_references(reachable_from_responses(document))
}

/// Returns the references to schemas in 2xx responses, including references in nested and referenced schemas.
pub fn response_references(document: &Value) -> Schemas<'_> {
    let mut found = reachable_from_responses(document);
    found.retain(|_, schema| schema.has("$ref"));
    found
}

/// Returns the schemas of parameters, including nested and referenced schemas.
pub fn parameter_schemas(document: &Value) -> Schemas<'_> {
    let parameters = operations(document).into_iter().flat_map(|operation| operation.parameters());
    without_references(reachable(parameters.filter_map(|parameter| parameter.get("schema"))))
}

/// Returns all schemas from which code is generated.
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

/// Returns the schemas of a request body or of a response.
fn contents<'a>(body: &Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    body.members_of("content").filter_map(|(_, media_type)| media_type.get("schema"))
}

/// Removes the schemas that are references.
fn without_references(mut schemas: Schemas<'_>) -> Schemas<'_> {
    schemas.retain(|_, schema| !schema.has("$ref"));
    schemas
}

/// Returns `roots`, and all schemas and references that they contain or refer to, directly or indirectly.
fn reachable<'a>(roots: impl IntoIterator<Item = Node<'a>>) -> Schemas<'a> {
    let mut found = Schemas::new();
    let mut todo: Vec<Node<'a>> = roots.into_iter().collect();
    while let Some(schema) = todo.pop() {
        if !found.contains_key(&schema.pointer) {
            todo.extend(schema.target());
            todo.extend(nested(&schema));
            found.insert(schema.pointer.clone(), schema);
        }
    }
    found
}

/// Returns the schemas directly nested in a schema.
fn nested<'a>(schema: &Node<'a>) -> Vec<Node<'a>> {
    let properties = schema.members_of("properties").map(|(_, property)| property);
    let single = ["items", "additionalProperties", "not"].into_iter().filter_map(|key| schema.get(key));
    let combined = COMBINERS.into_iter().flat_map(|key| schema.elements_of(key));
    properties.chain(single).chain(combined).filter(|part| part.value.is_object()).collect()
}

/// Returns the pointer of the component schema `name`.
pub fn component(name: &str) -> String {
    format!("/components/schemas/{}", escape(name))
}

/// Returns whether the pointer leads to a component schema.
pub fn is_component(pointer: &str) -> bool {
    pointer.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'))
}

/// Returns whether the pointer leads to an element of `allOf`, `anyOf` or `oneOf`.
pub fn is_combined(pointer: &str) -> bool {
    pointer.rsplit('/').nth(1).is_some_and(|key| COMBINERS.contains(&key))
}

/// Returns the members of an object. Other values have no members.
pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

/// Returns whether a status key is in the 2xx class.
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// Escapes a key for a JSON pointer (RFC 6901, section 3).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
