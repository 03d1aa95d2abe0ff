//! Replaces the derived serde implementations of response types: each property is decoded by itself.
//!
//! A derived implementation fails as a whole if one property has another type, and knows one spelling of each name.

use std::{collections::BTreeSet, slice};

use heck::ToLowerCamelCase as _;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Fields, Item, ItemStruct, parse_quote, punctuated::Punctuated};

use super::document;

/// Gives every struct of responses an implementation of `crate::lenient::Lenient`.
///
/// A struct that is part of a request too keeps its derived implementations.
pub fn decode_each_property(items: &mut Vec<Item>, document: &Value) {
    let sent = document::request_schemas(document);
    let received: BTreeSet<String> =
        document::response_schemas(document).into_keys().filter(|pointer| !sent.contains_key(pointer)).collect();
    let mut implementations = Vec::new();
    for item in &mut *items {
        if let Item::Struct(item) = item
            && received.contains(&document::component(&item.ident.to_string()))
            && let Some(properties) = properties(item, &received)
        {
            implementations.extend(implement(item, &properties));
        }
    }
    items.extend(implementations);
}

/// A property of a response.
struct Property {
    field: syn::Ident,
    /// The name in the document.
    name: String,
    is_boolean: bool,
    /// Whether the type is a type of a response, or a list of such.
    is_nested: bool,
}

/// Returns the properties of a struct whose fields are all optional.
fn properties(item: &ItemStruct, received: &BTreeSet<String>) -> Option<Vec<Property>> {
    let Fields::Named(fields) = &item.fields else { return None };
    fields.named.iter().map(|field| property(field, received)).collect()
}

fn property(field: &syn::Field, received: &BTreeSet<String>) -> Option<Property> {
    let ident = field.ident.clone()?;
    let ty = &field.ty;
    let ty = quote!(#ty).to_string();
    let inner = ty.strip_prefix(":: std :: option :: Option <")?.strip_suffix('>')?.trim();
    let name = renamed(&field.attrs).unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
    let element = inner.strip_prefix(":: std :: vec :: Vec <").and_then(|rest| rest.strip_suffix('>')).unwrap_or(inner);
    let is_nested = received.contains(&document::component(element.trim()));
    Some(Property { is_boolean: inner == "bool", is_nested, name, field: ident })
}

/// Returns the name in `#[serde(rename = "…")]`.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value()
                && let Ok(text) = value.parse::<syn::LitStr>()
                && meta.path.is_ident("rename")
            {
                name = Some(text.value());
            }
            Ok(())
        });
    }
    name
}

fn implement(item: &mut ItemStruct, properties: &[Property]) -> Vec<Item> {
    remove_derives(item, &["Deserialize", "Serialize"]);
    if let Fields::Named(fields) = &mut item.fields {
        for field in &mut fields.named {
            // Without the derived implementations, only schemars reads these attributes.
            field.attrs.retain(|attribute| {
                !attribute.path().is_ident("serde") || renamed(slice::from_ref(attribute)).is_some()
            });
            for attribute in &mut field.attrs {
                if attribute.path().is_ident("serde") {
                    let name = renamed(slice::from_ref(attribute));
                    *attribute = parse_quote!(#[cfg_attr(feature = "schemars", serde(rename = #name))]);
                }
            }
        }
        fields.named.push(parse_quote! {
            /// The names of the properties that could not be read, or not completely.
            #[cfg_attr(feature = "schemars", schemars(skip))]
            pub(crate) unreadable: ::std::vec::Vec<&'static str>
        });
    }

    let name = &item.ident;
    let fields: Vec<_> = properties.iter().map(|property| &property.field).collect();
    let names: Vec<_> = properties.iter().map(|property| &property.name).collect();
    let contents = properties
        .iter()
        .filter(|property| !matches!(&*property.name, "status" | "message"))
        .map(|property| &property.field);
    let nested = properties.iter().filter(|property| property.is_nested).map(|property| &property.field);
    let status = properties.iter().any(|property| property.name == "status").then(|| {
        quote! {
            fn status(&self) -> ::std::option::Option<&str> {
                self.status.as_deref()
            }
        }
    });
    let arms = properties.iter().map(arms);
    let entries = properties.iter().map(entry);
    vec![
        parse_quote! {
            impl crate::lenient::Lenient for #name {
                fn from_object<'de, A: ::serde::de::MapAccess<'de>>(
                    mut object: A,
                ) -> ::std::result::Result<crate::lenient::Property<Self>, A::Error> {
                    #(let mut #fields = crate::lenient::Spellings::default();)*
                    while let Some(key) = object.next_key::<crate::lenient::Key<'de>>()? {
                        match key.as_str() {
                            #(#arms)*
                            _ => drop(object.next_value::<::serde::de::IgnoredAny>()?),
                        }
                    }
                    let mut unreadable = ::std::vec::Vec::new();
                    Ok(crate::lenient::Property::read(Self {
                        #(#fields: #fields.finish(#names, &mut unreadable),)*
                        unreadable,
                    }))
                }
            }
        },
        parse_quote! {
            impl crate::lenient::ResponseBody for #name {
                #status

                fn has_content(&self) -> bool {
                    false #(|| self.#contents.is_some())*
                }

                fn add_unreadable(&self, names: &mut ::std::collections::BTreeSet<&'static str>) {
                    names.extend(&self.unreadable);
                    #(if let Some(value) = &self.#nested { value.add_unreadable(names); })*
                }
            }
        },
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    crate::lenient::object(deserializer)
                }
            }
        },
        parse_quote! {
            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                    use ::serde::ser::SerializeMap as _;
                    let mut object = serializer.serialize_map(None)?;
                    #(#entries)*
                    object.end()
                }
            }
        },
    ]
}

/// Returns the match arms of a property: the documented spelling, and the other spelling if it differs.
fn arms(property: &Property) -> TokenStream {
    let Property { field, name, .. } = property;
    let other = name.to_lower_camel_case();
    let other = (other != *name).then(|| quote!(#other => #field.other(object.next_value()?),));
    quote! {
        #name => #field.documented(object.next_value()?),
        #other
    }
}

/// Returns the statement that serializes a property.
///
/// An unreadable boolean is `"unknown"`, so that it does not become an absent one, which means `false`.
fn entry(property: &Property) -> TokenStream {
    let Property { field, name, is_boolean, .. } = property;
    let unknown = is_boolean
        .then(|| quote!(else if self.unreadable.contains(&#name) { object.serialize_entry(#name, "unknown")?; }));
    quote! {
        if let Some(value) = &self.#field { object.serialize_entry(#name, value)?; } #unknown
    }
}

/// Removes these traits from the derive attributes.
fn remove_derives(item: &mut ItemStruct, traits: &[&str]) {
    for attribute in item.attrs.iter_mut().filter(|attribute| attribute.path().is_ident("derive")) {
        let parse = Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
        if let Ok(paths) = attribute.parse_args_with(parse) {
            let is_kept = |path: &syn::Path| {
                path.segments.last().is_some_and(|last| !traits.iter().any(|name| last.ident == name))
            };
            let kept: Punctuated<_, syn::Token![,]> = paths.into_iter().filter(is_kept).collect();
            *attribute = parse_quote!(#[derive(#kept)]);
        }
    }
}
