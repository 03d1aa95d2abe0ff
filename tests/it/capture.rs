//! A `tracing` subscriber that captures the spans and events of this crate.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_core::span::Current;

/// A subscriber that captures spans and events at every level, and ignores other crates.
#[derive(Clone, Default)]
pub(crate) struct Capture {
    state: Arc<Mutex<State>>,
    last_span: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    spans: Vec<Captured>,
    events: Vec<Captured>,
    /// The ids of the entered spans, innermost last.
    entered: Vec<u64>,
    metadata: BTreeMap<u64, &'static Metadata<'static>>,
}

/// A captured span or event.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    /// The id of the span, or of the span that contains the event. An event outside every span has 0.
    pub(crate) span: u64,
    /// The id of the span in which a span was created, or 0.
    pub(crate) parent: u64,
    pub(crate) level: Level,
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Captured {
    fn new(span: u64, metadata: &'static Metadata<'static>) -> Self {
        Self { span, parent: 0, level: *metadata.level(), name: metadata.name(), fields: Vec::new() }
    }

    /// Returns the last value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }
}

impl Visit for Captured {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

impl Capture {
    pub(crate) fn spans(&self) -> Vec<Captured> {
        self.state().spans.clone()
    }

    pub(crate) fn events(&self) -> Vec<Captured> {
        self.state().events.clone()
    }

    /// Returns the `Debug` text of all spans and events.
    pub(crate) fn text(&self) -> String {
        let state = self.state();
        format!("{:?} {:?}", state.spans, state.events)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().split("::").next() == Some("sendblue_contacts")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.last_span.fetch_add(1, Ordering::Relaxed) + 1;
        let mut captured = Captured::new(id, attributes.metadata());
        attributes.record(&mut captured);
        let mut state = self.state();
        captured.parent = state.entered.last().copied().unwrap_or(0);
        state.spans.push(captured);
        state.metadata.insert(id, attributes.metadata());
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(captured) = self.state().spans.iter_mut().find(|captured| captured.span == span.into_u64()) {
            values.record(captured);
        }
    }

    fn current_span(&self) -> Current {
        let state = self.state();
        let current = state.entered.last().and_then(|id| Some((Id::from_u64(*id), *state.metadata.get(id)?)));
        current.map_or_else(Current::none, |(id, metadata)| Current::new(id, metadata))
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut state = self.state();
        let mut captured = Captured::new(state.entered.last().copied().unwrap_or(0), event.metadata());
        event.record(&mut captured);
        state.events.push(captured);
    }

    fn enter(&self, span: &Id) {
        self.state().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        self.state().entered.retain(|entered| *entered != span.into_u64());
    }
}
