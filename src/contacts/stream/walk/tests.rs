//! Walks through accounts that change between two pages, without HTTP: the limits are small, so that everything happens.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{Ask, Incomplete, Key, Limits, Position, Walk};
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

    fn page(&self, ask: Ask, service: Service) -> Vec<Row> {
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
        all.into_iter().flatten().skip(ask.offset as usize).take(service.cap.min(ask.limit as usize)).collect()
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
    limits: Limits,
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
    let limits = (2_u32..8, 0_u32..4, 2_u32..24).prop_map(|(page, more, max_offset)| Limits {
        page,
        max_page: page + more,
        max_offset,
    });
    (times, limits, service, proptest::collection::vec(event(), 0..40), any::<bool>())
        .prop_map(|(times, limits, service, events, prefetch)| Schedule { times, limits, service, events, prefetch })
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
    let Schedule { limits, service, .. } = *schedule;
    let mut account = Account::default();
    for &time in &schedule.times {
        account.insert(time);
    }
    let mut stayed: BTreeSet<Row> = account.rows().collect();
    let mut given: Vec<Row> = Vec::new();
    let mut position = Position::default();
    let mut walk = Walk::new(None, limits, position.clone());
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
        assert!(ask.offset <= limits.max_offset, "an offset that the service does not heed");
        let page = account.page(ask, service);
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
                walk = Walk::new(None, limits, position.clone());
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

    let page = schedule.service.cap.min(schedule.limits.max_page as usize);
    let reachable = schedule.limits.max_offset as usize + page;
    let ever_undated = account.next as usize - account.most.values().sum::<usize>();
    match end {
        Ok(()) => {
            let before_undated = if schedule.service.undated_first { 0 } else { account.most.values().sum() };
            let can_be_reached =
                |row: &Row| row.time.is_some() || before_undated <= schedule.limits.max_offset as usize;
            let lost: Vec<&Row> = stayed.difference(&once).filter(|row| can_be_reached(row)).collect();
            assert!(lost.is_empty(), "lost: {lost:?}");
        }
        Err(Incomplete::TooManyAtOnce) => {
            assert!(account.most.values().any(|&most| most >= reachable), "there were not too many");
        }
        Err(Incomplete::TooManyUndated) => {
            let before = if schedule.service.undated_first { 0 } else { account.most.values().sum() };
            assert!(ever_undated + before > schedule.limits.max_offset as usize, "there were not too many");
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

/// As many as can be reached share a time, and the account does not stand still.
#[test]
fn contacts_that_are_created_meanwhile_do_not_hold_it_up() {
    let limits = Limits { page: 5, max_page: 5, max_offset: 20 };
    for undated_first in [true, false] {
        let schedule = Schedule {
            times: [vec![Some(1); 25], (2..4).map(Some).collect()].concat(),
            limits,
            service: Service { cap: 5, undated_first },
            events: vec![Event::Insert { same: false, dated: true }; 60],
            prefetch: false,
        };
        let Walked { given, end, stayed, .. } = walk(&schedule);
        assert!(end.is_ok(), "{end:?}");
        assert!(stayed.is_subset(&given.into_iter().collect()));
    }
}

/// One more than can be reached, or so many later ones that the opposite order does not reach the shared time either.
#[test]
fn what_cannot_be_told_is_an_error() {
    let limits = Limits { page: 3, max_page: 3, max_offset: 10 };
    for (shared, later, ends) in [(13, 0, true), (13, 11, true), (13, 14, false), (14, 0, false), (12, 50, true)] {
        let schedule = Schedule {
            times: [vec![Some(1); shared], (2..2 + later).map(Some).collect()].concat(),
            limits,
            service: Service { cap: 3, undated_first: false },
            events: Vec::new(),
            prefetch: false,
        };
        let Walked { given, end, .. } = walk(&schedule);
        assert_eq!(end.is_ok(), ends, "{shared} {later}");
        assert_eq!(given.len(), if ends { shared + usize::try_from(later).expect("few") } else { 13 });
    }
}

/// Rows come in an order of their own at each page.
#[test]
fn an_order_that_changes_ends_in_an_error() {
    let limits = Limits { page: 4, max_page: 4, max_offset: 10 };
    let mut walk = Walk::new(None, limits, Position::default());
    let key = |id: u32| Row { time: Some(1), id }.key();
    let mut pages = 0;
    let end = loop {
        pages += 1;
        assert!(pages < 200, "it does not end");
        match walk.ask() {
            // Where it has been, there always are others.
            Ok(Some(ask)) if ask.offset > 0 => {
                if let Err(error) = walk.take(&[key(100 + pages), key(200 + pages)]) {
                    break error;
                }
            }
            Ok(Some(_)) => drop(walk.take(&[key(1), key(2), key(3), key(4)])),
            end => panic!("{}", end.is_ok()),
        }
    };
    assert!(matches!(end, Incomplete::Disordered), "{end}");
}

/// The cursor is among those without a time, of which more were passed than an offset reaches from the first of all.
#[test]
fn a_walk_goes_on_among_those_without_a_time() {
    let limits = Limits { page: 3, max_page: 3, max_offset: 6 };
    let service = Service { cap: 3, undated_first: false };
    let times = [(0..6).map(Some).collect(), vec![None; 2]].concat();
    for given in 0..8 {
        let events = [vec![Event::Nothing; given], vec![Event::Fault { given: 1 }]].concat();
        let schedule = Schedule { times: times.clone(), limits, service, events, prefetch: false };
        let Walked { given, end, .. } = walk(&schedule);
        // There may be others after the last place that an offset reaches.
        assert!(matches!(end, Err(Incomplete::TooManyUndated)), "{end:?}");
        assert_eq!(given.len(), 8);
    }
}
