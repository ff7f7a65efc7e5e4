//! What makes a [`Timeout`]: the settings.

use router_core::{Layer, Provider};

use super::policy::TimeoutPolicy;
use super::provider::Timeout;

/// Wraps providers in [`Timeout`].
#[derive(Clone, Debug, Default)]
pub struct TimeoutLayer {
    policy: TimeoutPolicy,
}

impl TimeoutLayer {
    /// A layer with these settings.
    #[must_use]
    pub fn new(policy: TimeoutPolicy) -> Self {
        Self { policy }
    }
}

impl<P: Provider> Layer<P> for TimeoutLayer {
    type Provider = Timeout<P>;

    fn layer(&self, inner: P) -> Timeout<P> {
        Timeout::new(inner, self.policy.clone())
    }
}
