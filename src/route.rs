//! The id, method and path of an operation.

/// The id, method and path template of an operation in `openapi.yaml`, or of `Client::request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The `operationId`, such as `contacts.create`.
    pub id: &'static str,
    /// Empty for `Client::request`.
    pub method: &'static str,
    /// The path, with parameters in braces; empty for `Client::request`.
    pub path: &'static str,
}
