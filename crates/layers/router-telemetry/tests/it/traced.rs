//! Keeps what is traced: spans with all that was recorded in them, and events.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

pub(crate) type Fields = BTreeMap<String, String>;

/// A subscriber of one test.
#[derive(Clone)]
pub(crate) struct Traced {
    level: Level,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Fields>,
    events: Vec<(Option<u64>, Fields)>,
}

impl Traced {
    pub(crate) fn at(level: Level) -> Self {
        Self {
            level,
            kept: Arc::default(),
        }
    }

    pub(crate) fn spans(&self) -> Vec<Fields> {
        self.kept.lock().expect("no panic").spans.clone()
    }

    /// Events of a message: whether they are in a span, and their fields.
    pub(crate) fn events(&self, message: &str) -> Vec<(bool, Fields)> {
        let kept = self.kept.lock().expect("no panic");
        let events = kept
            .events
            .iter()
            .filter(|(_, fields)| fields["message"] == message);
        events
            .map(|(span, fields)| (span.is_some(), fields.clone()))
            .collect()
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let kept = self.kept.lock().expect("no panic");
        format!("{:?} {:?}", kept.spans, kept.events)
    }
}

struct Reading<'a>(&'a mut Fields);

impl Visit for Reading<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl Subscriber for Traced {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Reading(&mut fields));
        let mut kept = self.kept.lock().expect("no panic");
        kept.spans.push(fields);
        Id::from_u64(kept.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut kept = self.kept.lock().expect("no panic");
        values.record(&mut Reading(&mut kept.spans[span.into_u64() as usize - 1]));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Reading(&mut fields));
        let parent = event.parent().map(Id::into_u64);
        self.kept.lock().expect("no panic").events.push((parent, fields));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
