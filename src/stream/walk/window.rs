//! Computes the next page of a window, and the earlier page to which a walk steps back.

use chrono::{DateTime, TimeDelta, Utc};

use crate::stream::position::ContactKey;

/// A page of a window, in ascending order.
#[derive(Clone, Copy)]
pub(super) struct WindowPage {
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) offset: u32,
    pub(super) part: Part,
    /// The contact that the page must repeat. After a step back, any passed contact is enough.
    pub(super) overlap: Option<ContactKey>,
    pub(super) gap: Option<Gap>,
}

/// The part of the list that a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Window,
    /// The end of the whole list, where undated contacts may follow. Offsets count from the start of the list.
    Tail,
    /// The end of the whole list, after the walk has confirmed that no dated contact follows.
    ///
    /// Meanwhile, contacts with an earlier `created_at` may have been created, so the tail may have moved.
    ConfirmedTail {
        /// The offset of the first undated contact, after a page has shown it.
        undated_from: Option<u32>,
    },
}

/// A window that did not start with passed contacts.
///
/// Either the passed contacts were deleted, or the service's filter leaves them out. If an earlier window contains them,
/// the filter leaves them out.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    /// The start of the window.
    pub(super) created_at: DateTime<Utc>,
    /// The number of earlier windows that the walk has requested.
    steps: u32,
}

impl WindowPage {
    /// Returns the page of the same window that starts earlier by this number of contacts.
    pub(super) fn at_smaller_offset(self, distance: usize) -> Self {
        let distance = u32::try_from(distance).unwrap_or(u32::MAX);
        Self { offset: self.offset.saturating_sub(distance), overlap: None, ..self }
    }

    /// Returns the first page of a window that starts earlier.
    ///
    /// The first three windows start one second, one hour and 150 days earlier. The next window is the whole list.
    pub(super) fn of_earlier_window(self, caller_since: Option<DateTime<Utc>>) -> Self {
        let gap = self.gap.or_else(|| Some(Gap { created_at: self.since?, steps: 0 }));
        let since = gap.and_then(|gap| {
            let distance = TimeDelta::seconds(3600_i64.checked_pow(gap.steps).filter(|_| gap.steps < 3)?);
            gap.created_at.checked_sub_signed(distance)
        });
        let gap = gap.map(|gap| Gap { steps: gap.steps + 1, ..gap });
        Self { since: since.max(caller_since), offset: 0, part: Part::Window, overlap: None, gap }
    }

    /// Returns the same page. In the confirmed tail, stores the offset of the first undated contact.
    pub(super) fn with_page(self, page: &[ContactKey]) -> Self {
        let Part::ConfirmedTail { undated_from } = self.part else { return self };
        let dated = page.iter().rposition(|key| key.created_at.is_some()).map(|index| index + 1);
        let dated = dated.or((self.offset == 0).then_some(0)).and_then(|dated| u32::try_from(dated).ok());
        let undated_from = dated.map(|dated| self.offset.saturating_add(dated)).or(undated_from);
        Self { part: Part::ConfirmedTail { undated_from }, ..self }
    }

    /// Returns the page of the same window that starts with the last contact of a page.
    pub(super) fn following(self, page_len: usize, last: ContactKey, max_offset: u32) -> Self {
        Self { offset: next_offset(self.offset, page_len, max_offset), overlap: Some(last), gap: None, ..self }
    }
}

/// Returns the offset of the last contact of a page, at most `max_offset`.
///
/// The next page starts with that contact: the overlap.
pub(super) fn next_offset(offset: u32, page_len: usize, max_offset: u32) -> u32 {
    offset_of_last(page_len, u32::MAX).saturating_add(offset).min(max_offset)
}

/// Returns the offset of the last of `count` contacts, at most `max_offset`.
pub(super) fn offset_of_last(count: usize, max_offset: u32) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(max_offset).min(max_offset)
}
