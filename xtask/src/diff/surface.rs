//! The operations and types in the generated code of a document, by their names in the API.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use quote::ToTokens;
use serde_json::Value;
use syn::{FnArg, ImplItem, Item, ItemEnum, ItemStruct, Pat, ReturnType};

use crate::codegen::{
    self, Problem,
    document::{self, component, request_schemas, response_schemas},
};

/// A document and its generated code.
pub struct Described {
    pub document: Value,
    /// By operationId.
    pub operations: BTreeMap<String, Operation>,
    /// By the name of the schema.
    pub types: BTreeMap<String, Type>,
}

/// A generated method.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The HTTP method and the path.
    pub request: String,
    /// The parameters of the path and of the query.
    pub parameters: BTreeMap<String, Field>,
    /// The type of the request body.
    pub body: Option<String>,
    /// The type of the decoded response.
    pub output: String,
}

/// A struct or an enum.
#[derive(Debug, PartialEq, Eq)]
pub struct Type {
    pub kind: &'static str,
    /// Properties of a struct, variants of an enum.
    pub fields: BTreeMap<String, Field>,
    /// Whether a request contains the type, so that callers set its fields.
    pub is_sent: bool,
    /// Whether a response contains the type, so that callers read its fields.
    pub is_received: bool,
}

/// A parameter, a property or a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// For a parameter or a property, the type without `Option`. For a variant, its tuple or an empty string.
    pub rust: String,
    pub is_required: bool,
}

impl Described {
    pub fn of(text: &str) -> Result<Self, codegen::Error> {
        let code = codegen::generate(text)?;
        let document = codegen::parse(text)?;
        let file = syn::parse_file(&code).map_err(|error| {
            Problem::new("", format!("the generated code is not Rust: {error}"), "report it to progenitor")
        })?;
        let mut described = Self { operations: BTreeMap::new(), types: BTreeMap::new(), document };
        for item in &file.items {
            match item {
                Item::Mod(module) if module.ident == "types" => {
                    module.content.iter().flat_map(|(_, items)| items).for_each(|item| described.add_type(item));
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    item.items.iter().for_each(|item| described.add_method(item))
                }
                _ => {}
            }
        }
        Ok(described)
    }

    fn add_type(&mut self, item: &Item) {
        let (name, kind, fields) = match item {
            Item::Struct(item) => (&item.ident, "struct", properties(item)),
            Item::Enum(item) => (&item.ident, "enum", variants(item)),
            _ => return,
        };
        let pointer = component(&name.to_string());
        let new = Type {
            kind,
            fields,
            is_sent: request_schemas(&self.document).contains_key(&pointer)
                || document::parameter_schemas(&self.document).contains_key(&pointer),
            is_received: response_schemas(&self.document).contains_key(&pointer),
        };
        self.types.insert(name.to_string(), new);
    }

    fn add_method(&mut self, item: &ImplItem) {
        let ImplItem::Fn(method) = item else { return };
        let operations = document::operations(&self.document);
        let Some(operation) = operations.iter().find(|operation| method.sig.ident == operation.id.to_snake_case())
        else {
            return;
        };
        let mut parameters = BTreeMap::new();
        let mut body = None;
        for argument in &method.sig.inputs {
            let FnArg::Typed(argument) = argument else { continue };
            let Pat::Ident(name) = &*argument.pat else { continue };
            match field(&argument.ty) {
                field if name.ident == "body" && operation.request_body().is_some() => body = Some(field.rust),
                field => drop(parameters.insert(name.ident.to_string(), field)),
            }
        }
        let output = match &method.sig.output {
            ReturnType::Type(_, output) => short(&output.to_token_stream().to_string()),
            ReturnType::Default => String::new(),
        };
        // `Result<ResponseValue<T>, Error<()>>`
        let output = output.strip_prefix("Result<ResponseValue<").and_then(|rest| rest.strip_suffix(">,Error<()>>"));
        let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
        let output = output.unwrap_or_default().to_owned();
        let id = operation.id.to_owned();
        self.operations.insert(id, Operation { request, parameters, body, output });
    }
}

fn properties(item: &ItemStruct) -> BTreeMap<String, Field> {
    let fields = item.fields.iter().enumerate().map(|(index, found)| {
        let name = found.ident.as_ref().map_or_else(|| index.to_string(), syn::Ident::to_string);
        (name, field(&found.ty))
    });
    fields.collect()
}

fn variants(item: &ItemEnum) -> BTreeMap<String, Field> {
    let variants = item.variants.iter().map(|variant| {
        let rust = short(&variant.fields.to_token_stream().to_string());
        (variant.ident.to_string(), Field { rust, is_required: false })
    });
    variants.collect()
}

fn field(found: &syn::Type) -> Field {
    let rust = short(&found.to_token_stream().to_string());
    match rust.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        Some(inner) => Field { rust: inner.to_owned(), is_required: false },
        None => Field { rust, is_required: true },
    }
}

/// Removes spaces, lifetimes and module paths from code.
fn short(code: &str) -> String {
    let code = code.replace("& 'a ", "&").replace(' ', "").replace(",>", ">");
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut rest = code.as_str();
    let mut text = String::new();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_path(letter) != is_path(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        text += if is_path(first) { part.rsplit("::").next().unwrap_or_default() } else { part };
        rest = after;
    }
    text
}
