//! Generates the Rust source of the client from the text of the OpenAPI document, without file access.
//!
//! `build.rs` and `cargo xtask generate` both compile this file, so they generate the same code.
//!
//! The steps are: parse, [check](checks), [adjust](adjust), generate, add the constants, [refine](refine), format.
//!
//! The checks run before the generator. For many mistakes in the document, the generator panics without a place or a
//! remedy. For other mistakes, it writes code that sends or decodes wrong values.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::{format_ident, quote};
use serde_json::Value;

mod adjust;
mod checks;
pub mod document;
mod lenient;
mod refine;

/// The problems of the document, each with its place and its remedy.
#[derive(Debug)]
pub struct Error(Vec<Problem>);

/// A problem of the document, with its place and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// A JSON pointer (RFC 6901) into the document. Empty if the problem concerns the whole document.
    pub pointer: String,
    /// The problem, and why it matters.
    pub problem: String,
    /// The change that solves it.
    pub remedy: String,
}

impl Problem {
    pub fn new(pointer: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Error {
    /// Returns an error if there are problems.
    fn check(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort();
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// Returns the problems, sorted by place.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { pointer, problem, remedy }) in self.problems().iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}openapi.yaml#{pointer}: {problem}\n    remedy: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Generates the code for an OpenAPI document in YAML.
pub fn generate(document: &str) -> Result<String, Error> {
    let mut document = parse(document)?;
    Error::check(checks::run(&document))?;
    adjust::run(&mut document);
    let client = client(&document)?;
    let constants = constants(&document);
    let mut file = syn::parse2(quote! { #client #constants }).map_err(|error| {
        Problem::new(
            "",
            format!("the generated code is not Rust: {error}"),
            "undo the last edit, and report it to progenitor",
        )
    })?;
    refine::run(&mut file, &document);
    Ok(prettyplease::unparse(&file))
}

/// Parses a YAML document to JSON. A key that is not a string is an error.
pub fn parse(document: &str) -> Result<Value, Error> {
    let not_yaml = |error| Problem::new("", format!("not YAML: {error}"), "correct that line or the line before it");
    let mut value: yaml_serde::Value = yaml_serde::from_str(document).map_err(not_yaml)?;
    value.apply_merge().map_err(not_yaml)?;
    Error::check(checks::keys_are_strings(&value))?;
    let mut value = serde_json::to_value(value)
        .map_err(|error| Problem::new("", format!("not representable as JSON: {error}"), "use JSON's types only"))?;
    // If another crate enables serde_json's `preserve_order`, objects keep the order of the document. With sorted
    // objects, the generated code does not depend on it.
    value.sort_all_objects();
    Ok(value)
}

/// Generates the client, its methods and its types with progenitor.
fn client(document: &Value) -> Result<TokenStream, Problem> {
    generate_tokens(document).map_err(|message| {
        let culprit = document::operations(document).into_iter().find(|operation| {
            generate_tokens(&with_single_operation(document, operation.path, operation.method)).is_err()
        });
        Problem::new(
            culprit.map_or_else(String::new, |operation| operation.node.pointer),
            format!("progenitor cannot generate from it: {message}"),
            "undo the last edit here or in a schema that is used here, or write it in simpler terms",
        )
    })
}

/// Returns the document with only this operation, to find the operation that the generator rejects.
fn with_single_operation(document: &Value, path: &str, method: &str) -> Value {
    let mut document = document.clone();
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|other, _| other == path);
    }
    if let Some(item) = document["paths"][path].as_object_mut() {
        item.retain(|other, _| other == method || !document::METHODS.contains(&other.as_str()));
    }
    adjust::drop_unused(&mut document);
    document
}

/// Runs progenitor on the document. If progenitor fails or panics, returns its message.
fn generate_tokens(document: &Value) -> Result<TokenStream, String> {
    let spec: openapiv3::OpenAPI = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let settings = settings(document);
    catch_panic(|| Generator::new(&settings).generate_tokens(&spec))?.map_err(|error| error.to_string())
}

fn settings(document: &Value) -> GenerationSettings {
    let mut patch = TypePatch::default();
    patch
        .with_derive("PartialEq")
        .with_attr("#[non_exhaustive]")
        .with_attr("#[cfg_attr(feature = \"schemars\", derive(::schemars::JsonSchema))]");

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::captured_request::CapturedRequest })
        .with_map_type("::std::collections::BTreeMap")
        .with_replacement(document::PHONE_NUMBER, "crate::PhoneNumber", [TypeImpl::Display].into_iter());
    for (schema, _) in document::members(&document["components"]["schemas"]) {
        settings.with_patch(schema, &patch);
    }
    settings
}

/// Runs `task`. If `task` panics, returns the panic's message and prints nothing.
///
/// While `task` runs, the panic hook is silent for this thread only.
fn catch_panic<T>(task: impl FnOnce() -> T) -> Result<T, String> {
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                hook(panic);
            }
        }));
    });
    QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(task));
    QUIET.set(false);
    result.map_err(|payload| panic_message(&*payload))
}

/// Returns the message of a panic.
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    text.unwrap_or("progenitor panicked").to_owned()
}

/// Generates constants from the document: the id, method and path of each operation, and the pattern of a phone number.
fn constants(document: &Value) -> TokenStream {
    let routes = document::operations(document).into_iter().map(|operation| {
        let name = format_ident!("{}", operation.id.to_shouty_snake_case());
        let (id, method, path) = (operation.id, operation.method.to_uppercase(), operation.path);
        quote! {
            pub const #name: crate::route::Route =
                crate::route::Route { id: #id, method: #method, path: #path };
        }
    });
    let pattern = document.pointer(&format!("{}/pattern", document::component(document::PHONE_NUMBER)));
    let pattern = pattern.and_then(Value::as_str).unwrap_or_default();
    quote! {
        /// The pattern of a phone number, a regular expression (ECMA-262).
        pub const PHONE_NUMBER_PATTERN: &str = #pattern;

        /// The id, method and path template of each operation.
        pub mod routes {
            #(#routes)*
        }
    }
}
