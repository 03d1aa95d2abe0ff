//! Decodes each property of a response separately. If a value has a wrong type, only its property is lost.
//!
//! `build.rs` generates an implementation of [`Lenient`] for each response struct. This module implements [`Lenient`]
//! for the types of properties. Requests are serialized as `openapi.yaml` describes them, and do not use this module.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

// The benchmarks include this file with `#[path]`. Without the next line, rustc would then look for `src/time.rs`.
#[path = "lenient/time.rs"]
mod time;

/// A type that can be read from several kinds of JSON values.
///
/// If a value cannot be converted to the type, a method returns `None` or [`Property::UNREADABLE`]. If the JSON text is
/// invalid, a method returns `Err`.
pub(crate) trait Lenient: Sized {
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: &Number) -> Option<Self> {
        None
    }

    fn from_text(_: Cow<'_, str>) -> Property<Self> {
        Property::UNREADABLE
    }

    /// Reads a boolean that is an element of a list or a value in a map.
    fn element_from_bool(value: bool) -> Option<Self> {
        Self::from_bool(value)
    }

    /// Reads a number that is an element of a list or a value in a map.
    fn element_from_number(value: &Number) -> Option<Self> {
        Self::from_number(value)
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Property<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Property::UNREADABLE)
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Property<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Property::UNREADABLE)
    }
}

/// The decoded body of a successful response.
pub trait ResponseBody: DeserializeOwned + Send + 'static {
    /// Whether `openapi.yaml` describes the body. If so, error texts may contain its field names.
    const IS_DOCUMENTED: bool = true;

    /// Returns the `status` property.
    fn status(&self) -> Option<&str> {
        None
    }

    /// Returns whether a property besides `status` and `message` has a value.
    fn has_content(&self) -> bool {
        true
    }

    /// Adds the names of the properties that were not read completely.
    fn add_unreadable(&self, _: &mut BTreeSet<&'static str>) {}
}

impl<T: ResponseBody> ResponseBody for Vec<T> {
    fn add_unreadable(&self, names: &mut BTreeSet<&'static str>) {
        self.iter().for_each(|element| element.add_unreadable(names));
    }
}

/// A body that `openapi.yaml` does not describe.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Undocumented<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> ResponseBody for Undocumented<T> {
    const IS_DOCUMENTED: bool = false;
}

/// The value of a property, without its unreadable parts.
#[derive(Debug, PartialEq)]
pub(crate) struct Property<T> {
    /// `None` if the JSON value is `null` or unreadable.
    value: Option<T>,
    /// Whether the JSON value, or a part of it, could not be read.
    is_unreadable: bool,
}

impl<T> Property<T> {
    const NULL: Self = Self { value: None, is_unreadable: false };
    const UNREADABLE: Self = Self { value: None, is_unreadable: true };

    /// Returns a property that was read completely.
    pub(crate) fn read(value: T) -> Self {
        Self { value: Some(value), is_unreadable: false }
    }

    fn or_unreadable(value: Option<T>) -> Self {
        value.map_or(Self::UNREADABLE, Self::read)
    }
}

impl<'de, T: Lenient> Deserialize<'de> for Property<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PropertyVisitor { is_element: false, of: PhantomData })
    }
}

/// An element of a list, or a value in a map.
struct Element<T>(Property<T>);

impl<'de, T: Lenient> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PropertyVisitor { is_element: true, of: PhantomData }).map(Self)
    }
}

struct PropertyVisitor<T> {
    is_element: bool,
    of: PhantomData<T>,
}

impl<T: Lenient> PropertyVisitor<T> {
    fn number<E>(&self, number: &Number) -> Result<Property<T>, E> {
        let value = if self.is_element { T::element_from_number(number) } else { T::from_number(number) };
        Ok(Property::or_unreadable(value))
    }
}

impl<'de, T: Lenient> Visitor<'de> for PropertyVisitor<T> {
    type Value = Property<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Property::or_unreadable(if self.is_element { T::element_from_bool(value) } else { T::from_bool(value) }))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        self.number(&value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        self.number(&value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value).map_or(Ok(Property::UNREADABLE), |number| self.number(&number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Borrowed(text)))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Owned(text)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Property::NULL)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::from_object(object)
    }
}

/// Merges the two spellings of a property, such as `first_name` and `firstName`.
#[derive(Debug)]
pub(crate) struct Spellings<T> {
    value: Option<T>,
    is_unreadable: bool,
}

impl<T> Default for Spellings<T> {
    fn default() -> Self {
        Self { value: None, is_unreadable: false }
    }
}

impl<T> Spellings<T> {
    /// Adds the documented spelling. If its value is readable and not `null`, the value wins over the other spelling.
    pub(crate) fn documented(&mut self, property: Property<T>) {
        self.is_unreadable |= property.is_unreadable;
        self.value = property.value.or(self.value.take());
    }

    /// Adds the other spelling. If the documented spelling has no value, the value of the other spelling is used.
    pub(crate) fn other(&mut self, property: Property<T>) {
        self.is_unreadable |= property.is_unreadable;
        self.value = self.value.take().or(property.value);
    }

    /// Returns the value. If a part of it could not be read, adds `name` to the list of unreadable properties.
    pub(crate) fn finish(self, name: &'static str, unreadable: &mut Vec<&'static str>) -> Option<T> {
        if self.is_unreadable {
            unreadable.push(name);
        }
        self.value
    }
}

/// A key of a JSON object. A key without escape sequences borrows from the JSON text.
pub(crate) struct Key<'de>(Cow<'de, str>);

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }

            fn visit_string<E>(self, key: String) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key)))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// Decodes a JSON object of a response. Any other JSON value is an error.
pub(crate) fn object<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(PhantomData<T>);

    impl<'de, T: Lenient> Visitor<'de> for ObjectVisitor<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
            Ok(T::from_object(object)?.value)
        }
    }

    deserializer.deserialize_map(ObjectVisitor(PhantomData))?.ok_or_else(|| D::Error::custom("not a JSON object"))
}

impl Lenient for String {
    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        Property::read(text.into_owned())
    }

    fn element_from_bool(value: bool) -> Option<Self> {
        Some(value.to_string())
    }

    fn element_from_number(value: &Number) -> Option<Self> {
        Some(value.to_string())
    }
}

impl Lenient for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }

    fn from_number(number: &Number) -> Option<Self> {
        match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        }
    }

    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        match text.trim() {
            text if text == "1" || text.eq_ignore_ascii_case("true") => Property::read(true),
            text if text == "0" || text.eq_ignore_ascii_case("false") => Property::read(false),
            _ => Property::UNREADABLE,
        }
    }
}

/// Returns the number as an integer, or `None` if it has a fraction or is an inexact float.
fn whole(number: &Number) -> Option<i128> {
    /// 2⁵³. Above this limit, an `f64` cannot represent every integer.
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

    let integer = number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from));
    let is_exact = |float: &f64| float.abs() <= MAX_EXACT && float.fract() == 0.0;
    integer.or_else(|| number.as_f64().filter(is_exact).map(|float| float as i128))
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Lenient for $integer {
            fn from_number(number: &Number) -> Option<Self> {
                whole(number)?.try_into().ok()
            }

            fn from_text(text: Cow<'_, str>) -> Property<Self> {
                let number = text.trim().parse().ok();
                Property::or_unreadable(number.and_then(|number| Self::from_number(&number)))
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

impl Lenient for f64 {
    fn from_number(number: &Number) -> Option<Self> {
        number.as_f64()
    }

    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        let number = text.trim().parse::<Number>().ok();
        Property::or_unreadable(number.and_then(|number| number.as_f64()))
    }
}

impl Lenient for Value {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value.into())
    }

    fn from_number(number: &Number) -> Option<Self> {
        Some(number.clone().into())
    }

    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        Property::read(text.into_owned().into())
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Property<Self>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<Self>()? {
            values.push(value);
        }
        Ok(Property::read(values.into()))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Property<Self>, A::Error> {
        let Property { value, is_unreadable } = Map::from_object(object)?;
        Ok(Property { value: value.map(Self::Object), is_unreadable })
    }
}

impl Lenient for Map<String, Value> {
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Property<Self>, A::Error> {
        let mut members = Self::new();
        while let Some((key, value)) = object.next_entry()? {
            members.insert(key, value);
        }
        Ok(Property::read(members))
    }
}

impl Lenient for DateTime<Utc> {
    fn from_number(number: &Number) -> Option<Self> {
        time::from_epoch(number)
    }

    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        match text.trim() {
            "" => Property::NULL,
            text => Property::or_unreadable(time::parse(text)),
        }
    }
}

impl<T: Lenient> Lenient for Vec<T> {
    /// Reads a text as a list with one element, and an empty text as an empty list.
    fn from_text(text: Cow<'_, str>) -> Property<Self> {
        if text.is_empty() {
            return Property::read(Self::new());
        }
        let Property { value, is_unreadable } = T::from_text(text);
        Property { value: value.map(|value| vec![value]), is_unreadable }
    }

    /// Reads every readable element, and skips `null`.
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Property<Self>, A::Error> {
        let mut values = Self::new();
        let mut is_unreadable = false;
        while let Some(Element(element)) = list.next_element()? {
            is_unreadable |= element.is_unreadable;
            values.extend(element.value);
        }
        Ok(Property { value: Some(values), is_unreadable })
    }
}

impl<T: Lenient> Lenient for BTreeMap<String, T> {
    /// Reads an empty list as an empty map, because some languages encode an empty map as `[]`.
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Property<Self>, A::Error> {
        let mut is_empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(if is_empty { Property::read(Self::new()) } else { Property::UNREADABLE })
    }

    /// Reads every entry with a readable value, and skips entries whose value is `null`.
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Property<Self>, A::Error> {
        let mut values = Self::new();
        let mut is_unreadable = false;
        while let Some((key, Element(element))) = object.next_entry::<String, _>()? {
            is_unreadable |= element.is_unreadable;
            values.extend(element.value.map(|value| (key, value)));
        }
        Ok(Property { value: Some(values), is_unreadable })
    }
}

#[cfg(test)]
#[path = "lenient/tests.rs"]
mod tests;
