//! What nobody knows of the live service, as settings.

/// Where a list puts contacts without `created_at`, in either direction.
///
/// Nobody knows what the live service does, so what reads a whole list should be tested with both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undated {
    /// Before all others.
    First,
    /// After all others: the default.
    #[default]
    Last,
}

/// What a list answers to an `offset` above 10000.
///
/// The official clients say that it is capped there, which may be either: what reads a whole list should be tested with
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverOffset {
    /// The page at 10000, again and again: the default.
    #[default]
    Clamp,
    /// A 400 that names `offset`.
    Refuse,
}
