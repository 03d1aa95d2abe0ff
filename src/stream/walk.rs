//! Decides which page to request next: a state machine without I/O.
//!
//! [`stream`](super) explains the algorithm. [`Walk::next_request`] returns the next request, and [`Walk::accept`]
//! accepts its page.
//!
//! - A *window* holds the contacts with `created_at >= since`, in ascending order. Without `since`, it is the whole
//!   list.
//! - A *tie* is a run of contacts with the same `created_at`.
//! - A *dated* contact has a `created_at`; an *undated* contact does not.
//! - A contact is *new* until an accepted page contains it; then it is *passed*.
//! - The *reachable* part of a window ends one page after the largest offset.

use chrono::{DateTime, Utc};

use super::position::{ContactKey, Position};
use crate::{OrderDirection, error::Incomplete};

mod tie_check;

use tie_check::{TieCheck, Verdict};

/// The maximum number of steps back between two new contacts.
///
/// A step back halves the offset or restarts a tie check. After deletions, a few steps are enough. If the order changes
/// from page to page, this limit ends the walk.
const MAX_STEPS_BACK: u32 = 32;
/// The number of steps back after which the next [`Verdict::OtherLast`] ends the walk.
const MAX_TIE_RECHECKS: u32 = 2;

/// The parameters of the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) created_at_gte: Option<DateTime<Utc>>,
    pub(super) offset: u32,
    pub(super) limit: u32,
    pub(super) direction: OrderDirection,
}

/// The limits of the service and of the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The caller's page size: at least 2, because pages overlap by one contact.
    pub(super) page_size: u32,
    pub(super) max_page_size: u32,
    pub(super) max_offset: u32,
}

/// A walk through a whole list.
pub(super) struct Walk {
    /// The caller's `created_at_gte`.
    caller_since: Option<DateTime<Utc>>,
    limits: Limits,
    position: Position,
    state: State,
    /// The number of steps back since the last new contact.
    steps_back: u32,
}

/// The next step of the walk.
#[derive(Clone, Copy)]
enum State {
    /// Reads a window in ascending order.
    Ascending(WindowPage),
    /// Reads a window in descending order, to check a tie that fills its reachable part.
    CheckTie(TieCheck),
    /// Fails after the stream has yielded the last page: undated contacts fill the reachable part of the list.
    TooManyUndated,
    /// Requests nothing more.
    Done,
}

/// A page of a window, in ascending order.
#[derive(Clone, Copy)]
struct WindowPage {
    since: Option<DateTime<Utc>>,
    offset: u32,
    /// Whether the walk has passed the dated contacts and looks for undated contacts after them.
    is_undated_tail: bool,
}

impl Walk {
    /// Creates a walk that continues after a position.
    pub(super) fn new(caller_since: Option<DateTime<Utc>>, limits: Limits, position: Position) -> Self {
        let Limits { page_size, max_offset, .. } = limits;
        let (since, offset) = match position.last_created_at() {
            // A page at offset 0 reaches beyond the tied contacts.
            Some(time) if position.tied_count() < page_size as usize => (Some(time), 0),
            Some(time) => (Some(time), offset_of_last(position.tied_count(), max_offset)),
            None => (caller_since, offset_of_last(position.undated_count(), max_offset)),
        };
        let state = State::Ascending(WindowPage { since, offset, is_undated_tail: false });
        Self { caller_since, limits, position, state, steps_back: 0 }
    }

    /// Returns the next page to request, or `None` at the end of the list.
    pub(super) fn next_request(&self) -> Result<Option<PageRequest>, Incomplete> {
        use OrderDirection::{Asc, Desc};

        let (created_at_gte, offset, direction) = match self.state {
            State::Ascending(WindowPage { since, offset, .. }) => (since, offset, Asc),
            State::CheckTie(check) => (Some(check.created_at), check.offset, Desc),
            State::TooManyUndated => return Err(Incomplete::UndatedOutOfReach),
            State::Done => return Ok(None),
        };
        // At the largest offset, only a larger page reaches further.
        let needs_largest_page = offset >= self.limits.max_offset || direction == Desc;
        let limit = if needs_largest_page { self.limits.max_page_size } else { self.limits.page_size };
        Ok(Some(PageRequest { created_at_gte, offset, limit, direction }))
    }

    /// Accepts the requested page and returns, for each contact, whether it is new.
    ///
    /// If the walk steps back or checks a tie, the result is empty.
    pub(super) fn accept(&mut self, page: &[ContactKey]) -> Result<Vec<bool>, Incomplete> {
        match self.state {
            State::Ascending(requested) => self.accept_ascending(page, requested),
            State::CheckTie(check) => {
                self.state = self.accept_tie_check(page, check)?;
                Ok(Vec::new())
            }
            State::TooManyUndated | State::Done => Ok(Vec::new()),
        }
    }

    /// Accepts a page in ascending order.
    ///
    /// If the overlap is gone, the walk steps back. Otherwise, it passes the contacts of the page.
    fn accept_ascending(&mut self, page: &[ContactKey], requested: WindowPage) -> Result<Vec<bool>, Incomplete> {
        if requested.offset > 0 && !self.starts_with_passed(page) {
            self.step_back()?;
            self.state = State::Ascending(WindowPage { offset: requested.offset / 2, ..requested });
            return Ok(Vec::new());
        }
        check_order(page, requested.since)?;
        let is_new: Vec<bool> = page.iter().map(|key| self.position.mark_passed(key)).collect();
        let has_new = is_new.contains(&true);
        if has_new {
            self.steps_back = 0;
        }
        self.state = match page {
            [.., last] if page.len() > 1 || has_new => self.after_page(page, last, requested),
            // The page is empty or holds only the overlap.
            _ => self.after_window(requested.since),
        };
        Ok(is_new)
    }

    /// Returns whether the page starts with a passed contact: the overlap with the previous page.
    ///
    /// If not, contacts before the page were deleted. Later contacts then moved to smaller offsets, and the walk may
    /// have skipped some of them.
    fn starts_with_passed(&self, page: &[ContactKey]) -> bool {
        page.first().is_some_and(|first| self.position.has_passed(first))
    }

    fn step_back(&mut self) -> Result<(), Incomplete> {
        self.steps_back += 1;
        if self.steps_back > MAX_STEPS_BACK { Err(Incomplete::OrderNotKept) } else { Ok(()) }
    }

    /// Returns the state after a page that does not end the window.
    fn after_page(&self, page: &[ContactKey], last: &ContactKey, requested: WindowPage) -> State {
        let WindowPage { since, offset, is_undated_tail } = requested;
        let max_offset = self.limits.max_offset;
        let offset_of_overlap = next_offset(offset, page.len(), max_offset);
        // After a short page of the whole list, undated contacts may follow. A window with `since` would exclude them.
        let undated_may_follow =
            since.is_none() && page.len() < self.limits.page_size as usize && offset_of_overlap < max_offset;
        match last.created_at {
            // Moves the window to the last contact of the page.
            Some(time) if since.is_none_or(|since| time > since) && !undated_may_follow && !is_undated_tail => {
                // If the whole page is one tie, offset 0 of the new window would return the same page again.
                let is_one_tie = page.first().is_some_and(|first| first.created_at == last.created_at);
                let tied = if is_one_tie { self.position.tied_count() } else { 0 };
                let offset = offset_of_last(tied, max_offset);
                State::Ascending(WindowPage { since: Some(time), offset, is_undated_tail: false })
            }
            // Keeps the window and moves the offset to the last contact of the page.
            _ if offset < max_offset => State::Ascending(WindowPage { offset: offset_of_overlap, ..requested }),
            // Dated contacts fill the reachable part of the list, so the undated tail is out of reach.
            Some(_) if is_undated_tail => State::Done,
            // A tie fills the reachable part of the window.
            Some(time) => State::CheckTie(TieCheck::new(time, *last)),
            // More undated contacts may be out of reach.
            None => State::TooManyUndated,
        }
    }

    /// Returns the state after the last page of a window: the undated tail if offsets reach it, otherwise the end.
    fn after_window(&self, since: Option<DateTime<Utc>>) -> State {
        let max_offset = self.limits.max_offset;
        let passed = usize::try_from(self.position.passed_count()).unwrap_or(usize::MAX);
        let dated = passed.saturating_sub(self.position.undated_count());
        let is_tail_reachable = dated <= max_offset as usize + 1;
        // A window without `since` is the whole list, which includes the undated tail.
        if self.caller_since.is_none() && since.is_some() && is_tail_reachable {
            let offset = offset_of_last(passed, max_offset);
            State::Ascending(WindowPage { since: None, offset, is_undated_tail: true })
        } else {
            State::Done
        }
    }

    /// Returns the state after a page of a tie check.
    fn accept_tie_check(&mut self, page: &[ContactKey], check: TieCheck) -> Result<State, Incomplete> {
        let max_offset = self.limits.max_offset;
        let ascending = |since, offset| State::Ascending(WindowPage { since, offset, is_undated_tail: false });
        match check.accept(page, max_offset)? {
            Verdict::ReadOn(check) => Ok(State::CheckTie(check)),
            Verdict::Restart(check) => {
                self.step_back()?;
                Ok(State::CheckTie(check))
            }
            Verdict::OtherLast => {
                self.steps_back += 1;
                if self.steps_back > MAX_TIE_RECHECKS {
                    return Err(Incomplete::TieOutOfReach);
                }
                // Contacts may have been created or deleted, so the walk reads the end of the tie again.
                Ok(ascending(Some(check.created_at), max_offset))
            }
            Verdict::Complete { later: Some(time) } => Ok(ascending(Some(time), 0)),
            Verdict::Complete { later: None } => Ok(self.after_window(Some(check.created_at))),
        }
    }
}

/// Checks that a page is in ascending order and starts within the window.
fn check_order(page: &[ContactKey], since: Option<DateTime<Utc>>) -> Result<(), Incomplete> {
    let times = || page.iter().filter_map(|key| key.created_at);
    let starts_early = times().next().is_some_and(|first| since.is_some_and(|since| first < since));
    if starts_early || !times().is_sorted() { Err(Incomplete::OrderNotKept) } else { Ok(()) }
}

/// Returns the offset of the last contact of a page, at most `max_offset`.
///
/// The next page starts with that contact: the overlap.
fn next_offset(offset: u32, page_len: usize, max_offset: u32) -> u32 {
    offset_of_last(page_len, u32::MAX).saturating_add(offset).min(max_offset)
}

/// Returns the offset of the last of `count` contacts, at most `max_offset`.
fn offset_of_last(count: usize, max_offset: u32) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(max_offset).min(max_offset)
}

#[cfg(test)]
mod tests;
