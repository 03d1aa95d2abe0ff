//! Random schedules of creations, deletions, failed requests and resumed cursors.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sendblue_contacts::sandbox::{Fault, OffsetAboveCap, Sandbox, Undated};
use serde_json::json;

use super::{number, start};

/// A change between two polls.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Creates a contact.
    Insert,
    /// Deletes the contact with this index.
    Delete(usize),
    /// Deletes the last yielded contact.
    DeleteLastYielded,
    /// Makes this number of requests fail.
    Fault(usize),
}

#[derive(Clone, Debug)]
struct Schedule {
    /// The second of each `created_at`.
    times: Vec<Option<u32>>,
    limit: u32,
    prefetch: bool,
    clamps_offset: bool,
    undated_first: bool,
    /// The number of yielded contacts before each event, and the event.
    events: Vec<(usize, Event)>,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let time = prop_oneof![9 => (0_u32..8).prop_map(Some), 1 => Just(None)];
    let event = prop_oneof![
        Just(Event::Insert),
        (0_usize..40).prop_map(Event::Delete),
        Just(Event::DeleteLastYielded),
        (1_usize..3).prop_map(Event::Fault)
    ];
    (
        proptest::collection::vec(time, 0..40),
        2_u32..9,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec((0_usize..40, event), 0..8),
    )
        .prop_map(|(times, limit, prefetch, clamps_offset, undated_first, events)| Schedule {
            times,
            limit,
            prefetch,
            clamps_offset,
            undated_first,
            events,
        })
}

async fn run(schedule: Schedule) {
    let created_at = |second: u32| format!("2026-05-09T00:00:{second:02}Z");
    let contact = |(n, second): (usize, &Option<u32>)| match second {
        Some(second) => json!({"phone": number(n), "created_at": created_at(*second)}),
        None => json!({"phone": number(n)}),
    };
    let builder = Sandbox::builder()
        .contacts(schedule.times.iter().enumerate().map(contact))
        .offset_above_cap(if schedule.clamps_offset { OffsetAboveCap::Clamp } else { OffsetAboveCap::Reject })
        .undated(if schedule.undated_first { Undated::First } else { Undated::Last });
    let (sandbox, contacts) = start(builder);
    let mut stayed: BTreeSet<String> = (0..schedule.times.len()).map(number).collect();
    let mut next_number = schedule.times.len();
    let list = || contacts.list().limit(schedule.limit).stream().prefetch(schedule.prefetch);
    let mut stream = list();
    let mut yielded: Vec<String> = Vec::new();
    let mut events = schedule.events.clone();
    loop {
        while let Some(index) = events.iter().position(|(before, _)| *before <= yielded.len()) {
            let deleted = match events.swap_remove(index).1 {
                Event::Insert => {
                    sandbox
                        .insert(json!({"phone": number(next_number), "created_at": created_at(8)}))
                        .expect("a contact");
                    next_number += 1;
                    None
                }
                Event::Delete(n) => Some(number(n)),
                Event::DeleteLastYielded => yielded.last().cloned(),
                Event::Fault(times) => {
                    sandbox.fail_next(Fault::status(503).operation("contacts.list").times(times));
                    None
                }
            };
            if let Some(number) = deleted {
                sandbox.remove(&number);
                stayed.remove(&number);
            }
        }
        match stream.next().await {
            Some(Ok(contact)) => yielded.push(contact.phone.expect("a number")),
            Some(Err(error)) => {
                assert!(error.is_server_error(), "{error:?}");
                let saved = serde_json::to_string(&stream.cursor()).expect("JSON");
                stream = list().resume(serde_json::from_str(&saved).expect("a cursor"));
            }
            None => break,
        }
    }
    let distinct: BTreeSet<String> = yielded.iter().cloned().collect();
    assert_eq!(distinct.len(), yielded.len(), "yielded twice: {yielded:?}");
    assert!(stayed.is_subset(&distinct), "missing: {:?}", stayed.difference(&distinct).collect::<Vec<_>>());
}

#[test]
fn yields_each_contact_exactly_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 250, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&schedule(), |schedule| {
            runtime.block_on(run(schedule));
            Ok(())
        })
        .expect("the guarantees of a stream");
}
