//! What makes a [`Retry`]: the settings, the budget that all it wraps share, and the randomness.

use std::sync::{Arc, Mutex};

use router_core::{Layer, Provider};

use super::budget::Purse;
use super::policy::RetryPolicy;
use super::provider::{Retry, Shared};

/// Wraps providers in [`Retry`]. All that it and its clones wrap draw on one budget: make one per process.
#[derive(Clone, Debug)]
pub struct RetryLayer {
    shared: Arc<Shared>,
}

impl RetryLayer {
    /// A layer with these settings.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        Self::with_random(policy, fastrand::Rng::new())
    }

    /// The same, with waits that are the same each time: for tests.
    #[must_use]
    pub fn with_seed(policy: RetryPolicy, seed: u64) -> Self {
        Self::with_random(policy, fastrand::Rng::with_seed(seed))
    }

    fn with_random(policy: RetryPolicy, random: fastrand::Rng) -> Self {
        Self {
            shared: Arc::new(Shared {
                purse: Purse::new(policy.budget),
                policy,
                random: Mutex::new(random),
            }),
        }
    }
}

impl Default for RetryLayer {
    fn default() -> Self {
        Self::new(RetryPolicy::default())
    }
}

impl<P: Provider> Layer<P> for RetryLayer {
    type Provider = Retry<P>;

    fn layer(&self, inner: P) -> Retry<P> {
        Retry::new(inner, Arc::clone(&self.shared))
    }
}
