//! What the crate tells `tracing`, kept for a test to look at.

use std::{
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

/// Keeps every span and event of this crate's own target, at every level.
///
/// What the libraries below tell under their targets is not this crate's to promise.
#[derive(Clone, Default)]
pub(crate) struct Capture {
    kept: Arc<Mutex<Kept>>,
    next: Arc<AtomicU64>,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Told>,
    events: Vec<Told>,
    /// The spans that are entered, the innermost last.
    entered: Vec<u64>,
}

/// A span or an event.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Of an event, the span that it belongs to; 0 for none.
    pub(crate) span: u64,
    pub(crate) level: Level,
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Told {
    fn new(span: u64, metadata: &'static Metadata<'static>) -> Self {
        Self { span, level: *metadata.level(), name: metadata.name(), fields: Vec::new() }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

impl Capture {
    pub(crate) fn spans(&self) -> Vec<Told> {
        self.kept().spans.clone()
    }

    pub(crate) fn events(&self) -> Vec<Told> {
        self.kept().events.clone()
    }

    /// All of it, as a log could show it.
    pub(crate) fn text(&self) -> String {
        let kept = self.kept();
        format!("{:?} {:?}", kept.spans, kept.events)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic")
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().split("::").next() == Some("sendblue_contacts")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut told = Told::new(id, attributes.metadata());
        attributes.record(&mut told);
        self.kept().spans.push(told);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(told) = self.kept().spans.iter_mut().find(|told| told.span == span.into_u64()) {
            values.record(told);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut kept = self.kept();
        let mut told = Told::new(kept.entered.last().copied().unwrap_or(0), event.metadata());
        event.record(&mut told);
        kept.events.push(told);
    }

    fn enter(&self, span: &Id) {
        self.kept().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        self.kept().entered.retain(|entered| *entered != span.into_u64());
    }
}
