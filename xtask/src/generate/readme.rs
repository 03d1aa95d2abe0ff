//! The README's table of operations.
//!
//! The operations and their requests come from openapi.yaml; arguments and return types come from the methods' source.

use std::{collections::BTreeMap, fs, path::Path};

use heck::ToShoutySnakeCase;
use quote::ToTokens;
use serde_json::Value;
use syn::{FnArg, GenericArgument, ImplItem, Item, ItemImpl, Pat, PathArguments, ReturnType, Type, TypePath};

use crate::{
    codegen::document,
    command::{Failure, failure, read},
};

const START: &str = "<!-- The operations: written by `cargo xtask generate`. -->\n";
const END: &str = "<!-- The end of the operations. -->\n";

/// Returns the README with an up-to-date table.
pub fn refreshed(root: &Path, readme: &str, document: &Value) -> Result<String, Failure> {
    let parts = readme.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| {
        Failure(format!(
            "README.md: the table of operations has no place\n    remedy: write these two lines where it belongs:\n{START}{END}"
        ))
    })?;
    Ok(format!("{before}{START}{}{END}{after}", table(document, &Methods::of(root)?)))
}

fn table(document: &Value, methods: &Methods) -> String {
    let mut operations = document::operations(document);
    // The bulk operations come last.
    operations.sort_by_key(|operation| (operation.id.split('.').count(), operation.id));
    let mut table = "| call | request | returns |\n|---|---|---|\n".to_owned();
    for operation in operations {
        let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
        let (call, output) = match methods.find(operation.id) {
            Some((arguments, output)) => (
                format!("`{}({arguments})`", operation.id.replace("contacts.bulk.", "contacts.bulk().")),
                format!("`{output}`"),
            ),
            None => (format!("no method yet for `{}`", operation.id), String::new()),
        };
        table += &format!("| {call} | `{request}` | {output} |\n");
    }
    table
}

/// The methods of `Contacts` and `BulkContacts`, as read from their source.
#[derive(Default)]
struct Methods {
    /// Maps the `P` of a method's return type `Request<P>` to the method's arguments without `&self`.
    arguments: BTreeMap<String, String>,
    /// Maps the route constant of an operation to its parameter type and its output type.
    operations: BTreeMap<String, (String, String)>,
}

impl Methods {
    fn of(root: &Path) -> Result<Self, Failure> {
        let mut methods = Self::default();
        let folder = root.join("src/contacts");
        let entries = fs::read_dir(&folder).map_err(|error| failure(&folder, &error))?;
        let mut files = vec![root.join("src/contacts.rs")];
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some()));
        for path in files {
            let file = syn::parse_file(&read(&path)?).map_err(|error| {
                let start = error.span().start();
                Failure(format!("{}:{}:{}: {error}", path.display(), start.line, start.column + 1))
            })?;
            for item in file.items {
                if let Item::Impl(item) = item {
                    methods.add(&item);
                }
            }
        }
        Ok(methods)
    }

    /// Returns the arguments and the output of an operation's method.
    fn find(&self, id: &str) -> Option<(&str, &str)> {
        let (parameters, output) = self.operations.get(&id.to_shouty_snake_case())?;
        Some((self.arguments.get(parameters)?, output))
    }

    fn add(&mut self, item: &ItemImpl) {
        match &item.trait_ {
            Some((_, path, _)) if path.segments.last().is_some_and(|last| last.ident == "Operation") => {
                let mut output = None;
                let mut route = None;
                for item in &item.items {
                    match item {
                        ImplItem::Type(item) if item.ident == "Output" => output = Some(compact(&item.ty)),
                        ImplItem::Const(item) if item.ident == "ROUTE" => route = Some(compact(&item.expr)),
                        _ => {}
                    }
                }
                if let (Some(output), Some(route)) = (output, route) {
                    let route = route.rsplit("::").next().unwrap_or_default().to_owned();
                    self.operations.insert(route, (compact(&item.self_ty), output));
                }
            }
            Some(_) => {}
            None => {
                for item in &item.items {
                    if let ImplItem::Fn(method) = item
                        && let Some(parameters) = requested(&method.sig.output)
                    {
                        self.arguments.insert(parameters, arguments(&method.sig));
                    }
                }
            }
        }
    }
}

/// Returns `P` if a function returns `Request<P>`.
fn requested(output: &ReturnType) -> Option<String> {
    let ReturnType::Type(_, output) = output else { return None };
    let Type::Path(TypePath { path, .. }) = &**output else { return None };
    let PathArguments::AngleBracketed(generics) =
        &path.segments.last().filter(|last| last.ident == "Request")?.arguments
    else {
        return None;
    };
    match generics.args.first()? {
        GenericArgument::Type(parameters) => Some(compact(parameters)),
        _ => None,
    }
}

fn arguments(signature: &syn::Signature) -> String {
    let names = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    names.collect::<Vec<_>>().join(", ")
}

fn compact(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
