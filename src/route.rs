//! The id, method and path of an operation.

/// The id, method and path template of an operation in `openapi.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The `operationId`, such as `contacts.create`.
    pub id: &'static str,
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
}
