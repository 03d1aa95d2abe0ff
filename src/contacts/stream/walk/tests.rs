//! Walks through accounts that change between two pages, without HTTP: the limits are small, so that everything happens.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{Ask, Incomplete, Key, Position, Walk};
use crate::{OrderDirection, contacts::stream::position::Identity};

type Id = u32;

/// A contact: when it was created, if that is known, and who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    time: Option<i64>,
    id: Id,
}

impl Row {
    fn key(self) -> Key {
        let created_at = self.time.map(|time| DateTime::from_timestamp_millis(time).expect("in range"));
        Key { created_at, identity: Identity::from(self.id) }
    }
}

/// What the service does that nobody knows.
#[derive(Clone, Copy, Debug)]
struct Service {
    /// It gives no larger pages, whatever is asked for.
    cap: usize,
    undated_first: bool,
}

#[derive(Clone, Debug, Default)]
struct Account {
    dated: BTreeSet<(i64, Id)>,
    undated: BTreeSet<Id>,
    next: Id,
    /// The most that ever shared a time.
    most: BTreeMap<i64, usize>,
}

impl Account {
    fn insert(&mut self, time: Option<i64>) -> Row {
        let id = self.next;
        self.next += 1;
        match time {
            None => assert!(self.undated.insert(id)),
            Some(time) => {
                assert!(self.dated.insert((time, id)));
                *self.most.entry(time).or_default() += 1;
            }
        }
        Row { time, id }
    }

    fn rows(&self) -> impl Iterator<Item = Row> {
        let undated = self.undated.iter().map(|&id| Row { time: None, id });
        undated.chain(self.dated.iter().map(|&(time, id)| Row { time: Some(time), id }))
    }

    fn remove(&mut self, row: Row) {
        match row.time {
            None => self.undated.remove(&row.id),
            Some(time) => self.dated.remove(&(time, row.id)),
        };
    }

    fn page(&self, ask: Ask, limit: u32, service: Service) -> Vec<Row> {
        let since: Option<i64> = ask.created_at_gte.map(|time: DateTime<Utc>| time.timestamp_millis());
        let (mut undated, mut dated): (Vec<Row>, Vec<Row>) = self.rows().partition(|row| row.time.is_none());
        dated.retain(|row| since <= row.time);
        if since.is_some() {
            undated.clear();
        }
        if ask.direction == OrderDirection::Desc {
            dated.reverse();
            undated.reverse();
        }
        let all = if service.undated_first { [undated, dated] } else { [dated, undated] };
        all.into_iter().flatten().skip(ask.offset as usize).take(service.cap.min(limit as usize)).collect()
    }
}

/// What happens after a page has been asked for.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    /// A contact is created: now, or at the same time as the last one.
    Insert {
        same: bool,
        dated: bool,
    },
    /// The contact at this place is deleted.
    Delete(usize),
    /// The last contact that was given.
    DeleteAtBoundary,
    /// Some that were given before.
    DeleteBefore(usize),
    /// Some of those that share the time of the last contact given.
    DeleteShared(usize),
    /// The page does not arrive; a new walk goes on after so many of the contacts that were to be given.
    Fault {
        given: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Nothing),
        1 => (any::<bool>(), proptest::bool::weighted(0.8)).prop_map(|(same, dated)| Event::Insert { same, dated }),
        1 => (0_usize..60).prop_map(Event::Delete),
        1 => Just(Event::DeleteAtBoundary),
        1 => (1_usize..12).prop_map(Event::DeleteBefore),
        1 => (1_usize..12).prop_map(Event::DeleteShared),
        1 => (0_usize..8).prop_map(|given| Event::Fault { given }),
    ]
}

#[derive(Clone, Debug)]
struct Schedule {
    times: Vec<Option<i64>>,
    limit: u32,
    max_offset: u32,
    service: Service,
    events: Vec<Event>,
    /// Contacts are given only when the next page is needed, or a page later.
    prefetch: bool,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let time = prop_oneof![8 => (0_i64..6).prop_map(Some), 8 => (0_i64..1000).prop_map(Some), 1 => Just(None)];
    // Many that share one time, and many of all times.
    let times =
        (proptest::collection::vec(time, 0..50), 0_usize..30, 0_i64..1000).prop_map(|(mut times, many, shared)| {
            times.extend(std::iter::repeat_n(Some(shared), many));
            times
        });
    let service = (2_usize..8, any::<bool>()).prop_map(|(cap, undated_first)| Service { cap, undated_first });
    (times, 2_u32..8, 2_u32..24, service, proptest::collection::vec(event(), 0..40), any::<bool>()).prop_map(
        |(times, limit, max_offset, service, events, prefetch)| Schedule {
            times,
            limit,
            max_offset,
            service,
            events,
            prefetch,
        },
    )
}

/// What was given, and how the walk ended.
struct Walked {
    given: Vec<Row>,
    end: Result<(), Incomplete>,
    /// Those that were there from beginning to end.
    stayed: BTreeSet<Row>,
    account: Account,
}

fn walk(schedule: &Schedule) -> Walked {
    let Schedule { limit, max_offset, service, .. } = *schedule;
    let mut account = Account::default();
    for &time in &schedule.times {
        account.insert(time);
    }
    let mut stayed: BTreeSet<Row> = account.rows().collect();
    let mut given: Vec<Row> = Vec::new();
    let mut position = Position::default();
    let mut walk = Walk::new(None, limit, max_offset, position.clone());
    let mut waiting: Vec<Row> = Vec::new();
    let mut events = schedule.events.iter();
    for request in 0.. {
        assert!(request < 2000, "it does not end");
        let ask = match walk.ask() {
            Ok(Some(ask)) => ask,
            Ok(None) => break,
            Err(error) => {
                given.extend(waiting);
                return Walked { given, end: Err(error), stayed, account };
            }
        };
        assert!(ask.offset <= max_offset, "an offset that the service does not heed");
        let page = account.page(ask, limit, service);
        let give = |waiting: &mut Vec<Row>, position: &mut Position, given: &mut Vec<Row>, count: usize| {
            for row in waiting.drain(..count.min(waiting.len())) {
                assert!(position.pass(&row.key()), "given twice");
                given.push(row);
            }
        };
        if !schedule.prefetch {
            give(&mut waiting, &mut position, &mut given, usize::MAX);
        }
        let mut deleted: Vec<Row> = Vec::new();
        match *events.next().unwrap_or(&Event::Nothing) {
            Event::Nothing => {}
            Event::Insert { same, dated } => {
                let last = account.dated.last().map_or(0, |(time, _)| *time);
                account.insert(dated.then_some(if same { last } else { last + 1 }));
            }
            Event::Delete(place) => deleted.extend(account.rows().nth(place)),
            Event::DeleteAtBoundary => deleted.extend(given.last()),
            Event::DeleteBefore(count) => deleted.extend(given.iter().rev().take(count)),
            Event::DeleteShared(count) => {
                let time = given.last().and_then(|row| row.time);
                deleted.extend(account.rows().filter(|row| row.time == time).take(count));
            }
            Event::Fault { given: count } => {
                give(&mut waiting, &mut position, &mut given, count);
                waiting.clear();
                // As a cursor that was written to a file and read again.
                let saved = serde_json::to_string(&position).expect("JSON");
                position = serde_json::from_str(&saved).expect("a position");
                walk = Walk::new(None, limit, max_offset, position.clone());
                continue;
            }
        }
        for row in deleted {
            account.remove(row);
            stayed.remove(&row);
        }
        let keys: Vec<Key> = page.iter().map(|row| row.key()).collect();
        match walk.take(&keys) {
            Ok(new) => {
                give(&mut waiting, &mut position, &mut given, usize::MAX);
                waiting.extend(page.iter().zip(new).filter_map(|(row, is_new)| is_new.then_some(*row)));
            }
            Err(error) => {
                give(&mut waiting, &mut position, &mut given, usize::MAX);
                return Walked { given, end: Err(error), stayed, account };
            }
        }
    }
    given.extend(waiting);
    Walked { given, end: Ok(()), stayed, account }
}

/// What the documentation of the stream promises.
fn check(schedule: &Schedule) {
    let Walked { given, end, stayed, account } = walk(schedule);
    let once: BTreeSet<Row> = given.iter().copied().collect();
    assert_eq!(once.len(), given.len(), "given twice");
    let times: Vec<i64> = given.iter().filter_map(|row| row.time).collect();
    assert!(times.is_sorted(), "not in order");

    let page = schedule.service.cap.min(schedule.limit as usize);
    let reachable = schedule.max_offset as usize + page;
    let ever_undated = account.next as usize - account.most.values().sum::<usize>();
    match end {
        Ok(()) => {
            let before_undated = if schedule.service.undated_first { 0 } else { account.most.values().sum() };
            let can_be_reached = |row: &Row| row.time.is_some() || before_undated <= schedule.max_offset as usize;
            let lost: Vec<&Row> = stayed.difference(&once).filter(|row| can_be_reached(row)).collect();
            assert!(lost.is_empty(), "lost: {lost:?}");
        }
        Err(Incomplete::TooManyAtOnce) => {
            assert!(account.most.values().any(|&most| most >= reachable), "there were not too many");
        }
        Err(Incomplete::TooManyUndated) => {
            let before = if schedule.service.undated_first { 0 } else { account.most.values().sum() };
            assert!(ever_undated + before > schedule.max_offset as usize, "there were not too many");
        }
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_lost_and_nobody_comes_twice(schedule in schedule()) {
        check(&schedule);
    }
}
