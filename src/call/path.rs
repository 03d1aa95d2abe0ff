//! The path check: no argument can change the path to that of another operation.

use url::Url;

use crate::error::InvalidInput;

/// The path that a request must have, after the path of the base URL.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedPath {
    /// A path template of `openapi.yaml`, in which each parameter in braces is one segment.
    Template(&'static str),
    /// Any path with this number of segments.
    Segments(usize),
}

impl ExpectedPath {
    /// Checks the path of a request.
    ///
    /// The generated `encode_path` does not encode `.`, `..` or `\`, and a URL parser resolves all three. Without this
    /// check, `..`, `..\count` or an empty argument could reach another operation.
    pub(super) fn check(self, base_url: &Url, path: &str) -> Result<(), InvalidInput> {
        let prefix = base_url.path().trim_end_matches('/');
        if path.strip_prefix(prefix).is_some_and(|path| self.matches(path)) {
            return Ok(());
        }
        Err(InvalidInput::new(
            "path",
            "an argument changes the path; pass an argument that is not empty, `.` or `..`, and contains no `\\`",
        ))
    }

    fn matches(self, path: &str) -> bool {
        match self {
            Self::Template(template) => matches(template, path),
            Self::Segments(count) => {
                // Without the `/`, the path `/gateways` would match the base URL path `/gateway`.
                let Some(path) = path.strip_prefix('/') else { return false };
                let mut segments = path.split('/');
                segments.clone().count() == count && segments.all(|segment| !segment.is_empty())
            }
        }
    }
}

/// Returns whether a path matches a template, with one segment in place of each parameter.
fn matches(template: &str, path: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return path == template };
    let (Some(path), Some((_, template))) = (path.strip_prefix(before), rest.split_once('}')) else { return false };
    let end = path.find('/').unwrap_or(path.len());
    end > 0 && path.get(end..).is_some_and(|path| matches(template, path))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use url::Url;

    use super::ExpectedPath;
    use crate::{captured_request::CapturedRequest, generated::routes};

    /// Returns whether the path check accepts a path below this base URL.
    fn passes(base_url: &str, expected: ExpectedPath, path: &str) -> bool {
        expected.check(&base_url.parse().expect("valid"), path).is_ok()
    }

    #[test]
    fn accepts_only_paths_of_the_template() {
        let template = ExpectedPath::Template(routes::CONTACTS_RETRIEVE.path);
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
    fn accepts_only_the_number_of_segments() {
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

    /// Returns the URL that the generated client builds for an argument.
    fn url(argument: &str) -> Url {
        let base_url: Url = "http://127.0.0.1:9".parse().expect("a URL");
        let text = format!("{base_url}api/v2/contacts/{}", progenitor_client::encode_path(argument));
        CapturedRequest::new(Arc::new(base_url)).url(&text)
    }

    /// The phone number parser already refuses these arguments. This test runs the path check without the parser.
    #[test]
    fn refuses_arguments_that_change_the_path() {
        let template = ExpectedPath::Template(routes::CONTACTS_RETRIEVE.path);
        let passes = |argument: &str| passes("http://127.0.0.1:9", template, url(argument).path());
        for argument in ["", ".", "..", r"..\..", r"a\b", r"\", r".\", r"..\count", r"..\..\v1\contacts"] {
            assert!(!passes(argument), "{argument:?}");
        }
        // After encoding, each argument is one segment.
        for argument in ["a/b", "+1?x=1", "+1#f", "%2e%2e", "\t..\n", "..\n", "+1\u{0}2", "+１２", "+٤١"] {
            assert!(passes(argument), "{argument:?}");
        }
        // These arguments match the template. Only the phone number parser refuses them.
        for argument in ["count", "bulk", "opt-out"] {
            assert!(passes(argument), "{argument:?}");
        }
    }
}
