//! What everything has in common that one layer wraps.

use std::sync::Arc;
use std::time::Duration;

use router_core::context::Trail;
use router_core::{Call, Head, Output, ProviderId, Recording, Result};

use crate::control::CacheControl;
use crate::entry::Entry;
use crate::flight::Flights;
use crate::key::{CacheKey, Part};
use crate::policy::CachePolicy;
use crate::stats::{Counts, count};
use crate::store::CacheStore;

pub(crate) struct Shared {
    pub(crate) policy: CachePolicy,
    pub(crate) store: Arc<dyn CacheStore>,
    pub(crate) name: Box<str>,
    pub(crate) parts: Vec<Arc<Part>>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) flights: Arc<Flights>,
}

/// Where an answer is to be kept, and how long.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: CacheKey,
    /// `None` where the call does not want it kept.
    pub(crate) ttl: Option<Duration>,
}

impl Shared {
    pub(crate) fn new(policy: CachePolicy, store: Arc<dyn CacheStore>, name: &str) -> Self {
        Self {
            policy,
            store,
            name: name.into(),
            parts: Vec::new(),
            counts: Arc::default(),
            flights: Arc::default(),
        }
    }

    /// The same store and counts, to be changed otherwise.
    pub(crate) fn fork(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            store: Arc::clone(&self.store),
            name: self.name.clone(),
            parts: self.parts.clone(),
            counts: Arc::clone(&self.counts),
            flights: Arc::clone(&self.flights),
        }
    }

    pub(crate) fn key(&self, call: &Call, provider: &ProviderId) -> Result<CacheKey> {
        let control = call.context.extension::<CacheControl>();
        let namespace = control.and_then(|control| control.namespace.as_ref());
        CacheKey::of(
            call,
            provider,
            &self.name,
            &self.policy.scope,
            namespace.map_or("", |namespace| namespace.as_str()),
            &self.parts,
        )
    }

    /// Whether the policy has nothing to do with a call.
    pub(crate) fn lets_pass(&self, call: &Call) -> bool {
        let policy = &self.policy;
        let other = |kinds: &Vec<_>| !kinds.contains(&call.operation.kind());
        policy.operations.as_ref().is_some_and(other)
            || (policy.deterministic_only && !call.operation.is_deterministic())
    }
}

impl Place {
    /// Keeps a whole answer, if it is worth it.
    pub(crate) fn keep_output(&self, head: &Head, output: &Output, trail: &Trail) {
        let Some(ttl) = self.ttl else { return };
        if output.is_negative() || !self.may_keep(trail) {
            return;
        }
        self.keep(Entry::full(head, output.clone(), ttl));
    }

    /// Keeps a streamed answer that came to its end, if it is worth it.
    pub(crate) fn keep_events(&self, head: &Head, events: Arc<Recording>, is_negative: bool, trail: &Trail) {
        let Some(ttl) = self.ttl else { return };
        if is_negative || !self.may_keep(trail) {
            return;
        }
        self.keep(Entry::stream(head, events, ttl));
    }

    /// The most bytes that are recorded.
    pub(crate) fn most_bytes(&self) -> usize {
        self.shared.policy.max_entry_bytes
    }

    fn may_keep(&self, trail: &Trail) -> bool {
        self.shared.policy.fallback_answers || !trail.has_fallback()
    }

    fn keep(&self, entry: Entry) {
        if entry.bytes() <= self.most_bytes() {
            self.shared.store.put(self.key, Arc::new(entry));
            count(&self.shared.counts.kept);
        }
    }
}
