//! The ten operations, and the route of each.

use http::Method;

use super::refusal::Refusal;

#[derive(Clone, Copy)]
pub(super) enum Operation {
    List,
    Create,
    Count,
    Verify,
    Retrieve,
    Update,
    Delete,
    OptOut,
    BulkDelete,
    BulkCreate,
}

impl Operation {
    /// Returns the `operationId` in the OpenAPI document.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::List => "contacts.list",
            Self::Create => "contacts.create",
            Self::Count => "contacts.count",
            Self::Verify => "contacts.verify",
            Self::Retrieve => "contacts.retrieve",
            Self::Update => "contacts.update",
            Self::Delete => "contacts.delete",
            Self::OptOut => "contacts.opt_out",
            Self::BulkDelete => "contacts.bulk.delete",
            Self::BulkCreate => "contacts.bulk.create",
        }
    }

    /// Returns the operation of a method and path, and the path segment after `contacts/`.
    ///
    /// For `retrieve`, `update` and `delete`, the segment is the phone number.
    pub(super) fn find<'a>(method: &Method, path: &'a str) -> Result<(Self, &'a str), Refusal> {
        let rest = path.strip_prefix("/api/v2/contacts").ok_or(Refusal::NoRoute)?;
        let segment = rest.strip_prefix('/').unwrap_or_default();
        let (operations, allow): (&[_], _) = match rest {
            "" => (
                &[(Method::GET, Self::List), (Method::POST, Self::Create), (Method::DELETE, Self::BulkDelete)],
                "GET, POST, DELETE",
            ),
            "/count" => (&[(Method::GET, Self::Count)], "GET"),
            "/verify" => (&[(Method::POST, Self::Verify)], "POST"),
            "/opt-out" => (&[(Method::POST, Self::OptOut)], "POST"),
            "/bulk" => (&[(Method::POST, Self::BulkCreate)], "POST"),
            _ if segment.is_empty() || segment.contains('/') => return Err(Refusal::NoRoute),
            _ => (
                &[(Method::GET, Self::Retrieve), (Method::PUT, Self::Update), (Method::DELETE, Self::Delete)],
                "GET, PUT, DELETE",
            ),
        };
        let operation = operations.iter().find(|(allowed, _)| allowed == method);
        operation.map(|(_, operation)| (*operation, segment)).ok_or(Refusal::WrongMethod { allow })
    }
}
