//! Why a body could not be decoded, without any of the body.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// Why a body is not what was expected.
///
/// `serde_json`'s own error quotes the value that it stumbled over, so only its place and its kind are kept.
#[derive(Clone, Debug)]
pub(crate) enum DecodeFailure {
    /// There is nothing.
    Empty,
    /// A value that the caller waits for is not there.
    Missing { field: &'static str },
    /// It is not JSON, or not of the expected shape.
    Json { category: Category, line: usize, column: usize, path: String },
}

impl DecodeFailure {
    /// What is known without decoding again; the only way for a type that is not ours, whose keys may be data.
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        Self::Json { category: error.classify(), line: error.line(), column: error.column(), path: String::new() }
    }

    /// Decodes once more, to find out where in a model it fails. `None` if it does not.
    pub(crate) fn find<T: DeserializeOwned>(body: &[u8]) -> Option<Self> {
        let deserializer = &mut serde_json::Deserializer::from_slice(body);
        let (path, error) = match serde_path_to_error::deserialize::<_, T>(&mut *deserializer) {
            Ok(_) => (String::new(), deserializer.end().err()?),
            // A wrong type is found only at properties of the model. What is no JSON can be found inside one that is skipped,
            // whose name is whatever came.
            Err(error) if error.inner().is_data() => (place(error.path()), error.into_inner()),
            Err(error) => (String::new(), error.into_inner()),
        };
        Some(Self::Json { category: error.classify(), line: error.line(), column: error.column(), path })
    }
}

/// The path, without what people wrote: the labels of custom variables are keys.
fn place(path: &Path) -> String {
    let mut place = String::new();
    let mut in_labels = false;
    for segment in path {
        match segment {
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Map { .. } | Segment::Enum { .. } if in_labels => place += ".*",
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let dot = if place.is_empty() { "" } else { "." };
                place += &format!("{dot}{key}");
                in_labels = key == "custom_variables";
            }
            Segment::Unknown => place += ".?",
        }
    }
    place
}

impl fmt::Display for DecodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Missing { field } => write!(f, "it has no `{field}`"),
            Self::Json { category, line, column, path } => {
                f.write_str(match category {
                    Category::Eof => "it ends too early",
                    Category::Data => "a value has the wrong type",
                    Category::Syntax | Category::Io => "it is not JSON",
                })?;
                write!(f, ", at line {line} column {column}")?;
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
    use super::DecodeFailure;
    use crate::Contact;

    fn failure(body: &str) -> String {
        DecodeFailure::find::<Vec<Contact>>(body.as_bytes()).expect("not decodable").to_string()
    }

    #[test]
    fn names_the_place_and_never_the_value() {
        for (body, place) in [
            (
                r#"[{},{"first_name":{"canary":1}}]"#,
                "a value has the wrong type, at line 1 column 18 (`[1].first_name`)",
            ),
            (
                r#"[{"custom_variables":{"canary":7}}]"#,
                "a value has the wrong type, at line 1 column 32 (`[0].custom_variables.*`)",
            ),
            (r#"[{"created_at":"canary"}]"#, "a value has the wrong type, at line 1 column 23 (`[0].created_at`)"),
            ("<html>canary", "it is not JSON, at line 1 column 1"),
            ("[{}", "it ends too early, at line 1 column 3"),
            ("[] canary", "it is not JSON, at line 1 column 4"),
            (r#"[{"canary": [1,}}]"#, "it is not JSON, at line 1 column 16"),
            (r#"[{"canary": nul"#, "it ends too early, at line 1 column 15"),
            (r#"[{"canary":{"canary":?"#, "it is not JSON, at line 1 column 22"),
            (r#"[{"canary":"#, "it ends too early, at line 1 column 11"),
            (r#"[{"first_name":"#, "it ends too early, at line 1 column 15"),
        ] {
            assert_eq!(failure(body), place);
        }
    }
}
