//! Walks through a model of an account that changes between pages.
//!
//! Small limits make every state frequent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{ContactKey, Incomplete, Limits, PageRequest, Position, Walk};
use crate::{OrderDirection, stream::digest::Digest};

type Id = u32;

/// A contact of the model: its `created_at` in milliseconds and its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    time: Option<i64>,
    id: Id,
}

impl Row {
    fn key(self) -> ContactKey {
        let created_at = self.time.map(|time| DateTime::from_timestamp_millis(time).expect("in range"));
        ContactKey { created_at, identity: Digest::from(self.id) }
    }
}

/// The unknown properties of the service.
#[derive(Clone, Copy, Debug)]
struct Service {
    /// The maximum length of a page, regardless of the requested limit.
    page_cap: usize,
    undated_first: bool,
}

/// The contacts that exist, in the order of the service.
#[derive(Clone, Debug, Default)]
struct Account {
    dated: BTreeSet<(i64, Id)>,
    undated: BTreeSet<Id>,
    next_id: Id,
    /// The number of contacts ever created at each time.
    created_at_counts: BTreeMap<i64, usize>,
}

impl Account {
    fn insert(&mut self, time: Option<i64>) -> Row {
        let id = self.next_id;
        self.next_id += 1;
        match time {
            None => assert!(self.undated.insert(id)),
            Some(time) => {
                assert!(self.dated.insert((time, id)));
                *self.created_at_counts.entry(time).or_default() += 1;
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

    fn page(&self, request: PageRequest, service: Service) -> Vec<Row> {
        let since: Option<i64> = request.created_at_gte.map(|time: DateTime<Utc>| time.timestamp_millis());
        let (mut undated, mut dated): (Vec<Row>, Vec<Row>) = self.rows().partition(|row| row.time.is_none());
        dated.retain(|row| since <= row.time);
        if since.is_some() {
            undated.clear();
        }
        if request.direction == OrderDirection::Desc {
            dated.reverse();
            undated.reverse();
        }
        let all = if service.undated_first { [undated, dated] } else { [dated, undated] };
        all.into_iter()
            .flatten()
            .skip(request.offset as usize)
            .take(service.page_cap.min(request.limit as usize))
            .collect()
    }
}

/// A change between the request of a page and its response.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    /// A contact is created: later than the last contact, or at the same time.
    Insert {
        is_tied: bool,
        is_dated: bool,
    },
    /// The contact at this index is deleted.
    Delete(usize),
    /// The last yielded contact is deleted.
    DeleteLastYielded,
    /// This number of the last yielded contacts is deleted.
    DeleteYielded(usize),
    /// At most this number of contacts with the `created_at` of the last yielded contact is deleted.
    DeleteTied(usize),
    /// The page is lost. A new walk resumes after this number of buffered contacts.
    LosePage {
        yielded: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Nothing),
        1 => (any::<bool>(), proptest::bool::weighted(0.8))
            .prop_map(|(is_tied, is_dated)| Event::Insert { is_tied, is_dated }),
        1 => (0_usize..60).prop_map(Event::Delete),
        1 => Just(Event::DeleteLastYielded),
        1 => (1_usize..12).prop_map(Event::DeleteYielded),
        1 => (1_usize..12).prop_map(Event::DeleteTied),
        1 => (0_usize..8).prop_map(|yielded| Event::LosePage { yielded }),
    ]
}

#[derive(Clone, Debug)]
struct Schedule {
    times: Vec<Option<i64>>,
    limits: Limits,
    service: Service,
    events: Vec<Event>,
    /// Whether the contacts of a page are yielded after the next page is requested.
    prefetch: bool,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let time = prop_oneof![8 => (0_i64..6).prop_map(Some), 8 => (0_i64..1000).prop_map(Some), 1 => Just(None)];
    // Many contacts share one time.
    let times =
        (proptest::collection::vec(time, 0..50), 0_usize..30, 0_i64..1000).prop_map(|(mut times, many, shared)| {
            times.extend(std::iter::repeat_n(Some(shared), many));
            times
        });
    let service = (2_usize..8, any::<bool>()).prop_map(|(page_cap, undated_first)| Service { page_cap, undated_first });
    let limits = (2_u32..8, 0_u32..4, 2_u32..24).prop_map(|(page_size, more, max_offset)| Limits {
        page_size,
        max_page_size: page_size + more,
        max_offset,
    });
    (times, limits, service, proptest::collection::vec(event(), 0..40), any::<bool>())
        .prop_map(|(times, limits, service, events, prefetch)| Schedule { times, limits, service, events, prefetch })
}

/// The result of a walk.
struct Walked {
    yielded: Vec<Row>,
    end: Result<(), Incomplete>,
    /// The contacts that existed during the whole walk.
    stayed: BTreeSet<Row>,
    account: Account,
}

fn run(schedule: &Schedule) -> Walked {
    let Schedule { limits, service, .. } = *schedule;
    let mut account = Account::default();
    for &time in &schedule.times {
        account.insert(time);
    }
    let mut stayed: BTreeSet<Row> = account.rows().collect();
    let mut yielded: Vec<Row> = Vec::new();
    let mut position = Position::default();
    let mut walk = Walk::new(None, limits, position.clone());
    let mut buffered: Vec<Row> = Vec::new();
    let mut events = schedule.events.iter();
    for request in 0.. {
        assert!(request < 2000, "the walk does not end");
        let page_request = match walk.next_request() {
            Ok(Some(page_request)) => page_request,
            Ok(None) => break,
            Err(error) => {
                yielded.extend(buffered);
                return Walked { yielded, end: Err(error), stayed, account };
            }
        };
        assert!(page_request.offset <= limits.max_offset, "the offset exceeds the limit");
        let page = account.page(page_request, service);
        let yield_buffered =
            |buffered: &mut Vec<Row>, position: &mut Position, yielded: &mut Vec<Row>, count: usize| {
                for row in buffered.drain(..count.min(buffered.len())) {
                    assert!(position.mark_passed(&row.key()), "a contact is yielded twice");
                    yielded.push(row);
                }
            };
        if !schedule.prefetch {
            yield_buffered(&mut buffered, &mut position, &mut yielded, usize::MAX);
        }
        let mut deleted: Vec<Row> = Vec::new();
        match *events.next().unwrap_or(&Event::Nothing) {
            Event::Nothing => {}
            Event::Insert { is_tied, is_dated } => {
                let last = account.dated.last().map_or(0, |(time, _)| *time);
                account.insert(is_dated.then_some(if is_tied { last } else { last + 1 }));
            }
            Event::Delete(index) => deleted.extend(account.rows().nth(index)),
            Event::DeleteLastYielded => deleted.extend(yielded.last()),
            Event::DeleteYielded(count) => deleted.extend(yielded.iter().rev().take(count)),
            Event::DeleteTied(count) => {
                let time = yielded.last().and_then(|row| row.time);
                deleted.extend(account.rows().filter(|row| row.time == time).take(count));
            }
            Event::LosePage { yielded: count } => {
                yield_buffered(&mut buffered, &mut position, &mut yielded, count);
                buffered.clear();
                // Saves and restores the position like a program that stores a cursor.
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
        let keys: Vec<ContactKey> = page.iter().map(|row| row.key()).collect();
        match walk.accept(&keys) {
            Ok(is_new) => {
                yield_buffered(&mut buffered, &mut position, &mut yielded, usize::MAX);
                buffered.extend(page.iter().zip(is_new).filter_map(|(row, is_new)| is_new.then_some(*row)));
            }
            Err(error) => {
                yield_buffered(&mut buffered, &mut position, &mut yielded, usize::MAX);
                return Walked { yielded, end: Err(error), stayed, account };
            }
        }
    }
    yielded.extend(buffered);
    Walked { yielded, end: Ok(()), stayed, account }
}

/// Checks the guarantees of `ContactStream`.
fn check(schedule: &Schedule) {
    let Walked { yielded, end, stayed, account } = run(schedule);
    let distinct: BTreeSet<Row> = yielded.iter().copied().collect();
    assert_eq!(distinct.len(), yielded.len(), "a contact is yielded twice");
    let times: Vec<i64> = yielded.iter().filter_map(|row| row.time).collect();
    assert!(times.is_sorted(), "contacts are not in order");

    let page_size = schedule.service.page_cap.min(schedule.limits.max_page_size as usize);
    let reachable = schedule.limits.max_offset as usize + page_size;
    let ever_undated = account.next_id as usize - account.created_at_counts.values().sum::<usize>();
    match end {
        Ok(()) => {
            let before_undated =
                if schedule.service.undated_first { 0 } else { account.created_at_counts.values().sum() };
            let is_reachable = |row: &Row| row.time.is_some() || before_undated <= schedule.limits.max_offset as usize;
            let lost: Vec<&Row> = stayed.difference(&distinct).filter(|row| is_reachable(row)).collect();
            assert!(lost.is_empty(), "contacts are missing: {lost:?}");
        }
        Err(Incomplete::TieOutOfReach) => {
            assert!(account.created_at_counts.values().any(|&count| count >= reachable), "every tie was within reach");
        }
        Err(Incomplete::UndatedOutOfReach) => {
            let before = if schedule.service.undated_first { 0 } else { account.created_at_counts.values().sum() };
            assert!(
                ever_undated + before > schedule.limits.max_offset as usize,
                "every undated contact was within reach"
            );
        }
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yields_each_contact_exactly_once(schedule in schedule()) {
        check(&schedule);
    }
}

#[test]
fn tie_check_ends_while_contacts_are_created() {
    let limits = Limits { page_size: 5, max_page_size: 5, max_offset: 20 };
    for undated_first in [true, false] {
        let schedule = Schedule {
            times: [vec![Some(1); 25], (2..4).map(Some).collect()].concat(),
            limits,
            service: Service { page_cap: 5, undated_first },
            events: vec![Event::Insert { is_tied: false, is_dated: true }; 60],
            prefetch: false,
        };
        let Walked { yielded, end, stayed, .. } = run(&schedule);
        assert!(end.is_ok(), "{end:?}");
        assert!(stayed.is_subset(&yielded.into_iter().collect()));
    }
}

/// Offsets reach 13 contacts in either direction.
#[test]
fn fails_if_a_tie_may_exceed_the_reachable_offsets() {
    let limits = Limits { page_size: 3, max_page_size: 3, max_offset: 10 };
    for (tied, later, is_complete) in [(13, 0, true), (13, 11, true), (13, 14, false), (14, 0, false), (12, 50, true)] {
        let schedule = Schedule {
            times: [vec![Some(1); tied], (2..2 + later).map(Some).collect()].concat(),
            limits,
            service: Service { page_cap: 3, undated_first: false },
            events: Vec::new(),
            prefetch: false,
        };
        let Walked { yielded, end, .. } = run(&schedule);
        assert_eq!(end.is_ok(), is_complete, "{tied} tied, {later} later");
        assert_eq!(yielded.len(), if is_complete { tied + usize::try_from(later).expect("few") } else { 13 });
    }
}

#[test]
fn fails_if_the_order_changes_from_page_to_page() {
    let limits = Limits { page_size: 4, max_page_size: 4, max_offset: 10 };
    let mut walk = Walk::new(None, limits, Position::default());
    let key = |id: u32| Row { time: Some(1), id }.key();
    let mut pages = 0;
    let end = loop {
        pages += 1;
        assert!(pages < 200, "the walk does not end");
        match walk.next_request() {
            // This list never repeats the overlap at an offset above 0.
            Ok(Some(request)) if request.offset > 0 => {
                if let Err(error) = walk.accept(&[key(100 + pages), key(200 + pages)]) {
                    break error;
                }
            }
            Ok(Some(_)) => drop(walk.accept(&[key(1), key(2), key(3), key(4)])),
            end => panic!("unexpected end of the walk: {end:?}"),
        }
    };
    assert!(matches!(end, Incomplete::OrderNotKept), "{end}");
}

#[test]
fn resumes_among_undated_contacts_after_the_dated_contacts() {
    let limits = Limits { page_size: 3, max_page_size: 3, max_offset: 6 };
    let service = Service { page_cap: 3, undated_first: false };
    let times = [(0..6).map(Some).collect(), vec![None; 2]].concat();
    for pages in 0..8 {
        let events = [vec![Event::Nothing; pages], vec![Event::LosePage { yielded: 1 }]].concat();
        let schedule = Schedule { times: times.clone(), limits, service, events, prefetch: false };
        let Walked { yielded, end, .. } = run(&schedule);
        // The walk fails, because more undated contacts may be out of reach.
        assert!(matches!(end, Err(Incomplete::UndatedOutOfReach)), "{end:?}");
        assert_eq!(yielded.len(), 8);
    }
}
