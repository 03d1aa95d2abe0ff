//! Makes changes to the generated code for which the generator has no setting.
//!
//! Each change looks for a known part of the generated code. If the part is missing, the code stays unchanged and still
//! works.

use std::mem;

use quote::ToTokens as _;
use serde_json::Value;
use syn::{Block, Expr, ImplItem, Item, Pat, Stmt, parse_quote};

use super::{document, lenient};

/// Refines the code that is generated from `document`.
pub fn run(file: &mut syn::File, document: &Value) {
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                let Some((_, items)) = &mut module.content else { continue };
                items.iter_mut().for_each(|item| describe_fields(item, document));
                lenient::decode_each_property(items, document);
            }
            Item::Impl(item) if item.trait_.is_none() => {
                for item in &mut item.items {
                    if let ImplItem::Fn(method) = item {
                        parse_base_url_once(&mut method.block);
                        remove_api_version(&mut method.block);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Documents each field whose schema is a reference, because the generator leaves it undocumented.
///
/// The text is the description of the reference's target.
fn describe_fields(item: &mut Item, document: &Value) {
    let Item::Struct(item) = item else { return };
    let schema = document::Node::at(document, &document::component(&item.ident.to_string()));
    for field in &mut item.fields {
        let is_described = field.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
        let name = field.ident.as_ref().map(syn::Ident::to_string).unwrap_or_default();
        let property = schema.as_ref().and_then(|schema| schema.get("properties")?.get(&name));
        let description = property.map(|property| property.resolved());
        if let (false, Some(text)) = (is_described, description.as_ref().and_then(|node| node.string("description"))) {
            field.attrs.insert(0, parse_quote!(#[doc = #text]));
        }
    }
}

/// Builds each URL from the parsed base URL. The generated code would format and parse the whole URL in every call.
fn parse_base_url_once(block: &mut Block) {
    let url = block.stmts.iter().position(|statement| binds(statement, "url"));
    if let Some(url) = url {
        block.stmts.insert(url + 1, parse_quote!(let url = self.inner.url(&url);));
    }
}

/// Removes the `api-version` header, which the service does not document. Removes the header map if it is then empty.
fn remove_api_version(block: &mut Block) {
    const MAP: &str = "header_map";

    let text = |statement: &Stmt| statement.to_token_stream().to_string();
    block.stmts.retain(|statement| {
        let text = text(statement);
        !(text.starts_with("header_map . append") && text.contains("\"api-version\""))
    });
    // One statement creates the map, and another statement adds it to the request. Any further statement adds a
    // documented header.
    if block.stmts.iter().filter(|statement| text(statement).contains(MAP)).count() > 2 {
        return;
    }
    for statement in &mut block.stmts {
        if let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
        {
            remove_headers(&mut init.expr, MAP);
        }
    }
    block.stmts.retain(|statement| !binds(statement, MAP));
}

/// Removes `.headers(map)` from a method chain.
fn remove_headers(mut chain: &mut Expr, map: &str) {
    loop {
        let is_headers_call = |chain: &Expr| matches!(chain, Expr::MethodCall(call) if call.method == "headers" && call.args.to_token_stream().to_string() == map);
        if is_headers_call(chain)
            && let Expr::MethodCall(call) = chain
        {
            *chain = mem::replace(&mut *call.receiver, parse_quote!(()));
            return;
        }
        chain = match chain {
            Expr::Try(inner) => &mut inner.expr,
            Expr::MethodCall(call) => &mut call.receiver,
            _ => return,
        };
    }
}

/// Returns whether the statement is a `let` that binds `name`.
fn binds(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(bound) if bound.ident == name))
}
