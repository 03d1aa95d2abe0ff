//! Which page of a list to ask for next: a state machine without I/O.
//!
//! The service reaches no more than `MAX_OFFSET + MAX_LIMIT` contacts by offset. So the walk moves `created_at_gte` on, to the
//! `created_at` of the last contact of a page, and drops those it has passed; only where many contacts share one `created_at`
//! it moves by offset, a page overlapping the one before by a contact. If that one is not where it was, contacts before it
//! were deleted, and the walk goes back: no contact slips past between two pages.

use chrono::{DateTime, Utc};

use super::position::{Key, Position};
use crate::{OrderDirection, error::Incomplete};

/// How often the walk may go back without finding anything new. Each time takes half of the way, so that a handful is enough
/// where contacts are deleted; a service whose order changes from page to page would keep it going back for ever.
const MAX_RETURNS: u32 = 32;
/// How often it looks again whether it has passed all that share a `created_at`.
const MAX_RETURNS_TO_WALL: u32 = 2;

/// The page to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) created_at_gte: Option<DateTime<Utc>>,
    pub(super) offset: u32,
    pub(super) limit: u32,
    pub(super) direction: OrderDirection,
}

/// How large a page is, and how far an offset reaches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// 2 or more: a page has a contact of the one before it.
    pub(super) page: u32,
    pub(super) max_page: u32,
    pub(super) max_offset: u32,
}

/// A walk through the whole list.
pub(super) struct Walk {
    /// The caller's own `created_at_gte`.
    since: Option<DateTime<Utc>>,
    limits: Limits,
    position: Position,
    phase: Phase,
    /// How often it has gone back since a page brought anything new. All other pages move on.
    returns: u32,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The contacts in the order of `created_at`, in the window of those since a time.
    Forward {
        since: Option<DateTime<Utc>>,
        offset: u32,
    },
    Wall(Wall),
    /// After the last, in the list that no time restricts, where contacts without `created_at` may be.
    Tail {
        offset: u32,
    },
    /// Those after the last page have no `created_at` either.
    TooManyUndated,
    End,
}

/// All of the window that can be reached share one `created_at`, and may not be all that do. In the opposite order, the first
/// to share it has to be the last that was passed.
#[derive(Clone, Copy)]
struct Wall {
    since: DateTime<Utc>,
    last: Key,
    offset: u32,
    /// The time that the next page begins with. If it begins with a later one, contacts were created; with an earlier one,
    /// deleted, and times may have been skipped.
    overlap: Option<DateTime<Utc>>,
    /// The first time after it.
    later: Option<DateTime<Utc>>,
}

impl Phase {
    fn by_offset(since: Option<DateTime<Utc>>, offset: u32, is_tail: bool) -> Self {
        if is_tail { Self::Tail { offset } } else { Self::Forward { since, offset } }
    }
}

impl Walk {
    pub(super) fn new(since: Option<DateTime<Utc>>, limits: Limits, position: Position) -> Self {
        let Limits { page, max_offset, .. } = limits;
        let phase = match position.at() {
            Some(at) if position.seen_now() < page as usize => Phase::Forward { since: Some(at), offset: 0 },
            Some(at) => Phase::Forward { since: Some(at), offset: last_of(position.seen_now(), max_offset) },
            None => Phase::Forward { since, offset: last_of(position.undated(), max_offset) },
        };
        Self { since, limits, position, phase, returns: 0 }
    }

    /// The page to ask for, until there is none.
    pub(super) fn ask(&self) -> Result<Option<Ask>, Incomplete> {
        use OrderDirection::{Asc, Desc};

        let (created_at_gte, offset, direction) = match self.phase {
            Phase::Forward { since, offset } => (since, offset, Asc),
            Phase::Wall(Wall { since, offset, .. }) => (Some(since), offset, Desc),
            Phase::Tail { offset } => (None, offset, Asc),
            Phase::TooManyUndated => return Err(Incomplete::TooManyUndated),
            Phase::End => return Ok(None),
        };
        // At the end of what can be reached, as much as there is.
        let is_at_the_end = offset >= self.limits.max_offset || direction == Desc;
        let limit = if is_at_the_end { self.limits.max_page } else { self.limits.page };
        Ok(Some(Ask { created_at_gte, offset, limit, direction }))
    }

    /// Takes the page that was asked for; says of each contact on it whether it is new. What it says nothing of is not.
    pub(super) fn take(&mut self, page: &[Key]) -> Result<Vec<bool>, Incomplete> {
        let new = match self.phase {
            Phase::Forward { since, offset } => self.forward(page, since, offset, false)?,
            Phase::Tail { offset } => self.forward(page, None, offset, true)?,
            Phase::Wall(wall) => {
                self.phase = self.wall(page, wall)?;
                Vec::new()
            }
            Phase::TooManyUndated | Phase::End => Vec::new(),
        };
        if new.contains(&true) {
            self.returns = 0;
        }
        Ok(new)
    }

    /// Counts a return.
    fn back(&mut self) -> Result<(), Incomplete> {
        self.returns += 1;
        if self.returns > MAX_RETURNS { Err(Incomplete::Disordered) } else { Ok(()) }
    }

    fn forward(
        &mut self,
        page: &[Key],
        since: Option<DateTime<Utc>>,
        offset: u32,
        is_tail: bool,
    ) -> Result<Vec<bool>, Incomplete> {
        if let Some(back) = self.lost(page, offset) {
            self.back()?;
            self.phase = Phase::by_offset(since, back, is_tail);
            return Ok(Vec::new());
        }
        let new = self.pass(page, since)?;
        self.phase = match page {
            [.., last] if page.len() > 1 || new.contains(&true) => self.onward(page, last, since, offset, is_tail),
            _ => self.after_the_last(since),
        };
        Ok(new)
    }

    /// Where the walk goes on after a page.
    fn onward(&self, page: &[Key], last: &Key, since: Option<DateTime<Utc>>, offset: u32, is_tail: bool) -> Phase {
        let by_offset = Self::moved(page, offset).min(self.limits.max_offset);
        // A list that may have ended: what follows in it may have no `created_at`.
        let may_be_all =
            since.is_none() && page.len() < self.limits.page as usize && by_offset < self.limits.max_offset;
        let first = page.first().and_then(|first| first.created_at);
        match last.created_at {
            Some(time) if since.is_none_or(|since| time > since) && !may_be_all && !is_tail => {
                // With a page full of the same time, the next one would be the same again.
                let seen = if first == last.created_at { self.position.seen_now() } else { 0 };
                Phase::Forward { since: Some(time), offset: last_of(seen, self.limits.max_offset) }
            }
            _ if offset < self.limits.max_offset => Phase::by_offset(since, by_offset, is_tail),
            Some(_) if is_tail => Phase::End,
            Some(since) => Phase::Wall(Wall { since, last: *last, offset: 0, overlap: None, later: None }),
            None => Phase::TooManyUndated,
        }
    }

    fn after_the_last(&self, since: Option<DateTime<Utc>>) -> Phase {
        let max_offset = self.limits.max_offset;
        let passed = usize::try_from(self.position.passed()).unwrap_or(usize::MAX);
        let reaches = passed.saturating_sub(self.position.undated()) <= max_offset as usize + 1;
        // `since` is none where the list has just been read to its end without any restriction.
        if self.since.is_none() && since.is_some() && reaches {
            Phase::Tail { offset: last_of(passed, max_offset) }
        } else {
            Phase::End
        }
    }

    fn wall(&mut self, page: &[Key], mut wall: Wall) -> Result<Phase, Incomplete> {
        let Wall { since, last, offset, overlap, .. } = wall;
        if page.first().and_then(|first| first.created_at) < overlap {
            self.back()?;
            return Ok(Phase::Wall(Wall { offset: 0, overlap: None, later: None, ..wall }));
        }
        if !page.iter().filter_map(|key| key.created_at).rev().is_sorted() {
            return Err(Incomplete::Disordered);
        }
        for key in page {
            match key.created_at {
                None => {}
                Some(time) if time > since => wall.later = Some(wall.later.map_or(time, |later| later.min(time))),
                // One was created or deleted since, or there are more; or the opposite order is not the opposite where times are
                // the same.
                Some(_) if *key != last => {
                    self.returns += 1;
                    if self.returns > MAX_RETURNS_TO_WALL {
                        return Err(Incomplete::TooManyAtOnce);
                    }
                    return Ok(Phase::Forward { since: Some(since), offset: self.limits.max_offset });
                }
                Some(_) => return Ok(self.past(since, wall.later)),
            }
        }
        let next = Self::moved(page, offset).min(self.limits.max_offset);
        if next > offset {
            Ok(Phase::Wall(Wall {
                offset: next,
                overlap: page.get((next - offset) as usize).and_then(|key| key.created_at),
                ..wall
            }))
        } else if offset < self.limits.max_offset {
            // The list ends here: all that shared the time were deleted.
            Ok(self.past(since, wall.later))
        } else {
            Err(Incomplete::TooManyAtOnce)
        }
    }

    /// After all that share a time.
    fn past(&self, since: DateTime<Utc>, later: Option<DateTime<Utc>>) -> Phase {
        match later {
            Some(_) => Phase::Forward { since: later, offset: 0 },
            None => self.after_the_last(Some(since)),
        }
    }

    /// Whether the contact that the page should have in common with the one before it is gone from its place; where to
    /// look for it then.
    fn lost(&self, page: &[Key], offset: u32) -> Option<u32> {
        let is_in_place = page.first().is_some_and(|first| self.position.has_passed(first));
        (offset > 0 && !is_in_place).then_some(offset / 2)
    }

    fn pass(&mut self, page: &[Key], since: Option<DateTime<Utc>>) -> Result<Vec<bool>, Incomplete> {
        let dated = || page.iter().filter_map(|key| key.created_at);
        if !dated().is_sorted() || dated().next().is_some_and(|first| since.is_some_and(|since| first < since)) {
            return Err(Incomplete::Disordered);
        }
        Ok(page.iter().map(|key| self.position.pass(key)).collect())
    }

    /// The place of the last contact of a page.
    fn moved(page: &[Key], offset: u32) -> u32 {
        u32::try_from(page.len().saturating_sub(1)).unwrap_or(u32::MAX).saturating_add(offset)
    }
}

/// The place of the last of so many contacts, as far as an offset reaches.
fn last_of(count: usize, max_offset: u32) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(max_offset).min(max_offset)
}

#[cfg(test)]
mod tests;
