//! What happened to a call on its way.

use std::fmt;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::record::Record;
use crate::error::ErrorKind;
use crate::model::{ModelId, ProviderId};
use crate::text::Text;

/// Most entries that a trail keeps.
const MOST_ENTRIES: usize = 64;

/// What happened to a call on its way, in order. Clones share it.
///
/// It keeps its first 64 entries and counts the others, so that errors stay small however often a call is tried.
#[derive(Clone, Default)]
pub struct Trail(pub(super) Arc<Record>);

#[derive(Default)]
pub(super) struct Entries {
    kept: Kept,
    left_out: usize,
}

/// Where all goes well there are an attempt and a decision at most: they take no allocation of their own.
type Kept = SmallVec<[TrailEntry; 2]>;

impl Entries {
    fn push(&mut self, entry: TrailEntry) {
        if self.kept.len() < MOST_ENTRIES {
            self.kept.push(entry);
        } else {
            self.left_out += 1;
        }
    }
}

impl Trail {
    /// Adds an entry.
    pub fn push(&self, entry: TrailEntry) {
        self.lock().push(entry);
    }

    /// Adds a decision of a layer.
    pub fn decision(&self, layer: &'static str, what: impl Into<Text>) {
        self.push(TrailEntry::Decision {
            layer,
            what: what.into(),
        });
    }

    /// The entries so far.
    #[must_use]
    pub fn entries(&self) -> Vec<TrailEntry> {
        self.lock().kept.to_vec()
    }

    /// How many more there were than are kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.lock().left_out
    }

    /// Shows each entry so far to `f`, copying none.
    pub fn visit(&self, f: impl FnMut(&TrailEntry)) {
        self.lock().kept.iter().for_each(f);
    }

    /// Adds what another trail has: that of a fork, when its work was for this call too.
    pub fn append(&self, other: &Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        let (more, left_out) = {
            let other = other.lock();
            (other.kept.clone(), other.left_out)
        };
        let mut entries = self.lock();
        more.into_iter().for_each(|entry| entries.push(entry));
        entries.left_out += left_out;
    }

    /// Whether one stands in for another that should have answered.
    #[must_use]
    pub fn has_fallback(&self) -> bool {
        let entries = self.lock();
        let is_fallback = |entry: &TrailEntry| matches!(entry, TrailEntry::Fallback { .. });
        entries.kept.iter().any(is_fallback)
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.lock();
        let mut list = f.debug_list();
        list.entries(&entries.kept);
        if entries.left_out > 0 {
            list.entry(&format_args!("and {} more", entries.left_out));
        }
        list.finish()
    }
}

/// One thing that happened to a call. Whoever reaches a vendor records the attempt, a layer what it decided.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TrailEntry {
    /// A provider was called.
    Attempt {
        /// Who.
        provider: ProviderId,
        /// Which model.
        model: ModelId,
        /// When it began.
        started: Instant,
        /// How long until it answered (a stream: until its first content) or failed.
        duration: Duration,
        /// `None` when it answered, else what went wrong.
        error: Option<ErrorKind>,
    },
    /// A balancer's target failed: the balancer does not choose it again for this call while there is another.
    Failed {
        /// The balancer's id: balancers may stand in each other.
        balancer: ProviderId,
        /// The target's name there.
        target: Text,
        /// What went wrong.
        error: ErrorKind,
    },
    /// The answer came from a balancer's target that stands in for others: one of a later tier, or of a list of fallbacks. Those
    /// that were asked and did not answer leave an [`TrailEntry::Attempt`] alone.
    Fallback {
        /// The balancer's id.
        balancer: ProviderId,
        /// The target's name there.
        target: Text,
    },
    /// A layer decided something.
    Decision {
        /// Which layer: `cache`, `retry`, `balance`, …
        layer: &'static str,
        /// What, in a few words: `hit`, `skipped openai: no audio input`, `waits 2s`. The first word is what metrics count it by,
        /// so it is one of a few of the layer's own. One that begins with `shares` says that what follows was done for another
        /// call, up to the layer's next decision.
        what: Text,
    },
}
