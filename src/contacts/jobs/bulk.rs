//! Bulk requests: every item of a chunk gets its class, whatever happens to them.

use std::sync::Arc;

use http::StatusCode;

use super::{
    JobKind, Reason,
    chunk::{Bulk, Chunk, Entry, Fate, Sent},
    evidence::{Evidence, Verdict},
    lookup::LookedUp,
};
use crate::Error;

/// Entries that are sent together.
struct Group<K: JobKind> {
    entries: Vec<Entry<K>>,
    /// They were looked up when they were refused for the first time.
    is_looked_up: bool,
    before: Before,
}

impl<K: JobKind> Group<K> {
    /// What is to be sent first comes last.
    fn halves(mut self) -> [Self; 2] {
        let second = self.entries.split_off(self.entries.len().div_ceil(2));
        [Self { entries: second, is_looked_up: self.is_looked_up, before: self.before.clone() }, self]
    }
}

/// Whether entries may have been sent before.
#[derive(Clone)]
enum Before {
    No,
    /// By an earlier run.
    Begun,
    /// They were, with unknown outcome.
    Doubtful(Arc<Error>),
}

impl Before {
    /// The first error that is a reason for doubt: it tells more than what came of sending them again.
    fn or<'a>(&'a self, error: &'a Arc<Error>) -> &'a Arc<Error> {
        match self {
            Self::No | Self::Begun => error,
            Self::Doubtful(first) => first,
        }
    }
}

impl<K: Bulk> Chunk<K> {
    /// Sends entries and gives each its class. `is_open`: an earlier run has begun the chunk, and may have sent them.
    ///
    /// An error is one that ends the job; the entries have their classes all the same.
    pub(super) async fn bulk(&mut self, mut entries: Vec<Entry<K>>, is_open: bool) -> Result<(), Arc<Error>> {
        if is_open {
            let looked_up = self.look_up_twice(entries, self.is_settled()).await;
            entries = self.or_doubt(looked_up, None)?;
        }
        let before = if is_open { Before::Begun } else { Before::No };
        let mut groups = vec![Group { entries, is_looked_up: false, before }];
        while let Some(group) = groups.pop() {
            if group.entries.is_empty() {
                continue;
            }
            if let Err(error) = self.group(group, &mut groups).await {
                // They were refused as part of a larger group, and not sent since.
                for Group { entries, before, .. } in groups {
                    self.give_up(entries, &before, &error);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sends a group. What has no class after that is in new groups.
    async fn group(&mut self, group: Group<K>, groups: &mut Vec<Group<K>>) -> Result<(), Arc<Error>> {
        let count = group.entries.len();
        if self.shared.sizes.are_too_large(count) {
            groups.extend(group.halves());
            return Ok(());
        }
        let error = match K::send(self, &group.entries).await {
            Ok(sent) => {
                self.shared.sizes.accepted(count);
                return self.acknowledge(group.entries, &sent).await;
            }
            Err(error) => Arc::new(error),
        };
        match Verdict::of(&error) {
            Verdict::Refused => self.refused(group, error, groups).await,
            Verdict::Doubtful => {
                let Group { entries, is_looked_up, before } = group;
                let first = Arc::clone(before.or(&error));
                let looked_up = self.look_up_twice(entries, false).await;
                let entries = self.or_doubt(looked_up, Some(&first))?;
                if self.shared.resend_unknown && matches!(before, Before::No) {
                    groups.push(Group { entries, is_looked_up, before: Before::Doubtful(error) });
                } else {
                    self.doubt(entries, &Reason::new(&first, K::OPERATION));
                }
                Ok(())
            }
            Verdict::Stop => {
                self.give_up(group.entries, &group.before, &error);
                Err(error)
            }
        }
    }

    /// Finds out what of a group is to be sent again, and how; one that is alone is rejected.
    async fn refused(
        &mut self,
        group: Group<K>,
        error: Arc<Error>,
        groups: &mut Vec<Group<K>>,
    ) -> Result<(), Arc<Error>> {
        let Group { mut entries, is_looked_up, before } = group;
        let count = entries.len();
        if error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE) {
            self.shared.sizes.too_large(count);
        }
        let first = Arc::clone(before.or(&error));
        // In parts, only a conflict says that some may be as they are to be.
        if !is_looked_up || count == 1 || error.is_conflict() {
            let looked_up = self.look_up(entries, Evidence::Answer).await;
            entries = self.or_doubt(looked_up, Some(&first))?;
        }
        // Those that are settled may well have been the reason.
        let is_reduced = !is_looked_up && entries.len() < count;
        if count == 1 {
            if matches!(before, Before::No) || !error.is_conflict() {
                self.reject(entries, &Reason::new(&error, K::OPERATION));
            } else {
                // The conflict may be with what was sent before.
                self.doubt(entries, &Reason::new(&first, K::OPERATION));
            }
            return Ok(());
        }
        let rest = Group { entries, is_looked_up: true, before };
        if is_reduced {
            groups.push(rest);
        } else {
            groups.extend(rest.halves());
        }
        Ok(())
    }

    /// The job has to stop. Nothing was done for these; but if they were sent before, that may still have its effect.
    fn give_up(&mut self, entries: Vec<Entry<K>>, before: &Before, error: &Arc<Error>) {
        let reason = Reason::stop(before.or(error), K::OPERATION);
        match before {
            Before::No => self.reject(entries, &reason),
            Before::Begun | Before::Doubtful(_) => self.doubt(entries, &reason),
        }
    }

    /// Gives those that a success speaks of their class; the others are looked up.
    async fn acknowledge(&mut self, entries: Vec<Entry<K>>, sent: &Sent) -> Result<(), Arc<Error>> {
        let mut silent = Vec::new();
        for entry in entries {
            match K::acknowledged(self, &entry, sent) {
                Some(class) => self.class(entry, class),
                None => silent.push(entry),
            }
        }
        for is_last in [false, true] {
            let looked_up = self.look_up(silent, Evidence::Answer).await;
            silent = self.or_doubt(looked_up, None)?;
            if silent.is_empty() {
                break;
            }
            if !is_last {
                self.settle().await;
            }
        }
        for entry in silent {
            self.class(entry, K::class(Fate::Rejected(Reason::left_out(K::OPERATION))));
        }
        Ok(())
    }

    /// Looks entries up, after a delay and then another; gives those that are not settled. `is_settled`: without the first
    /// delay.
    async fn look_up_twice(&mut self, mut entries: Vec<Entry<K>>, mut is_settled: bool) -> LookedUp<K> {
        for _ in 0..2 {
            if !is_settled && !entries.is_empty() {
                self.settle().await;
            }
            entries = self.look_up(entries, Evidence::Doubt).await?;
            is_settled = false;
        }
        Ok(entries)
    }

    /// What is left after a look-up. If that failed, the entries stay unknown because of `error`, or else of the failure.
    fn or_doubt(&mut self, looked_up: LookedUp<K>, error: Option<&Arc<Error>>) -> Result<Vec<Entry<K>>, Arc<Error>> {
        looked_up.map_err(|(entries, failure)| {
            let failure = Arc::new(failure);
            let error = error.unwrap_or(&failure);
            self.doubt(entries, &Reason::stop(error, error.operation().unwrap_or(K::OPERATION)));
            failure
        })
    }
}
