//! The reason why a body failed to decode, without any value of the body.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// The reason why a body failed to decode.
///
/// A `serde_json` error quotes the value, so this type keeps only its position and category.
#[derive(Clone, Debug)]
pub(crate) enum DecodeFailure {
    /// The body is empty.
    Empty,
    /// A field that the operation returns is absent.
    Missing { field: &'static str },
    /// A field that the operation returns has a value that cannot be read.
    Unreadable { field: &'static str },
    /// The body is compressed with gzip, but the client did not request compression.
    Gzip,
    /// The body is not UTF-8.
    Encoding,
    /// The body is not JSON, or does not match the type.
    Json { category: Category, line: usize, column: usize, path: String },
}

impl DecodeFailure {
    /// Keeps the position and the category of an error.
    ///
    /// The failure has no path, because the keys in a body of the caller's own type may be people's data.
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        Self::Json { category: error.classify(), line: error.line(), column: error.column(), path: String::new() }
    }

    /// Returns the failure of a body that is compressed or not UTF-8, and `None` for other bodies.
    pub(crate) fn of_encoding(body: &[u8]) -> Option<Self> {
        if body.starts_with(b"\x1f\x8b") {
            Some(Self::Gzip)
        } else {
            str::from_utf8(body).is_err().then_some(Self::Encoding)
        }
    }

    /// Decodes a body again as a documented type, and returns the path at which decoding fails.
    ///
    /// Returns `None` if decoding succeeds.
    pub(crate) fn locate<T: DeserializeOwned>(body: &[u8]) -> Option<Self> {
        let deserializer = &mut serde_json::Deserializer::from_slice(body);
        let (path, error) = match serde_path_to_error::deserialize::<_, T>(&mut *deserializer) {
            Ok(_) => (String::new(), deserializer.end().err()?),
            // serde reports a wrong type only at a documented property. A syntax error may lie inside an undocumented
            // property, whose name may be people's data.
            Err(error) if error.inner().is_data() => (printable(error.path()), error.into_inner()),
            Err(error) => (String::new(), error.into_inner()),
        };
        Some(Self::Json { category: error.classify(), line: error.line(), column: error.column(), path })
    }
}

/// Formats a path. A label of `custom_variables` may be people's data, so it becomes `*`.
fn printable(path: &Path) -> String {
    let mut text = String::new();
    let mut in_labels = false;
    for segment in path {
        match segment {
            Segment::Seq { index } => text += &format!("[{index}]"),
            Segment::Map { .. } | Segment::Enum { .. } if in_labels => text += ".*",
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let dot = if text.is_empty() { "" } else { "." };
                text += &format!("{dot}{key}");
                in_labels = key == "custom_variables";
            }
            Segment::Unknown => text += ".?",
        }
    }
    text
}

impl fmt::Display for DecodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty body"),
            Self::Missing { field } => write!(f, "missing field `{field}`"),
            Self::Unreadable { field } => write!(f, "unreadable field `{field}`"),
            Self::Gzip => f.write_str("gzip that the client did not request; check the proxy in front of the service"),
            Self::Encoding => f.write_str("not UTF-8, so it is not JSON"),
            Self::Json { category, line, column, path } => {
                f.write_str(match category {
                    Category::Eof => "unexpected end",
                    Category::Data => "wrong type",
                    Category::Syntax | Category::Io => "not JSON",
                })?;
                write!(f, " at line {line} column {column}")?;
                if !path.is_empty() {
                    write!(f, " (`{path}`)")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::DecodeFailure;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Contact {
        first_name: Option<String>,
        verified: Option<bool>,
        custom_variables: Option<BTreeMap<String, String>>,
    }

    fn failure(body: &str) -> String {
        DecodeFailure::locate::<Vec<Contact>>(body.as_bytes()).expect("not decodable").to_string()
    }

    #[test]
    fn names_the_path_and_never_the_value() {
        for (body, expected) in [
            (r#"[{},{"first_name":{"canary":1}}]"#, "wrong type at line 1 column 18 (`[1].first_name`)"),
            (r#"[{"custom_variables":{"canary":7}}]"#, "wrong type at line 1 column 32 (`[0].custom_variables.*`)"),
            (r#"[{"verified":"canary"}]"#, "wrong type at line 1 column 21 (`[0].verified`)"),
            ("<html>canary", "not JSON at line 1 column 1"),
            ("[{}", "unexpected end at line 1 column 3"),
            ("[] canary", "not JSON at line 1 column 4"),
            (r#"[{"canary": [1,}}]"#, "not JSON at line 1 column 16"),
            (r#"[{"canary": nul"#, "unexpected end at line 1 column 15"),
            (r#"[{"canary":{"canary":?"#, "not JSON at line 1 column 22"),
            (r#"[{"canary":"#, "unexpected end at line 1 column 11"),
            (r#"[{"first_name":"#, "unexpected end at line 1 column 15"),
        ] {
            assert_eq!(failure(body), expected);
        }
    }
}
