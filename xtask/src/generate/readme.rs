//! The table of operations in the README.
//!
//! Which operations there are, and their requests, is the document's to say; what a verb takes and gives is in its source.

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

/// The README with the table as it should be.
pub fn refreshed(root: &Path, readme: &str, document: &Value) -> Result<String, Failure> {
    let parts = readme.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| {
        Failure::Task(format!(
            "README.md: no place for the table of operations\n    remedy: write these two lines where it belongs:\n{START}{END}"
        ))
    })?;
    Ok(format!("{before}{START}{}{END}{after}", table(document, &Verbs::of(root)?)))
}

fn table(document: &Value, verbs: &Verbs) -> String {
    let mut operations = document::operations(document);
    // Those of one contact before those of many.
    operations.sort_by_key(|operation| (operation.id.split('.').count(), operation.id));
    let mut table = "| call | request | gives |\n|---|---|---|\n".to_owned();
    for operation in operations {
        let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
        let (call, gives) = match verbs.find(operation.id) {
            Some((arguments, gives)) => (
                format!("`{}({arguments})`", operation.id.replace("contacts.bulk.", "contacts.bulk().")),
                format!("`{gives}`"),
            ),
            None => (format!("no verb yet for `{}`", operation.id), String::new()),
        };
        table += &format!("| {call} | `{request}` | {gives} |\n");
    }
    table
}

/// The verbs of the source, by the types of their parameters.
#[derive(Default)]
struct Verbs {
    /// The arguments, without `&self`.
    arguments: BTreeMap<String, String>,
    /// What the parameters of a route are called, and what `.send()` gives.
    operations: BTreeMap<String, (String, String)>,
}

impl Verbs {
    fn of(root: &Path) -> Result<Self, Failure> {
        let mut verbs = Self::default();
        let folder = root.join("src/contacts");
        let entries = fs::read_dir(&folder).map_err(|error| failure(&folder, &error))?;
        let mut files = vec![root.join("src/contacts.rs")];
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some()));
        for path in files {
            let file = syn::parse_file(&read(&path)?).map_err(|error| {
                let start = error.span().start();
                Failure::Task(format!("{}:{}:{}: {error}", path.display(), start.line, start.column + 1))
            })?;
            for item in file.items {
                if let Item::Impl(item) = item {
                    verbs.add(&item);
                }
            }
        }
        Ok(verbs)
    }

    /// The arguments of an operation's verb, and what it gives.
    fn find(&self, id: &str) -> Option<(&str, &str)> {
        let (parameters, gives) = self.operations.get(&id.to_shouty_snake_case())?;
        Some((self.arguments.get(parameters)?, gives))
    }

    fn add(&mut self, item: &ItemImpl) {
        match &item.trait_ {
            Some((_, path, _)) if path.segments.last().is_some_and(|last| last.ident == "Operation") => {
                let mut gives = None;
                let mut route = None;
                for item in &item.items {
                    match item {
                        ImplItem::Type(item) if item.ident == "Output" => gives = Some(compact(&item.ty)),
                        ImplItem::Const(item) if item.ident == "ROUTE" => route = Some(compact(&item.expr)),
                        _ => {}
                    }
                }
                if let (Some(gives), Some(route)) = (gives, route) {
                    let route = route.rsplit("::").next().unwrap_or_default().to_owned();
                    self.operations.insert(route, (compact(&item.self_ty), gives));
                }
            }
            Some(_) => {}
            None => {
                for item in &item.items {
                    if let ImplItem::Fn(verb) = item
                        && let Some(parameters) = requested(&verb.sig.output)
                    {
                        self.arguments.insert(parameters, arguments(&verb.sig));
                    }
                }
            }
        }
    }
}

/// `P` of a function that gives `Request<P>`.
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
