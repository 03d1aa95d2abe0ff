//! Checks that no contact of a tie is out of reach.
//!
//! If a tie fills the reachable part of a window, more of its contacts may be out of reach. So the walk reads the
//! window in descending order down to the tie. If the first tied contact on the way is the last passed contact, the tie
//! is complete.

use chrono::{DateTime, Utc};

use super::window::next_offset;
use crate::{error::Incomplete, stream::position::ContactKey};

/// A tie check in progress.
#[derive(Clone, Copy)]
pub(super) struct TieCheck {
    /// The `created_at` of the tie, where the window starts.
    pub(super) created_at: DateTime<Utc>,
    /// The offset of the next page, in descending order.
    pub(super) offset: u32,
    /// The contact of the tie that the walk passed last.
    last_passed: ContactKey,
    /// The `created_at` of the contact that the next page shares with the previous page.
    overlap: Option<DateTime<Utc>>,
    /// The contact with the earliest `created_at` after the tie, on the pages so far.
    later: Option<(DateTime<Utc>, ContactKey)>,
}

/// The result of one page of a tie check.
pub(super) enum Verdict {
    /// The page does not reach the tie.
    ReadOn(TieCheck),
    /// Contacts were deleted between two pages, so the check may have skipped a `created_at`.
    Restart(TieCheck),
    /// The tie is complete. The next window starts with `later`, if there are later contacts.
    Complete { later: Option<(DateTime<Utc>, ContactKey)> },
    /// The last contact of the tie is not the last passed contact.
    ///
    /// Possible causes: a contact was created or deleted, contacts are out of reach, or the service does not reverse
    /// the order within a tie.
    OtherLast,
}

impl TieCheck {
    pub(super) fn new(created_at: DateTime<Utc>, last_passed: ContactKey) -> Self {
        Self { created_at, offset: 0, last_passed, overlap: None, later: None }
    }

    /// Accepts the page at `offset`, in descending order.
    pub(super) fn accept(mut self, page: &[ContactKey], max_offset: u32) -> Result<Verdict, Incomplete> {
        // An earlier `created_at` at the overlap means that contacts were deleted. A later `created_at` means that
        // contacts were created; the page then repeats contacts but skips none.
        if page.first().and_then(|first| first.created_at) < self.overlap {
            return Ok(Verdict::Restart(Self::new(self.created_at, self.last_passed)));
        }
        if !page.iter().filter_map(|key| key.created_at).rev().is_sorted() {
            return Err(Incomplete::OrderNotKept);
        }
        for key in page {
            match key.created_at {
                None => {}
                Some(time) if time > self.created_at => {
                    self.later = self.later.filter(|(later, _)| *later < time).or(Some((time, *key)));
                }
                Some(_) if *key == self.last_passed => return Ok(Verdict::Complete { later: self.later }),
                Some(_) => return Ok(Verdict::OtherLast),
            }
        }
        let next_offset = next_offset(self.offset, page.len(), max_offset);
        if next_offset > self.offset {
            self.overlap = page.get((next_offset - self.offset) as usize).and_then(|key| key.created_at);
            self.offset = next_offset;
            Ok(Verdict::ReadOn(self))
        } else if self.offset < max_offset {
            // The window ends before the tie: all contacts of the tie were deleted.
            Ok(Verdict::Complete { later: self.later })
        } else {
            // Later contacts fill the reachable part of the window, so the check cannot reach the tie.
            Err(Incomplete::TieOutOfReach)
        }
    }
}
