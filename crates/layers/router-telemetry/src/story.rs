//! What a trail tells of one call: attempts, waits, and what of it was done for somebody else.

use std::time::Instant;

use router_core::context::{Trail, TrailEntry};
use router_core::{ModelId, ProviderId};

/// The first word of a decision to share what is done for another call.
const SHARES: &str = "shares";

/// The beginning of a decision to wait.
const WAITS: &str = "wait";

/// What a trail tells of one call.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) attempts: u32,
    /// Who was asked last.
    pub(crate) last: Option<(ProviderId, ModelId)>,
    /// When the first attempt began, and the last one was over.
    pub(crate) asked: Option<(Instant, Instant)>,
    /// Whether it waited for something else than a vendor: its turn, a pause, another call.
    pub(crate) has_waited: bool,
}

impl Story {
    /// Reads a trail from an entry on, and shows what of it belongs to this call.
    pub(crate) fn read(trail: &Trail, from: usize, mut show: impl FnMut(&TrailEntry)) -> Self {
        let mut story = Self::default();
        let mut place = 0;
        // The layer that has passed the call to another one.
        let mut shared_by = None;
        trail.visit(|entry| {
            place += 1;
            if place <= from {
                return;
            }
            match entry {
                TrailEntry::Decision { layer, what } => {
                    if shared_by.is_some_and(|by| by != *layer) {
                        return;
                    }
                    let shares = what.starts_with(SHARES);
                    shared_by = shares.then_some(*layer);
                    story.has_waited |= shares || what.starts_with(WAITS);
                }
                _ if shared_by.is_some() => return,
                TrailEntry::Attempt {
                    provider,
                    model,
                    started,
                    duration,
                    ..
                } => story.attempt(provider, model, *started, *started + *duration),
                _ => {}
            }
            show(entry);
        });
        story
    }

    fn attempt(&mut self, provider: &ProviderId, model: &ModelId, started: Instant, over: Instant) {
        self.attempts += 1;
        self.last = Some((provider.clone(), model.clone()));
        let (first, last) = self.asked.unwrap_or((started, over));
        self.asked = Some((first.min(started), last.max(over)));
    }
}

/// How many entries a trail has.
pub(crate) fn length(trail: &Trail) -> usize {
    let mut length = 0;
    trail.visit(|_| length += 1);
    length
}
