//! Counts of what the cache did.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a cache did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls that were answered from the cache.
    pub hits: u64,
    /// Calls that went to the provider.
    pub misses: u64,
    /// Calls that got the answer of another one that was under way.
    pub collapsed: u64,
    /// Calls that the cache let pass, as they or the policy wanted.
    pub bypassed: u64,
    /// Answers that were kept.
    pub kept: u64,
}

impl CacheStats {
    /// The share of calls that cost nothing, of those that the cache had to do with; `None` before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let saved = self.hits + self.collapsed;
        let all = saved + self.misses;
        (all > 0).then(|| saved as f64 / all as f64)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) collapsed: AtomicU64,
    pub(crate) bypassed: AtomicU64,
    pub(crate) kept: AtomicU64,
}

impl Counts {
    pub(crate) fn read(&self) -> CacheStats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CacheStats {
            hits: read(&self.hits),
            misses: read(&self.misses),
            collapsed: read(&self.collapsed),
            bypassed: read(&self.bypassed),
            kept: read(&self.kept),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
