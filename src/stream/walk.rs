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

mod repetition;
mod tie_check;
mod window;

use repetition::Repetition;
use tie_check::{TieCheck, Verdict};
use window::{Part, WindowPage, next_offset, offset_of_last};

/// The maximum number of steps back between two new contacts.
///
/// After deletions, a few steps are enough. If the order changes from page to page, this limit ends the walk.
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
    repetition: Repetition,
    /// Whether the walk confirms the end of a window before it looks for undated contacts.
    confirms_windows: bool,
}

/// The next step of the walk.
#[derive(Clone, Copy)]
enum State {
    /// Reads a window in ascending order.
    Ascending(WindowPage),
    /// Requests the next offset after this page, which contains only the overlap.
    ///
    /// Only an empty page ends a window, because the service may return one contact at a time.
    ConfirmEnd(WindowPage),
    /// Reads a window in descending order, to check a tie that fills its reachable part.
    CheckTie(TieCheck),
    /// Fails after the stream has yielded the last page: undated contacts fill the reachable part of the list.
    TooManyUndated,
    /// Requests nothing more.
    Done,
}

impl Walk {
    /// Creates a walk that continues after a position.
    pub(super) fn new(caller_since: Option<DateTime<Utc>>, limits: Limits, position: Position) -> Self {
        Self {
            caller_since,
            limits,
            state: State::Ascending(last_window(caller_since, limits, &position)),
            position,
            steps_back: 0,
            repetition: Repetition::default(),
            confirms_windows: false,
        }
    }

    /// Returns the next page to request, or `None` at the end of the list.
    pub(super) fn next_request(&self) -> Result<Option<PageRequest>, Incomplete> {
        use OrderDirection::{Asc, Desc};

        let (created_at_gte, offset, direction) = match self.state {
            State::Ascending(WindowPage { since, offset, .. }) => (since, offset, Asc),
            State::ConfirmEnd(WindowPage { since, offset, .. }) => (since, offset + 1, Asc),
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
    /// If the walk steps back, checks a tie or confirms the end of a window, the result is empty.
    pub(super) fn accept(&mut self, page: &[ContactKey]) -> Result<Vec<bool>, Incomplete> {
        if let Some(request) = self.next_request()? {
            self.repetition.check(request, page, |key| self.position.has_passed(key))?;
        }
        match self.state {
            State::Ascending(requested) => return self.accept_ascending(page, requested),
            State::ConfirmEnd(WindowPage { since, .. }) if page.is_empty() => {
                let tail = self.undated_tail(Part::ConfirmedTail { undated_from: None }).filter(|_| since.is_some());
                self.state = tail.map_or(State::Done, State::Ascending);
            }
            State::ConfirmEnd(last_page) => {
                self.step_back(Incomplete::SingleContactPages)?;
                self.state = State::Ascending(last_page);
            }
            State::CheckTie(check) => self.state = self.accept_tie_check(page, check)?,
            State::TooManyUndated | State::Done => {}
        }
        Ok(Vec::new())
    }

    /// Accepts a page in ascending order.
    ///
    /// If the page does not continue the passed contacts, the walk steps back. Otherwise, it passes the contacts of the
    /// page.
    fn accept_ascending(&mut self, page: &[ContactKey], requested: WindowPage) -> Result<Vec<bool>, Incomplete> {
        check_order(page, requested.since)?;
        if !self.continues_passed(page, requested) {
            if requested.part == Part::Tail && !self.repetition.is_suspected() {
                self.state = self.confirm_window();
                return Ok(Vec::new());
            }
            self.step_back(Incomplete::OrderNotKept)?;
            self.state = State::Ascending(if requested.offset > 0 {
                // Each step is twice as long as the step before.
                let distance = (page.len() / 2).max(1) << (self.steps_back - 1).min(16);
                requested.at_smaller_offset(distance)
            } else {
                requested.of_earlier_window(self.caller_since)
            });
            return Ok(Vec::new());
        }
        let requested = requested.with_page(page);
        // An earlier window contains a passed contact that the later window has left out. Only contacts with the time of
        // the last passed contact prove this: earlier contacts may have been created in the meantime.
        let is_left_out = |gap: window::Gap| {
            let is_there = |key: &ContactKey| key.created_at == Some(gap.created_at) && self.position.has_passed(key);
            self.position.last_created_at() == Some(gap.created_at) && page.iter().any(is_there)
        };
        if requested.gap.is_some_and(is_left_out) {
            return Err(Incomplete::FilterNotKept);
        }
        let is_new: Vec<bool> = page.iter().map(|key| self.position.mark_passed(key)).collect();
        let has_new = is_new.contains(&true);
        // If a passed contact follows a new one, the order may have changed.
        if has_new && is_new.is_sorted() {
            self.steps_back = 0;
        }
        self.state = match page {
            [.., last] if has_new || page.len() > 1 => {
                let is_last_new = is_new.last() == Some(&true);
                self.after_page(page, (last, is_last_new), requested)
            }
            // The page is empty or holds only the overlap.
            _ => self.after_window(page, requested),
        };
        Ok(is_new)
    }

    /// Returns whether the walk has missed no contact before the new contacts of a page.
    ///
    /// The passed contacts must come first on the page, and the last passed contact must be one of them. After a step
    /// back, any passed contact is enough, because the last one may have been deleted. The number of passed contacts must
    /// also reach the new contacts of the page, because the order of a tie may change.
    fn continues_passed(&self, page: &[ContactKey], requested: WindowPage) -> bool {
        let WindowPage { since, offset, part, overlap, .. } = requested;
        let is_passed = |key: &&ContactKey| self.position.has_passed(key);
        let passed_on_page = page.iter().filter(is_passed).count();
        if offset == 0 {
            // The first page of the caller's window needs no overlap. In any other window, it must repeat a passed contact.
            return since == self.caller_since || passed_on_page > 0 || overlap.is_some_and(|key| page.contains(&key));
        }
        let passed_first = || page.iter().take_while(is_passed);
        let is_overlap = |key: &ContactKey| overlap.is_none_or(|overlap| *key == overlap) || self.position.is_last(key);
        let has_overlap = passed_first().any(is_overlap) || (!page.is_empty() && passed_on_page == page.len());
        let (offset, passed_count) = match part {
            Part::ConfirmedTail { .. } if page.iter().any(|key| key.created_at.is_some()) => return has_overlap,
            Part::ConfirmedTail { undated_from: None } => return false,
            Part::ConfirmedTail { undated_from: Some(from) } => {
                (offset.saturating_sub(from), self.position.undated_count() as u64)
            }
            Part::Window | Part::Tail => (offset, self.passed_count_since(since)),
        };
        has_overlap && passed_count >= u64::from(offset) + passed_on_page as u64
    }

    /// Returns the number of passed contacts in a window, or the maximum if it is unknown.
    fn passed_count_since(&self, since: Option<DateTime<Utc>>) -> u64 {
        if since == self.caller_since {
            self.position.passed_count()
        } else if since == self.position.last_created_at() {
            self.position.tied_count() as u64
        } else {
            u64::MAX
        }
    }

    fn step_back(&mut self, reason: Incomplete) -> Result<(), Incomplete> {
        self.steps_back += 1;
        if self.steps_back > MAX_STEPS_BACK { Err(reason) } else { Ok(()) }
    }

    /// Returns the state after a page that does not end the window.
    fn after_page(
        &mut self,
        page: &[ContactKey],
        (last, is_last_new): (&ContactKey, bool),
        requested: WindowPage,
    ) -> State {
        let WindowPage { since, offset, part, .. } = requested;
        let max_offset = self.limits.max_offset;
        match last.created_at {
            // Moves the window to the last contact of the page.
            Some(time) if since.is_none_or(|since| time > since) && (is_last_new || part == Part::Window) => {
                // After a short page of the whole list, undated contacts may follow. The tail includes them.
                let is_short = page.len() < self.limits.page_size as usize;
                let is_in_reach = next_offset(offset, page.len(), max_offset) < max_offset;
                if since.is_none()
                    && part == Part::Window
                    && is_short
                    && is_in_reach
                    && let Some(tail) = self.next_tail()
                {
                    return State::Ascending(tail);
                }
                // If the whole page is one tie, offset 0 of the new window would return the same page again.
                let is_one_tie = page.first().is_some_and(|first| first.created_at == last.created_at);
                let is_last_tie = self.position.last_created_at() == Some(time);
                let tied = if is_last_tie { self.position.tied_count() } else { page.len() };
                let offset = if is_one_tie { offset_of_last(tied, max_offset) } else { 0 };
                let overlap = Some(*last);
                State::Ascending(WindowPage { since: Some(time), offset, part: Part::Window, overlap, gap: None })
            }
            // Keeps the window and moves the offset to the last contact of the page.
            _ if offset < max_offset => State::Ascending(requested.following(page.len(), *last, max_offset)),
            // Dated contacts fill the reachable part of the list, so the undated tail is out of reach.
            Some(_) if matches!(part, Part::ConfirmedTail { .. }) => State::Done,
            Some(_) if part == Part::Tail => self.confirm_window(),
            // A tie fills the reachable part of the window.
            Some(time) => State::CheckTie(TieCheck::new(time, *last)),
            // More undated contacts may be out of reach.
            None => State::TooManyUndated,
        }
    }

    /// Returns the state after the last page of a window: the undated tail if offsets reach it, otherwise the end.
    fn after_window(&self, page: &[ContactKey], requested: WindowPage) -> State {
        let Some(last) = page.last() else { return State::Done };
        // A window without `since` is the whole list, which includes the undated tail.
        match self.next_tail().filter(|_| requested.since.is_some()) {
            Some(tail) => State::Ascending(tail),
            None => self.confirm_end(requested.following(page.len(), *last, self.limits.max_offset)),
        }
    }

    /// Returns the state that looks for contacts after the first contact of a page, if offsets reach them.
    fn confirm_end(&self, last_page: WindowPage) -> State {
        if last_page.offset < self.limits.max_offset { State::ConfirmEnd(last_page) } else { State::Done }
    }

    /// Returns the state that reads the last window again, and confirms its end before the tail.
    fn confirm_window(&mut self) -> State {
        self.confirms_windows = true;
        State::Ascending(last_window(self.caller_since, self.limits, &self.position))
    }

    /// Returns the tail, unless the walk has to confirm the end of the window first.
    fn next_tail(&self) -> Option<WindowPage> {
        self.undated_tail(Part::Tail).filter(|_| !self.confirms_windows)
    }

    /// Returns the page of the whole list where undated contacts follow, if offsets reach it.
    ///
    /// It repeats the last passed tie, or all undated contacts.
    fn undated_tail(&self, part: Part) -> Option<WindowPage> {
        let Limits { page_size, max_offset, .. } = self.limits;
        let passed = usize::try_from(self.position.passed_count()).unwrap_or(usize::MAX);
        let dated = passed.saturating_sub(self.position.undated_count());
        let is_reachable = dated <= max_offset as usize + 1;
        let is_short_tie = self.position.tied_count() < page_size as usize;
        let repeated = match part {
            Part::ConfirmedTail { .. } => self.position.undated_count() + 1,
            _ if self.position.undated_count() == 0 && is_short_tie => self.position.tied_count(),
            _ => 1,
        };
        let offset = u32::try_from(passed.saturating_sub(repeated)).unwrap_or(max_offset).min(max_offset);
        let tail = WindowPage { since: None, offset, part, overlap: self.position.last(), gap: None };
        (self.caller_since.is_none() && is_reachable).then_some(tail)
    }

    /// Returns the state after a page of a tie check.
    fn accept_tie_check(&mut self, page: &[ContactKey], check: TieCheck) -> Result<State, Incomplete> {
        let max_offset = self.limits.max_offset;
        let ascending = |since, offset, overlap| {
            State::Ascending(WindowPage { since: Some(since), offset, part: Part::Window, overlap, gap: None })
        };
        match check.accept(page, max_offset)? {
            Verdict::ReadOn(check) => Ok(State::CheckTie(check)),
            Verdict::Restart(check) => {
                self.step_back(Incomplete::OrderNotKept)?;
                Ok(State::CheckTie(check))
            }
            Verdict::OtherLast => {
                self.steps_back += 1;
                if self.steps_back > MAX_TIE_RECHECKS {
                    return Err(Incomplete::TieOutOfReach);
                }
                // Contacts may have been created or deleted, so the walk reads the end of the tie again.
                Ok(ascending(check.created_at, max_offset, None))
            }
            Verdict::Complete { later: Some((time, key)) } => Ok(ascending(time, 0, Some(key))),
            // The tie was read to the end, and no later contact exists. It fills the offsets of the undated tail.
            Verdict::Complete { later: None } => Ok(State::Done),
        }
    }
}

/// Returns the page of the last window that starts with the last passed contact.
fn last_window(caller_since: Option<DateTime<Utc>>, limits: Limits, position: &Position) -> WindowPage {
    let Limits { page_size, max_offset, .. } = limits;
    let (since, offset) = match position.last_created_at() {
        // A page at offset 0 reaches beyond the tied contacts.
        Some(time) if position.tied_count() < page_size as usize => (Some(time), 0),
        Some(time) => (Some(time), offset_of_last(position.tied_count(), max_offset)),
        None => (caller_since, offset_of_last(position.undated_count(), max_offset)),
    };
    WindowPage { since, offset, part: Part::Window, overlap: position.last(), gap: None }
}

/// Checks that a page is in ascending order and starts within the window.
fn check_order(page: &[ContactKey], since: Option<DateTime<Utc>>) -> Result<(), Incomplete> {
    let times = || page.iter().filter_map(|key| key.created_at);
    let starts_early = times().next().is_some_and(|first| since.is_some_and(|since| first < since));
    if starts_early || !times().is_sorted() { Err(Incomplete::OrderNotKept) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
