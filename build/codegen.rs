//! Turns the OpenAPI document into the source of the generated client.
//!
//! `build.rs` and `cargo xtask generate` both compile this file, so that what is checked in and what is built cannot
//! differ. Nothing here reads or writes files: a document comes in as text, Rust comes out as text.
//!
//! The steps: parse, [check](checks), [adjust](adjust), generate, add the table of operations, format.

use std::fmt;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::{format_ident, quote};
use serde_json::Value;

mod adjust;
mod checks;
mod document;

/// What is wrong with the document: every problem found, each with its place and its remedy.
#[derive(Debug)]
pub struct Error(Vec<Problem>);

/// One thing that is wrong with the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    /// What is wrong there, and why it matters.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl Problem {
    fn new(pointer: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Error {
    /// The problems, sorted by place.
    #[allow(dead_code, reason = "build.rs only prints them")]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { pointer, problem, remedy }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}openapi.yaml#{pointer}: {problem}\n    remedy: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The source of the client that `document`, an OpenAPI document in YAML, describes.
pub fn generate(document: &str) -> Result<String, Error> {
    let mut document = parse(document)?;
    let problems = checks::run(&document);
    if !problems.is_empty() {
        return Err(Error(problems));
    }
    adjust::run(&mut document);
    let client = client(&document)?;
    let operations = operations(&document);
    let file = syn::parse2(quote! { #client #operations }).map_err(|error| {
        Problem::new("", format!("the generated code is not Rust: {error}"), "report it to progenitor")
    })?;
    Ok(prettyplease::unparse(&file))
}

fn parse(document: &str) -> Result<Value, Problem> {
    let value: yaml_serde::Value = yaml_serde::from_str(document)
        .map_err(|error| Problem::new("", format!("not YAML: {error}"), "mend the syntax at that line and column"))?;
    checks::keys_are_strings(&value)?;
    serde_json::to_value(value)
        .map_err(|error| Problem::new("", format!("not representable as JSON: {error}"), "use JSON's types only"))
}

/// The client, its methods and its types, by progenitor.
fn client(document: &Value) -> Result<proc_macro2::TokenStream, Problem> {
    let spec: openapiv3::OpenAPI = serde_path(document)?;

    let mut patch = TypePatch::default();
    patch
        .with_derive("PartialEq")
        .with_attr("#[non_exhaustive]")
        .with_attr("#[cfg_attr(feature = \"schemars\", derive(::schemars::JsonSchema))]");

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { ::std::sync::Arc<crate::transport::Call> })
        .with_map_type("::std::collections::BTreeMap")
        .with_replacement("PhoneNumber", "crate::PhoneNumber", [TypeImpl::Display].into_iter());
    for schema in document::schema_names(document) {
        settings.with_patch(schema, &patch);
    }

    Generator::new(&settings).generate_tokens(&spec).map_err(|error| {
        Problem::new("", format!("progenitor cannot generate from it: {error}"), "see the names in the message")
    })
}

fn serde_path(document: &Value) -> Result<openapiv3::OpenAPI, Problem> {
    serde_json::from_value(document.clone()).map_err(|error| {
        Problem::new(
            "",
            format!("not an OpenAPI 3.0 document: {error}"),
            "compare it with the OpenAPI 3.0.3 specification",
        )
    })
}

/// A constant for each operation, so that its method and path are written nowhere else.
fn operations(document: &Value) -> proc_macro2::TokenStream {
    let routes: Vec<_> = document::operations(document)
        .map(|operation| {
            let name = format_ident!("{}", operation.id.replace('.', "_").to_uppercase());
            let (id, method, path) = (operation.id, operation.method.to_uppercase(), operation.path);
            (
                name.clone(),
                quote! {
                    pub const #name: crate::transport::Route =
                        crate::transport::Route { id: #id, method: #method, path: #path };
                },
            )
        })
        .collect();
    let phone_number_pattern = document["components"]["schemas"]["PhoneNumber"]["pattern"].as_str();
    let names = routes.iter().map(|(name, _)| name);
    let constants = routes.iter().map(|(_, constant)| constant);
    quote! {
        /// What the document says of the form of a phone number.
        pub const PHONE_NUMBER_PATTERN: &str = #phone_number_pattern;

        /// The operations of the document: id, method and path template.
        pub mod routes {
            #(#constants)*
            /// All of them, sorted by path and method.
            pub const ALL: &[crate::transport::Route] = &[#(#names),*];
        }
    }
}
