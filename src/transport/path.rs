//! What the path of a request has to look like, lest an argument leads to another operation.

use url::Url;

use crate::error::InvalidInput;

/// What the path of a request has to look like, after that of the base URL.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedPath {
    /// As in the document, with a segment in place of each parameter in braces.
    Template(&'static str),
    /// So many segments.
    Segments(usize),
}

impl ExpectedPath {
    /// Holds a path against it: `encode_path` leaves `.`, `..`, `\` and nothing at all as they are, and URL parsers take them
    /// for steps in the path, so that a wrong argument could reach another operation.
    pub(super) fn check(self, base_url: &Url, path: &str) -> Result<(), InvalidInput> {
        let prefix = base_url.path().trim_end_matches('/');
        if path.strip_prefix(prefix).is_some_and(|path| self.matches(path)) {
            return Ok(());
        }
        Err(InvalidInput::new(
            "path",
            "is not that of the operation; an argument changes which one the request would reach",
        ))
    }

    fn matches(self, path: &str) -> bool {
        match self {
            Self::Template(template) => matches(template, path),
            Self::Segments(count) => {
                // Without the slash, the last segment of the base URL is another one that only begins like it.
                let Some(path) = path.strip_prefix('/') else { return false };
                let mut segments = path.split('/');
                segments.clone().count() == count && segments.all(|segment| !segment.is_empty())
            }
        }
    }
}

/// Whether a path has what the template has before, between and after its braces, and a segment in place of each.
fn matches(template: &str, path: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return path == template };
    let (Some(path), Some((_, template))) = (path.strip_prefix(before), rest.split_once('}')) else { return false };
    let end = path.find('/').unwrap_or(path.len());
    end > 0 && path.get(end..).is_some_and(|path| matches(template, path))
}

#[cfg(test)]
mod tests {
    use super::ExpectedPath;
    use crate::{contacts::RetrieveContact, request::Operation};

    /// Whether the guard lets a path through, for a client with this base URL.
    fn passes(base_url: &str, expected: ExpectedPath, path: &str) -> bool {
        expected.check(&base_url.parse().expect("valid"), path).is_ok()
    }

    #[test]
    fn the_guard_holds_a_path_against_the_template() {
        // The argument is whatever a parser of numbers might let through.
        let template = ExpectedPath::Template(RetrieveContact::ROUTE.path);
        for (path, expected) in [
            ("/api/v2/contacts/+14155550100", true),
            ("/api/v2/contacts/%2E%2E%2Fcount", true),
            ("/api/v2/contacts", false),
            ("/api/v2/contacts/", false),
            ("/api/v2/contacts//", false),
            ("/api/v2/contacts//x", false),
            ("/api/v2/contacts/x/", false),
            ("/api/v2/contacts/a/b", false),
            ("/api/v2/contacts/a/b/c", false),
            ("/api/v2/", false),
            ("/api/v2/x", false),
            ("/api/v2/count", false),
            ("/api/v2/Contacts/x", false),
            ("/api/v2/contactsx", false),
            ("/api/v3/contacts/x", false),
            ("//api/v2/contacts/x", false),
            ("/x/api/v2/contacts/x", false),
            ("api/v2/contacts/x", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(passes("http://127.0.0.1:9", template, path), expected, "{path}");
            assert_eq!(
                passes("http://127.0.0.1:9/gate/way/", template, &format!("/gate/way{path}")),
                expected,
                "{path}"
            );
            assert!(!passes("http://127.0.0.1:9/gate/way", template, path), "{path}");
            assert!(!passes("http://127.0.0.1:9/gate/way", template, &format!("/gate{path}")), "{path}");
            assert!(!passes("http://127.0.0.1:9/gate/way", template, &format!("/gate/ways{path}")), "{path}");
        }
    }

    #[test]
    fn the_guard_counts_the_segments_of_an_endpoint() {
        for (path, count, expected) in [
            ("/a", 1, true),
            ("/a/b%2Fc", 2, true),
            ("/a/b", 1, false),
            ("/a", 2, false),
            ("/a/", 2, false),
            ("//a", 2, false),
            ("/", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(passes("http://127.0.0.1:9", ExpectedPath::Segments(count), path), expected, "{path}");
        }
    }
}
