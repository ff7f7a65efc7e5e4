//! An answer that is kept: what was said, who said it, and when.

use std::sync::Arc;
use std::time::Duration;

use router_core::human::duration;
use router_core::replay::output_events;
use router_core::{
    Body, EventStream, Head, Mode, ModelId, Output, ProviderId, Recording, Reply, Result, Text, Warning,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// An answer that is kept, with the name of who gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    provider: ProviderId,
    model: ModelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
    answer: Answer,
    #[serde(with = "duration")]
    ttl: Duration,
    #[serde(skip, default = "Instant::now")]
    made: Instant,
    #[serde(skip)]
    bytes: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "an entry is on the heap already")]
enum Answer {
    Full(Output),
    Stream(Arc<Recording>),
}

impl Entry {
    /// A whole answer, kept for so long.
    #[must_use]
    pub fn full(head: &Head, output: Output, ttl: Duration) -> Self {
        // Texts are slices of the body, where there is one.
        let bytes = match &head.raw {
            Some(raw) if !raw.body.is_empty() => raw.body.len(),
            _ => output.size_estimate(),
        };
        Self::new(head, Answer::Full(output), bytes, ttl)
    }

    /// A streamed answer that came to its end, kept for so long.
    #[must_use]
    pub fn stream(head: &Head, events: Arc<Recording>, ttl: Duration) -> Self {
        let bytes = events.bytes();
        Self::new(head, Answer::Stream(events), bytes, ttl)
    }

    fn new(head: &Head, answer: Answer, bytes: usize, ttl: Duration) -> Self {
        Self {
            provider: head.provider.clone(),
            model: head.model.clone(),
            request_id: head.request_id.clone(),
            warnings: head.warnings.clone(),
            answer,
            ttl,
            made: Instant::now(),
            bytes: bytes + size_of::<Self>(),
        }
    }

    /// Who gave the answer.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// The model that was asked there.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// How long it is given again, from when it was made.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// How old it is.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.age() < self.ttl
    }

    /// The entry as it is known elsewhere to be, so old.
    #[cfg(feature = "redis")]
    pub(crate) fn aged(mut self, age: Duration) -> Self {
        let now = Instant::now();
        self.made = now.checked_sub(age).unwrap_or(now);
        self
    }

    /// The whole answer.
    #[must_use]
    pub fn output(&self) -> Output {
        match &self.answer {
            Answer::Full(output) => output.clone(),
            Answer::Stream(events) => events.to_output(),
        }
    }

    /// The answer once more, in the form that is asked for, as old as it is.
    pub(crate) async fn reply(&self, mode: Mode) -> Result<Reply> {
        let mut head = Head::default();
        head.provider = self.provider.clone();
        head.model = self.model.clone();
        head.request_id = self.request_id.clone();
        head.warnings = self.warnings.clone();
        head.age = Some(self.age());
        let reply = match (mode, &self.answer) {
            (Mode::Full, _) => Reply::full(self.output()),
            (Mode::Stream, Answer::Stream(events)) => {
                Reply::stream(EventStream::from_events(events.events()).committed().await?)
            }
            (Mode::Stream, Answer::Full(output)) => {
                let events = output_events(output.clone());
                Reply::stream(EventStream::from_events(events).committed().await?)
            }
        };
        debug_assert!(matches!(
            (&reply.body, mode),
            (Body::Full(_), Mode::Full) | (Body::Stream(_), Mode::Stream)
        ));
        Ok(reply.with_head(head))
    }
}
