//! Settings for unknown behavior of the live service.

/// Where a list places contacts without `created_at`.
///
/// The placement is the same in ascending and descending order. The live service's placement is unknown. If your
/// code reads a whole list, test it with both variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undated {
    /// Before all other contacts.
    First,
    /// After all other contacts. This is the default.
    #[default]
    Last,
}

/// How a list responds to an `offset` above 10000.
///
/// The live service's response is unknown. If your code reads a whole list, test it with both variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OffsetAboveCap {
    /// Returns the page at offset 10000. This is the default.
    #[default]
    Clamp,
    /// Returns a 400 that names `offset`.
    Reject,
}

/// How a bulk create treats numbers that already have a contact.
///
/// The existing contact never changes. The live service's behavior is unknown. If your code creates contacts in bulk,
/// test it with all variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkExisting {
    /// Leaves the existing contacts out of the response. This is the default.
    #[default]
    Omitted,
    /// Includes the existing contacts in the response.
    Included,
    /// Refuses the whole request with a 409.
    Conflict,
}
