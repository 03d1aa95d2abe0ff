//! Detects a service that ignores `offset`: it repeats a page, although the offset differs.

use super::PageRequest;
use crate::{error::Incomplete, stream::position::ContactKey};

/// The maximum distance between the offsets of equal pages.
///
/// Pages at different offsets may be equal because contacts were created or deleted between the requests. At a larger
/// distance, the service ignores `offset`.
const MAX_CHANGES: u32 = 8;

/// The pages that another page may repeat.
#[derive(Default)]
pub(super) struct Repetition {
    first: Option<(PageRequest, Vec<ContactKey>)>,
    previous: Option<(PageRequest, Vec<ContactKey>)>,
    /// The sum of the distances between the offsets of the last pages, if these pages were equal.
    repeated_over: u32,
}

impl Repetition {
    /// Fails if a page of passed contacts repeats the previous page or the first page.
    pub(super) fn check(
        &mut self,
        request: PageRequest,
        page: &[ContactKey],
        has_passed: impl Fn(&ContactKey) -> bool,
    ) -> Result<(), Incomplete> {
        let distance = |earlier: &Option<(PageRequest, Vec<ContactKey>)>| match earlier {
            Some((earlier, contacts)) if contacts == page && page.first().is_some_and(&has_passed) => {
                distance(earlier, &request)
            }
            _ => 0,
        };
        // If the first page has a larger offset, deletions are the likely cause.
        let from_first = if self.first.as_ref().is_some_and(|(first, _)| first.offset < request.offset) {
            distance(&self.first)
        } else {
            0
        };
        self.repeated_over = match distance(&self.previous) {
            0 => 0,
            distance => self.repeated_over + distance,
        };
        self.first.get_or_insert_with(|| (request, page.to_vec()));
        self.previous = Some((request, page.to_vec()));
        if self.repeated_over.max(from_first) > MAX_CHANGES { Err(Incomplete::OffsetIgnored) } else { Ok(()) }
    }

    /// Returns whether the last page repeated the page before.
    pub(super) fn is_suspected(&self) -> bool {
        self.repeated_over > 0
    }
}

/// Returns how many contacts must be created or deleted between two requests to make their pages equal.
fn distance(earlier: &PageRequest, later: &PageRequest) -> u32 {
    if earlier.direction != later.direction || earlier.created_at_gte > later.created_at_gte {
        0
    } else if earlier.created_at_gte == later.created_at_gte {
        earlier.offset.abs_diff(later.offset)
    } else {
        // A later window leaves out earlier contacts, so the same contacts have smaller offsets.
        later.offset.saturating_sub(earlier.offset)
    }
}
