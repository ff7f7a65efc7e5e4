//! What makes a [`Breaker`]: the settings, and who is told of changes.

use std::fmt;
use std::sync::Arc;

use router_core::{Layer, Provider};

use super::handle::{BreakerChange, BreakerHandle, Watcher};
use super::policy::BreakerPolicy;
use super::provider::Breaker;

/// Wraps providers in [`Breaker`]. Each has breakers of its own.
#[derive(Clone, Default)]
pub struct BreakerLayer {
    policy: BreakerPolicy,
    watcher: Option<Watcher>,
}

impl BreakerLayer {
    /// A layer with these settings.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            watcher: None,
        }
    }

    /// Telling `f` of each change, in the task that caused it.
    #[must_use]
    pub fn on_change(mut self, f: impl Fn(&BreakerChange) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(f));
        self
    }
}

impl fmt::Debug for BreakerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerLayer")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<P: Provider> Layer<P> for BreakerLayer {
    type Provider = Breaker<P>;

    fn layer(&self, inner: P) -> Breaker<P> {
        let handle = BreakerHandle::new(inner.id().clone(), self.policy.clone(), self.watcher.clone());
        Breaker::new(inner, handle)
    }
}
